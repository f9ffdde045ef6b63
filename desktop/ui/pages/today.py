"""今日: what must be done, each thing one key away; at the right how numbers, inbox, line and backup stand."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from desktop.services.today import DueGroup, LookedAt
from desktop.ui.pages.catalogue_opening import ToCorrect, ToResume
from desktop.ui.pages.page import Keys, Page
from desktop.ui.pages.register import ToRegister
from desktop.ui.pages.today_view import DayView, day_words, facts, read_day, section_of, sections, weekday_words
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, clear, col, row, rule, stack, tall
from desktop.ui.widgets.day_list import DayList
from desktop.ui.widgets.keys import Button, KeyCap
from desktop.ui.widgets.notice import EmptyState
from desktop.ui.widgets.text import Elided, Icon, Runs, Text
from desktop.ui.words import Words

if TYPE_CHECKING:
    from desktop.services.desk import Desk

STATES_PX, NARROW_STATES_PX = 336, 248
PLACES = {"numbers": ("number", "N", "numbers"), "inbox": ("inbox", "R", "inbox"), "sync": ("sync", "S", "sync"),
          "backup": ("backup", "B", "backup")}  # icon, key, the page it opens  # fmt: skip


class TodayPage(Page):
    """What was begun on top, what waits under it, the states at the right."""

    KEYS: ClassVar[Keys] = (
        ("1—9", "today.key_open"),
        ("↑ ↓", "today.key_choose"),
        ("Enter", "today.key_go_on"),
        ("N", "today.key_numbers"),
        ("R", "today.key_inbox"),
        ("S", "today.key_sync"),
        ("B", "today.key_backup"),
        ("V", "today.key_register"),
        ("Esc", "today.key_back"),
    )
    NARROW_KEYS: ClassVar[Keys] = (*KEYS[:3], *KEYS[-2:])

    def __init__(self, look: Look, words: Words, desk: Desk) -> None:
        super().__init__(look, words, "today")
        self._desk = desk
        self._view: DayView | None = None
        self._group: DueGroup | None = None
        self._wants: tuple[str, object] | None = None
        self._date, self._done = Text(look, "", "label", "ink_3"), Text(look, "", "label", "ink_3")
        self._icon = Icon(look, "form", "accent", 24)
        self._head, self._note = Runs(look), Elided(look, "", "label", "ink_3")
        self.go_button = Button(look, words("today.go_on"), "Enter", "main")
        self.go_button.setObjectName("today:go")
        self.list = DayList(look, words("today.list"))
        self.empty = EmptyState(look, "ok", words("today.nothing_title"), words("today.nothing_words"))
        self.empty.hide()
        self._states = QFrame()
        QVBoxLayout(self._states).setContentsMargins(0, 0, 0, 0)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        self._begun = row(
            self._icon, 4, (stack(self._head, self._note), 1), self.go_button, gap=8, margins=(16, 0, 16, 0), height=64
        )
        self._states_card = card(self._states, None, width=STATES_PX)
        body = QHBoxLayout()
        body.setSpacing(12)
        body.addWidget(tall(card(self._begun, rule(), (self.list, 1), (self.empty, 1))), 1)
        body.addWidget(tall(self._states_card))
        self._lay = QVBoxLayout(self)
        title = Text(self.look, self.words("nav.today"), "title")
        self._lay.addWidget(row(title, self._date, None, self._done, gap=12, height=32))
        self._lay.addLayout(body, 1)

    def _connect(self) -> None:
        self.go_button.clicked.connect(self.go_on)
        self.list.opened.connect(self._open)
        self.bind("Return", self.go_on)
        self.bind("Up", partial(self.list.step, -1))
        self.bind("Down", partial(self.list.step, 1))
        for _icon, key, place in PLACES.values():
            self.bind(key, partial(self.went.emit, place, None))
        self.bind("V", partial(self.went.emit, "register", ToRegister()))
        for digit in range(1, 10):
            self.bind(str(digit), partial(self.list.open_number, digit))

    def set_narrow(self, narrow: bool) -> None:
        super().set_narrow(narrow)
        self._lay.setContentsMargins(*((12, 4, 12, 8) if narrow else (16, 12, 16, 16)))
        self._lay.setSpacing(4 if narrow else 12)
        self._states_card.setFixedWidth(NARROW_STATES_PX if narrow else STATES_PX)
        if self._view is not None:
            self._show_states(self._view)

    def visit(self, wanted: object = None) -> None:
        self._group = None
        self.list.choose_none()  # Enter goes on with what was begun until a line is chosen
        self._read()

    def waits_changed(self) -> None:
        self._read()

    def _read(self) -> None:
        self.ask(partial(read_day, self._desk), self._take)

    def escape(self) -> bool:
        if self._group is None:
            return False
        self._group = None
        self._show_list()
        return True

    def go_on(self) -> None:
        """Open the chosen line, or go on with what was begun or lies in the inbox."""
        chosen = self.list.place()
        if chosen >= 0:
            self.list.open_number(chosen + 1)
        elif self._wants is not None:
            self.went.emit(*self._wants)

    def _open(self, opens: object) -> None:
        if isinstance(opens, DueGroup):
            self._group = opens
            self._show_list()
            self.list.step(0)
        elif isinstance(opens, LookedAt):
            self.went.emit("search", opens.number)
        elif isinstance(opens, ToCorrect):
            self.went.emit("catalogue", opens)

    def _take(self, view: DayView) -> None:
        self._view = view
        day = view.day
        self._date.setText(f"{day_words(self.words, day.on)}　{weekday_words(self.words, day.on)}")
        self._done.setText(self.words("today.done", filed=day.filed_today, looks=day.looks_today))
        self._show_begun(view)
        self._show_states(view)
        self._show_list()

    def _show_begun(self, view: DayView) -> None:
        begun, waiting = view.day.begun, view.day.inbox
        if begun is not None:
            kind = self._desk.kinds[begun.kind].label
            self._head.say((self.words("today.begun"), "body", "ink_2"), (f"　{kind}　{begun.names}", "strong", "ink"))
            self._note.setText(self.words("today.others", count=begun.others) if begun.others else "")
            self._wants = ("catalogue", ToResume(begun.draft))
            self.go_button.say(self.words("today.go_on"))
        elif waiting.files:
            self._head.say((self.words("today.inbox_waits", files=waiting.files, pages=waiting.pages), "strong", "ink"))
            self._note.setText(self.words("today.inbox_note"))
            self._wants = ("inbox", None)
            self.go_button.say(self.words("today.go_inbox"))
        else:
            self._head.say((self.words("today.scan_first"), "strong", "ink"))
            self._note.setText(self.words("today.scan_folder", folder=view.scanner))
            self._wants = ("catalogue", None)
            self.go_button.say(self.words("today.go_catalogue"))
        self._icon.show_as("form" if begun else "inbox", "accent")
        self._note.setVisible(bool(self._note.text()))

    def _show_list(self) -> None:
        if self._view is None:
            return
        day = self._view.day
        shown = section_of(self.words, self._group) if self._group else sections(self.words, self._desk, day)
        self.list.show_sections(shown)
        self.list.setVisible(bool(shown))
        self.empty.setVisible(not shown)

    def _show_states(self, view: DayView) -> None:
        clear(self._states)
        lay = self._states.layout()
        assert lay is not None
        lay.setSpacing(0)
        gap = 4 if self.narrow else 8
        for number, (place, lines) in enumerate(facts(self.words, view)):
            icon, key, _page = PLACES[place]
            name = Text(self.look, self.words(f"today.{place}_title"), "strong")
            tone = next((one for _, _, one in lines if one in ("danger", "warn")), "ink_2")
            head = row(Icon(self.look, icon, tone), name, None, KeyCap(self.look, key), gap=8, height=28)
            said = [self._fact(*line) for line in lines]
            if number:
                lay.addWidget(rule())
            lay.addWidget(col(head, *said, gap=gap, margins=(16, gap + 4, 12, gap + 6)))

    def _fact(self, what: str, how: str, tone: str) -> QFrame:
        shown = Elided(self.look, what, "label", "ink_2")
        return row((shown, 1), Text(self.look, how, "label", tone), gap=8, height=22)
