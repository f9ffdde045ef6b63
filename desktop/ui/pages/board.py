"""总览: every township on one screen, the gravest first; the chosen one says what is the matter, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QVBoxLayout

from desktop.ui.models.paged import Cell, PagedRows
from desktop.ui.pages.page import Keys, Page
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, col, row, rule, tall
from desktop.ui.widgets.days import DayTable
from desktop.ui.widgets.keys import Button
from desktop.ui.widgets.notice import EmptyState
from desktop.ui.widgets.table import Column
from desktop.ui.widgets.text import Elided, Icon, Paragraph, Runs, Text
from desktop.ui.words import Words
from sync.contract.board import Board, Light, Matter, TownshipStanding

if TYPE_CHECKING:
    from desktop.services.desk import Desk

AGAIN_MS = 60_000
DETAIL_PX, ROW_PX = 300, 28
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SIGNS = {
    Light.RED: ("bad", "danger"), Light.AMBER: ("warn", "warn"), Light.GREEN: ("ok", "ok"), Light.NONE: ("offline", "ink_3"),
}  # fmt: skip
DAY_TONES = {Light.RED: "danger", Light.AMBER: "warn", Light.GREEN: "ink_3", Light.NONE: "ink_3"}
FACTS = ("last", "waiting", "undecided", "conflicts", "set_aside", "heads", "agrees")
NARROW_FACTS = ("last", "waiting", "undecided", "agrees")  # the others are said where they matter


class BoardPage(Page):
    """It is read again every minute while it is in front."""

    KEYS: ClassVar[Keys] = (
        ("A—Z", "board.key_choose"),
        ("Enter", "board.key_open"),
        ("X", "board.key_conflicts"),
        ("F5", "board.key_again"),
    )

    def __init__(self, look: Look, words: Words, desk: Desk) -> None:
        super().__init__(look, words, "board")
        self._service, self._line = desk.county_board, desk.county_line
        self._board: Board | None = None
        self._shown: list[TownshipStanding] = []
        self._at = Text(look, "", "label", "ink_3")
        self._sums = Runs(look)
        heads = ("", "township", "state", "last", "days", "waiting", "undecided", "heads")
        named = [words(f"board.{head}") if head else "" for head in heads]
        self.table = DayTable(
            look,
            words("board.townships"),
            (
                Column(named[0], 48), Column(named[1]), Column(named[2], 124), Column(named[3], 92, right=True),
                Column(named[4], 148, always=False), Column(named[5], 88, right=True), Column(named[6], 72, right=True),
                Column(named[7], 92, right=True, always=False),
            ),
            ROW_PX,
        )  # fmt: skip
        self.table.setObjectName("townships")
        self.model: PagedRows[tuple[int, TownshipStanding]] = PagedRows(named, self._cells)
        self.table.setModel(self.model)
        self._icon, self._name = Icon(look, "ok", "ok"), Elided(look, "", "head")
        self._told = Paragraph(look, "", "label", "ink_2")
        self._facts = {name: Text(look, "", "label", "ink") for name in FACTS}
        self.open_button = Button(look, words("board.open"), "Enter", "main")
        self.open_button.setObjectName("board:open")
        self.open_button.clicked.connect(self.open_batches)
        self.join_button = Button(look, words("board.join"), "Enter", "main")
        self.join_button.clicked.connect(partial(self.went.emit, "review", None))  # where the form is
        self.alone = EmptyState(look, "offline", words("board.alone"), words("board.alone_words"), self.join_button)
        self.empty = EmptyState(look, "board", words("board.none"), words("board.none_words"))
        self._again = QTimer(self)
        self._again.setInterval(AGAIN_MS)
        self._again.timeout.connect(self.look_again)
        self._lay_out()
        self.table.chosen.connect(self._choose)
        self.table.opened.connect(lambda _line: self.open_batches())
        self.bind("F5", self.look_again)
        self.bind("Return", self._enter)
        self.bind("Enter", self._enter)
        for place, letter in enumerate(LETTERS):
            if letter != "X":  # a letter of the page
                self.bind(letter, partial(self._choose_letter, place))
        self.bind("X", partial(self.went.emit, "conflict", None))

    def _lay_out(self) -> None:
        look, words = self.look, self.words
        self._sums_card = card(row(self._sums, None, margins=(16, 0, 16, 0), height=48))
        self._table_card = card((self.table, 1))
        self._fact_rows = {
            name: row(Text(look, words(f"board.fact_{name}"), "label", "ink_3"), None, value, height=26)
            for name, value in self._facts.items()
        }
        head = row(self._icon, (self._name, 1), gap=10, margins=(16, 0, 16, 0), height=48)
        told = col(self._told, margins=(16, 12, 16, 12))
        facts = col(*self._fact_rows.values(), gap=0, margins=(16, 8, 16, 8))
        acts = row(self.open_button, None, margins=(16, 0, 16, 16))
        self._detail = card(head, rule(), told, rule(), facts, None, acts, width=DETAIL_PX)
        self._body = row((self._table_card, 1), tall(self._detail), gap=12)
        self._lay = QVBoxLayout(self)
        self._lay.addWidget(row(Text(look, words("board.title"), "title"), self._at, None, gap=12, height=32))
        self._lay.addWidget(self._sums_card)
        self._lay.addWidget(self._body, 1)
        self._lay.addWidget(self.alone, 1)
        self._lay.addWidget(self.empty, 1)
        self._show("")

    def _show(self, what: str) -> None:
        parts = (
            (self._sums_card, "board"), (self._body, "board"), (self.alone, "alone"), (self.empty, "empty"),
        )  # fmt: skip
        for part, kind in sorted(parts, key=lambda pair: pair[1] == what):  # what goes, goes first
            part.setVisible(kind == what)

    def set_narrow(self, narrow: bool) -> None:
        super().set_narrow(narrow)
        self._lay.setContentsMargins(*((12, 4, 12, 8) if narrow else (16, 12, 16, 16)))
        self._lay.setSpacing(4 if narrow else 12)
        self.table.set_narrow(narrow)
        self._detail.setFixedWidth(236 if narrow else DETAIL_PX)
        for name, line in self._fact_rows.items():
            line.setVisible(not narrow or name in NARROW_FACTS)

    def visit(self, wanted: object = None) -> None:
        self.ask(self._line.enrolled, self._take_enrolled)
        self._again.start()

    def leave(self) -> None:
        self._again.stop()

    def _take_enrolled(self, enrolled: bool) -> None:
        if enrolled:
            self.look_again()
        else:
            self._show("alone")
            self.join_button.setFocus()

    def look_again(self) -> None:
        """Ask the county how all stand now."""
        self.ask(self._service.read, self._take)

    def _take(self, board: Board) -> None:
        here = self._here()
        self._board, self._shown = board, board.by_urgency()
        self._show("board" if self._shown else "empty")
        at = board.now().astimezone()
        self._at.say(self.words("board.at", month=at.month, day=at.day, time=f"{at:%H:%M}"))
        self._say_sums(board)
        self.model.show_rows(list(enumerate(self._shown)))
        codes = [one.township for one in self._shown]
        if codes:
            self.table.choose(codes.index(here.township) if here is not None and here.township in codes else 0)
            self._choose(self.table.line())
            self.table.setFocus()

    def _say_sums(self, board: Board) -> None:
        words, now = self.words, board.now()
        lights = [one.light(now) for one in board.townships]
        counted = (
            ("red", lights.count(Light.RED), "danger"), ("amber", lights.count(Light.AMBER), "warn"),
            ("green", lights.count(Light.GREEN), "ok"), ("undecided", sum(one.undecided for one in board.townships), "ink"),
            ("conflicts", sum(one.conflicts for one in board.townships), "ink"),
            ("held", sum(one.heads for one in board.townships), "ink"),
        )  # fmt: skip
        runs = []
        for name, count, tone in counted:
            runs += [
                (f"{count:,} ", "title", tone if count else "ink_3"),
                (words(f"board.sum_{name}") + "　　", "label", "ink_2"),
            ]
        self._sums.say(*runs)

    def _cells(self, line: tuple[int, TownshipStanding]) -> Sequence[Cell]:
        place, one = line
        assert self._board is not None
        words, now = self.words, self._board.now()
        light, matter = one.light(now), one.matter(now)
        icon, tone = SIGNS[light]
        key = LETTERS[place] if place < len(LETTERS) and LETTERS[place] != "X" else ""
        return (
            Cell(key, "key" if key else "mute"),
            Cell(one.name or str(one.township), "strong"),
            Cell(words(f"board.matter_{matter.value}"), "sign", tone, icon),
            Cell(_ago(words, one, now), "number", tone if matter in (Matter.SILENT, Matter.QUIET) else "ink"),
            Cell("", "days", DAY_TONES[light], marks=tuple(enumerate(one.received))),
            _number(one.waiting),
            _number(one.undecided + one.conflicts),
            _number(one.heads),
        )

    def _here(self) -> TownshipStanding | None:
        line = self.table.line()
        return self._shown[line] if 0 <= line < len(self._shown) else None

    def _choose_letter(self, place: int) -> None:
        self.table.choose(place if place < len(self._shown) else self.table.line())

    def _choose(self, _line: int) -> None:
        one, board = self._here(), self._board
        if one is None or board is None:
            return
        words, matter = self.words, one.matter(board.now())
        icon, tone = SIGNS[one.light(board.now())]
        self._icon.show_as(icon, tone)
        self._name.setText(one.name or str(one.township))
        facts = {
            "conflicts": one.conflicts, "set_aside": one.set_aside, "undecided": one.undecided, "desk": one.desk_heads,
            "county": one.heads, "ago": _ago(words, one, board.now()), "township": one.name,
        }  # fmt: skip
        self._told.say(words(f"board.told_{matter.value}", **facts))
        agrees = words("board.unknown" if one.agrees is None else "board.equal" if one.agrees else "board.apart")
        said = {
            "last": _ago(words, one, board.now()), "waiting": f"{one.waiting:,}", "undecided": f"{one.undecided:,}",
            "conflicts": f"{one.conflicts:,}", "set_aside": f"{one.set_aside:,}", "heads": f"{one.heads:,}", "agrees": agrees,
        }  # fmt: skip
        for name, value in said.items():
            self._facts[name].say(value, "danger" if name == "agrees" and one.agrees is False else "ink")

    def _enter(self) -> None:
        if self.alone.isVisible():
            self.join_button.click()
        else:
            self.open_batches()

    def open_batches(self) -> None:
        """The chosen township's batches are gone to; its conflicts, where those are the matter."""
        one, board = self._here(), self._board
        if one is None or board is None:
            return
        if one.matter(board.now()) is Matter.CONFLICTS:
            self.went.emit("conflict", None)
        else:
            self.went.emit("review", str(one.township))


def _number(count: int) -> Cell:
    return Cell(f"{count:,}", "number") if count else Cell("—", "number", "ink_3")


def _ago(words: Words, one: TownshipStanding, now: datetime) -> str:
    if not one.last_contact:
        return words("board.never_here")
    minutes = max(0, int((now - datetime.fromisoformat(one.last_contact)).total_seconds()) // 60)
    if minutes < 60:
        return words("board.minutes", count=minutes)
    return (
        words("board.hours", count=minutes // 60) if minutes < 2880 else words("board.days_away", count=minutes // 1440)
    )
