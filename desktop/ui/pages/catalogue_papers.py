"""The papers of a record (材料): which this kind asks for at that date, and the pages hung on each, as spoken (12-15)."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.services.cataloguing import Form, PaperNeed
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import clear, col, row
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.text import Elided, Icon, Runs, Text
from desktop.ui.words import Words

RANGE_PX, RANGE_HEIGHT = 88, 26


class PaperLine(QWidget):
    """One paper: a sign, its name, whether it is needed, how many pages, the field for them."""

    def __init__(self, look: Look, words: Words, need: PaperNeed) -> None:
        super().__init__()
        self.words, self.key = words, need.paper.key
        label = need.paper.label
        self.icon, self.name = Icon(look, "ok", "ok", 16), Elided(look, label)
        self.duty, self.count = Text(look, "", "small", "ink_3"), Text(look, "", "label", "ink_3")
        self.range = Field(look, words("catalogue.pages_of", paper=label), "", RANGE_HEIGHT, RANGE_PX)
        self.range.setObjectName(f"paper:{self.key}")
        line = row(self.icon, (self.name, 1), self.duty, self.count, self.range, gap=8, height=30)
        lay = QVBoxLayout(self)
        lay.setContentsMargins(0, 0, 0, 0)
        lay.addWidget(line)
        self.refused = ""
        self.carried = False
        self.show_need(need, "")

    def show_need(self, need: PaperNeed, reason: str, carried: bool = False) -> None:
        """Say how it stands with this paper; `carried`: its pages lie as in the record before, which nobody has looked at yet."""
        self.refused, self.carried = "", carried
        self.duty.setText(self.words("catalogue.required" if need.required else "catalogue.optional"))
        if need.pages:
            same = "　" + self.words("catalogue.carried") if carried else ""
            self._say("carry" if carried else "ok", "ok", self.words("catalogue.page_count", pages=need.pages) + same)
        elif need.required and reason:
            self._say("ok", "ink_3", self.words("catalogue.excused", reason=reason))
        elif need.required:
            self._say("warn", "warn", self.words("catalogue.no_pages"))
        else:
            self._say("", "ink_3", "")
        self.range.show_state("carried" if carried else "typed")
        if not self.range.hasFocus() or not self.range.isModified():
            self.range.setText(need.ranges)

    def refuse(self, words: str) -> None:
        """Say why these pages cannot be hung; what was typed stays."""
        self.refused = words
        self.range.show_state("danger")
        self._say("bad", "danger", words)

    def _say(self, icon: str, tone: str, words: str) -> None:
        self.icon.show_as(icon, tone)
        self.count.say(words, tone)


class PapersBlock(QWidget):
    """All papers of the kind, and the pages that belong to none yet."""

    ranged = Signal(str, str)  # paper, pages as typed
    entered = Signal(str)  # papers.<key>

    def __init__(self, look: Look, words: Words) -> None:
        super().__init__()
        self.look, self.words = look, words
        self.lines: dict[str, PaperLine] = {}
        self._loose = Runs(look)
        self._loose_icon = Icon(look, "warn", "warn", 14)
        head = row(
            Text(look, words("catalogue.papers"), "strong"), None, self._loose_icon, self._loose, gap=4, height=26
        )
        self._list = col(gap=0)
        lay = QVBoxLayout(self)
        lay.setContentsMargins(0, 0, 0, 0)
        lay.setSpacing(0)
        lay.addWidget(head)
        lay.addWidget(self._list)

    def show_form(self, form: Form) -> None:
        """Show how it stands with every paper."""
        if list(self.lines) != [need.paper.key for need in form.papers]:
            self._build(form)
        for need in form.papers:
            key = f"papers.{need.paper.key}"
            self.lines[need.paper.key].show_need(need, form.draft.reasons.get(key, ""), key in form.draft.carried)
        pages = "、".join(map(str, form.loose_pages[:8])) + ("…" if len(form.loose_pages) > 8 else "")
        self._loose_icon.setVisible(bool(pages))
        self._loose.say((self.words("catalogue.loose", pages=pages) if pages else "", "small", "warn"))

    def _build(self, form: Form) -> None:
        clear(self._list)
        self.lines = {}
        lay = self._list.layout()
        for need in form.papers:
            line = PaperLine(self.look, self.words, need)
            line.range.editingFinished.connect(partial(self._finished, need.paper.key))
            line.range.entered.connect(partial(self.entered.emit, f"papers.{need.paper.key}"))
            self.lines[need.paper.key] = line
            if lay is not None:
                lay.addWidget(line)

    def key_of(self, widget: QWidget | None) -> str:
        """Return `papers.<key>` of the line the cursor is in, or nothing."""
        return next((f"papers.{key}" for key, line in self.lines.items() if line.range is widget), "")

    def focus(self, key: str) -> bool:
        line = self.lines.get(key.removeprefix("papers."))
        if line is not None:
            line.range.setFocus()
            line.range.selectAll()
        return line is not None

    def first_key(self) -> str:
        return next((f"papers.{key}" for key in self.lines), "")

    def next_after(self, key: str) -> str:
        """Return the paper after that one, or the first of all, whose pages do not lie as in the record before."""
        keys = [f"papers.{one}" for one in self.lines]
        after = keys[keys.index(key) + 1 :] if key in keys else keys
        return next((one for one in after if not self.lines[one.removeprefix("papers.")].carried), "")

    def refuse(self, paper: str, words: str) -> None:
        if paper in self.lines:
            self.lines[paper].refuse(words)

    def _finished(self, paper: str) -> None:
        line = self.lines[paper]
        if line.range.isModified():
            line.range.setModified(False)
            self.ranged.emit(paper, line.range.text())
