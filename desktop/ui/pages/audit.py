"""审计: the records a scope means, and the auditor's findings about them; nothing else is changed here."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from PySide6.QtWidgets import QFileDialog, QVBoxLayout

from desktop.services.auditing import AuditFinding, FindingLine, ScopeLine, ScopeList
from desktop.ui.models.paged import Cell, PagedRows
from desktop.ui.pages.approvals import scope_words
from desktop.ui.pages.page import Keys, Page
from desktop.ui.pages.sheet_printing import SheetPrinting
from desktop.ui.paper.audit_sheets import audit_sheet
from desktop.ui.paper.destruction_register import moment
from desktop.ui.paper.volume_tables import TableSheet
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, col, row, rule
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.keys import Button
from desktop.ui.widgets.notice import EmptyState
from desktop.ui.widgets.table import Column, Table
from desktop.ui.widgets.text import Elided, Text
from desktop.ui.words import Words
from sync.contract.errors import InvalidRecord, Refused
from sync.contract.risks import load_risks

if TYPE_CHECKING:
    from desktop.services.desk import Desk

VIEWS: Final = ("records", "findings")
TONES: Final = {1: "plain", 2: "warn", 3: "danger"}


class AuditPage(Page):
    """One of two lists at a time; at the foot the form for a finding."""

    KEYS: ClassVar[Keys] = (
        ("1—2", "audit_desk.key_view"),
        ("F4", "audit_desk.key_scope"),
        ("Enter", "audit_desk.key_open"),
        ("N", "audit_desk.key_note"),
        ("Ctrl+Z", "audit_desk.key_withdraw"),
        ("F9", "audit_desk.key_statistics"),
        ("Ctrl+P", "audit_desk.key_print"),
        ("Ctrl+S", "audit_desk.key_pdf"),
        ("Esc", "audit_desk.key_back"),
    )
    NARROW_KEYS: ClassVar[Keys] = (*KEYS[:4], *KEYS[5:6], *KEYS[7:])

    def __init__(self, look: Look, words: Words, desk: Desk) -> None:
        super().__init__(look, words, "audit")
        self.printing = SheetPrinting(self)
        self._desk, self._service = desk, desk.auditing
        self.view = "records"
        self.listed: ScopeList | None = None
        self.rows: list[Any] = []
        self._noting = ""
        self.tabs = {name: Button(look, words(f"audit_desk.view_{name}"), str(n)) for n, name in enumerate(VIEWS, 1)}
        self.scope = Field(look, words("audit_desk.scope"), words("export.scope_hint"), 30)
        self.scope.setObjectName("audit:scope")
        self._sum = Elided(look, "", "label", "ink_2")
        self.table = Table(
            look, words("nav.audit"),
            (Column(words("audit_desk.number"), 210), Column(words("audit_desk.what")),
             Column(words("audit_desk.why"), 210, always=False), Column(words("audit_desk.gravity"), 90)),
        )  # fmt: skip
        self.table.setObjectName("rows")
        self.model: PagedRows[Any] = PagedRows([one.head for one in self.table.columns], self._cells)
        self.table.setModel(self.model)
        self.nothing = EmptyState(look, "eye", words("audit_desk.none_title"), words("audit_desk.none_words"))
        self.place, self.gravity, self.text = (
            Field(look, words(f"audit_desk.{key}"), words(f"audit_desk.{key}_hint"), 30, width)
            for key, width in (("place", 90), ("gravity", 90), ("text", 0))
        )
        for name in ("place", "gravity", "text"):
            getattr(self, name).setObjectName(f"audit:{name}")
        self.refused = Text(look, "", "small", "danger")
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        look, words = self.look, self.words
        fields = (self.place, self.gravity, self.text)
        labels = [Text(look, one.accessibleName(), "label", "ink_2") for one in fields]
        typed = row(
            labels[0], self.place, labels[1], self.gravity, labels[2], (self.text, 1), gap=8, margins=(16, 8, 16, 8)
        )
        self._form = col(rule(), typed, row(self.refused, None, margins=(16, 0, 16, 6)), gap=0)
        self._form.hide()
        self.refused.hide()
        tabs = row(*self.tabs.values(), (self._sum, 1), gap=8, margins=(12, 0, 12, 0), height=48)
        self._lay = QVBoxLayout(self)
        self.scope.setMinimumWidth(340)
        self._lay.addWidget(row(Text(look, words("nav.audit"), "title"), None, (self.scope, 1), gap=12, height=32))
        self._lay.addWidget(card(tabs, rule(), (self.table, 1), (self.nothing, 1), self._form), 1)
        self.nothing.hide()

    def _connect(self) -> None:
        self.setFocusProxy(self.table)
        self.scope.returnPressed.connect(partial(self.show_view, "records"))
        self.table.opened.connect(self._open)
        self.place.returnPressed.connect(self.gravity.setFocus)
        self.gravity.returnPressed.connect(self.text.setFocus)
        self.text.returnPressed.connect(self._answer)
        acts: tuple[tuple[str, Callable[[], object]], ...] = (
            ("F4", self._to_scope), ("N", self.begin_note), ("Ctrl+Z", self.withdraw), ("Ctrl+P", self.print_sheet),
            ("Ctrl+S", self.choose_pdf), ("F9", self.choose_statistics),
        )  # fmt: skip
        for keys, act in acts:
            self.bind(keys, act)
        for place, name in enumerate(VIEWS, start=1):
            self.tabs[name].clicked.connect(partial(self.show_view, name))
            self.bind(str(place), partial(self.show_view, name))

    def set_narrow(self, narrow: bool) -> None:
        super().set_narrow(narrow)
        self._lay.setContentsMargins(*((12, 4, 12, 8) if narrow else (16, 12, 16, 16)))
        self._lay.setSpacing(4 if narrow else 12)
        self.table.set_narrow(narrow)

    def visit(self, wanted: object = None) -> None:
        if isinstance(wanted, str):
            self.scope.setText(wanted)
        self.show_view(self.view)

    def escape(self) -> bool:
        if self._noting:
            self._end_note()
            self.table.setFocus()
        else:
            self.went.emit("export", None)
        return True

    def _to_scope(self) -> None:
        self.scope.setFocus()
        self.scope.selectAll()

    # the two lists

    def show_view(self, name: str) -> None:
        """The records of the scope that is typed, or all findings, are read and shown."""
        self._end_note()
        if name == "records":
            self.ask(partial(self._service.records, self.scope.text()), self._take_records, self._not_read)
        else:
            self.ask(self._service.findings, self._take_findings)

    def _take_records(self, found: ScopeList) -> None:
        self.listed = found
        if found.scope.sample:  # with the seed it was given, so that the same can be drawn again
            self.scope.setText(scope_words(self.words, self._desk.kinds, found.scope))
        self._show("records", list(found.lines))

    def _take_findings(self, found: list[FindingLine]) -> None:
        self._show("findings", found)

    def _not_read(self, fault: Exception) -> None:
        if isinstance(fault, Refused) and fault.facts.get("reason") == "scope":
            self.tell("export.no_such_scope", "danger")
            self.scope.setFocus()
        else:
            self.tell_fault(fault)

    def _show(self, view: str, found: list[Any]) -> None:
        self.view, self.rows = view, found  # together: rows of one list are never drawn as another's
        self.model.show_rows(found)
        self.table.setVisible(bool(found))
        self.nothing.setVisible(not found)
        self._sum.setText(self.sum_words())
        if found:
            self.table.choose(0)
            self.table.setFocus()
        else:
            self.setFocus()

    def sum_words(self) -> str:
        """Return how many are listed, of how many, by which seed."""
        if self.view == "findings" or self.listed is None:
            return self.words("audit_desk.count_findings", count=len(self.rows))
        one = self.listed
        told = self.words("audit_desk.count_records", count=one.count, among=one.among)
        return told + (self.words("audit_desk.drawn", seed=one.scope.seed) if one.scope.sample else "")

    def here(self) -> Any:
        """The chosen row, None where there is none."""
        line = self.table.line()
        return self.rows[line] if 0 <= line < len(self.rows) else None

    def _cells(self, one: ScopeLine | FindingLine) -> tuple[Cell, ...]:
        if isinstance(one, ScopeLine):
            return Cell(one.number), Cell(one.title), Cell(self._why(one), "text", "warn"), Cell("")
        found = one.finding
        gravity = self.words(f"audit_desk.gravity_{found.gravity}")
        gone = self.words("audit_desk.withdrawn") if found.withdrawn_at else ""
        place = "　".join(part for part in (self.place_words(one), found.by, moment(found.at)) if part)
        return (
            Cell(one.number), Cell(found.text, "text", "ink_3" if gone else "ink"), Cell(place, "mute"),
            Cell(gone or gravity, "pill", "plain" if gone else TONES[found.gravity]),
        )  # fmt: skip

    def _why(self, one: ScopeLine) -> str:
        rules = load_risks()
        return "、".join(rules[key].label if self.words.language == "zh" else rules[key].label_en for key in one.why)

    def place_words(self, one: FindingLine) -> str:
        """Return which page a finding is about, nothing for the record as a whole."""
        page = one.finding.page
        return self.words("audit_desk.page", file=one.file, page=page) if page else ""

    def _open(self, _line: int) -> None:
        """The record of that row is looked up by its number."""
        one = self.here()
        if one is not None:
            self.went.emit("search", one.number)

    # findings

    def begin_note(self) -> None:
        """A finding about the chosen record can be typed."""
        one = self.here()
        if not isinstance(one, ScopeLine):
            self.tell("audit_desk.choose_record", "accent")
            return
        self._noting = one.record
        self._form.show()
        self.place.setFocus()

    def _end_note(self) -> None:
        self._noting = ""
        self._form.hide()
        self.refused.hide()
        for field in (self.place, self.gravity, self.text):
            field.clear()

    def _answer(self) -> None:
        typed = self.gravity.text().strip()
        gravity = int(typed) if typed.isdecimal() else 1 if not typed else 0
        work = partial(self._service.note, self._noting, self.place.text(), gravity, self.text.text())
        self.ask(work, self._noted, self._not_noted)

    def _noted(self, _one: AuditFinding) -> None:
        self._end_note()
        self.tell("audit_desk.noted")
        self.table.setFocus()

    def _not_noted(self, fault: Exception) -> None:
        if not isinstance(fault, InvalidRecord):
            self.tell_fault(fault)
            return
        name = str(fault.facts.get("fields", ["text"])[0])  # type: ignore[index]
        self.refused.say(self.words(f"audit_desk.needed_{name}"), "danger")
        self.refused.show()
        {"place": self.place, "gravity": self.gravity}.get(name, self.text).setFocus()

    def withdraw(self) -> None:
        """The chosen finding is withdrawn, if it is one's own."""
        one = self.here()
        if isinstance(one, FindingLine):
            self.ask(partial(self._service.withdraw, one.finding.id), self._withdrawn)

    def _withdrawn(self, _none: None) -> None:
        self.show_view("findings")

    # on paper

    def sheet(self) -> TableSheet | None:
        """Return what is listed as a sheet; None where nothing is."""
        if not self.rows:
            return None
        kinds = self._desk.kinds
        rows = [
            (str(place), one.number, kinds[one.kind].label, str(one.year), one.title, self._why(one))
            if isinstance(one, ScopeLine)
            else self._finding_row(one)
            for place, one in enumerate(self.rows, start=1)
        ]
        asked = self.scope.text() or self.words("approvals.everything")
        parts = (self._desk.office, *((asked,) if self.view == "records" else ()), self.sum_words())
        return audit_sheet(self.words, self.look.family, self.view, parts, rows)

    def _finding_row(self, one: FindingLine) -> tuple[str, ...]:
        found = one.finding
        gravity = self.words("audit_desk.withdrawn" if found.withdrawn_at else f"audit_desk.gravity_{found.gravity}")
        return one.number, self.place_words(one), gravity, found.text, found.by, moment(found.at)

    def print_sheet(self) -> None:
        if (sheet := self.sheet()) is not None:
            self.printing.print_sheet(sheet)

    def choose_pdf(self) -> None:
        """Ask where the list shall stand as a PDF; it is not encrypted."""
        if self.sheet() is not None:
            path = self.printing.choose_pdf(self.words(f"audit_desk.title_{self.view}"))
            if path is not None:
                self.save_pdf(path)

    def choose_statistics(self) -> None:
        """Ask where the tables of the scope shall stand; they tell of nobody, and are not encrypted."""
        name, _ = QFileDialog.getSaveFileName(self, self.words("audit_desk.statistics"), "统计表.csv", "CSV (*.csv)")
        if name:
            self.save_statistics(Path(name))

    def save_statistics(self, path: Path) -> None:
        """The tables of the scope that is typed stand in that file."""
        self.ask(partial(self._service.write_statistics, path, self.scope.text()), self._kept, self._not_read)

    def _kept(self, path: Path) -> None:
        self.tell("audit_desk.statistics_kept", name=path.name)

    def save_pdf(self, path: Path) -> None:
        """The list stands in that file."""
        if (sheet := self.sheet()) is not None:
            self.printing.save_pdf(path, lambda: sheet)
