"""Sentences in the page, never in a box that must be clicked away: the notice bar and the empty state."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import col, restyle, row
from desktop.ui.widgets.keys import Button, KeyCap
from desktop.ui.widgets.text import Icon, Paragraph, Text
from desktop.ui.words import Sentence

SIGNS = {"ok": "ok", "accent": "info", "warn": "warn", "danger": "bad"}


class NoticeBar(QFrame):
    """What happened, what is safe, what to do next. Hidden while there is nothing to say; Esc puts it away."""

    closed = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("notice")
        self.look = look
        self._icon = Icon(look, "info", "accent", 20)
        self._what = Paragraph(look, "", "body", "ink")
        self._rest = Paragraph(look, "", "label", "ink_2")
        lay = QHBoxLayout(self)
        lay.setContentsMargins(12, 8, 12, 8)
        lay.setSpacing(10)
        lay.addWidget(self._icon)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._what)
        words.addWidget(self._rest)
        lay.addLayout(words, 1)
        lay.addWidget(KeyCap(look, "Esc"))
        self.hide()

    def tell(self, sentence: Sentence) -> None:
        """Show the sentence; it stays until it is put away or another takes its place."""
        restyle(self, "tint", sentence.tone)
        self._icon.show_as(SIGNS[sentence.tone], sentence.tone)
        self._what.say(sentence.what)
        rest = "　".join(part for part in (sentence.safe, sentence.next) if part)
        self._rest.say(rest)
        self._rest.setVisible(bool(rest))
        self.setAccessibleName("　".join(part for part in (sentence.what, rest) if part))
        self.show()

    def words(self) -> str:
        """Return what is being told, or nothing."""
        return self.accessibleName() if not self.isHidden() else ""

    def put_away(self) -> None:
        self.hide()
        self.closed.emit()


class EmptyState(QWidget):
    """What a list says when it holds nothing: what that means, and the key that would fill it."""

    def __init__(self, look: Look, icon: str, title: str, words: str, button: Button | None = None) -> None:
        super().__init__()
        self.setAccessibleName(f"{title}　{words}")
        self.title, self.words = (
            Text(look, title, "strong", "ink_2"),
            Paragraph(look, words, "label", "ink_3", middle=True),
        )
        self.words.setFixedWidth(320)
        lay = QVBoxLayout(self)
        items = [row(None, Icon(look, icon, "ink_3", 32), None), row(None, self.title, None), self.words]
        if button is not None:
            items.append(row(None, button, None))
        lay.addWidget(row(None, col(None, *items, None, None, gap=8), None))

    def say(self, title: str, words: str) -> None:
        self.title.say(title)
        self.words.say(words)
        self.setAccessibleName(f"{title}　{words}")
