"""第一小时: eight things to try in the practice office, one after the other; what was done is ticked off by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QTextBrowser, QVBoxLayout

from desktop.services.lessons import Tried
from desktop.ui.pages.page import Keys, Page
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, col, row, rule, tall
from desktop.ui.widgets.entries import Entries, Entry
from desktop.ui.widgets.keys import Button
from desktop.ui.widgets.text import Elided, Text
from desktop.ui.words import Words

if TYPE_CHECKING:
    from desktop.services.desk import Desk

LIST_PX, NARROW_LIST_PX = 320, 260


class LessonPage(Page):
    """Left the steps, right how the chosen one is done; Enter goes where it is done, Ctrl+D comes back."""

    KEYS: ClassVar[Keys] = (
        ("↑ ↓", "lesson.key_choose"),
        ("Enter", "lesson.key_go"),
        ("Ctrl+D", "lesson.key_back"),
        ("F1", "lesson.key_help"),
    )

    def __init__(self, look: Look, words: Words, desk: Desk) -> None:
        super().__init__(look, words, "lesson")
        self._desk = desk
        self._tried: dict[str, Tried] = {}
        self._note = Elided(look, "", "label", "ink_3")
        self.list = Entries(look, words("nav.lesson"))
        self.text = QTextBrowser()
        self.text.setAccessibleName(words("lesson.how"))
        self.text.setFont(look.font("body"))
        self.text.setFrameShape(QFrame.Shape.NoFrame)
        self.text.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.text.setOpenLinks(False)
        self._title = Text(look, "", "head")
        self.go_button = Button(look, words("lesson.go"), "Enter", "main")
        self.go_button.setObjectName("lesson:go")
        self._lay_out()
        self.list.chosen.connect(self._show)
        self.list.opened.connect(self._go)
        self.go_button.clicked.connect(self._go_here)
        self.setFocusProxy(self.list)

    def _lay_out(self) -> None:
        self._left = card((self.list, 1), width=LIST_PX)
        head = row(self._title, None, self.go_button, margins=(16, 0, 12, 0), height=48)
        body = QHBoxLayout()
        body.setSpacing(12)
        body.addWidget(tall(self._left))
        body.addWidget(tall(card(head, rule(), (col((self.text, 1), margins=(12, 8, 4, 8)), 1))), 1)
        self._lay = QVBoxLayout(self)
        self._lay.addWidget(row(Text(self.look, self.words("nav.lesson"), "title"), (self._note, 1), gap=12, height=32))
        self._lay.addLayout(body, 1)

    def set_narrow(self, narrow: bool) -> None:
        super().set_narrow(narrow)
        self._lay.setContentsMargins(*((12, 4, 12, 8) if narrow else (16, 12, 16, 16)))
        self._lay.setSpacing(4 if narrow else 12)
        self._left.setFixedWidth(NARROW_LIST_PX if narrow else LIST_PX)

    def visit(self, wanted: object = None) -> None:
        self.ask(self._desk.lessons.tried, self._take)

    def _take(self, tried: list[Tried]) -> None:
        words, before = self.words, self._tried
        self._tried = {one.step.key: one for one in tried}
        done = sum(one.done for one in tried)
        all_done = words("lesson.all_done") if done == len(tried) else ""
        self._note.setText(words("lesson.count", done=done, count=len(tried)) + all_done)
        self.list.show_entries(
            [
                Entry(
                    f"{place}　{words(f'lesson.step_{one.step.key}')}",
                    words("lesson.done" if one.done else "lesson.open"),
                    "ok" if one.done else "ink_3",
                    "ok" if one.done else "",
                    one.step.key,
                )
                for place, one in enumerate(tried, 1)
            ]
        )
        newly_done = before and any(one.done and not before[one.step.key].done for one in tried)
        if not before or newly_done:
            self.list.choose(next((one.step.key for one in tried if not one.done), tried[-1].step.key))
        self._show(self.list.id_here())

    def _show(self, key: str) -> None:
        if key in self._tried:
            self._title.setText(self.words(f"lesson.step_{key}"))
            self.text.setMarkdown(self.words(f"lesson.how_{key}"))

    def _go(self, key: str) -> None:
        if key in self._tried:
            self.went.emit(self._tried[key].step.page, None)

    def _go_here(self) -> None:
        self._go(self.list.id_here())
