"""What is typed on the page of volumes (案卷的一行填写): one act at a time, Enter goes on to the next field and does it at the last."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import col, row
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.keys import KeyCap
from desktop.ui.widgets.text import Paragraph, Text
from desktop.ui.words import Words


class Asks(StrEnum):
    """What the form asks for; each opens by its key."""

    NOTHING = "nothing"
    MAKE = "make"
    ADD = "add"
    FACTS = "facts"
    PAGES = "pages"
    REASON = "reason"
    PURPOSE = "purpose"


LINES_OF: Final[Mapping[Asks, tuple[tuple[str, ...], ...]]] = {
    Asks.MAKE: (("most",),),
    Asks.ADD: (("numbers",),),
    Asks.FACTS: (("title",), ("box", "thickness_mm", "checker"), ("note",)),
    Asks.PAGES: (("pages",),),
    Asks.REASON: (("reason",),),
    Asks.PURPOSE: (("purpose",),),
}


class VolumesForm(QFrame):
    """A few fields under the lists; hidden while nothing is asked."""

    given = Signal()

    def __init__(self, look: Look, words: Words) -> None:
        super().__init__()
        self.look, self.words, self.asks = look, words, Asks.NOTHING
        self.fields: dict[str, Field] = {}
        self._blocks: dict[Asks, QWidget] = {}
        self.note, self.told = Text(look, "", "small", "ink_3"), Paragraph(look, "", "label", "danger")
        lay = QVBoxLayout(self)
        lay.setContentsMargins(16, 6, 16, 8)
        lay.setSpacing(4)
        lay.addWidget(
            row(self.note, None, KeyCap(look, "Enter"), Text(look, words("volumes.key_do"), "small", "ink_3"), gap=6)
        )
        for asks, lines in LINES_OF.items():
            self._blocks[asks] = col(*(self._line(line) for line in lines), gap=4)
            lay.addWidget(self._blocks[asks])
        lay.addWidget(self.told)
        self.put_away()

    def _line(self, names: tuple[str, ...]) -> QFrame:
        parts: list[QWidget | tuple[QWidget, int]] = []
        for name in names:
            label = self.words(f"volumes.{name}")
            field = Field(self.look, label, self.words.find(f"volumes.{name}_hint") or "", 28)
            field.setObjectName(f"volumes:{name}")
            field.returnPressed.connect(self._next)
            field.textEdited.connect(self.forgive)
            self.fields[name] = field
            parts += [Text(self.look, label, "label", "ink_2"), (field, 1)]
        return row(*parts, gap=8)

    def show_asking(self, asks: Asks, filled: Mapping[str, str]) -> None:
        """Ask for that, its fields filled so; the cursor stands in the first, all of it chosen."""
        self.asks = asks
        for one, block in self._blocks.items():
            block.setVisible(one is asks)
        for name in self._names():
            self.fields[name].setText(filled.get(name, ""))
        self.note.say(self.words(f"volumes.ask_{asks.value}"))
        self.forgive()
        self.show()
        first = self.fields[self._names()[0]]
        first.setFocus(Qt.FocusReason.OtherFocusReason)
        first.selectAll()

    def put_away(self) -> None:
        """Nothing is asked."""
        self.asks = Asks.NOTHING
        self.hide()

    def text(self, name: str) -> str:
        return self.fields[name].text().strip()

    def number(self, name: str) -> int:
        """Return the whole number typed there; 0 when it is none."""
        typed = self.text(name)
        return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 7 else 0

    def refuse(self, words: str, names: list[str]) -> None:
        """Say what is the matter and where; everything typed stays."""
        wrong = [name for name in names if name in self._names()] or [self._names()[0]]
        for name in wrong:
            self.fields[name].show_state("danger")
        self.told.say(words, "danger")
        self.told.show()
        self.fields[wrong[0]].setFocus()

    def forgive(self) -> None:
        """What was wrong is being mended."""
        for field in self.fields.values():
            field.show_state("typed")
        self.told.hide()

    def _names(self) -> list[str]:
        return [name for line in LINES_OF.get(self.asks, ()) for name in line]

    def _next(self) -> None:
        names = self._names()
        here = next((place for place, name in enumerate(names) if self.fields[name].hasFocus()), len(names) - 1)
        if here + 1 < len(names):
            self.fields[names[here + 1]].setFocus(Qt.FocusReason.TabFocusReason)
        else:
            self.given.emit()
