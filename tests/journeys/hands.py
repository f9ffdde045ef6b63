"""Hands on the keyboard of the real window: keys and an input method's text go to whatever has the focus."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

Key, Modifier = Qt.Key, Qt.KeyboardModifier


class TookTooLong(AssertionError):
    """What the screen should show did not come."""


class Hands:
    """Types, presses and looks; never calls into the program."""

    def __init__(self, window: QWidget, pictures: Path) -> None:
        self.window = window
        self._pictures = pictures

    def wait(self, what: str, seen: Callable[[], Any], seconds: float = 60) -> Any:
        """Let the program work until something is seen; return it."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            QApplication.processEvents()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            if found := seen():
                return found
            time.sleep(0.003)
        self.picture("took-too-long")
        raise TookTooLong(what)

    def rest(self, seconds: float) -> None:
        """Let the program work for a while."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            QApplication.processEvents()
            time.sleep(0.003)

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Modifier.NoModifier) -> None:
        """Press one key where the focus is."""
        QTest.keyClick(self.focus(), key, modifier)
        QApplication.processEvents()

    def type(self, text: str) -> None:
        """Type into the focused field: ASCII by keys, Chinese as an input method commits it."""
        if text.isascii():
            QTest.keyClicks(self.focus(), text)
        else:
            event = QInputMethodEvent()
            event.setCommitString(text)
            QApplication.sendEvent(self.focus(), event)
        QApplication.processEvents()

    def replace(self, text: str) -> None:
        """Type over what the focused field holds."""
        self.press(Key.Key_A, Modifier.ControlModifier)
        self.type(text)

    def focus(self) -> QWidget:
        return QApplication.focusWidget() or self.window

    def focus_name(self) -> str:
        return self.focus().objectName()

    def find(self, name: str) -> QWidget | None:
        """Return the widget of that name if it can be seen."""
        found = self.window.findChild(QWidget, name)
        return found if found is not None and found.isVisible() else None

    def field(self, name: str) -> QLineEdit:
        """Return the field of that name, once it can be seen."""
        found = self.wait(name, lambda: self.find(name))
        assert isinstance(found, QLineEdit)
        return found

    def picture(self, name: str) -> None:
        """What the screen shows stands as a PNG."""
        self._pictures.mkdir(parents=True, exist_ok=True)
        self.rest(0.15)
        self.window.grab().save(str(self._pictures / f"{name}.png"))
