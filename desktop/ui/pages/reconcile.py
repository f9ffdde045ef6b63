"""对账: whether this desk and its county hold the same, and if not, which records differ and how to get what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QThreadPool
from PySide6.QtWidgets import QVBoxLayout

from desktop.services.reconciling import DifferenceLine, Reconciled, Where
from desktop.ui import workers
from desktop.ui.models.paged import Cell, PagedRows
from desktop.ui.pages.page import Keys, Page
from desktop.ui.pages.sheet_printing import SheetPrinting
from desktop.ui.paper.reconcile_report import ReconcileSheet
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, col, row, rule
from desktop.ui.widgets.keys import Button
from desktop.ui.widgets.notice import EmptyState
from desktop.ui.widgets.table import Column, Table
from desktop.ui.widgets.text import Icon, Paragraph, Text
from desktop.ui.words import Words

if TYPE_CHECKING:
    from desktop.services.desk import Desk

TONES = {Where.DESK_ONLY: ("warn", "warn"), Where.COUNTY_ONLY: ("warn", "warn"), Where.BOTH: ("bad", "danger")}


class ReconcilePage(Page):
    """It asks the county each time it is come to; asking for what is missing never changes what is held."""

    KEYS: ClassVar[Keys] = (
        ("F5", "reconcile.key_compare"),
        ("Enter", "reconcile.key_ask"),
        ("↑ ↓", "reconcile.key_choose"),
        ("Ctrl+P", "reconcile.key_print"),
        ("Ctrl+S", "reconcile.key_pdf"),
        ("Esc", "reconcile.key_back"),
    )

    def __init__(self, look: Look, words: Words, desk: Desk) -> None:
        super().__init__(look, words, "reconcile")
        self._service, self._office = desk.reconciling, desk.office
        self.printing = SheetPrinting(self)
        self._task: workers.Task | None = None
        self._found: Reconciled | None = None
        self._icon, self._head = Icon(look, "balance", "ink_3", 24), Text(look, "", "head")
        self._told = Paragraph(look, "", "label", "ink_2")
        self.ask_button = Button(look, words("reconcile.ask"), "Enter", "main")
        self.ask_button.setObjectName("reconcile:ask")
        self.ask_button.clicked.connect(self.ask_for_missing)
        self.table = Table(
            look, words("reconcile.records"),
            (Column(words("reconcile.number"), 208), Column(words("reconcile.piece")), Column(words("reconcile.where"), 176)),
        )  # fmt: skip
        self.table.setObjectName("differences")
        self.model: PagedRows[DifferenceLine] = PagedRows([one.head for one in self.table.columns], self._cells)
        self.table.setModel(self.model)
        self.nothing = EmptyState(look, "balance", words("reconcile.equal"), words("reconcile.equal_words"))
        self._lay_out()
        for keys, act in (("F5", self.compare), ("Return", self.ask_for_missing), ("Enter", self.ask_for_missing),
                          ("Ctrl+P", self.print_report), ("Ctrl+S", self.choose_pdf)):  # fmt: skip
            self.bind(keys, act)

    def _lay_out(self) -> None:
        head = row(self._icon, (self._head, 1), self.ask_button, gap=12, margins=(16, 0, 16, 0), height=56)
        self._sum = card(head, rule(), col(self._told, margins=(16, 10, 16, 12)))
        self._list = card((self.table, 1))
        self._lay = QVBoxLayout(self)
        self._lay.addWidget(row(Text(self.look, self.words("nav.reconcile"), "title"), None, height=32))
        self._lay.addWidget(self._sum)
        self._lay.addWidget(self._list, 1)
        self._lay.addWidget(self.nothing, 1)
        self._show(None)

    def set_narrow(self, narrow: bool) -> None:
        super().set_narrow(narrow)
        self._lay.setContentsMargins(*((12, 4, 12, 8) if narrow else (16, 12, 16, 16)))
        self._lay.setSpacing(4 if narrow else 12)

    def visit(self, wanted: object = None) -> None:
        self.compare()

    def at_work(self) -> bool:
        return self._task is not None

    def leave(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def escape(self) -> bool:
        if self._task is not None:
            self._task.cancel()
        else:
            self.went.emit("sync", None)
        return True

    def compare(self) -> None:
        """Ask the county what it holds."""
        if self._task is None:
            self._begin("reconcile.comparing")
            self.ask(self._service.compare, self._take, self._failed)

    def ask_for_missing(self) -> None:
        """The feed is read again; what is missing here comes, and both ends are compared once more."""
        if self._task is not None or self._found is None or self._found.equal:
            return
        self._begin("reconcile.asking")
        pool = QThreadPool.globalInstance()
        self._task = workers.run_long(
            pool, self._service.ask_for_missing, self._asked_for, self._failed, self._progressed
        )

    def _begin(self, words: str) -> None:
        self.quieted.emit()
        self._icon.show_as("sync", "accent")
        self._head.say(self.words(words), "ink")
        self.ask_button.setEnabled(False)

    def _progressed(self, report: object) -> None:
        self._told.say(self.words("reconcile.read", events=getattr(report, "events", 0)))

    def _asked_for(self, found: Reconciled) -> None:
        self._task = None
        self._take(found)
        self.counts_changed.emit()

    def _failed(self, fault: Exception) -> None:
        self._task = None
        self._icon.show_as("offline", "warn")
        self._head.say(self.words("reconcile.not_known"), "warn")
        self._told.say(self.words("reconcile.not_known_words"))
        self.ask_button.setEnabled(self._found is not None and not self._found.equal)
        self.tell_fault(fault)

    def _take(self, found: Reconciled) -> None:
        self._found = found
        self._show(found)

    def _show(self, found: Reconciled | None) -> None:
        parts = ((self._list, found is not None and not found.equal), (self.nothing, found is not None and found.equal))
        for part, shown in sorted(parts, key=lambda pair: pair[1]):
            part.setVisible(shown)
        self.ask_button.setEnabled(found is not None and not found.equal)
        if found is None:
            self._told.say(self.words("reconcile.what"))
            return
        if found.equal:
            self._icon.show_as("ok", "ok")
            self._head.say(self.words("reconcile.agree", heads=found.heads), "ok")
            self._told.say(self.words("reconcile.agree_words"), "ink_2")
            self.setFocus()
            return
        self._icon.show_as("bad", "danger")
        self._head.say(self.words("reconcile.differ", count=len(found.lines)), "danger")
        counts = {where.value: found.count(where) for where in Where}
        self._told.say(self.words("reconcile.differ_words", heads=found.heads, **counts), "ink_2")
        self.model.show_rows(found.lines)
        self.table.choose(0)
        self.table.setFocus()

    # the report
    def sheet(self) -> ReconcileSheet | None:
        """Return what was found as a sheet, None as long as nothing was compared."""
        found = self._found
        return None if found is None else ReconcileSheet(self.words, self.look.family, self._office, found)

    def print_report(self) -> None:
        """The report is with the printer; where nothing was compared yet that is said."""
        sheet = self.sheet()
        if sheet is None:
            self.tell("reconcile.nothing_to_print", "warn")
        else:
            self.printing.print_sheet(sheet)

    def choose_pdf(self) -> None:
        """Ask where the report shall stand as a PDF."""
        sheet = self.sheet()
        if sheet is None or self._found is None:
            self.tell("reconcile.nothing_to_print", "warn")
            return
        path = self.printing.choose_pdf(f"{sheet.title}-{self._found.at[:10]}")
        if path is not None:
            self.printing.save_pdf(path, lambda: sheet)

    def _cells(self, one: DifferenceLine) -> Sequence[Cell]:
        icon, tone = TONES[one.where]
        number, title = one.number or "—", one.title or self.words("reconcile.not_here")
        return (
            Cell(number),
            Cell(title, "text" if one.title else "mute"),
            Cell(self.words(f"reconcile.{one.where.value}"), "sign", tone, icon),
        )
