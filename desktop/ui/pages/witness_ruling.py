"""A matter that an officer rules on: what is the matter, the facts of it in a table, and a reason to be typed and signed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout

from desktop.ui.models.paged import Cell, PagedRows
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import col, row, rule
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.keys import Button
from desktop.ui.widgets.table import Column, Table
from desktop.ui.widgets.text import Elided, Paragraph
from desktop.ui.words import Words

Fact = tuple[str, str]
LEFT_PX = 176


class RulingPanel(QFrame):
    """Nothing is sent before Enter in the field, and then it is signed by this person; `ruled` tells the reason.

    Args:
        name: of its words and its parts: `waive` or `begin`.
        key: begins the typing.
    """

    ruled = Signal(str)

    def __init__(self, look: Look, words: Words, name: str, key: str) -> None:
        super().__init__()
        self.setProperty("card", True)
        self._words, self._name, self._allowed = words, name, False
        self._title, self._note = Elided(look, "", "strong"), Elided(look, "", "small", "ink_3")
        self._told = Paragraph(look, "", "label", "ink_2")
        heads = (Column(words(f"witness.{name}_fact"), LEFT_PX), Column(words(f"witness.{name}_value")))
        self.table = Table(look, words(f"witness.{name}_facts"), heads)
        self.table.setObjectName(f"witness:{name}-facts")
        self.model: PagedRows[Fact] = PagedRows([one.head for one in heads], _cells)
        self.table.setModel(self.model)
        self._said = Paragraph(look, "", "label", "warn")
        self.why = Field(look, words("witness.why"), words(f"witness.{name}_hint"), 30)
        self.why.setObjectName(f"witness:{name}-why")
        self.button = Button(look, words(f"witness.{name}"), key, "main")
        self.button.setObjectName(f"witness:{name}")
        self.button.clicked.connect(self.begin)
        head = col(row((self._title, 1), height=28), row((self._note, 1), height=20), margins=(16, 8, 16, 4))
        foot = col(self._said, self.why, row(self.button, None, height=34), gap=6, margins=(16, 8, 16, 10))
        lay = QVBoxLayout(self)
        lay.setContentsMargins(1, 1, 1, 1)
        lay.setSpacing(0)
        for part in (head, rule(), col(self._told, margins=(16, 10, 16, 10)), rule()):
            lay.addWidget(part)
        lay.addWidget(self.table, 1)
        lay.addWidget(rule())
        lay.addWidget(foot)
        self.why.hide()

    def show_matter(self, title: str, note: str, told: str, facts: Sequence[Fact], *, allowed: bool) -> None:
        """Show it; a person who is no officer reads only."""
        self._allowed = allowed
        self._title.setText(title)
        self._note.setText(note)
        self._told.say(told)
        self.model.show_rows(list(facts))
        self.button.setEnabled(allowed)
        said = f"witness.{self._name}_what" if allowed else "witness.officer_only"
        self._said.say(self._words(said), "ink_2" if allowed else "warn")
        self.put_down()

    def typing(self) -> bool:
        return not self.why.isHidden()

    def begin(self) -> None:
        """The reason is being typed."""
        if self._allowed and self.isVisible():
            self.why.show()
            self.why.setFocus()

    def put_down(self) -> bool:
        """Nothing is being typed any more; False if nothing was."""
        was = self.typing()
        self.why.hide()
        self.why.clear()
        return was

    def enter(self) -> None:
        """The reason is begun, or handed on."""
        if not self.typing():
            self.begin()
        elif self.why.text().strip():
            self.ruled.emit(self.why.text().strip())


def _cells(fact: Fact) -> Sequence[Cell]:
    return (Cell(fact[0], "mute"), Cell(fact[1]))
