"""A field with a closed list (选项): its number or ↑ ↓ choose; there is nothing to fold out and no mouse to reach for."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent

from desktop.ui.theme import Look
from desktop.ui.widgets.field import Field


class ChoiceField(Field):
    """Holds one of its choices, or what the paper says instead; the form's check tells when that is none of them."""

    decided = Signal()  # a digit was typed that can mean one choice only

    def __init__(self, look: Look, name: str, choices: Sequence[str]) -> None:
        super().__init__(look, name)
        self.choices = tuple(choices)
        self.textEdited.connect(self._take_digit)

    def spelled(self) -> str:
        """Return the choices with their numbers, as the hint under the form shows them."""
        return "　".join(f"{number} {choice}" for number, choice in enumerate(self.choices, start=1))

    def _take_digit(self, text: str) -> None:
        if text.isdecimal() and text not in self.choices and len(self.choices) // 10 < int(text) <= len(self.choices):
            self._take_number(text)  # of fifteen choices 1 may yet become 12; 2 cannot become anything else
            self.decided.emit()

    def _take_number(self, text: str) -> None:
        if text.isdecimal() and text not in self.choices and 1 <= int(text) <= len(self.choices):
            self._put(self.choices[int(text) - 1])

    def _put(self, choice: str) -> None:
        self.setText(choice)
        self.textEdited.emit(choice)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._take_number(self.text())
        super().focusOutEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()), 0)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take_number(self.text())
        if not step or event.modifiers():
            super().keyPressEvent(event)
            return
        here = self.choices.index(self.text()) if self.text() in self.choices else -1 if step > 0 else 0
        self._put(self.choices[(here + step) % len(self.choices)])
