"""日志: who looked at this person, what did somebody do on a day; the whole log checked; the list on paper and as a table."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFileDialog, QVBoxLayout

from desktop.services.log_checking import LogDigits, LogReport
from desktop.services.log_reading import LOOKS, LogAnswer, LogRow
from desktop.ui.log_words import act_words, moment_words, report_lines
from desktop.ui.models.paged import Cell, PagedRows
from desktop.ui.pages.log_details import detail_words
from desktop.ui.pages.page import Keys, Page
from desktop.ui.pages.sheet_printing import SheetPrinting
from desktop.ui.paper.log_table import HEADS, log_sheet
from desktop.ui.paper.printing import pdf_of
from desktop.ui.paper.register_table import digits_words
from desktop.ui.paper.volume_tables import TableSheet
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, col, row, rule, tall
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.keys import Button
from desktop.ui.widgets.notice import EmptyState
from desktop.ui.widgets.table import Column, Table
from desktop.ui.widgets.text import Elided, Paragraph, Text
from desktop.ui.words import Words

if TYPE_CHECKING:
    from desktop.services.desk import Desk

TYPING_PAUSE_MS: Final = 200
COMMA: Final = ".csv"


class LogPage(Page):
    """One field to ask in, the rows below, the chosen one told in full; how the log stands at the foot."""

    KEYS: ClassVar[Keys] = (
        ("↑ ↓", "log.key_choose"),
        ("F4", "log.key_ask"),
        ("F6", "log.key_looks"),
        ("F9", "log.key_verify"),
        ("Enter", "log.key_open"),
        ("Ctrl+P", "log.key_print"),
        ("Ctrl+S", "log.key_save"),
        ("Esc", "log.key_back"),
    )
    NARROW_KEYS: ClassVar[Keys] = (*KEYS[1:5], *KEYS[7:])

    def __init__(self, look: Look, words: Words, desk: Desk) -> None:
        super().__init__(look, words, "log")
        self._desk, self._service, self._checking = desk, desk.log_reading, desk.log_checking
        self.printing = SheetPrinting(self)
        self.answer: LogAnswer | None = None
        self.digits: LogDigits | None = None
        self.looks_only = False
        self.question = Field(look, words("log.ask"), words("log.ask_hint"), 30)
        self.question.setObjectName("log:ask")
        self.table = Table(
            look, words("nav.log"),
            (Column(words("log.sequence"), 84, right=True), Column(words("log.at"), 140), Column(words("log.who"), 104),
             Column(words("log.act"), 148), Column(words("log.record"), 196, always=False), Column(words("log.details"))),
        )  # fmt: skip
        self.table.setObjectName("rows")
        self.model: PagedRows[LogRow] = PagedRows([one.head for one in self.table.columns], self._cells)
        self.table.setModel(self.model)
        self.detail = Paragraph(look, "", "label", "ink_2")
        self.stands = Elided(look, "", "label", "ink_2")
        self.verdict = Paragraph(look, "", "label", "ink_2")
        self.verify_button = Button(look, words("log.verify"), "F9")
        self.verify_button.setObjectName("log:verify")
        self.empty = EmptyState(look, "eye", words("log.none_title"), words("log.none_words"))
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(TYPING_PAUSE_MS)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        look, words = self.look, self.words
        self._count = Elided(look, "", "label", "ink_3")
        self.question.setFixedWidth(360)
        foot = row((self.stands, 1), self.verify_button, gap=12, height=32)
        self._lay = QVBoxLayout(self)
        title = Text(look, words("nav.log"), "title")
        self._lay.addWidget(row(title, (self._count, 1), self.question, gap=12, height=32))
        chosen = col(self.detail, foot, self.verdict, gap=6, margins=(16, 8, 16, 10))
        self._lay.addWidget(tall(card((self.table, 1), (self.empty, 1), rule(), chosen)), 1)
        for widget in (self.empty, self.verdict):
            widget.hide()

    def _connect(self) -> None:
        self.setFocusProxy(self.table)
        self._pause.timeout.connect(self._read)
        self.question.textEdited.connect(self._pause.start)
        self.question.returnPressed.connect(self.table.setFocus)
        self.table.opened.connect(self._open)
        self.table.chosen.connect(self._choose)
        self.verify_button.clicked.connect(self.verify)
        for keys, act in (
            ("F4", self._to_question), ("F6", self.toggle_looks), ("F9", self.verify),
            ("Ctrl+P", self.print_list), ("Ctrl+S", self.choose_file),
        ):  # fmt: skip
            self.bind(keys, act)

    def set_narrow(self, narrow: bool) -> None:
        super().set_narrow(narrow)
        self._lay.setContentsMargins(*((12, 4, 12, 8) if narrow else (16, 12, 16, 16)))
        self._lay.setSpacing(4 if narrow else 12)
        self.table.set_narrow(narrow)

    def visit(self, wanted: object = None) -> None:
        if isinstance(wanted, str):
            self.question.setText(wanted)
        self._read()

    def escape(self) -> bool:
        if not (self.question.text() or self.question.hasFocus()):
            return False
        self.question.clear()
        self.table.setFocus()
        self._read()
        return True

    # the list

    def _read(self) -> None:
        asked, looks_only = self.question.text(), self.looks_only
        self.ask(lambda: (self._service.lines(asked, looks_only=looks_only), self._checking.digits()), self._take)

    def _take(self, found: tuple[LogAnswer, LogDigits]) -> None:
        self.answer, self.digits = found
        lines = self.answer.lines
        self.model.show_rows(list(lines))
        self.table.setVisible(bool(lines))
        self.empty.setVisible(not lines)
        self.detail.setVisible(bool(lines))
        if lines:
            self.table.choose(0)
        self._count.setText(self._sum(self.answer))
        self.stands.setText(digits_words(self.words, self.digits))

    def _sum(self, answer: LogAnswer) -> str:
        """Return what was asked for, as it was understood, and how much was found."""
        said = [self.words("log.count" if answer.whole else "log.newest", count=len(answer.lines))]
        if answer.people:
            said.append(self.words("log.by", people="、".join(answer.people)))
        if answer.records is not None:
            said.append(self.words("log.about", count=answer.records))
        if answer.recent:
            said.append(self.words("log.recent"))
        if self.looks_only:
            said.append(self.words("log.looks_only"))
        return "　".join(said)

    def _cells(self, one: LogRow) -> tuple[Cell, ...]:
        return (
            Cell(f"{one.sequence:,}", "number", "ink_3"),
            Cell(moment_words(one), "text", "ink_2"),
            Cell(one.who),
            Cell(act_words(self.words, one), "pill", "accent" if one.act in LOOKS else "plain"),
            Cell(one.number or "—", "text", "ink_2"),
            Cell(self._details(one), "text", "ink_2"),
        )

    def _details(self, one: LogRow) -> str:
        return detail_words(self.words, self._desk.kinds, one)

    def chosen(self) -> LogRow | None:
        line = self.table.line()
        lines = self.answer.lines if self.answer else ()
        return lines[line] if 0 <= line < len(lines) else None

    def _choose(self, _line: int) -> None:
        here = self.chosen()
        if here is not None:
            parts = (
                moment_words(here),
                here.who,
                act_words(self.words, here),
                here.number or here.subject,
                self._details(here),
            )
            self.detail.say("　".join(part for part in parts if part))

    def _open(self, _line: int) -> None:
        """The record of that row is looked up by its number."""
        here = self.chosen()
        if here is not None and here.number:
            self.went.emit("search", here.number)

    def _to_question(self) -> None:
        self.question.setFocus()
        self.question.selectAll()

    def toggle_looks(self) -> None:
        """Only what was looked at is listed, or everything again."""
        self.looks_only = not self.looks_only
        self._read()

    # the whole log

    def verify(self) -> None:
        """Read the log whole, and say in one sentence what came of it."""
        if self.verify_button.isEnabled():
            self.verify_button.setEnabled(False)
            self.verdict.say(self.words("log.verifying"), "ink_2")
            self.verdict.show()
            self.ask(self._checking.verify, self._verified, self._not_verified)

    def _verified(self, report: LogReport) -> None:
        self.verify_button.setEnabled(True)
        self.verdict.say("　".join(report_lines(self.words, report)), "danger" if report.first else "ok")
        self._read()

    def _not_verified(self, fault: Exception) -> None:
        self.verify_button.setEnabled(True)
        self.verdict.hide()
        self.tell_fault(fault)

    # on paper

    def sheet(self) -> TableSheet | None:
        """Return what is listed as a sheet; None as long as nothing is."""
        if self.answer is None or self.digits is None or not self.answer.lines:
            return None
        asked = self.question.text() or self.words("log.everything")
        rows = [
            (
                f"{one.sequence:,}", moment_words(one), one.who, act_words(self.words, one), one.number or one.subject,
                self._details(one),
            )
            for one in self.answer.lines
        ]  # fmt: skip
        return log_sheet(self.words, self.look.family, self._desk.office, asked, rows, self.digits)

    def print_list(self) -> None:
        sheet = self.sheet()
        if sheet is not None:
            self.printing.print_sheet(sheet)

    def choose_file(self) -> None:
        """Ask where the list shall stand, as PDF or as a table; neither is encrypted."""
        if self.sheet() is not None:
            kinds = "PDF (*.pdf);;CSV (*.csv)"
            path, _ = QFileDialog.getSaveFileName(self, self.words("log.key_save"), "审计日志.pdf", kinds)
            if path:
                self.save(path)

    def save(self, path: str) -> None:
        """The list stands in that file: a table if its name ends so, else a PDF."""
        sheet, answer = self.sheet(), self.answer
        if sheet is None or answer is None:
            return
        if path.endswith(COMMA):
            heads = tuple(self.words(f"log.{head}") for head in HEADS)
            content = self._service.csv(answer.lines, heads, partial(act_words, self.words), self._details)
        else:
            content = pdf_of(sheet, self.look.family, self.words("log.title"))
        self.ask(partial(self._service.write, Path(path), content), self._saved)

    def _saved(self, path: Path) -> None:
        self.tell("log.saved", path=path)
