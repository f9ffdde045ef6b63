"""导入, its first step: the file to bring in, and the imports that were made."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QFrame, QVBoxLayout

from desktop.services.imports.undoing import Run
from desktop.ui.models.paged import Cell, PagedRows
from desktop.ui.pages.importing_words import run_cells
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, col, row, rule
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.keys import Button
from desktop.ui.widgets.notice import EmptyState
from desktop.ui.widgets.table import Column, Table
from desktop.ui.widgets.text import Paragraph, Text
from desktop.ui.words import Words

NUMBER_PX = 76


class RunsStep(QFrame):
    """The path above, the list of imports below."""

    opened = Signal(str)  # a path
    resumed = Signal(object)  # a Run whose drafts are wanted

    def __init__(self, look: Look, words: Words) -> None:
        super().__init__()
        self.look, self.words = look, words
        self.file = Field(look, words("import.file"), words("import.file_hint"))
        self.file.setObjectName("import:file")
        self.choose_button = Button(look, words("import.choose"), "Ctrl+O")
        self.open_button = Button(look, words("import.open"), "Enter", "main")
        self.open_button.setObjectName("import:open")
        self.table = Table(
            look,
            words("import.runs"),
            (
                Column(words("import.name")),
                Column(words("import.time"), 128, always=False),
                *(Column(words(f"import.{key}"), NUMBER_PX, right=True) for key in ("read", "filed", "open_drafts", "rejected", "there")),
                Column(words("import.state"), 92),
            ),
        )  # fmt: skip
        self.table.setObjectName("runs")
        self.model: PagedRows[Run] = PagedRows([one.head for one in self.table.columns], self._cells)
        self.table.setModel(self.model)
        self._none = EmptyState(look, "import", words("import.none_title"), words("import.none_words"))
        self._lay_out()
        self.file.returnPressed.connect(self._open)
        self.open_button.clicked.connect(self._open)
        self.choose_button.clicked.connect(self.choose)
        self.table.opened.connect(self._resume)
        self.setFocusProxy(self.file)

    def _lay_out(self) -> None:
        look, words = self.look, self.words
        above = col(
            Paragraph(look, words("import.note"), "label", "ink_2"),
            row((self.file, 1), self.choose_button, self.open_button),
            gap=8,
            margins=(16, 12, 16, 12),
        )
        head = row(
            Text(look, words("import.runs"), "strong"), None, Text(look, words("import.runs_note"), "label", "ink_3"),
            gap=12, margins=(16, 0, 16, 0), height=40,
        )  # fmt: skip
        lay = QVBoxLayout(self)
        lay.setContentsMargins(0, 0, 0, 0)
        lay.setSpacing(12)
        lay.addWidget(card(above))
        lay.addWidget(card(head, rule(), (self.table, 1), (self._none, 1)), 1)

    def set_narrow(self, narrow: bool) -> None:
        self.table.set_narrow(narrow)

    def show_runs(self, runs: Sequence[Run]) -> None:
        """The list shows these imports, the newest first."""
        self.model.show_rows(runs)
        self.table.setVisible(bool(runs))
        self._none.setVisible(not runs)
        if runs and self.table.line() < 0:
            self.table.choose(0)

    def chosen(self) -> Run | None:
        """Return the import the bar stands on."""
        line = self.table.line()
        return self.model.row_at(line) if 0 <= line < self.model.rowCount() else None

    def choose(self) -> None:
        """A file is chosen by eye; typing its path does the same."""
        found, _ = QFileDialog.getOpenFileName(
            self, self.words("import.file"), self.file.text(), self.words("import.kinds_of_file")
        )
        if found:
            self.file.setText(found)
            self._open()

    def _open(self) -> None:
        if self.file.text().strip():
            self.opened.emit(self.file.text().strip().strip('"'))
        else:
            self.file.setFocus(Qt.FocusReason.OtherFocusReason)

    def _resume(self, _line: int) -> None:
        run = self.chosen()
        if run is not None:
            self.resumed.emit(run)

    def _cells(self, run: Run) -> Sequence[Cell]:
        return run_cells(self.words, run)
