"""导入, its third step: what would become of every entry, and which sorts of warning are filed for which reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from desktop.services.imports.dry_run import Sums
from desktop.services.imports.error_list import Detail, ErrorList
from desktop.services.imports.judging import INCOMPLETE, EntryJudgement
from desktop.ui.models.paged import Cell, PagedRows
from desktop.ui.pages.importing_words import detail_cells, shares, sort_words, sums_words
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, col, row, rule, tall
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.keys import Button
from desktop.ui.widgets.measure import Measure
from desktop.ui.widgets.notice import EmptyState
from desktop.ui.widgets.table import Column, Table
from desktop.ui.widgets.text import Paragraph, Runs, Text
from desktop.ui.words import Words
from sync.contract.kinds import Kind

SORTS_PX, NARROW_SORTS_PX = 400, 340
TOLD = frozenset({EntryJudgement.WARNED, EntryJudgement.REJECTED})


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort of finding: how many entries have it, whether it is a warning, the reason it is filed for."""

    code: str
    count: int
    warning: bool
    reason: str | None


class TrialStep(QFrame):
    """Entries left, sorts right, the sum above both."""

    saved = Signal()
    filed = Signal()

    def __init__(self, look: Look, words: Words) -> None:
        super().__init__()
        self.look, self.words = look, words
        self.excuses: dict[str, str] = {}
        self._list: ErrorList | None = None
        self._sums = Runs(look)
        self._measure = Measure(look, words("import.outcome"), height_px=8)
        self.entries = Table(
            look,
            words("import.entries"),
            (
                Column(words("import.row"), 72, right=True),
                Column(words("import.entry")),
                Column(words("import.reasons"), 330),
            ),
        )
        self.entries.setObjectName("entries")
        self.entry_rows: PagedRows[Detail] = PagedRows([one.head for one in self.entries.columns], self._entry_cells)
        self.entries.setModel(self.entry_rows)
        self._none = EmptyState(look, "ok", words("import.clean_title"), words("import.clean_words"))
        self.sorts = Table(
            look,
            words("import.sorts"),
            (
                Column(words("import.sort")),
                Column(words("import.count"), 64, right=True),
                Column(words("import.then"), 132),
            ),
        )
        self.sorts.setObjectName("sorts")
        self.sort_rows: PagedRows[Sort] = PagedRows([one.head for one in self.sorts.columns], self._sort_cells)
        self.sorts.setModel(self.sort_rows)
        self.reason = Field(look, words("import.reason"), words("import.as_written"))
        self.reason.setObjectName("import:reason")
        self.list_button = Button(look, words("import.save_list"), "F7")
        self.list_button.setObjectName("import:list")
        self.go_button = Button(look, words("import.go"), "Ctrl+Enter", "main")
        self.go_button.setObjectName("import:go")
        self._lay_out()
        self.sorts.chosen.connect(self._show_sort)
        self.sorts.opened.connect(self._ask_reason)
        self.reason.returnPressed.connect(self._take_reason)
        self.list_button.clicked.connect(self.saved)
        self.go_button.clicked.connect(self.filed)
        self.setFocusProxy(self.sorts)

    def _lay_out(self) -> None:
        look, words = self.look, self.words
        above = col(
            row(self._sums, None, self.list_button, self.go_button, gap=8, height=36), self._measure,
            gap=8, margins=(16, 8, 12, 12),
        )  # fmt: skip
        left = card((self.entries, 1), (self._none, 1))
        asked = row(
            Text(look, words("import.reason"), "label", "ink_2"), (self.reason, 1), gap=8, margins=(12, 6, 12, 0)
        )
        note = row((Paragraph(look, words("import.reason_note"), "small", "ink_3"), 1), margins=(12, 2, 12, 8))
        self._right = card((self.sorts, 1), rule(), asked, note, width=SORTS_PX)
        lay = QVBoxLayout(self)
        lay.setContentsMargins(0, 0, 0, 0)
        lay.setSpacing(12)
        lay.addWidget(card(above))
        body = QHBoxLayout()
        body.setSpacing(12)
        body.addWidget(tall(left), 1)
        body.addWidget(tall(self._right))
        lay.addLayout(body, 1)

    def set_narrow(self, narrow: bool) -> None:
        self._right.setFixedWidth(NARROW_SORTS_PX if narrow else SORTS_PX)
        self.entries.setColumnWidth(2, 190 if narrow else 330)

    def show_list(self, made: ErrorList) -> None:
        """The outcome of this dry run is shown; no warning is excused yet."""
        self._list, self.excuses = made, {}
        source = made.source is not None
        self.go_button.say(self.words("import.go_source" if source else "import.go"))
        clean = "import.source_clean" if source else "import.clean_words"
        self._none.say(self.words("import.clean_title"), self.words(clean))
        self._show_sorts()
        self.sorts.choose(0)
        self._show_sort(0)

    @property
    def sums(self) -> Sums:
        assert self._list is not None
        return self._list.tried.sums(self.excuses)

    def _show_sorts(self) -> None:
        assert self._list is not None
        tried, line = self._list.tried, max(0, self.sorts.line())
        sorts = [Sort(code, count, True, self.excuses.get(code)) for code, count in tried.warnings().items()]
        sorts += [Sort(code, count, False, self.excuses.get(code)) for code, count in tried.errors().items()]
        self.sort_rows.show_rows(sorts)
        self.sorts.choose(min(line, len(sorts) - 1))
        sums = self.sums
        self._sums.say((sums_words(self.words, sums, source=self._list.source is not None), "strong", "ink"))
        self._measure.show_shares(shares(sums))
        self.go_button.setEnabled(bool(sums.filed or sums.open))
        self.entries.setVisible(bool(sorts))
        self._none.setVisible(not sorts)

    def chosen(self) -> Sort | None:
        line = self.sorts.line()
        return self.sort_rows.row_at(line) if 0 <= line < self.sort_rows.rowCount() else None

    def _show_sort(self, _line: int) -> None:
        """The entries of the chosen sort stand left."""
        sort = self.chosen()
        if self._list is None or sort is None:
            self.entry_rows.show_ids([])
            return
        self.reason.setText(sort.reason or "")
        self.reason.setEnabled(sort.warning)
        self.entry_rows.show_answer(self._list.tried.places(TOLD, sort.code), self._list.details)

    def toggle(self) -> None:
        """Entries with the chosen sort are filed for the reason, or stay open; incomplete ones wait as drafts, or are rejected."""
        sort = self.chosen()
        if sort is None or not (sort.warning or sort.code == INCOMPLETE):
            return
        if sort.code in self.excuses:
            del self.excuses[sort.code]
        else:
            self.excuses[sort.code] = self.words("import.as_written") if sort.warning else INCOMPLETE
        self._show_sorts()

    def _ask_reason(self, _line: int) -> None:
        sort = self.chosen()
        if sort is not None and sort.warning:
            self.reason.setFocus(Qt.FocusReason.OtherFocusReason)
            self.reason.selectAll()
        else:
            self.toggle()

    def _take_reason(self) -> None:
        sort = self.chosen()
        if sort is not None and sort.warning:
            self.excuses[sort.code] = self.reason.text().strip() or self.words("import.as_written")
            self._show_sorts()
        self.sorts.setFocus(Qt.FocusReason.OtherFocusReason)

    def put_back(self) -> bool:
        """Esc: leave the reason first; True if there was something to leave."""
        if self.reason.hasFocus():
            self.sorts.setFocus(Qt.FocusReason.OtherFocusReason)
            return True
        return False

    def _entry_cells(self, detail: Detail) -> Sequence[Cell]:
        kind: Kind | None = self._list.kind_of(detail.candidate) if self._list else None
        return detail_cells(self.words, kind, detail)

    def _sort_cells(self, sort: Sort) -> Sequence[Cell]:
        label = Cell(
            sort_words(self.words, sort.code),
            "sign",
            "warn" if sort.warning else "danger",
            "warn" if sort.warning else "bad",
        )
        if sort.reason is not None:
            then = (
                self.words("import.then_filed", reason=sort.reason) if sort.warning else self.words("import.then_open")
            )
            tone = "ok" if sort.warning else "warn"
        else:
            then, tone = self.words("import.then_open" if sort.warning else "import.then_rejected"), "plain"
        return label, Cell(f"{sort.count:,}", "number"), Cell(then, "pill", tone)
