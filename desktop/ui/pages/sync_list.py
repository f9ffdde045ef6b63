"""Printing the hand-over list of a batch (打印移交清单) from the page of the line."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import QFileDialog

from desktop.services.hand_overs import HandOver
from desktop.services.paper_copies import keep
from desktop.ui.pages.page import Page
from desktop.ui.paper.hand_over_list import HandOverSheet
from desktop.ui.paper.printing import layout_of, pdf_of, print_on

if TYPE_CHECKING:
    from desktop.services.desk import Desk


class HandOverPrinting(QObject):
    """The list of one batch on paper, or in a PDF."""

    def __init__(self, page: Page, desk: Desk) -> None:
        super().__init__(page)
        self._page, self._desk = page, desk

    def print_list(self, batch_id: str) -> None:
        """The batch's list is with the printer."""
        self._page.ask(partial(self._desk.hand_overs.of, batch_id), self._print)

    def _print(self, batch: HandOver) -> None:
        sheet = HandOverSheet(self._page.words, self._page.look.family, batch)
        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        printer.setPageLayout(layout_of(sheet))
        printer.setFullPage(True)
        if QPrintDialog(printer, self._page).exec():
            sent = print_on(printer, sheet, self._page.look.family)
            self._page.tell("volumes.printed_ok" if sent else "volumes.not_printed", "ok" if sent else "danger")

    def choose_pdf(self, batch_id: str, sequence: int) -> None:
        """Ask where the PDF shall stand; it is not encrypted."""
        name = f"{self._page.words('print.hand_over')}-{sequence:04d}.pdf"
        path, _ = QFileDialog.getSaveFileName(self._page, self._page.words("volumes.pdf"), name, "PDF (*.pdf)")
        if path:
            self.save_pdf(Path(path), batch_id)

    def save_pdf(self, path: Path, batch_id: str) -> None:
        """The batch's list stands in that file."""
        self._page.ask(partial(self._saved, path, batch_id), self._take_saved)

    def _saved(self, path: Path, batch_id: str) -> Path:
        sheet = HandOverSheet(self._page.words, self._page.look.family, self._desk.hand_overs.of(batch_id))
        return keep(path, pdf_of(sheet, self._page.look.family, sheet.title))

    def _take_saved(self, path: Path) -> None:
        self._page.tell("volumes.saved", "ok", name=path.name)
