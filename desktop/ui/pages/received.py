"""交接单: a batch's received list as the county signed it, before it goes to paper or into a PDF."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtWidgets import QFileDialog, QVBoxLayout

from desktop.services.received_lists import Given
from desktop.ui.pages.page import Keys, Page
from desktop.ui.pages.sheet_printing import SheetPrinting
from desktop.ui.paper.received_sheet import ReceivedSheet
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, row, rule
from desktop.ui.widgets.keys import Button
from desktop.ui.widgets.notice import EmptyState
from desktop.ui.widgets.sheet_view import SheetView
from desktop.ui.widgets.text import Text
from desktop.ui.words import Words

if TYPE_CHECKING:
    from desktop.services.desk import Desk


class ReceivedPage(Page):
    """Reached from the review by C; the list is made anew each time, for it says how the batch stands now."""

    KEYS: ClassVar[Keys] = (
        ("Ctrl+P", "received.key_print"),
        ("Ctrl+S", "received.key_pdf"),
        ("PgUp PgDn", "received.key_page"),
        ("F6", "received.key_authority"),
        ("F5", "received.key_again"),
        ("Esc", "received.key_back"),
    )

    def __init__(self, look: Look, words: Words, desk: Desk) -> None:
        super().__init__(look, words, "received")
        self._service = desk.received_lists
        self.printing = SheetPrinting(self)
        self._batch = ""
        self.given: Given | None = None
        self.view = SheetView(look, words("received.preview"))
        self.view.turned.connect(self._tell_page)
        self._page = Text(look, "", "label", "ink_3")
        self.print_button = Button(look, words("received.print"), "Ctrl+P", "main")
        self.print_button.setObjectName("received:print")
        self.pdf_button = Button(look, words("received.pdf"), "Ctrl+S")
        self.pdf_button.setObjectName("received:pdf")
        self.print_button.clicked.connect(self.print_sheet)
        self.pdf_button.clicked.connect(self.choose_pdf)
        self.nothing = EmptyState(look, "page", words("received.none_title"), words("received.none_words"))
        foot = row(self._page, None, self.pdf_button, self.print_button, gap=8, margins=(12, 0, 12, 0), height=48)
        self._lay = QVBoxLayout(self)
        self._lay.addWidget(row(Text(look, words("received.sheet"), "title"), None, height=32))
        self._sheet_card = card((self.view, 1), rule(), foot)
        self._lay.addWidget(self._sheet_card, 1)
        self._lay.addWidget(self.nothing, 1)
        for keys, act in (
            ("Ctrl+P", self.print_sheet), ("Ctrl+S", self.choose_pdf), ("F6", self.choose_authority), ("F5", self.make),
            ("PgDown", partial(self.view.turn, 1)), ("PgUp", partial(self.view.turn, -1)),
        ):  # fmt: skip
            self.bind(keys, act)
        self._show(None)

    def set_narrow(self, narrow: bool) -> None:
        super().set_narrow(narrow)
        self._lay.setContentsMargins(*((12, 4, 12, 8) if narrow else (16, 12, 16, 16)))
        self._lay.setSpacing(4 if narrow else 12)

    def visit(self, wanted: object = None) -> None:
        if isinstance(wanted, str):
            self._batch = wanted
        self.setFocus()
        self.make()

    def escape(self) -> bool:
        self.went.emit("review", None)
        return True

    def make(self) -> None:
        """The county counts and signs the list as the batch stands now."""
        self._show(None)
        if self._batch:
            self.ask(partial(self._service.make, self._batch), self._show, self.tell_fault)

    def _show(self, given: Given | None) -> None:
        self.given = given
        self._sheet_card.setVisible(given is not None)
        self.nothing.setVisible(given is None)
        self.view.show_sheet(self.sheet())

    def sheet(self) -> ReceivedSheet | None:
        """Return the sheet, None as long as the county has not signed one."""
        return None if self.given is None else ReceivedSheet(self.words, self.look.family, self.given)

    def print_sheet(self) -> None:
        """The sheet is with the printer that was chosen."""
        sheet = self.sheet()
        if sheet is None:
            self.tell("received.nothing", "warn")
        else:
            self.printing.print_sheet(sheet)

    def choose_pdf(self) -> None:
        """Ask where the sheet shall stand as a PDF."""
        sheet = self.sheet()
        if sheet is None or self.given is None:
            self.tell("received.nothing", "warn")
            return
        told = self.given.told
        path = self.printing.choose_pdf(f"{sheet.title}-{told.township_name}-{told.sequence:04d}")
        if path is not None:
            self.printing.save_pdf(path, lambda: sheet)

    def choose_authority(self) -> None:
        """Ask where the county's certificate shall stand, with which anybody checks the code."""
        title = self.words("received.authority")
        chosen, _ = QFileDialog.getSaveFileName(self, title, f"{title}.pem", "PEM (*.pem)")
        if chosen:
            self.ask(partial(self._service.save_authority, Path(chosen)), self._saved_authority)

    def _saved_authority(self, path: Path) -> None:
        self.tell("received.authority_saved", name=path.name)

    def _tell_page(self, page: int) -> None:
        self._page.setText(self.words("print.page", page=page, pages=self.view.pages) if self.view.pages else "")
