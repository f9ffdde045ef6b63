"""Printing the hand-over list of a batch (打印移交清单) from the page of the line."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from desktop.services.hand_overs import HandOver
from desktop.ui.pages.page import Page
from desktop.ui.pages.sheet_printing import SheetPrinting
from desktop.ui.paper.hand_over_list import HandOverSheet

if TYPE_CHECKING:
    from desktop.services.desk import Desk


class HandOverPrinting(SheetPrinting):
    """The list of one batch on paper, or in a PDF."""

    def __init__(self, page: Page, desk: Desk) -> None:
        super().__init__(page)
        self._desk = desk

    def print_list(self, batch_id: str) -> None:
        """The batch's list is with the printer."""
        self._page.ask(partial(self._desk.hand_overs.of, batch_id), self._print)

    def _print(self, batch: HandOver) -> None:
        self.print_sheet(self._sheet(batch))

    def choose_list_pdf(self, batch_id: str, sequence: int) -> None:
        """Ask where the PDF shall stand."""
        path = self.choose_pdf(f"{self._page.words('print.hand_over')}-{sequence:04d}")
        if path is not None:
            self.save_list(path, batch_id)

    def save_list(self, path: Path, batch_id: str) -> None:
        """The batch's list stands in that file."""
        self.save_pdf(path, lambda: self._sheet(self._desk.hand_overs.of(batch_id)))

    def _sheet(self, batch: HandOver) -> HandOverSheet:
        return HandOverSheet(self._page.words, self._page.look.family, batch)
