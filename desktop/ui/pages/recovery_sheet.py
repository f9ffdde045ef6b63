"""恢复码单: shown once, printed, sealed in the safe. Whoever holds it can set a new password, so it is never kept on disk."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPageSize, QPainter, QPdfWriter
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import QFileDialog, QVBoxLayout

from desktop.ui.fonts import sized
from desktop.ui.pages.page import Page
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, col, row, tinted
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.keys import Button
from desktop.ui.widgets.text import Paragraph, Text
from desktop.ui.words import Words
from sync.vault.recovery_code import RecoverySheet

LAST_SIGNS = 4


class RecoverySheetPage(Page):
    """Shows the code; goes on when its last signs have been typed back, which nobody can who did not keep it."""

    def __init__(self, look: Look, words: Words, sheet: RecoverySheet, kept: str = "unlock.opening") -> None:
        super().__init__(look, words, "begin")
        self.sheet, self._kept = sheet, kept
        self.code = Text(look, sheet.code, "head")
        self.code.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        self.code.setAccessibleName(words("sheet.code"))
        self.typed = Field(look, words("sheet.typed"), width=120)
        self.typed.setObjectName("sheet:typed")
        self.typed.returnPressed.connect(self.submit)
        self.told_row = Paragraph(look, "", "label", "danger")
        self.print_button = Button(look, words("sheet.print"), "Ctrl+P")
        self.print_button.clicked.connect(self.print_sheet)
        self.pdf_button = Button(look, words("sheet.pdf"), "Ctrl+S")
        self.pdf_button.clicked.connect(self.choose_pdf)
        self.main_button = Button(look, words("sheet.kept"), "Enter", "main")
        self.main_button.clicked.connect(self.submit)
        inside = col(
            Text(look, words("sheet.title"), "title"),
            Paragraph(look, words("sheet.note"), "body", "ink_2"), 4,
            tinted("accent", row(None, self.code, None, height=72)), 4,
            row(Text(look, words("sheet.type_back"), "label", "ink_2"), self.typed, None), self.told_row,
            row(self.print_button, self.pdf_button, None, self.main_button), gap=10, margins=(32, 24, 32, 24),
        )  # fmt: skip
        lay = QVBoxLayout(self)
        lay.addStretch(1)
        lay.addWidget(row(None, card(inside, width=720), None))
        lay.addStretch(1)
        self.bind("Ctrl+P", self.print_sheet)
        self.bind("Ctrl+S", self.choose_pdf)

    def visit(self, wanted: object = None) -> None:
        self.typed.setFocus()

    def submit(self) -> None:
        """The code was kept when its last signs come back; else say so."""
        signs = "".join(sign for sign in self.sheet.code if sign.isalnum())
        if self.typed.text().strip().upper() == signs[-LAST_SIGNS:]:
            self.main_button.setEnabled(False)
            self.told_row.say(self.words(self._kept), "accent")
            self.went.emit("kept", None)
        else:
            self.typed.show_state("danger")
            self.told_row.say(self.words("sheet.not_kept"), "danger")
            self.typed.selectAll()

    def print_sheet(self) -> None:
        """The sheet is on paper; nothing of it stays on the disk."""
        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        dialog = QPrintDialog(printer, self)
        if dialog.exec():
            painter = QPainter(printer)
            self.paint_sheet(painter, QRectF(painter.viewport()))
            painter.end()

    def choose_pdf(self) -> None:
        """Where no printer is at hand: the sheet goes into a PDF, to be printed elsewhere and wiped."""
        path, _ = QFileDialog.getSaveFileName(
            self, self.words("sheet.pdf"), self.words("sheet.pdf_name"), "PDF (*.pdf)"
        )
        if path:
            self.save_pdf(path)

    def save_pdf(self, path: str) -> None:
        """The sheet stands in that PDF; it says that whoever holds the file holds the archive."""
        writer = QPdfWriter(path)
        writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
        writer.setTitle(self.words("sheet.print_title"))
        painter = QPainter()
        if not painter.begin(writer):
            self.told_row.say(self.words("sheet.pdf_not_written"), "danger")
            return
        self.paint_sheet(painter, QRectF(painter.viewport()))
        painter.end()
        self.told_row.say(self.words("sheet.pdf_written"), "warn")

    def paint_sheet(self, painter: QPainter, page: QRectF) -> None:
        """Paint the sheet into that page, in sizes that are shares of its width."""
        unit = page.width() / 100
        lines = (
            (self.words("sheet.print_title"), 4.0, 14.0),
            (self.sheet.office, 2.4, 22.0),
            (self.sheet.code, 2.5, 34.0),
            (self.words("sheet.print_note"), 1.9, 44.0),
            (self.words("sheet.print_made", at=self.sheet.made_at), 1.7, 50.0),
        )
        for words, size, y in lines:
            painter.setFont(sized(self.look.family, round(size * unit), 400))
            box = QRectF(page.x() + 8 * unit, page.y() + y * unit, 84 * unit, 8 * unit)
            painter.drawText(box, int(Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap), words)
        painter.drawRect(QRectF(page.x() + 8 * unit, page.y() + 32 * unit, 84 * unit, 8 * unit))
