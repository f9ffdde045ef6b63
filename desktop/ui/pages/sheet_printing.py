"""A sheet on its way from a page to paper or into a PDF (打印、存 PDF): asked for once, told in the page's own bar."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import QFileDialog

from desktop.services.paper_copies import keep
from desktop.ui.pages.page import Page
from desktop.ui.paper.printing import layout_of, pdf_of, print_on
from desktop.ui.paper.volume_tables import TableSheet


class SheetPrinting(QObject):
    """What a page prints. A PDF is not encrypted, and the bar says so."""

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self._page = page

    def print_sheet(self, sheet: TableSheet) -> None:
        """The sheet is with the printer that was chosen, if one was."""
        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        printer.setPageLayout(layout_of(sheet))
        printer.setFullPage(True)
        if QPrintDialog(printer, self._page).exec():
            sent = print_on(printer, sheet, self._page.look.family)
            self._page.tell("print.sent" if sent else "print.not_sent", "ok" if sent else "danger")

    def choose_pdf(self, name: str) -> Path | None:
        """Return where the PDF shall stand, None if nowhere.

        Args:
            name: what it is called unless somebody says otherwise, without an ending.
        """
        chosen, _ = QFileDialog.getSaveFileName(self._page, self._page.words("print.pdf"), f"{name}.pdf", "PDF (*.pdf)")
        return Path(chosen) if chosen else None

    def save_pdf(self, path: Path, make: Callable[[], TableSheet]) -> None:
        """The sheet stands in that file; it is made and written off the screen's thread."""
        self._page.ask(partial(self._saved, path, make), self._take_saved)

    def _saved(self, path: Path, make: Callable[[], TableSheet]) -> Path:
        sheet = make()
        return keep(path, pdf_of(sheet, self._page.look.family, sheet.title))

    def _take_saved(self, path: Path) -> None:
        self._page.tell("print.saved", name=path.name)
