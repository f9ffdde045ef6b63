"""鉴定销毁: what is over its time, what is said of it, lists with two people's word, and the register of what is gone."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from PySide6.QtCore import QThreadPool
from PySide6.QtWidgets import QVBoxLayout

from desktop.services.changed import Progress
from desktop.services.retention import FOR_GOOD, CarriedOut
from desktop.ui import workers
from desktop.ui.models.paged import Cell, PagedRows
from desktop.ui.pages.page import Keys, Page
from desktop.ui.pages.sheet_printing import SheetPrinting
from desktop.ui.paper.destruction_register import RegisterSheet, moment
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, col, row, rule
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.keys import Button
from desktop.ui.widgets.notice import EmptyState
from desktop.ui.widgets.table import Column, Table
from desktop.ui.widgets.text import Paragraph, Text
from desktop.ui.words import Words
from sync.contract.errors import InvalidRecord

if TYPE_CHECKING:
    from desktop.services.desk import Desk

VIEWS: Final = ("expired", "marked", "lists", "register")
TONES: Final = {"proposed": "warn", "approved": "accent", "done": "ok"}


class RetentionPage(Page):
    """One of four lists at a time; what may be done with it stands at the foot."""

    KEYS: ClassVar[Keys] = (
        ("1—4", "retention.key_view"),
        ("K", "retention.key_keep"),
        ("D", "retention.key_mark"),
        ("Ctrl+Z", "retention.key_unsay"),
        ("P", "retention.key_propose"),
        ("A", "retention.key_approve"),
        ("Ctrl+Enter", "retention.key_carry_out"),
        ("Ctrl+S", "retention.key_pdf"),
        ("Esc", "retention.key_back"),
    )
    NARROW_KEYS: ClassVar[Keys] = (*KEYS[:3], *KEYS[4:7])

    def __init__(self, look: Look, words: Words, desk: Desk) -> None:
        super().__init__(look, words, "retention")
        self.printing = SheetPrinting(self)
        self._desk, self._service = desk, desk.retention
        self._task: workers.Task | None = None
        self.view = "expired"
        self.rows: list[Any] = []
        self._asking = ""
        self._sure = ""
        self._approved_by: dict[str, str] = {}
        self.tabs = {
            name: Button(look, words(f"retention.view_{name}"), str(n)) for n, name in enumerate(VIEWS, start=1)
        }
        self.note = Paragraph(look, words("retention.note_expired"), "label", "ink_2")
        heads = ("number", "what", "term", "state")
        widths = (208, 0, 140, 180)
        self.table = Table(
            look, words("nav.retention"),
            tuple(Column(words(f"retention.{head}"), width, always=head != "term") for head, width in zip(heads, widths, strict=True)),
        )  # fmt: skip
        self.table.setObjectName("records")
        self.model: PagedRows[Any] = PagedRows([one.head for one in self.table.columns], self._cells)
        self.table.setModel(self.model)
        self.nothing = EmptyState(look, "ok", words("retention.none_title"), words("retention.none_words"))
        self.until, self.reason = (
            Field(look, words(f"retention.{key}"), words(f"retention.{key}_hint"), 30) for key in ("until", "reason")
        )
        self.until.setObjectName("retention:until")
        self.reason.setObjectName("retention:reason")
        self.refused = Text(look, "", "small", "danger")
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        look, words = self.look, self.words
        self._until_label = Text(look, words("retention.until"), "label", "ink_2")
        asking = row(
            self._until_label, self.until, Text(look, words("retention.reason"), "label", "ink_2"), (self.reason, 1),
            gap=8, margins=(16, 8, 16, 8),
        )  # fmt: skip
        self.until.setFixedWidth(120)
        self._form = col(rule(), asking, row(self.refused, None, margins=(16, 0, 16, 6)), gap=0)
        self._form.hide()
        self.refused.hide()
        tabs = row(*self.tabs.values(), None, gap=8, margins=(12, 0, 12, 0), height=48)
        self._lay = QVBoxLayout(self)
        self._lay.addWidget(row(Text(look, words("nav.retention"), "title"), None, gap=12, height=32))
        listed = card(
            tabs, rule(), col(self.note, margins=(16, 8, 16, 8)), rule(), (self.table, 1), (self.nothing, 1), self._form
        )
        self._lay.addWidget(listed, 1)
        self.nothing.hide()

    def _connect(self) -> None:
        for name, button in self.tabs.items():
            button.clicked.connect(partial(self.show_view, name))
        self.until.returnPressed.connect(self.reason.setFocus)
        self.reason.returnPressed.connect(self._answer)
        acts: tuple[tuple[str, Callable[[], object]], ...] = (
            ("K", partial(self.begin, "keep")), ("D", partial(self.begin, "mark")), ("P", self.propose), ("A", self.approve),
            ("Ctrl+Z", self.unsay), ("Ctrl+Return", self.carry_out), ("Ctrl+S", self.choose_pdf), ("Ctrl+P", self.print_sheet),
        )  # fmt: skip
        for keys, act in acts:
            self.bind(keys, act)
        for place, name in enumerate(VIEWS, start=1):
            self.bind(str(place), partial(self.show_view, name))

    def set_narrow(self, narrow: bool) -> None:
        super().set_narrow(narrow)
        self._lay.setContentsMargins(*((12, 4, 12, 8) if narrow else (16, 12, 16, 16)))
        self._lay.setSpacing(4 if narrow else 12)
        self.table.set_narrow(narrow)

    def visit(self, wanted: object = None) -> None:
        self.show_view(self.view)

    def at_work(self) -> bool:
        return self._task is not None

    def leave(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def escape(self) -> bool:
        if self._task is not None:
            self._task.cancel()
        elif self._asking:
            self._end_asking()
        else:
            self.went.emit("numbers", None)
        return True

    # the four lists

    def show_view(self, name: str) -> None:
        """That list is read and shown."""
        self._sure = ""
        self._end_asking()
        self.ask(partial(self._read, name), self._take)

    def _read(self, name: str) -> tuple[str, list[Any], dict[str, str]]:
        reads: dict[str, Callable[[], list[Any]]] = {
            "expired": self._service.expired, "marked": self._service.waiting, "lists": self._service.lists,
            "register": self._service.register,
        }  # fmt: skip
        return name, reads[name](), {one.id: one.approved_by for one in self._service.lists()}

    def _take(self, found: tuple[str, list[Any], dict[str, str]]) -> None:
        self.view, self.rows, self._approved_by = found  # together: rows of one list are never drawn as another's
        self.note.say(self.words(f"retention.note_{self.view}"), "ink_2")
        self.model.show_rows(self.rows)
        self.table.setVisible(bool(self.rows))
        self.nothing.setVisible(not self.rows)
        if self.rows:
            self.table.choose(0)
            self.table.setFocus()
        else:
            self.setFocus()

    def here(self) -> Any:
        """The chosen row, None where there is none."""
        line = self.table.line()
        return self.rows[line] if 0 <= line < len(self.rows) else None

    def _cells(self, one: Any) -> tuple[Cell, ...]:
        words, kinds = self.words, self._desk.kinds
        if self.view == "expired":
            since = words("retention.since", day=one.over_since.isoformat())
            return Cell(one.number), Cell(one.title), Cell(one.retention, "mute"), Cell(since, "text", "warn")
        if self.view == "marked":
            return (
                Cell(one.number),
                Cell(one.reason),
                Cell(moment(one.at), "mute"),
                Cell(one.by, "mute"),
            )
        if self.view == "lists":
            said = words("retention.of_list", by=one.proposed_by, second=one.approved_by or "—")
            state = words(f"retention.state_{one.state}")
            return (
                Cell(one.id[-8:]),
                Cell(said),
                Cell(moment(one.proposed_at), "mute"),
                Cell(state, "pill", TONES[one.state]),
            )
        return (
            Cell(one.number),
            Cell(f"{kinds[one.kind].label}　{one.reason}"),
            Cell(one.retention, "mute"),
            Cell(moment(one.at), "mute"),
        )

    # what is said of a record

    def begin(self, what: str) -> None:
        """A reason can be typed: to keep the chosen record, or to mark it."""
        if self.view != "expired" or self.here() is None:
            self.tell("retention.only_expired", "accent")
            return
        self._asking = what
        for widget in (self.until, self._until_label):
            widget.setVisible(what == "keep")
        self._form.show()
        (self.until if what == "keep" else self.reason).setFocus()

    def _end_asking(self) -> None:
        self._asking = ""
        self._form.hide()
        self.refused.hide()
        for field in (self.until, self.reason):
            field.clear()

    def _answer(self) -> None:
        one, reason, typed = self.here(), self.reason.text(), self.until.text().strip()
        until = int(typed) if typed.isdecimal() else FOR_GOOD
        if self._asking == "keep":
            self.ask(partial(self._service.keep, [one.record], until, reason), self._said, self._refuse)
        elif self._asking:
            self.ask(partial(self._service.mark, [one.record], reason), self._said, self._refuse)

    def _said(self, _none: None) -> None:
        self.show_view(self.view)

    def _refuse(self, fault: Exception) -> None:
        if not isinstance(fault, InvalidRecord):
            self.tell_fault(fault)
            return
        name = str(fault.facts.get("fields", ["reason"])[0])  # type: ignore[index]
        self.refused.say(self.words(f"retention.needed_{name}"), "danger")
        self.refused.show()
        (self.until if name == "until" else self.reason).setFocus()

    def unsay(self) -> None:
        """Nothing is said of the chosen record any more, or the chosen list is no more."""
        one = self.here()
        if self.view == "marked" and one is not None:
            self.ask(partial(self._service.unsay, one.record), self._unsaid)
        elif self.view == "lists" and one is not None:
            self.ask(partial(self._service.withdraw, one.id), self._said)

    def _unsaid(self, _done: bool) -> None:
        self.show_view(self.view)

    # lists

    def propose(self) -> None:
        """All that is marked stands on a list."""
        self.ask(self._service.propose, self._proposed)

    def _proposed(self, _made: object) -> None:
        self.tell("retention.proposed")
        self.show_view("lists")

    def approve(self) -> None:
        """The chosen list has this person's word, if it is another's."""
        one = self.here()
        if self.view == "lists" and one is not None:
            self.ask(partial(self._service.approve, one.id), self._approved)

    def _approved(self, _made: object) -> None:
        self.tell("retention.approved")
        self.show_view("lists")

    def carry_out(self) -> None:
        """The chosen list is carried out, once the key was pressed twice."""
        one = self.here()
        if self.view != "lists" or one is None or self._task is not None:
            self.tell("retention.choose_list", "accent")
        elif self._sure != one.id:
            self._sure = one.id
            self.tell("retention.sure", "warn")
        else:
            self._sure = ""
            work = partial(self._service.carry_out, one.id)
            self._task = workers.run_long(
                QThreadPool.globalInstance(), work, self._done, self._failed, self._progressed
            )

    def _progressed(self, report: object) -> None:
        if isinstance(report, Progress):
            self.note.say(self.words("retention.going", done=report.done, whole=report.whole), "warn")

    def _done(self, done: CarriedOut) -> None:
        self._task = None
        tone = "warn" if done.passed_over else "ok"
        self.tell("retention.done", tone, count=done.destroyed, passed=len(done.passed_over))
        self.counts_changed.emit()
        self.show_view("register")

    def _failed(self, fault: Exception) -> None:
        self._task = None
        self.tell_fault(fault)
        self.show_view("lists")

    # on paper

    def sheet(self) -> RegisterSheet | None:
        """Return the register as it is listed; None in another view, or where it is empty."""
        if self.view != "register" or not self.rows:
            return None
        kinds = self._desk.kinds
        rows = [
            (str(place), one.number, kinds[one.kind].label, str(one.year), one.retention, one.head[:16], str(one.files),
             f"{one.appraised_by}、{self._approved_by.get(one.list, '')}", one.reason, moment(one.at))
            for place, one in enumerate(self.rows, start=1)
        ]  # fmt: skip
        parts = (self._desk.office, self.words("retention.sum", count=len(rows)))
        return RegisterSheet(self.words, self.look.family, self.words("retention.register_title"), parts, rows)

    def print_sheet(self) -> None:
        sheet = self.sheet()
        if sheet is None:
            self.tell("retention.only_register", "accent")
            return
        self.printing.print_sheet(sheet)

    def choose_pdf(self) -> None:
        """Ask where the register shall stand as a PDF; it is not encrypted."""
        if self.sheet() is None:
            self.tell("retention.only_register", "accent")
            return
        path = self.printing.choose_pdf(self.words("retention.register_title"))
        if path is not None:
            self.save_pdf(path)

    def save_pdf(self, path: Path) -> None:
        """The register stands in that file."""
        if (sheet := self.sheet()) is not None:
            self.printing.save_pdf(path, lambda: sheet)
