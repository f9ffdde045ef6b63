"""出证: a certified extract of one record: who asks, what for, then the number, the sheet on paper or in a PDF."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QRectF
from PySide6.QtGui import QPageLayout, QPageSize, QPainter, QPdfWriter
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from desktop.services.extracts import Issued, Request
from desktop.services.paper_copies import keep
from desktop.ui.models.paged import Cell, PagedRows
from desktop.ui.pages.page import Keys, Page
from desktop.ui.paper.told import told_plainly
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, col, row, rule, tall
from desktop.ui.widgets.extract_sheet import ExtractSheet, SheetPreview
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.keys import Button
from desktop.ui.widgets.table import Column, Table
from desktop.ui.widgets.text import Elided, Paragraph, Text
from desktop.ui.words import Words
from sync.contract.errors import InvalidRecord, LantaiError
from sync.contract.extracts import Extract

if TYPE_CHECKING:
    from desktop.services.desk import Desk

FORM_PX, NARROW_FORM_PX = 420, 404
RESOLUTION_DPI = 300


class ExtractPage(Page):
    """Left who asks and the extracts issued before, right the sheet as it will be printed."""

    KEYS: ClassVar[Keys] = (
        ("Enter", "extract.key_next"),
        ("Ctrl+Enter", "extract.key_issue"),
        ("Ctrl+P", "extract.key_print"),
        ("Ctrl+S", "extract.key_pdf"),
        ("F6", "extract.key_public"),
        ("Esc", "extract.key_back"),
    )

    def __init__(self, look: Look, words: Words, desk: Desk) -> None:
        super().__init__(look, words, "extract")
        self._service = desk.extracts
        self._uid = ""
        self._draft: Extract | None = None
        self._issued: Issued | None = None
        self.title = Elided(look, "", "strong")
        self.fields = {
            name: Field(look, words(f"extract.{name}"), words(f"extract.{name}_hint"), 30)
            for name in ("applicant", "relation", "purpose")
        }
        for name, field in self.fields.items():
            field.setObjectName(f"extract:{name}")
            field.returnPressed.connect(partial(self._next, name))
            field.textEdited.connect(self._typed)
        self.refused = Paragraph(look, "", "label", "danger")
        self.issue_button = Button(look, words("extract.issue"), "Ctrl+Enter", "main")
        self.issue_button.clicked.connect(self.issue)
        self.print_button = Button(look, words("extract.print"), "Ctrl+P")
        self.print_button.clicked.connect(self.print_sheet)
        self.pdf_button = Button(look, words("extract.pdf"), "Ctrl+S")
        self.pdf_button.clicked.connect(self.choose_pdf)
        self.table = Table(
            look, words("extract.before"), (Column(words("extract.number"), 168), Column(words("extract.applicant")))
        )
        self.model: PagedRows[Issued] = PagedRows([one.head for one in self.table.columns], self._cells)
        self.table.setModel(self.model)
        self.preview = SheetPreview(look, words("extract.preview"))
        self._lay_out()
        self.table.opened.connect(self._show_earlier)
        for keys, act in (
            ("Ctrl+Return", self.issue), ("Ctrl+P", self.print_sheet), ("Ctrl+S", self.choose_pdf), ("F6", self.choose_key),
        ):  # fmt: skip
            self.bind(keys, act)

    def _lay_out(self) -> None:
        look, words = self.look, self.words
        lines: list[QWidget] = []
        for name, field in self.fields.items():
            lines += [Text(look, words(f"extract.{name}"), "label", "ink_2"), field]
        self._note = Paragraph(look, words("extract.note"), "label", "ink_3")
        buttons = row(self.issue_button, self.print_button, self.pdf_button, None, gap=8)
        self._form = col(self.title, self._note, 2, *lines, self.refused, 4, buttons, gap=6, margins=(16, 12, 16, 12))
        self._before_head = row(Text(look, words("extract.before"), "strong"), None, margins=(16, 0, 16, 0), height=36)
        self._before = card(self._before_head, rule(), (self.table, 1))
        self.refused.hide()
        self._left = col(card(self._form), (self._before, 1), gap=12, width=FORM_PX)
        body = QHBoxLayout()
        body.setSpacing(12)
        body.addWidget(tall(self._left))
        body.addWidget(tall(card((self.preview, 1))), 1)
        self._lay = QVBoxLayout(self)
        self._lay.addWidget(row(Text(look, words("nav.extract"), "title"), None, gap=12, height=32))
        self._lay.addLayout(body, 1)
        self._show_buttons()

    def set_narrow(self, narrow: bool) -> None:
        super().set_narrow(narrow)
        self._lay.setContentsMargins(*((12, 4, 12, 8) if narrow else (16, 12, 16, 16)))
        self._lay.setSpacing(4 if narrow else 12)
        self._left.setFixedWidth(NARROW_FORM_PX if narrow else FORM_PX)
        form, left = self._form.layout(), self._left.layout()
        assert form is not None
        assert left is not None
        form.setSpacing(2 if narrow else 6)
        form.setContentsMargins(*((16, 6, 16, 8) if narrow else (16, 12, 16, 12)))
        left.setSpacing(6 if narrow else 12)
        for widget in (self._note, self._before_head):
            widget.setVisible(not narrow)

    def visit(self, wanted: object = None) -> None:
        """Show the sheet of that record as it would be, nothing issued yet."""
        if isinstance(wanted, str) and wanted:
            self._uid, self._issued = wanted, None
            for field in self.fields.values():
                field.clear()
            self._forgive()
            self._show_buttons()
            self.ask(partial(self._read, wanted), self._take)
        self.fields["applicant"].setFocus()

    def _read(self, uid: str) -> tuple[Extract, list[Issued]]:
        return self._service.draft(uid), self._service.of_record(uid)

    def _take(self, found: tuple[Extract, list[Issued]]) -> None:
        draft, before = found
        self.title.setText(draft.title)
        self._draft = draft
        self.preview.show_sheet(ExtractSheet(self.look, self.words, draft))
        self._show_before(before)

    def _show_before(self, before: list[Issued]) -> None:
        self.model.show_rows(before)
        self._before.setVisible(bool(before))

    def escape(self) -> bool:
        self.went.emit("search", None)
        return True

    def request(self) -> Request:
        """Return what was typed."""
        return Request(*(field.text() for field in self.fields.values()))

    def issue(self) -> None:
        """The extract has its number and stands in the register; pressed again, nothing more happens."""
        if self._uid and self._issued is None and self.issue_button.isEnabled():
            self.issue_button.setEnabled(False)
            self.ask(partial(self._issue, self._uid, self.request()), self._take_issued, self._refuse)

    def _issue(self, uid: str, request: Request) -> tuple[Issued, list[Issued]]:
        return self._service.issue(uid, request), self._service.of_record(uid)

    def _take_issued(self, found: tuple[Issued, list[Issued]]) -> None:
        made, before = found
        self._show_issued(made)
        self._show_before(before)
        self.tell("extract.issued", "ok", number=made.extract.number)
        self.print_button.setFocus()

    def _show_issued(self, made: Issued) -> None:
        self._issued = made
        self.preview.show_sheet(ExtractSheet(self.look, self.words, made.extract, made.code))
        for name, field in self.fields.items():
            field.setText(getattr(made.extract, name))
        self._show_buttons()

    def _show_earlier(self, line: int) -> None:
        found = self.model.row_at(line)
        if found is not None:
            self.ask(partial(self._service.show_again, self._uid, found), self._take_earlier)

    def _take_earlier(self, made: Issued) -> None:
        self._show_issued(made)
        self.print_button.setFocus()

    def _refuse(self, fault: Exception) -> None:
        self._show_buttons()
        if not isinstance(fault, InvalidRecord):
            self.tell_fault(fault)
            return
        wrong = [str(name) for name in fault.facts.get("fields", [])]  # type: ignore[attr-defined]
        for name in wrong:
            self.fields[name].show_state("danger")
        self.refused.say(self.words("extract.needed"), "danger")
        self.refused.show()
        self.fields[wrong[0]].setFocus()

    def _typed(self) -> None:
        """What is typed now would be another extract: the one shown stands in the list below."""
        self._forgive()
        if self._issued is not None and self._draft is not None:
            self._issued = None
            self.preview.show_sheet(ExtractSheet(self.look, self.words, self._draft))
            self._show_buttons()

    def _forgive(self) -> None:
        for field in self.fields.values():
            field.show_state("typed")
        self.refused.hide()

    def _show_buttons(self) -> None:
        issued = self._issued is not None
        self.issue_button.setEnabled(not issued)
        self.print_button.setEnabled(issued)
        self.pdf_button.setEnabled(issued)

    def _next(self, name: str) -> None:
        names = list(self.fields)
        place = names.index(name) + 1
        if place < len(names):
            self.fields[names[place]].setFocus()
        else:
            self.issue_button.setFocus()

    def print_sheet(self) -> None:
        """The sheet is on paper, if it was issued."""
        if self._issued is None:
            return
        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        printer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
        printer.setFullPage(True)
        if QPrintDialog(printer, self).exec():
            painter = QPainter(printer)
            self._paint(painter, self._issued)
            painter.end()

    def choose_pdf(self) -> None:
        """Ask where the PDF shall stand; it is not encrypted, and the dialog says whose file it is."""
        if self._issued is None:
            return
        name = self._issued.extract.number.replace("·", "-") + ".pdf"
        path, _ = QFileDialog.getSaveFileName(self, self.words("extract.pdf"), name, "PDF (*.pdf)")
        if path:
            self.save_pdf(path)

    def save_pdf(self, path: str) -> None:
        """The issued sheet stands in that file, one A4 page."""
        if self._issued is None:
            return
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        writer = QPdfWriter(buffer)
        writer.setPageLayout(
            QPageLayout(QPageSize(QPageSize.PageSizeId.A4), QPageLayout.Orientation.Portrait, QMarginsF())
        )
        writer.setResolution(RESOLUTION_DPI)
        writer.setTitle(self._issued.extract.number)
        painter = QPainter(writer)
        self._paint(painter, self._issued)
        painter.end()
        try:
            keep(Path(path), told_plainly(bytes(buffer.data().data())))
        except LantaiError:
            self.tell("extract.not_written", "danger")
            return
        self.tell("extract.written", "ok", name=Path(path).name)

    def _paint(self, painter: QPainter, made: Issued) -> None:
        ExtractSheet(self.look, self.words, made.extract, made.code).paint(painter, QRectF(painter.viewport()))

    def choose_key(self) -> None:
        """Ask where the public key shall stand, which whoever checks extracts needs."""
        path, _ = QFileDialog.getSaveFileName(self, self.words("extract.key_public"), "lantai-extract.pub", "*.pub")
        if path:
            self.ask(partial(self._service.save_public_key, Path(path)), self._key_saved)

    def _key_saved(self, path: Path) -> None:
        self.tell("extract.key_saved", "ok", name=path.name)

    def _cells(self, one: Issued) -> tuple[Cell, ...]:
        return Cell(one.extract.number), Cell("　".join((one.extract.applicant, one.extract.purpose)), "text", "ink_2")
