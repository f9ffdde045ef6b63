"""The right half of the page of volumes (打印预览): which sheet, how it will look, and the sheet on paper or in a PDF."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from desktop.services.volume_lists import ListRow, VolumeList
from desktop.ui.paper.pen import Sheet
from desktop.ui.paper.printing import layout_of, print_on
from desktop.ui.paper.volume_prints import sheet_of
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, row, rule
from desktop.ui.widgets.keys import Button
from desktop.ui.widgets.notice import EmptyState
from desktop.ui.widgets.sheet_view import SheetView
from desktop.ui.widgets.tabs import Tabs
from desktop.ui.widgets.text import Text
from desktop.ui.words import Words
from sync.contract.kinds import Print


class VolumesPreview(QFrame):
    """Names of the sheets on top, the chosen one below, and what can be done with it at the foot."""

    chose = Signal(object)  # a Print

    def __init__(self, look: Look, words: Words) -> None:
        super().__init__()
        self.look, self.words = look, words
        self.which = Print.CATALOGUE
        self.tabs, self.view = Tabs(look), SheetView(look, words("volumes.preview"))
        self.tabs.setObjectName("volumes:prints")
        self.view.turned.connect(self._tell_page)
        self.tabs.chosen.connect(self._chosen)
        self._page = Text(look, "", "label", "ink_3")
        self.print_button = Button(look, words("volumes.print"), "Ctrl+P")
        self.pdf_button = Button(look, words("volumes.pdf"), "Ctrl+S")
        self.close_button = Button(look, words("volumes.close"), "Ctrl+Enter", "main")
        self.nothing = EmptyState(look, "page", words("volumes.no_sheet_title"), words("volumes.no_sheet_words"))
        self._prints: tuple[Print, ...] = ()
        foot = row(
            self._page,
            None,
            self.print_button,
            self.pdf_button,
            self.close_button,
            gap=8,
            margins=(12, 0, 12, 0),
            height=48,
        )
        head = row(self.tabs, None, margins=(8, 0, 8, 0), height=36)
        lay = QVBoxLayout(self)
        lay.setContentsMargins(0, 0, 0, 0)
        lay.addWidget(card(head, rule(), (self.view, 1), (self.nothing, 1), rule(), foot))
        self.nothing.hide()

    def set_narrow(self, narrow: bool) -> None:
        self.tabs.set_narrow(narrow)
        self._page.setVisible(not narrow)

    def choose(self, number: int) -> None:
        """The sheet of that digit is shown, if the kind has so many."""
        if 1 <= number <= len(self._prints):
            self._chosen(number - 1)

    def _chosen(self, place: int) -> None:
        self.chose.emit(self._prints[place])

    def show_volume(self, found: VolumeList | None, row_here: ListRow | None) -> None:
        """Show the chosen sheet of that volume; another one where its kind has none of that name."""
        self._prints = found.kind.prints if found else ()
        if self.which not in self._prints:
            self.which = next((one for one in self._prints if one is not Print.EXTRACT), Print.CATALOGUE)
        names = [self.words(f"volumes.print_{one.value}") for one in self._prints]
        self.tabs.show_names(names, self._prints.index(self.which) if self.which in self._prints else 0)
        sheet = sheet_of(self.which, self.words, self.look.family, found, row_here) if found and found.rows else None
        self.show_sheet(sheet)
        closed = bool(found and found.closed and found.rows)
        for button in (self.print_button, self.pdf_button):
            button.setVisible(closed)  # what is open is closed first; there is room for one of the two
        self.close_button.setVisible(bool(found and not found.closed and found.rows))

    def show_sheet(self, sheet: Sheet | None) -> None:
        """Show that sheet, at the page that was shown if it is the same kind of sheet again."""
        self.view.show_sheet(sheet, self.view.page if sheet else 1)
        self.view.setVisible(sheet is not None)
        self.nothing.setVisible(sheet is None)

    def print_sheet(self, sheet: Sheet, parent: QWidget) -> bool | None:
        """The sheet is with the printer that was chosen; None when none was, False when it did not take it."""
        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        printer.setPageLayout(layout_of(sheet))
        printer.setFullPage(True)
        if not QPrintDialog(printer, parent).exec():
            return None
        return print_on(printer, sheet, self.look.family)

    def _tell_page(self, page: int) -> None:
        self._page.setText(self.words("print.page", page=page, pages=self.view.pages) if self.view.pages else "")
