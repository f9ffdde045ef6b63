"""利用登记: who looked at what, for whom and what for; a visit is entered here, and the register printed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.services.log_checking import LogDigits
from desktop.services.register import DOCUMENTS, RESULTS, UseLine, Visit, YearOfUse
from desktop.ui.models.paged import Cell, PagedRows
from desktop.ui.pages.page import Keys, Page
from desktop.ui.pages.sheet_printing import SheetPrinting
from desktop.ui.pages.sync_line import when
from desktop.ui.paper.printing import pdf_of
from desktop.ui.paper.register_table import digits_words, register_sheet, result_words
from desktop.ui.paper.volume_tables import TableSheet
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, col, row, tall
from desktop.ui.widgets.choice_field import ChoiceField
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.keys import Button
from desktop.ui.widgets.notice import EmptyState
from desktop.ui.widgets.table import Column, Table
from desktop.ui.widgets.text import Elided, Paragraph, Text
from desktop.ui.words import Words
from sync.contract.errors import InvalidRecord

if TYPE_CHECKING:
    from desktop.services.desk import Desk

SIDE_PX, NARROW_SIDE_PX = 340, 300
TYPING_PAUSE_MS = 200
NAMES = ("applicant", "relation", "document", "purpose", "result")
TONES = {"look": "plain", "extract": "accent", "visit": "ok"}


@dataclass(frozen=True, slots=True)
class ToRegister:
    """The register, with a visit about this record to be entered; `back` is the page one came from."""

    record: str = ""
    title: str = ""
    back: str = "today"


class RegisterPage(Page):
    """Left the uses, the newest first; right a visit to be entered, under it the year's figures."""

    KEYS: ClassVar[Keys] = (
        ("↑ ↓", "register.key_choose"),
        ("F2", "register.key_add"),
        ("F4", "register.key_filter"),
        ("Enter", "register.key_open"),
        ("Del", "register.key_undo"),
        ("Ctrl+P", "register.key_print"),
        ("Ctrl+S", "register.key_pdf"),
        ("Esc", "register.key_back"),
    )
    NARROW_KEYS: ClassVar[Keys] = (*KEYS[1:3], *KEYS[4:])

    def __init__(self, look: Look, words: Words, desk: Desk) -> None:
        super().__init__(look, words, "register")
        self.printing = SheetPrinting(self)
        self._desk, self._register, self._writes = desk, desk.register, desk.may("catalogue")
        self.lines: list[UseLine] = []
        self.year: YearOfUse | None = None
        self.log: LogDigits | None = None
        self._about = ToRegister()
        self._sure = ""  # the visit that Del was pressed on once
        self.filter = Field(look, words("register.filter"), words("register.filter_hint"), 30)
        self.filter.setObjectName("register:filter")
        self.table = Table(
            look, words("nav.register"),
            (Column(words("register.at"), 112), Column(words("register.what"), 76), Column(words("register.applicant"), 104),
             Column(words("register.purpose")), Column(words("register.record"), 196, always=False),
             Column(words("register.result"), 132, always=False), Column(words("register.by"), 84)),
        )  # fmt: skip
        self.model: PagedRows[UseLine] = PagedRows([one.head for one in self.table.columns], self._cells)
        self.table.setModel(self.model)
        self.fields = {name: self._field(name) for name in NAMES}
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(TYPING_PAUSE_MS)
        self.empty = EmptyState(look, "use", words("register.none_title"), words("register.none_words"))
        self._lay_out()
        self._connect()

    def _field(self, name: str) -> Field:
        words = self.words
        codes = {"document": DOCUMENTS, "result": RESULTS}.get(name)
        if codes:
            made: Field = ChoiceField(
                self.look, words(f"register.{name}"), [words(f"register.{name}_{one}") for one in codes]
            )
        else:
            made = Field(self.look, words(f"register.{name}"), words(f"register.{name}_hint"), 30)
        made.setObjectName(f"register:{name}")
        return made

    def _lay_out(self) -> None:
        look, words = self.look, self.words
        self._count = Text(look, "", "label", "ink_3")
        self._record = Elided(look, "", "label", "ink_2")
        self.refused = Paragraph(look, "", "label", "danger")
        self.add_button = Button(look, words("register.add"), "Ctrl+Enter", "main")
        self.add_button.setObjectName("register:add")
        inside: list[QWidget] = []
        for name, field in self.fields.items():
            inside += [Text(look, words(f"register.{name}"), "label", "ink_2"), field]
            if isinstance(field, ChoiceField):
                inside.append(Elided(look, field.spelled(), "small", "ink_3"))
        head = row(Text(look, words("register.new"), "strong"), None, height=28)
        self._form = col(
            head, self._record, *inside, self.refused, row(None, self.add_button), gap=3, margins=(16, 8, 16, 12)
        )
        self.sums = Paragraph(look, "", "label", "ink_2")
        self._sums_card = card(
            col(Text(look, words("register.year"), "strong"), self.sums, gap=4, margins=(16, 8, 16, 10))
        )
        self._form_card = card(self._form)
        self._side = col(self._form_card, self._sums_card, None, gap=12, width=SIDE_PX)
        body = QHBoxLayout()
        body.setSpacing(12)
        body.addWidget(tall(card((self.table, 1), (self.empty, 1))), 1)
        body.addWidget(tall(self._side))
        self._lay = QVBoxLayout(self)
        self._lay.addWidget(
            row(Text(look, words("nav.register"), "title"), self._count, None, (self.filter, 0), gap=12, height=32)
        )
        self._lay.addLayout(body, 1)
        self.filter.setFixedWidth(320)
        for widget in (self.empty, self.refused):
            widget.hide()
        self._form_card.setVisible(self._writes)

    def _connect(self) -> None:
        self.setFocusProxy(self.table)
        self._pause.timeout.connect(self._read)
        self.filter.textEdited.connect(self._filtered)
        self.filter.returnPressed.connect(self.table.setFocus)
        self.table.opened.connect(self._open)
        self.add_button.clicked.connect(self.add)
        for name, field in self.fields.items():
            field.returnPressed.connect(partial(self._next, name))
            field.textEdited.connect(self._forgive)
            if isinstance(field, ChoiceField):
                field.decided.connect(partial(self._next, name))
        for keys, act in (
            ("F2", self.begin), ("F4", self._to_filter), ("Delete", self.undo), ("Ctrl+Return", self.add),
            ("Ctrl+P", self.print_register), ("Ctrl+S", self.choose_pdf),
        ):  # fmt: skip
            self.bind(keys, act)

    def set_narrow(self, narrow: bool) -> None:
        super().set_narrow(narrow)
        self._lay.setContentsMargins(*((12, 4, 12, 8) if narrow else (16, 12, 16, 16)))
        self._lay.setSpacing(4 if narrow else 12)
        self._side.setFixedWidth(NARROW_SIDE_PX if narrow else SIDE_PX)
        self._sums_card.setVisible(not narrow or not self._writes)
        inner = self._form.layout()
        assert inner is not None
        inner.setSpacing(0 if narrow else 3)
        inner.setContentsMargins(*((12, 2, 12, 4) if narrow else (16, 8, 16, 12)))
        self.table.set_narrow(narrow)

    def visit(self, wanted: object = None) -> None:
        if isinstance(wanted, ToRegister):
            self._about = wanted
        self._record.setText(self._about.title)
        self._record.setVisible(bool(self._about.title))
        self._read()
        if isinstance(wanted, ToRegister) and wanted.record and self._writes:
            self.begin()

    def return_to(self) -> object:
        return self._about

    def escape(self) -> bool:
        typing = next((one for one in (*self.fields.values(), self.add_button) if one.hasFocus()), None)
        if typing is not None:
            typing.clearFocus()
            self.table.setFocus()
        elif self.filter.text() or self.filter.hasFocus():
            self.filter.clear()
            self.filter.clearFocus()
            self.table.setFocus()
            self._read()
        else:
            self.went.emit(self._about.back, None)
        return True

    # the list

    def _filtered(self) -> None:
        self._pause.start()

    def _read(self) -> None:
        asked = self.filter.text()
        log = self._desk.log_checking
        self.ask(lambda: (self._register.lines(asked), self._register.this_year(), log.digits()), self._take)

    def _take(self, found: tuple[list[UseLine], YearOfUse, LogDigits]) -> None:
        here = self.chosen()
        self.lines, self.year, self.log = found
        self.model.show_rows(self.lines)
        self.table.setVisible(bool(self.lines))
        self.empty.setVisible(not self.lines)
        if self.lines:
            place = next(
                (n for n, one in enumerate(self.lines) if here and (one.what, one.key) == (here.what, here.key)), 0
            )
            self.table.choose(place)
        self._count.setText(self.words("register.count", count=len(self.lines)))
        self._show_sums(self.year)

    def _show_sums(self, year: YearOfUse) -> None:
        said = [self.words("register.year_sum", year=year.year, **year.whole)]
        said += [self.words("register.month_sum", month=number, **{what: month.get(what, 0) for what in TONES})
                 for number, month in enumerate(year.months, start=1) if any(month.values())]  # fmt: skip
        if year.purposes:
            said.append(
                self.words("register.purposes", purposes="、".join(f"{name} {count}" for name, count in year.purposes))
            )
        said += [digits_words(self.words, self.log)] if self.log else []
        self.sums.say("　".join(said))

    def chosen(self) -> UseLine | None:
        line = self.table.line()
        return self.lines[line] if 0 <= line < len(self.lines) else None

    def _cells(self, one: UseLine) -> tuple[Cell, ...]:
        gone = "mute" if one.undone_by else "text"
        return (
            Cell(when(one.at), gone, "ink_2"),
            Cell(self.words(f"register.what_{one.what}"), "pill", TONES[one.what]),
            Cell(one.applicant or "—", gone),
            Cell(one.purpose, gone),
            Cell(one.number or "—", gone, "ink_2"),
            Cell(result_words(self.words, one), gone, "warn" if one.undone_by else "ink_2"),
            Cell(one.person, gone, "ink_2"),
        )

    def _open(self, _line: int) -> None:
        """The record of that use is looked up by its number."""
        here = self.chosen()
        if here is not None and here.number:
            self.went.emit("search", here.number)

    def _to_filter(self) -> None:
        self.filter.setFocus()
        self.filter.selectAll()

    # a visit

    def begin(self) -> None:
        """A visit can be typed."""
        if self._writes:
            self.fields["applicant"].setFocus()
        else:
            self.tell("register.reads_only", "warn")

    def _next(self, name: str) -> None:
        following = NAMES[NAMES.index(name) + 1 :]
        (self.fields[following[0]] if following else self.add_button).setFocus()

    def typed(self) -> Visit:
        """Return the visit as it was typed."""
        return Visit(
            self.fields["applicant"].text(), self.fields["relation"].text(), self._code("document", DOCUMENTS),
            self.fields["purpose"].text(), self._code("result", RESULTS), self._about.record,
        )  # fmt: skip

    def _code(self, name: str, codes: tuple[str, ...]) -> str:
        spelled = {self.words(f"register.{name}_{one}"): one for one in codes}
        return spelled.get(self.fields[name].text(), self.fields[name].text())

    def add(self) -> None:
        """The visit stands in the register."""
        if self._writes and self.add_button.isEnabled():
            self.add_button.setEnabled(False)
            self.ask(partial(self._register.add, self.typed()), self._added, self._refuse)

    def _added(self, number: int) -> None:
        self.add_button.setEnabled(True)
        for field in self.fields.values():
            field.clear()
        self._about = ToRegister(back=self._about.back)
        self._record.hide()
        self.tell("register.added", number=number)
        self.table.setFocus()
        self._read()

    def _refuse(self, fault: Exception) -> None:
        self.add_button.setEnabled(True)
        if not isinstance(fault, InvalidRecord):
            self.tell_fault(fault)
            return
        wrong = [str(name) for name in fault.facts.get("fields", [])]  # type: ignore[attr-defined]
        for name in wrong:
            self.fields[name].show_state("danger")
        self.refused.say(self.words("register.needed"), "danger")
        self.refused.show()
        self.fields[wrong[0]].setFocus()

    def _forgive(self) -> None:
        for field in self.fields.values():
            field.show_state("typed")
        self.refused.hide()

    def undo(self) -> None:
        """The chosen visit counts no longer, once Del was pressed twice; it stays in the register, marked."""
        here = self.chosen()
        if here is None or here.what != "visit" or here.undone_by or not self._writes:
            self.tell("register.not_undone", "warn")
        elif self._sure != here.key:
            self._sure = here.key
            self.tell("register.sure", "warn")
        else:
            self._sure = ""
            self.ask(partial(self._register.undo, int(here.key)), self._undone)

    def _undone(self, _none: None) -> None:
        self.tell("register.undone_told")
        self._read()

    # on paper

    def sheet(self) -> TableSheet | None:
        """Return the register as it is listed, as a sheet; None as long as nothing is."""
        if self.year is None or self.log is None or not self.lines:
            return None
        return register_sheet(self.words, self.look.family, self._desk.office, self.lines, self.year, self.log)

    def print_register(self) -> None:
        sheet = self.sheet()
        if sheet is not None:
            self.printing.print_sheet(sheet)

    def choose_pdf(self) -> None:
        """Ask where the PDF shall stand; it is not encrypted."""
        if self.sheet() is not None:
            path = self.printing.choose_pdf(self.words("register.title"))
            if path is not None:
                self.save_pdf(str(path))

    def save_pdf(self, path: str) -> None:
        """The register as it is listed stands in that file."""
        sheet = self.sheet()
        if sheet is not None:
            content = pdf_of(sheet, self.look.family, self.words("register.title"))
            self.ask(partial(self._desk.register.write_pdf, Path(path), content), self._written)

    def _written(self, path: Path) -> None:
        self.tell("register.written", name=path.name)
