"""档号: how far each series has come at this desk, why a number is on no record, and where a number is."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from desktop.services.archive_numbers import ArchiveNumbers, Gap, Reason, SeriesLine, Whereabouts
from desktop.ui.models.paged import Cell, PagedRows
from desktop.ui.pages.page import Keys, Page
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, col, row, rule, tall
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.keys import KeyCap
from desktop.ui.widgets.notice import EmptyState
from desktop.ui.widgets.table import Column, Table
from desktop.ui.widgets.text import Paragraph, Text
from desktop.ui.words import Words
from sync.contract.errors import LantaiError

if TYPE_CHECKING:
    from desktop.services.desk import Desk

GAPS_PX, NARROW_GAPS_PX = 470, 356
FEW_LEFT, ENDLESS = 50, 1_000_000  # an office without a county owns its series whole
TONES = {Reason.NOT_HERE: "danger", Reason.UNUSED: "ink_2", Reason.WITHDRAWN: "warn", Reason.RESTORED: "warn"}


class NumbersPage(Page):
    """Left the series, right the gaps of the chosen one; above, one number is asked for."""

    KEYS: ClassVar[Keys] = (
        ("↑ ↓", "numbers.key_choose"),
        ("F2", "numbers.key_where"),
        ("F8", "numbers.key_give_back"),
        ("D", "numbers.key_retention"),
        ("Esc", "numbers.key_back"),
    )

    def __init__(self, look: Look, words: Words, desk: Desk) -> None:
        super().__init__(look, words, "numbers")
        self._numbers: ArchiveNumbers = desk.numbers
        self._may_give_back = desk.may("catalogue")
        self.asked = Field(look, words("numbers.where"), words("numbers.where_hint"), 30)
        self.asked.setObjectName("numbers:where")
        self.found = Paragraph(look, "", "label", "ink_2")
        self.table = Table(
            look, words("numbers.series"),
            (Column(words("numbers.series")), Column(words("numbers.last"), 96, right=True),
             Column(words("numbers.given"), 84, right=True, always=False), Column(words("numbers.left"), 84, right=True)),
        )  # fmt: skip
        self.model: PagedRows[SeriesLine] = PagedRows([one.head for one in self.table.columns], self._series_cells)
        self.table.setModel(self.model)
        self.gaps = Table(
            look, words("numbers.gaps"),
            (Column(words("numbers.items"), 132), Column(words("numbers.count"), 64, right=True), Column(words("numbers.why"))),
        )  # fmt: skip
        self.gap_model: PagedRows[Gap] = PagedRows([one.head for one in self.gaps.columns], self._gap_cells)
        self.gaps.setModel(self.gap_model)
        self.none = EmptyState(look, "number", words("numbers.none_title"), words("numbers.none_words"))
        self.no_gaps = EmptyState(look, "ok", words("numbers.no_gaps_title"), words("numbers.no_gaps_words"))
        self.reason = Field(look, words("numbers.reason"), words("numbers.reason_hint"), 30)
        self.reason.setObjectName("numbers:reason")
        self._shown: SeriesLine | None = None
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        look, words = self.look, self.words
        where = col(
            row(Text(look, words("numbers.where"), "label", "ink_2"), (self.asked, 1), KeyCap(look, "Enter"), gap=8),
            self.found, gap=4, margins=(16, 12, 16, 8),
        )  # fmt: skip
        self._gap_head = Text(look, "", "strong")
        self._reason_row = col(
            rule(), row((self.reason, 1), KeyCap(look, "Enter"), gap=8, margins=(16, 8, 16, 4)),
            row(Text(look, words("numbers.give_back_note"), "small", "ink_3"), None, margins=(16, 0, 16, 8)), gap=0,
        )  # fmt: skip
        self._reason_row.hide()
        series = card(
            row(Text(look, words("numbers.series"), "strong"), None, margins=(16, 0, 16, 0), height=40), rule(),
            (self.table, 1), (self.none, 1),
        )  # fmt: skip
        self._gaps_card = card(
            row(self._gap_head, None, margins=(16, 0, 16, 0), height=40), rule(), (self.gaps, 1), (self.no_gaps, 1),
            self._reason_row, width=GAPS_PX,
        )  # fmt: skip
        body = QHBoxLayout()
        body.setSpacing(12)
        body.addWidget(tall(series), 1)
        body.addWidget(tall(self._gaps_card))
        self._lay = QVBoxLayout(self)
        title = row(
            Text(look, words("nav.numbers"), "title"), Text(look, words("numbers.head"), "label", "ink_3"), None,
            gap=12, height=32,
        )  # fmt: skip
        self._lay.addWidget(title)
        self._lay.addWidget(card(where))
        self._lay.addLayout(body, 1)
        for widget in (self.none, self.no_gaps, self.found):
            widget.hide()

    def _connect(self) -> None:
        self.asked.returnPressed.connect(self._ask_where)
        self.reason.returnPressed.connect(self._give_back)
        self.table.chosen.connect(self._choose)
        self.setFocusProxy(self.table)
        self.bind("D", partial(self.went.emit, "retention", None))
        self.bind("F2", self._to_where)
        self.bind("F8", self._to_reason)

    def set_narrow(self, narrow: bool) -> None:
        super().set_narrow(narrow)
        self._lay.setContentsMargins(*((12, 4, 12, 8) if narrow else (16, 12, 16, 16)))
        self._lay.setSpacing(4 if narrow else 12)
        self.table.set_narrow(narrow)
        self._gaps_card.setFixedWidth(NARROW_GAPS_PX if narrow else GAPS_PX)

    def visit(self, wanted: object = None) -> None:
        self.ask(self._numbers.series, self._take_series)

    def escape(self) -> bool:
        if not self._reason_row.isHidden() or self.asked.hasFocus():
            self._reason_row.hide()
            self.table.setFocus()
        else:
            self.went.emit("today", None)
        return True

    def _take_series(self, series: list[SeriesLine]) -> None:
        line = max(0, self.table.line())
        self.model.show_rows(series)
        self.table.setVisible(bool(series))
        self.none.setVisible(not series)
        self._gaps_card.setVisible(bool(series))
        if series:
            self.table.choose(min(line, len(series) - 1))
            self._choose(min(line, len(series) - 1))

    def _choose(self, line: int) -> None:
        found = self.model.row_at(line) if 0 <= line < self.model.rowCount() else None
        if found is not None:
            self._shown = found
            self._gap_head.setText(self.words("numbers.gaps_of", series=str(found.series)))
            self.ask(partial(self._numbers.gaps, found.series), self._take_gaps)

    def _take_gaps(self, gaps: list[Gap]) -> None:
        self.gap_model.show_rows(gaps)
        self.gaps.setVisible(bool(gaps))
        self.no_gaps.setVisible(not gaps)

    def _to_where(self) -> None:
        self.asked.setFocus()
        self.asked.selectAll()

    def _ask_where(self) -> None:
        if self.asked.text().strip():
            self.ask(partial(self._numbers.where, self.asked.text().strip()), self._take_where, self._not_a_number)

    def _take_where(self, found: Whereabouts) -> None:
        number = found.series.number(found.item)
        if found.record is not None:
            key = "numbers.on_record" if found.record.number == number else "numbers.former"
            said = self.words(key, number=number, title=found.record.title, now=found.record.number)
        elif found.gap is not None:
            said = self.words("numbers.in_gap", number=number, reason=self._reason_words(found.gap))
        else:
            said = self.words("numbers.not_yet", number=number)
        self.found.say(said, "ink_2")
        self.found.show()

    def _not_a_number(self, fault: Exception) -> None:
        if isinstance(fault, LantaiError):
            self.found.say(self.words("numbers.not_a_number"), "danger")
            self.found.show()
        else:
            self.tell_fault(fault)

    def _to_reason(self) -> None:
        if self._shown is not None and self._may_give_back and not self._shown.closed:
            self._reason_row.show()
            self.reason.setText("")
            self.reason.setFocus()
        elif self._shown is not None:
            self.tell("numbers.nothing_to_give_back", "warn")

    def _give_back(self) -> None:
        if self._shown is not None and self.reason.text().strip():
            self.ask(partial(self._numbers.give_back, self._shown.series, self.reason.text()), self._given_back)

    def _given_back(self, _blocks: int) -> None:
        self._reason_row.hide()
        self.table.setFocus()
        self.tell("numbers.given_back", "ok", series=str(self._shown.series) if self._shown else "")
        self.visit()

    def _reason_words(self, gap: Gap) -> str:
        said = self.words(f"gap.{gap.reason}", seat=gap.seat)
        return f"{said}：{gap.note}" if gap.note else said

    def _series_cells(self, line: SeriesLine) -> Sequence[Cell]:
        few = line.left <= FEW_LEFT
        left = (
            Cell("—", "number", "ink_3") if line.closed else Cell(f"{line.left:,}", "number", "warn" if few else "ink")
        )
        return (
            Cell(str(line.series)), Cell(f"{line.last_given:04}", "number"), Cell(f"{line.given:,}", "number", "ink_2"), left,
        )  # fmt: skip

    def _gap_cells(self, gap: Gap) -> Sequence[Cell]:
        items = f"{gap.first:04}" if gap.first == gap.last else f"{gap.first:04}—{gap.last:04}"
        tone = TONES.get(gap.reason, "ink_2")
        return Cell(items), Cell(f"{gap.last - gap.first + 1:,}", "number"), Cell(self._reason_words(gap), "text", tone)
