"""A dispute as it is settled: both decisions, who made them and when, and what their heads say differently, value by value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout

from desktop.services.disputes import Dispute, SideOfDispute, Way
from desktop.ui.models.paged import Cell, PagedRows
from desktop.ui.pages.conflict_rows import WRITABLE_NOT, Answer, Answers, Line, cells, label_of
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import col, row, rule
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.keys import Button
from desktop.ui.widgets.notice import EmptyState
from desktop.ui.widgets.table import Column
from desktop.ui.widgets.text import Elided, Paragraph, Runs
from desktop.ui.widgets.three_way import ThreeWayTable
from desktop.ui.words import Words
from sync.contract.merging import Chosen, Side

LABEL_PX, STATE_PX, NARROW_STATE_PX = 112, 128, 104


class DisputePanel(QFrame):
    """Nothing is sent before Enter; `settled` tells the dispute and the answers."""

    settled = Signal(object, object)
    refused = Signal(str)  # the key of what to tell

    def __init__(self, look: Look, words: Words) -> None:
        super().__init__()
        self.setProperty("card", True)
        self._words = words
        self._dispute: Dispute | None = None
        self._answers: Answers | None = None
        self._as_shown = False
        self._title, self._note = Elided(look, "", "strong"), Elided(look, "", "small", "ink_3")
        self._sides = (Runs(look), Runs(look))
        self.table = ThreeWayTable(
            look,
            words("witness.values"),
            (
                Column(words("conflict.field"), LABEL_PX), Column(words("witness.first")),
                Column(words("conflict.base"), 0, always=False), Column(words("witness.second")),
                Column(words("conflict.state"), STATE_PX),
            ),
        )  # fmt: skip
        self.table.setObjectName("witness:values")
        self.model: PagedRows[Line] = PagedRows([one.head for one in self.table.columns], self._cells)
        self.table.setModel(self.model)
        self.table.opened.connect(lambda _line: self.settle())
        self._nothing = EmptyState(look, "balance", words("witness.no_choice"), "")
        self._said = Paragraph(look, "", "label", "warn")
        self.text = Field(look, words("conflict.text"), words("conflict.other_hint"), 30)
        self.text.setObjectName("witness:text")
        self.button = Button(look, words("witness.settle"), "Enter", "main")
        self.button.setObjectName("witness:settle")
        self.button.clicked.connect(self.settle)
        self._lay_out()

    def _lay_out(self) -> None:
        sides = [row(side, None, height=24) for side in self._sides]
        head = col(
            row((self._title, 1), height=28), row((self._note, 1), height=20), *sides, margins=(16, 8, 16, 6)
        )  # fmt: skip
        foot = col(self._said, self.text, row(self.button, None, height=34), gap=6, margins=(16, 8, 16, 10))
        lay = QVBoxLayout(self)
        lay.setContentsMargins(1, 1, 1, 1)
        lay.setSpacing(0)
        lay.addWidget(head)
        lay.addWidget(rule())
        lay.addWidget(self.table, 1)
        lay.addWidget(self._nothing, 1)
        lay.addWidget(rule())
        lay.addWidget(foot)
        self.text.hide()

    def set_narrow(self, narrow: bool) -> None:
        self.table.set_narrow(narrow)
        self.table.setColumnWidth(4, NARROW_STATE_PX if narrow else STATE_PX)

    def show_dispute(self, dispute: Dispute, township: str) -> None:
        """Show it, with nothing answered; one that is shown already and is as it was keeps its answers."""
        if self._as_shown and self._dispute is not None and self._dispute.detail == dispute.detail:
            return
        self._as_shown = True
        words = self._words
        self._dispute, self._answers = dispute, Answers(dispute)
        self._title.setText(dispute.title)
        self._note.setText(f"{dispute.number}　{township}".strip("　"))
        for shown, side, place in zip(self._sides, (dispute.one, dispute.other), ("first", "second"), strict=True):
            shown.say((words(f"witness.{place}") + "　", "label", "ink_3"), (_side(words, side), "label", "ink"))
        joins = dispute.way is Way.JOIN
        parts = ((self.table, joins), (self._nothing, not joins))
        for part, seen in sorted(parts, key=lambda pair: pair[1]):  # what goes, goes first
            part.setVisible(seen)
        if not joins:
            self._nothing.say(words("witness.no_choice"), words(f"witness.way_{dispute.way.value}"))
        self.put_down()
        self._show_lines(0)

    def forget(self) -> None:
        """What is shown next is shown anew."""
        self._as_shown = False

    def focus(self) -> None:
        (self.table if not self.table.isHidden() else self.button).setFocus()

    def _show_lines(self, line: int) -> None:
        dispute, answers = self._dispute, self._answers
        if dispute is None or answers is None:
            return
        labelled = ((one, label_of(self._words, dispute, one.key)) for one in dispute.differences)
        self.model.show_rows([Line(one, label, answers.of(one)) for one, label in labelled])
        self.table.choose(line)
        still = len(answers.open())
        self.button.setEnabled(still == 0)
        told = "still" if still else "ready" if dispute.way is Way.JOIN else "sure"
        self._said.say(self._words(f"witness.{told}", count=still), "warn" if still else "ok")

    def _cells(self, line: Line) -> Sequence[Cell]:
        assert self._dispute is not None
        return cells(self._words, self._dispute, line)

    def take(self, side: Side) -> None:
        """The value of that side stands for the field in hand, and the next one without an answer is in hand."""
        self._answer(Answer(side))

    def write_other(self) -> None:
        """A third value is typed."""
        here = self._here()
        if here is None:
            return
        if here.difference.key in WRITABLE_NOT:
            self.refused.emit("conflict.not_typed")
            return
        self.text.setText(here.difference.township)
        self.text.show()
        self.text.setFocus()
        self.text.selectAll()

    def take_back(self) -> None:
        """The last answer is gone; the field stands as before."""
        if self._answers is not None and self._dispute is not None:
            key, keys = self._answers.take_back(), [one.key for one in self._dispute.differences]
            self._show_lines(keys.index(key) if key in keys else max(0, self.table.line()))

    def put_down(self) -> bool:
        """Nothing is being typed any more; False if nothing was."""
        was = not self.text.isHidden()
        self.text.hide()
        return was

    def settle(self) -> None:
        """What was answered is handed on; a clash without an answer is shown instead."""
        dispute, answers = self._dispute, self._answers
        if dispute is None or answers is None:
            return
        if answers.open():
            self._show_lines(list(dispute.differences).index(answers.open()[0]))
            return
        chosen: Mapping[str, Chosen] = answers.chosen()
        self.settled.emit(dispute, chosen)

    def say_fields(self, fields: Sequence[str]) -> str:
        """Return the labels of fields that cannot be filed so, the first of them in hand."""
        dispute = self._dispute
        if dispute is None:
            return ""
        keys = [one.key for one in dispute.differences]
        self._show_lines(next((keys.index(one) for one in fields if one in keys), 0))
        return "、".join(label_of(self._words, dispute, one) for one in fields)

    def enter(self) -> None:
        """What is typed stands for the field in hand; if nothing is, the dispute is settled."""
        text = self.text.text().strip()
        if self.text.isHidden():
            self.settle()
        elif text:
            self.put_down()
            self.table.setFocus()
            self._answer(Answer(None, text))

    def _here(self) -> Line | None:
        line = self.table.line()
        return self.model.row_at(line) if line >= 0 and not self.table.isHidden() else None

    def _answer(self, answer: Answer) -> None:
        here, answers, dispute = self._here(), self._answers, self._dispute
        if here is None or answers is None or dispute is None:
            return
        answers.give(here.difference.key, answer)
        line, open_keys = self.table.line(), {one.key for one in answers.open()}
        after = [n for n, one in enumerate(dispute.differences) if one.key in open_keys]
        self._show_lines(next((n for n in after if n > line), after[0] if after else line))


def _side(words: Words, side: SideOfDispute) -> str:
    """Return what was decided, by whom and when, and for a return why."""
    said = words(f"witness.kind_{side.kind.value}")
    why = "；".join(ground.text for ground in side.grounds if ground.text)
    return "　".join(part for part in (said, side.by, side.at[:10], why) if part)
