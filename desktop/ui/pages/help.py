"""帮助: the topic of the page one came from; pressed again, the keys of that page. Typed words search the manual."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QStackedWidget, QTextBrowser, QVBoxLayout

from desktop.ui.manual import topics
from desktop.ui.pages.page import Keys, Page
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, col, empty, row, rule, tall
from desktop.ui.widgets.entries import Entries, Entry
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.keys import KeyCap
from desktop.ui.widgets.text import Elided, Text
from desktop.ui.words import Words

LIST_PX, NARROW_LIST_PX, CAP_PX = 240, 200, 128
EVERYWHERE: Keys = (
    ("F1", "help.everywhere_help"),
    ("Ctrl+K", "help.everywhere_search"),
    ("Esc", "help.everywhere_back"),
    ("Ctrl+L", "help.everywhere_lock"),
    ("Ctrl+Shift+L", "help.everywhere_theme"),
    ("Ctrl+Shift+P", "help.everywhere_password"),
)


@dataclass(frozen=True, slots=True)
class ToHelp:
    """The page one is on, and the keys at its foot."""

    page: str
    keys: Keys


class HelpPage(Page):
    """Left the topics, right what is said, or the keys."""

    KEYS: ClassVar[Keys] = (
        ("F1", "help.key_keys"),
        ("↑ ↓", "help.key_choose"),
        ("PgDn", "help.key_down"),
        ("Esc", "help.key_back"),
    )

    def __init__(self, look: Look, words: Words) -> None:
        super().__init__(look, words, "help")
        self._topics = topics(words.language)
        self._from = ToHelp("today", ())
        self.search = Field(look, words("help.search"), words("help.search_hint"), 30)
        self.search.setObjectName("help:search")
        self.list = Entries(look, words("help.topics"), one_line=True)
        self.text = QTextBrowser()
        self.text.setAccessibleName(words("help.text"))
        self.text.setFont(look.font("body"))
        self.text.setFrameShape(QFrame.Shape.NoFrame)
        self.text.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # PgDn and PgUp move it; the cursor stays where one types
        self.text.setOpenLinks(False)
        self._title = Text(look, "", "head")
        self._sheet = QFrame()
        self._sheet.setProperty("bare", True)
        self._grid = QGridLayout(self._sheet)
        self._lay_out()
        self.search.textEdited.connect(self._show_list)
        self.list.chosen.connect(self._show_topic)
        self.setFocusProxy(self.search)
        for keys, by in (("Up", -1), ("Down", 1)):
            self.bind(keys, lambda by=by: self._step(by))  # type: ignore[misc]
        for keys, by in (("PgUp", -1), ("PgDown", 1)):
            self.bind(keys, lambda by=by: self._scroll(by))  # type: ignore[misc]

    def _lay_out(self) -> None:
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(self._sheet)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.text)
        self._stack.addWidget(area)
        self._left = card(col(self.search, margins=(12, 12, 12, 8)), rule(), (self.list, 1), width=LIST_PX)
        head = row(self._title, None, margins=(16, 0, 16, 0), height=44)
        body = QHBoxLayout()
        body.setSpacing(12)
        body.addWidget(tall(self._left))
        body.addWidget(tall(card(head, rule(), (col((self._stack, 1), margins=(12, 8, 4, 8)), 1))), 1)
        self._lay = QVBoxLayout(self)
        self._lay.addWidget(row(Text(self.look, self.words("nav.help"), "title"), None, height=32))
        self._lay.addLayout(body, 1)

    def set_narrow(self, narrow: bool) -> None:
        super().set_narrow(narrow)
        self._lay.setContentsMargins(*((12, 4, 12, 8) if narrow else (16, 12, 16, 16)))
        self._lay.setSpacing(4 if narrow else 12)
        self._left.setFixedWidth(NARROW_LIST_PX if narrow else LIST_PX)

    def visit(self, wanted: object = None) -> None:
        if isinstance(wanted, ToHelp):
            self._from = wanted
        self.search.clear()
        self._stack.setCurrentIndex(0)
        self._show_list("")
        self.list.choose(self._from.page)
        self._show_topic(self.list.id_here())
        self.search.setFocus()

    def return_to(self) -> object:
        return self._from

    def escape(self) -> bool:
        if self.showing_keys():
            self.turn()
        elif self.search.text():
            self.visit()
        else:
            self.went.emit(self._from.page, None)
        return True

    def _show_list(self, typed: str) -> None:
        found = [one for one in self._topics.values() if one.holds(typed)]
        self.list.show_entries([Entry(one.title, id=one.page) for one in found])
        self._show_topic(self.list.id_here())

    def _show_topic(self, page: str) -> None:
        topic = self._topics.get(page)
        self._title.setText(topic.title if topic else self.words("help.nothing"))
        self.text.setMarkdown(topic.text if topic else "")
        if not self.showing_keys():
            return
        self._show_keys()

    def _step(self, by: int) -> None:
        ids = [entry.id for entry in self.list._shown]
        if ids:
            here = ids.index(self.list.id_here()) if self.list.id_here() in ids else 0
            self.list.choose(ids[max(0, min(len(ids) - 1, here + by))])

    def _scroll(self, by: int) -> None:
        bar = self.text.verticalScrollBar()
        bar.setValue(bar.value() + by * bar.pageStep())

    def showing_keys(self) -> bool:
        """Whether the keys are shown instead of the topic."""
        return self._stack.currentIndex() == 1

    def turn(self) -> None:
        """The keys of the page one came from are shown, or the topic again."""
        self._stack.setCurrentIndex(0 if self.showing_keys() else 1)
        self._show_keys()

    def _show_keys(self) -> None:
        empty(self._grid)
        own = self._topics.get(self._from.page)
        parts: Sequence[tuple[str, Keys]] = (
            (own.title if own else "", self._from.keys),
            (self.words("help.everywhere"), EVERYWHERE),
        )
        line = 0
        for title, keys in parts:
            self._grid.addWidget(Text(self.look, title, "strong"), line, 0, 1, 2)
            for cap, does in keys:
                line += 1
                self._grid.addWidget(row(KeyCap(self.look, cap), None), line, 0)
                self._grid.addWidget(Elided(self.look, self.words(does), "body", "ink_2"), line, 1)
            line += 1
        self._grid.setColumnMinimumWidth(0, CAP_PX)
        self._grid.setColumnStretch(1, 1)
        self._grid.setRowStretch(line, 1)
