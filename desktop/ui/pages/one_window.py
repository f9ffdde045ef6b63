"""全市通办: whose file lies in another township is found offline; it is opened over the line, for a purpose, and not kept."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from PySide6.QtCore import QThreadPool
from PySide6.QtGui import QIntValidator
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from desktop.services.finding import ShownField
from desktop.services.one_window import Answer, Hit, OneWindow, OpenedFile, WindowStatus
from desktop.ui import workers
from desktop.ui.models.paged import Cell, PagedRows
from desktop.ui.pages.page import Keys, Page
from desktop.ui.pages.search_record import RecordPanel
from desktop.ui.pages.sync_line import when
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, row, rule, tall
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.keys import Button
from desktop.ui.widgets.notice import EmptyState
from desktop.ui.widgets.table import Column, Table
from desktop.ui.widgets.text import Elided, Text
from desktop.ui.words import Words
from sync.contract.errors import CountyOlder, HeadMoved, LantaiError, NotAllowed, Unavailable

if TYPE_CHECKING:
    from desktop.services.desk import Desk

REFUSALS: Final = {NotAllowed.code: "one_window.refused_rule", HeadMoved.code: "one_window.refused_gone"}
YEAR_PX, NAME_PX, NARROW_YEAR_PX, NARROW_NAME_PX, LONGEST_NAME = 128, 220, 112, 150, 60
YEAR_DIGITS: Final = 4


def refresh(service: OneWindow, report: workers.Report, stopped: workers.Asked) -> WindowStatus:
    """What may be found is what the county says now."""
    return service.refresh(report, stopped)


class OneWindowPage(Page):
    """A name and a year of birth above, the hits left, what was opened right."""

    KEYS: ClassVar[Keys] = (
        ("Enter", "one_window.key_go_on"),
        ("↑ ↓", "one_window.key_choose"),
        ("F4", "one_window.key_ask"),
        ("PgDn", "one_window.key_page"),
        ("F5", "one_window.key_refresh"),
        ("Esc", "one_window.key_back"),
    )

    def __init__(self, look: Look, words: Words, desk: Desk) -> None:
        super().__init__(look, words, "one_window")
        self._desk, self._service = desk, desk.one_window
        self.status: WindowStatus | None = None
        self.answer: Answer | None = None
        self.opened: OpenedFile | None = None
        self._task: workers.Task | None = None
        self._to_find, self._wide = False, False
        self.name_field = Field(look, words("one_window.name"), words("one_window.name_hint"), 32, NAME_PX)
        self.name_field.setObjectName("one_window:name")
        self.name_field.setMaxLength(LONGEST_NAME)
        self.year_field = Field(look, words("one_window.year"), words("one_window.year_hint"), 32, YEAR_PX)
        self.year_field.setObjectName("one_window:year")
        self.year_field.setValidator(QIntValidator(0, 2100, self))
        self.find_button = Button(look, words("one_window.find"), "Enter", "main")
        self.find_button.setObjectName("one_window:find")
        self.table = Table(
            look, words("one_window.hits"),
            (Column(words("one_window.kind"), 132), Column(words("one_window.made"), 64), Column(words("one_window.born"), 112),
             Column(words("one_window.holder"))),
        )  # fmt: skip
        self.table.setObjectName("elsewhere")
        self.model: PagedRows[Hit] = PagedRows([one.head for one in self.table.columns], self._cells)
        self.table.setModel(self.model)
        self.panel = RecordPanel(look, words, desk, self._service.picture)
        self.panel.purpose.setObjectName("one_window:purpose")
        self.empty = EmptyState(look, "search", words("one_window.begin_title"), words("one_window.begin_words"))
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        look, words = self.look, self.words
        self._slice, self._count = Elided(look, "", "label", "ink_3"), Elided(look, "", "label", "ink_3")
        head = row(
            self.name_field,
            self.year_field,
            self.find_button,
            (self._count, 1),
            gap=8,
            margins=(16, 8, 16, 8),
            height=48,
        )
        self._hits_card = card(head, rule(), (self.table, 1), (self.empty, 1))
        self._lay = QVBoxLayout(self)
        self._lay.addWidget(row(Text(look, words("nav.one_window"), "title"), (self._slice, 1), gap=12, height=32))
        body = QHBoxLayout()
        body.setSpacing(12)
        body.addWidget(tall(self._hits_card), 1)
        body.addWidget(tall(self.panel))
        self._lay.addLayout(body, 1)
        self.table.hide()
        self.panel.hide()

    def _connect(self) -> None:
        self.setFocusProxy(self.name_field)
        for one in (self.name_field, self.year_field):
            one.returnPressed.connect(self.look_up)
        self.find_button.clicked.connect(self.look_up)
        self.table.chosen.connect(self._choose)
        self.table.opened.connect(self.go_on)
        self.panel.failed.connect(self._refused)
        self.panel.purpose_given.connect(self._open)
        viewer = self.panel.viewer
        for keys, act in (
            ("F4", self._to_name), ("F5", self.refresh), ("PgDown", viewer.next_page), ("PgUp", viewer.previous_page),
            ("Ctrl+=", viewer.zoom), ("Ctrl+R", viewer.turn_right),
        ):  # fmt: skip
            self.bind(keys, act)

    def set_narrow(self, narrow: bool) -> None:
        super().set_narrow(narrow)
        self._lay.setContentsMargins(*((12, 4, 12, 8) if narrow else (16, 12, 16, 16)))
        self._lay.setSpacing(4 if narrow else 12)
        self.table.set_narrow(narrow)
        self.name_field.setFixedWidth(NARROW_NAME_PX if narrow else NAME_PX)
        self.year_field.setFixedWidth(NARROW_YEAR_PX if narrow else YEAR_PX)
        self._show_width()

    def _show_width(self) -> None:
        """What goes, goes first: both at once would make the window grow, and it does not shrink by itself."""
        if self._wide:
            self._hits_card.hide()
        self.panel.show_wide(self._wide, self.narrow)
        self._hits_card.setVisible(not self._wide)

    def visit(self, wanted: object = None) -> None:
        """The name that was not found at home is asked for, as far as it is one; what changed meanwhile comes behind."""
        if isinstance(wanted, str) and _is_name(wanted):
            self.name_field.setText(wanted.strip()[:LONGEST_NAME])
            self._to_find = True
        self.name_field.setFocus()
        self.ask(self._service.status, self._take_status)

    def leave(self) -> None:
        """What was open is another office's: it does not stay on a page behind."""
        if self._task is not None:
            self._task.cancel()
        self._close_file()

    def at_work(self) -> bool:
        return self._task is not None

    def escape(self) -> bool:
        if self.panel.drop_purpose():
            self.table.setFocus()
        elif self._wide:
            self._wide = False
            self._show_width()
            self.table.setFocus()
        elif self.opened is not None:
            self._close_file()
            self._choose(self.table.line())
        else:
            self.went.emit("search", None)
        return True

    # what may be found

    def refresh(self) -> None:
        """Ask the county what changed in what may be found."""
        if self._task is None and self.status is not None and self.status.enrolled:
            self._slice.say(self.words("one_window.fetching"))
            pool = QThreadPool.globalInstance()
            self._task = workers.run_long(
                pool, partial(refresh, self._service), self._refreshed, self._not_refreshed, self._came
            )

    def _came(self, records: object) -> None:
        self._slice.say(self.words("one_window.fetched", count=f"{records:,}"))

    def _take_status(self, status: WindowStatus) -> None:
        self.status = status
        self._show_status()
        self.refresh()
        self._find_if_asked()

    def _refreshed(self, status: WindowStatus) -> None:
        self._task, self.status = None, status
        self._show_status()
        self._find_if_asked()

    def _not_refreshed(self, fault: Exception) -> None:
        self._task = None
        self._show_status()
        if isinstance(fault, CountyOlder):
            self._slice.say(self.words("one_window.county_older"), "warn")
        elif isinstance(fault, Unavailable) and self.status is not None and self.status.fetched_at:
            self._slice.say(self.words("one_window.of_then", at=when(self.status.fetched_at)), "warn")
        else:
            self.tell_fault(fault)

    def _show_status(self) -> None:
        status = self.status
        if status is None:
            return
        title, said = "one_window.begin_title", "one_window.begin_words"
        if not status.enrolled:
            title, said = "one_window.alone_title", "one_window.alone_words"
        elif status.whole and not status.records:
            title, said = "one_window.closed_title", "one_window.closed_words"
        elif status.fetched_at:
            key = "one_window.stands" if status.whole else "one_window.stands_partly"
            self._slice.say(self.words(key, count=f"{status.records:,}", at=when(status.fetched_at)), "ink_3")
        self.find_button.setEnabled(bool(status.fetched_at))
        if self.answer is None:
            self.empty.say(self.words(title), self.words(said))

    def _find_if_asked(self) -> None:
        if self._to_find and self.status is not None and self.status.fetched_at:
            self.look_up()

    # finding

    def _to_name(self) -> None:
        self.name_field.setFocus()
        self.name_field.selectAll()

    def look_up(self) -> None:
        """Ask the slice who has a file elsewhere under this name."""
        name, year = self.name_field.text().strip(), self.year_field.text()
        if not name:
            return
        if not self.find_button.isEnabled():
            self.tell("one_window.not_yet", "warn")
        elif year and len(year) != YEAR_DIGITS:
            self.tell("one_window.bad_year", "warn")
            self.year_field.setFocus()
        else:
            self._to_find = False
            self._close_file()
            self.ask(partial(self._service.find, name, int(year) if year else None), self._take)

    def _take(self, answer: Answer) -> None:
        self.answer = answer
        there = bool(answer.hits)
        self.model.show_rows(list(answer.hits))
        for part, shown in sorted(
            ((self.table, there), (self.panel, there), (self.empty, not there)), key=lambda one: one[1]
        ):
            part.setVisible(shown)
        count = "one_window.first" if answer.more else "one_window.count"
        self._count.say(self.words(count, count=len(answer.hits), seconds=f"{answer.seconds:.2f}"))
        if there:
            self.table.choose(0)
            self.table.setFocus()
        else:
            self.empty.say(self.words("one_window.none_title"), self.words("one_window.none_words"))
            self._to_name()

    def _cells(self, one: Hit) -> Sequence[Cell]:
        return (
            Cell(self._kind(one), "strong"),
            Cell(str(one.year) if one.year else "—", "text", "ink_2"),
            Cell(one.born or "—", "text", "ink_2"),
            Cell(one.township_name),
        )

    def _kind(self, one: Hit) -> str:
        kind = self._desk.kinds.get(one.kind)
        return kind.short if kind is not None else one.kind

    def chosen(self) -> Hit | None:
        """Return the chosen hit."""
        line, hits = self.table.line(), self.answer.hits if self.answer is not None else ()
        return hits[line] if 0 <= line < len(hits) else None

    def _choose(self, _line: int) -> None:
        hit = self.chosen()
        if hit is None or (self.opened is not None and self.opened.view.record.uid == hit.record):
            return
        self.opened = None
        kind = self._desk.kinds.get(hit.kind)
        facts = [
            ShownField(key, self.words(f"one_window.{key}"), value, "", False, "")
            for key, value in (("holder", hit.township_name), ("made", str(hit.year or "")), ("born", hit.born))
            if value
        ]
        title = kind.label if kind is not None else hit.kind
        self.panel.show_outline(hit.record, title, hit.township_name, facts, self.words("one_window.not_open"))

    # opening

    def go_on(self, _line: int = 0) -> None:
        """Ask what the chosen file is wanted for; one that is open takes the whole page."""
        if self.chosen() is None:
            return
        if self.opened is None:
            self.panel.ask_purpose()
        else:
            self._wide = True
            self._show_width()
            self.panel.viewer.setFocus()

    def _open(self, uid: str, purpose: str) -> None:
        name = self.answer.name if self.answer is not None else ""
        self.panel.viewer.show_nothing(self.words("one_window.opening"))
        self.table.setFocus()
        self.ask(partial(self._service.open, uid, name, purpose), self._take_file, self._refused)

    def _take_file(self, opened: OpenedFile) -> None:
        if opened.view.record.uid != self.panel.uid:
            return  # another one was chosen meanwhile; that it was opened stands in the log
        self.opened = opened
        self.panel.show_record(opened.view, unmasked=True)
        record = opened.view.record
        self.panel.number.setText(
            "　".join(one for one in (opened.holder, record.number, opened.view.kind.short) if one)
        )
        if opened.pages:
            self.panel.show_pages(opened.view)
        else:
            self.panel.viewer.show_nothing(self.words("one_window.no_pages"))
        self.tell("one_window.opened", "accent", holder=opened.holder, until=when(opened.until))

    def _refused(self, fault: Exception) -> None:
        self.panel.viewer.show_nothing(self.words("one_window.not_open"))
        key = REFUSALS.get(fault.code) if isinstance(fault, LantaiError) else None
        if key is not None:
            self.tell(key, "warn")
        else:
            self.tell_fault(fault)

    def _close_file(self) -> None:
        """Nothing of another office's file is shown or held any more."""
        self._service.put_away()
        self.opened, self._wide = None, False
        self._show_width()
        self.panel.show_nothing()


def _is_name(question: str) -> bool:
    """Whether what was searched for at home may be somebody's name: initials and numbers are not."""
    plain = question.strip()
    return bool(plain) and not plain.isascii() and not any(one.isdigit() for one in plain)
