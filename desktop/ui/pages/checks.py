"""四性检测: what the last report says, check by check, with what to do next; a run now; the report on paper and as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from PySide6.QtCore import QThreadPool
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from desktop.services.changed import Progress
from desktop.ui import workers
from desktop.ui.models.paged import Cell, PagedRows
from desktop.ui.pages.page import Keys, Page
from desktop.ui.pages.sheet_printing import SheetPrinting
from desktop.ui.paper.check_report import CheckSheet, evidence_words, subject_words, sum_words
from desktop.ui.paper.printing import pdf_of
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, col, row, rule, stack, tall
from desktop.ui.widgets.entries import Entries, Entry
from desktop.ui.widgets.keys import Button
from desktop.ui.widgets.measure import Measure
from desktop.ui.widgets.notice import EmptyState
from desktop.ui.widgets.table import Column, Table
from desktop.ui.widgets.text import Elided, Icon, Paragraph, Text
from desktop.ui.words import Words
from sync.contract.errors import Refused
from sync.contract.four_properties import Outcome, Report, Result, check_items

if TYPE_CHECKING:
    from desktop.services.desk import Desk

TONES: Final = {Outcome.PASSED: "ok", Outcome.NOTED: "accent", Outcome.FAILED: "danger", Outcome.NOT_CHECKED: "warn"}
WORST_FIRST: Final = (Outcome.FAILED, Outcome.NOT_CHECKED, Outcome.NOTED, Outcome.PASSED)
LIST_PX, NARROW_LIST_PX = 248, 168
EVIDENCE_TOLD: Final = 6


@dataclass(frozen=True, slots=True)
class ToChecks:
    """Where one comes from, and reports that are not the archive's own: those of a batch that a reviewer looks at."""

    back: str
    reports: tuple[Report, ...] = ()
    numbers: Mapping[str, str] = field(default_factory=dict)


