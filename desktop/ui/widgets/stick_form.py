"""优盘递送: where the stick is, asked once when it is not plain which one is meant."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout

from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import row
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.keys import Button
from desktop.ui.widgets.text import Icon, Paragraph, Text
from desktop.ui.words import Words


class StickForm(QFrame):
    """Collects where the stick is, and says how far it has come; it writes and reads nothing itself."""

    given = Signal(str, str)  # "write" or "read", and the place

    def __init__(self, look: Look, words: Words) -> None:
        super().__init__()
        self.setObjectName("stick")
        self.words, self._act = words, "write"
        self._title = Text(look, "", "strong")
        self.place = Field(look, words("stick.place"), words("stick.place_hint"))
        self.place.setObjectName("sync:stick")
        self.told = Paragraph(look, "", "label", "ink_2")
        self.button = Button(look, words("stick.go"), "Enter", "main")
        self.button.setObjectName("sync:stick_go")
        self.button.clicked.connect(self.submit)
        self.place.returnPressed.connect(self.submit)
        lay = QVBoxLayout(self)
        lay.setContentsMargins(16, 12, 16, 16)
        lay.setSpacing(8)
        lay.addWidget(row(Icon(look, "export", "ink_2", 20), self._title, None))
        lay.addWidget(self.told)
        lay.addWidget(row(Text(look, words("stick.place"), "label", "ink_2"), (self.place, 1), self.button, gap=12))
        self.setFocusProxy(self.place)

    def ask(self, act: str, place: str) -> None:
        """Ask for the stick to be written or read; a place that is known stands there already."""
        self._act = act
        self._title.say(self.words(f"stick.{act}"))
        self.told.say(self.words(f"stick.{act}_note"), "ink_2")
        self.button.setEnabled(True)
        if place:
            self.place.setText(place)
        self.place.selectAll()

    def has_cursor(self) -> bool:
        return self.place.hasFocus() or self.button.hasFocus()

    def submit(self) -> None:
        """Tell where the stick is, unless nothing stands there."""
        if self.place.text().strip() and self.button.isEnabled():
            self.button.setEnabled(False)
            self.given.emit(self._act, self.place.text().strip())

    def say(self, words: str, tone: str = "accent") -> None:
        """Say how far it has come, or why it did not work; the place stays."""
        self.told.say(words, tone)

    def rest(self) -> None:
        """Another press begins again."""
        self.button.setEnabled(True)