class ChecksPage(Page):
    """Left the reports, right the checks of the chosen one, the worst first; below them what was found and what to do."""

    KEYS: ClassVar[Keys] = (
        ("Ctrl+Enter", "checks.key_go"),
        ("↑ ↓", "checks.key_choose"),
        ("Enter", "checks.key_open"),
        ("[ ]", "checks.key_report"),
        ("Ctrl+P", "checks.key_print"),
        ("Ctrl+S", "checks.key_save"),
        ("Esc", "checks.key_stop"),
    )
    NARROW_KEYS: ClassVar[Keys] = (*KEYS[:4], *KEYS[6:])

    def __init__(self, look: Look, words: Words, desk: Desk) -> None:
        super().__init__(look, words, "checks")
        self.printing = SheetPrinting(self)
        self._desk, self._service = desk, desk.examining
        self._task: workers.Task | None = None
        self._from = ToChecks("backup" if desk.may("backup") else "search")
        self.reports: list[Report] = []
        self.results: list[Result] = []
        self._numbers: Mapping[str, str] = {}
        self._icon, self.head, self._sum = (
            Icon(look, "care", "ink_3", 28),
            Text(look, "", "head"),
            Elided(look, "", "label", "ink_2"),
        )
        self.go_button = Button(look, words("checks.go"), "Ctrl+Enter", "main")
        self.go_button.setObjectName("checks:go")
        self.stop_button = Button(look, words("checks.stop"), "Esc", "danger")
        self.measure = Measure(look, words("checks.list"), height_px=6)
        self.entries = Entries(look, words("checks.reports"))
        self.table = Table(
            look, words("checks.list"),
            (
                Column(words("checks.id"), 52), Column(words("checks.property_head"), 92, always=False), Column(words("checks.what"), 148),
                Column(words("checks.outcome_head"), 96), Column(words("checks.found")),
            ), row_px=30,
        )  # fmt: skip
        self.table.setObjectName("results")
        self.model: PagedRows[Result] = PagedRows([one.head for one in self.table.columns], self._cells)
        self.table.setModel(self.model)
        self.evidence = Paragraph(look, "", "label", "ink_2")
        self.fix = Paragraph(look, "", "label", "accent")
        self.nothing = EmptyState(look, "care", words("checks.none_title"), words("checks.none_words"))
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        look, words = self.look, self.words
        now = row(
            self._icon, 4, (stack(self.head, self._sum), 1), self.stop_button, self.go_button,
            gap=8, margins=(16, 0, 16, 0), height=60,
        )  # fmt: skip
        self._going = col(self.measure, gap=0, margins=(16, 0, 16, 10))
        self._left = card((self.entries, 1))
        self._list = card((self.table, 1), rule(), col(self.evidence, self.fix, gap=4, margins=(16, 8, 16, 10)))
        body = QHBoxLayout()
        body.setSpacing(12)
        body.addWidget(tall(self._left))
        body.addWidget(tall(self._list), 1)
        self._lay = QVBoxLayout(self)
        self._head_note = Text(look, words("checks.head"), "label", "ink_3")
        self._lay.addWidget(row(Text(look, words("nav.checks"), "title"), self._head_note, None, gap=12, height=32))
        self._lay.addWidget(card(now, self._going))
        self._lay.addLayout(body, 1)
        self._lay.addWidget(self.nothing, 1)
        for one in (self._going, self.stop_button, self._left, self._list, self.nothing):
            one.hide()

    def _connect(self) -> None:
        self.go_button.clicked.connect(self.check_now)
        self.stop_button.clicked.connect(self.escape)
        self.entries.chosen.connect(self._choose_report)
        self.table.chosen.connect(self._choose)
        self.table.opened.connect(self._open)
        for keys, act in (
            ("Ctrl+Return", self.check_now), ("]", partial(self._step, 1)), ("[", partial(self._step, -1)),
            ("Ctrl+P", self.print_report), ("Ctrl+S", self.choose_pdf),
        ):  # fmt: skip
            self.bind(keys, act)

    def set_narrow(self, narrow: bool) -> None:
        super().set_narrow(narrow)
        self._lay.setContentsMargins(*((12, 4, 12, 8) if narrow else (16, 12, 16, 16)))
        self._lay.setSpacing(4 if narrow else 12)
        self._left.setFixedWidth(NARROW_LIST_PX if narrow else LIST_PX)
        self._head_note.setVisible(not narrow)
        self.table.set_narrow(narrow)

    def visit(self, wanted: object = None) -> None:
        if isinstance(wanted, ToChecks):
            self._from = wanted
        self._look()

    def at_work(self) -> bool:
        return self._task is not None

    def leave(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def escape(self) -> bool:
        if self._task is not None:
            self._task.cancel()
        else:
            self.went.emit(self._from.back, None)
        return True

    def _look(self) -> None:
        if self._from.reports:
            self._take((list(self._from.reports), self._from.numbers))
        else:
            self.ask(self._read, self._take)

    def _read(self) -> tuple[list[Report], Mapping[str, str]]:
        reports = self._service.newest()
        numbers: dict[str, str] = {}
        for one in reports:
            numbers |= self._service.numbers_of(one)
        return reports, numbers

    def _take(self, found: tuple[list[Report], Mapping[str, str]]) -> None:
        self.reports, self._numbers = found
        self.nothing.setVisible(not self.reports)
        self._left.setVisible(bool(self.reports))
        self._list.setVisible(bool(self.reports))
        self.go_button.setVisible(not self._from.reports)
        entries = [Entry(self.words("checks.reports"))]
        for place, one in enumerate(self.reports):
            tone = "ok" if one.clean else "danger"
            entries.append(Entry(self._title(one), self._verdict(one), tone, "ok" if one.clean else "bad", str(place)))
        self.entries.show_entries(entries if self.reports else [])
        if self.reports:
            self.entries.choose("0")
            self._choose_report("0")
            self.table.setFocus()
        else:
            self._icon.show_as("care", "ink_3")
            self.head.say(self.words("checks.none_title"), "ink")
            self._sum.say("")
            self.setFocus()

    def _title(self, one: Report) -> str:
        return f"{self.words(f'checks.stage.{one.stage}')}　{subject_words(self.words, one)}"

    def _verdict(self, one: Report) -> str:
        passed, failed = one.count(Outcome.PASSED), one.count(Outcome.FAILED)
        return self.words("checks.failed" if failed else "checks.clean", passed=passed, failed=failed)

    def report_here(self) -> Report | None:
        """The report that is shown."""
        place = self.entries.id_here()
        return self.reports[int(place)] if place.isdigit() and int(place) < len(self.reports) else None

    def _choose_report(self, _place: str) -> None:
        one = self.report_here()
        if one is None:
            return
        self._icon.show_as("ok" if one.clean else "bad", "ok" if one.clean else "danger")
        self.head.say(self._verdict(one), "ink" if one.clean else "danger")
        self._sum.say("　".join((subject_words(self.words, one), sum_words(self.words, one))))
        self.results = sorted(one.results, key=lambda it: WORST_FIRST.index(it.outcome))
        self.model.show_rows(self.results)
        self.table.choose(0)
        self._choose(0)

    def _step(self, step: int) -> None:
        place = self.entries.id_here()
        if place.isdigit() and self.reports:
            self.entries.choose(str((int(place) + step) % len(self.reports)))

    def _cells(self, one: Result) -> tuple[Cell, ...]:
        words = self.words
        told = evidence_words(words, one, self._numbers, 1)
        quiet = one.outcome is Outcome.PASSED
        return (
            Cell(one.item, "text", "ink_2"),
            Cell(words(f"checks.property.{check_items()[one.item].property}"), "mute"),
            Cell(words(f"checks.name.{one.item}"), "mute" if quiet else "text"),
            Cell(words(f"checks.outcome.{one.outcome}"), "pill", TONES[one.outcome]),
            Cell("　".join(told) or words("checks.objects", count=one.objects), "mute" if quiet else "text"),
        )

    def _choose(self, line: int) -> None:
        if not 0 <= line < len(self.results):
            return
        one, words = self.results[line], self.words
        item = check_items()[one.item]
        told = evidence_words(words, one, self._numbers, EVIDENCE_TOLD)
        self.evidence.say("　".join((f"{one.item}　{item.clause}", *told)), "ink_2")
        wrong = one.count > 0
        self.fix.say(
            words(f"checks.fix.{one.item}") if wrong else "", "danger" if one.outcome is Outcome.FAILED else "accent"
        )
        self.fix.setVisible(wrong)

    def _open(self, line: int) -> None:
        """The first record that the check names is looked up by its number."""
        faults = self.results[line].faults if 0 <= line < len(self.results) else ()
        number = next((self._numbers[one.subject] for one in faults if one.subject in self._numbers), "")
        if number and self._desk.may("find") and not self._from.reports:
            self.went.emit("search", number)
        else:
            self.tell("checks.no_record", "accent")

    # a run now

    def check_now(self) -> None:
        """The whole archive is checked; Esc stops it, and earlier reports stand."""
        if self._task is not None or self._from.reports:
            return
        self.quieted.emit()
        self._icon.show_as("care", "accent")
        self.head.say(self.words("checks.begun"), "ink")
        self.go_button.hide()
        self.stop_button.show()
        self._going.show()
        self.measure.show_shares([(0.01, "accent")])
        pool = QThreadPool.globalInstance()
        self._task = workers.run_long(pool, self._service.run, self._done, self._failed, self._progressed)

    def _progressed(self, report: object) -> None:
        if isinstance(report, Progress):
            self.measure.show_shares([(report.done / max(1, report.whole), "accent")])
            self.head.say(self.words("checks.going", done=report.done, whole=report.whole), "ink")

    def _rest(self) -> None:
        self._task = None
        self._going.hide()
        self.stop_button.hide()
        self.go_button.show()

    def _done(self, report: Report) -> None:
        self._rest()
        failed = report.count(Outcome.FAILED)
        self.tell("checks.done_failed" if failed else "checks.done_clean", "warn" if failed else "ok", failed=failed)
        self._look()

    def _failed(self, fault: Exception) -> None:
        self._rest()
        self._look()
        if isinstance(fault, Refused):
            self.tell("checks.cancelled", "warn")
        else:
            self.tell_fault(fault)

    # on paper and as data

    def sheet(self) -> CheckSheet | None:
        """Return the chosen report as a sheet."""
        report = self.report_here()
        if report is None:
            return None
        return CheckSheet(self.words, self.look.family, self._desk.office, report, self._numbers)

    def print_report(self) -> None:
        sheet = self.sheet()
        if sheet is not None:
            self.printing.print_sheet(sheet)

    def choose_pdf(self) -> None:
        """Ask where the report shall stand, as PDF, with its data and signature beside it."""
        report = self.report_here()
        if report is not None:
            path = self.printing.choose_pdf(f"{self.words('checks.sheet')}-{report.at[:10]}")
            if path is not None:
                self.save_pdf(path)

    def save_pdf(self, path: Path) -> None:
        """The report stands there as PDF, data and signature."""
        report, sheet = self.report_here(), self.sheet()
        if report is not None and sheet is not None:
            content = pdf_of(sheet, self.look.family, sheet.title)
            self.ask(partial(self._service.write, path, content, report), self._written)

    def _written(self, paths: tuple[Path, Path]) -> None:
        self.tell("checks.written", name=paths[0].name)
