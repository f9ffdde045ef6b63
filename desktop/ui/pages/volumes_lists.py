"""The left half of the page of volumes (卷与件): which volumes there are, or which series wait; what stands in the chosen one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtWidgets import QFrame, QVBoxLayout

from desktop.services.volume_lists import ListRow, VolumeLine, VolumeList, VolumeState, Waiting
from desktop.ui.models.paged import Cell, PagedRows
from desktop.ui.pages.volumes_form import VolumesForm
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, row, rule
from desktop.ui.widgets.notice import EmptyState
from desktop.ui.widgets.table import Column, Table
from desktop.ui.widgets.text import Elided, Pill, Text
from desktop.ui.words import Words
from sync.contract.kinds import Kind


@dataclass(frozen=True, slots=True)
class VolumesView:
    """Everything the page shows, read at one moment; `found` is None where there is no volume; `record` is to be chosen."""

    record: str
    lines: list[VolumeLine]
    waiting: list[Waiting]
    found: VolumeList | None


class VolumesLists(QFrame):
    """Two tables, one over the other, and the form between them and the edge."""

    def __init__(self, look: Look, words: Words, kinds: Mapping[str, Kind]) -> None:
        super().__init__()
        self.look, self.words, self._kinds = look, words, kinds
        self._narrow = False
        self.choosing = False  # a series is being chosen, not a volume
        self.volumes = Table(
            look, words("volumes.list"),
            (Column(words("volumes.code"), 192), Column(words("volumes.volume_title")), Column(words("volumes.items"), 52, right=True),
             Column(words("volumes.pages"), 60, right=True, always=False), Column(words("volumes.box"), 64, always=False),
             Column(words("volumes.state"), 84)),
            row_px=30,
        )  # fmt: skip
        self.series = Table(
            look, words("volumes.waiting"),
            (Column(words("volumes.series"), 192), Column(words("volumes.kind")), Column(words("volumes.waits"), 96, right=True)),
            row_px=30,
        )  # fmt: skip
        self.items = Table(
            look, words("volumes.inside"),
            (Column(words("volumes.place"), 52, right=True), Column(words("volumes.number"), 192), Column(words("volumes.item_title")),
             Column(words("volumes.day"), 92, always=False), Column(words("volumes.pages"), 60, right=True)),
            row_px=28,
        )  # fmt: skip
        self.volume_model: PagedRows[VolumeLine] = PagedRows(
            [one.head for one in self.volumes.columns], self._volume_cells
        )
        self.series_model: PagedRows[Waiting] = PagedRows([one.head for one in self.series.columns], self._series_cells)
        self.item_model: PagedRows[ListRow] = PagedRows([one.head for one in self.items.columns], self._item_cells)
        for table, model in (
            (self.volumes, self.volume_model),
            (self.series, self.series_model),
            (self.items, self.item_model),
        ):
            table.setModel(model)
        self.form = VolumesForm(look, words)
        self._head = Text(look, words("volumes.list"), "strong")
        self._title, self._state = Elided(look, "", "strong"), Pill(look, "", "plain")
        self._totals = Text(look, "", "label", "ink_3")
        self.none = EmptyState(look, "volume", words("volumes.none_title"), words("volumes.none_words"))
        self.no_items = EmptyState(look, "volume", words("volumes.no_items_title"), words("volumes.no_items_words"))
        self._lay_out()

    def _lay_out(self) -> None:
        self._volumes_head = row(self._head, None, margins=(16, 0, 16, 0), height=36)
        self._upper = card(self._volumes_head, rule(), (self.volumes, 1), (self.series, 1), (self.none, 1))
        head = row((self._title, 1), self._totals, self._state, gap=10, margins=(16, 0, 16, 0), height=36)
        self._lower = card(head, rule(), (self.items, 1), (self.no_items, 1))
        self._form_card = card(self.form)
        self._lay = QVBoxLayout(self)
        self._lay.setContentsMargins(0, 0, 0, 0)
        self._lay.addWidget(self._upper, 4)
        self._lay.addWidget(self._form_card)
        self._lay.addWidget(self._lower, 6)
        for widget in (self.series, self.none, self.no_items, self._form_card, self._state):
            widget.hide()

    def set_narrow(self, narrow: bool) -> None:
        self._narrow = narrow
        self._lay.setSpacing(6 if narrow else 12)
        self._volumes_head.setVisible(not narrow)
        for table in (self.volumes, self.items):
            table.set_narrow(narrow)

    def show_view(self, view: VolumesView) -> None:
        """Show what was read, with its volume and its record chosen where they are there."""
        volume = view.found.volume.uid if view.found else ""
        for table in (self.volumes, self.items):
            table.blockSignals(True)  # what is chosen here is what was read, not what somebody chose
        self.volume_model.show_rows(view.lines)
        self.series_model.show_rows(view.waiting)
        self.volumes.choose(next((n for n, one in enumerate(view.lines) if one.volume.uid == volume), 0))
        self._show_found(view.found, view.record)
        for table in (self.volumes, self.items):
            table.blockSignals(False)
        self.show_choosing(self.choosing)

    def _show_found(self, found: VolumeList | None, record: str) -> None:
        rows = found.rows if found else ()
        before = self.items.line()
        self.item_model.show_rows(rows)
        there = next((n for n, one in enumerate(rows) if one.uid == record), -1)
        self.items.choose(there if there >= 0 else min(max(before, 0), len(rows) - 1))
        self.items.setVisible(bool(rows))
        self.no_items.setVisible(not rows)
        self._lower.setVisible(found is not None)
        if found is not None:
            self._title.setText(found.volume.title)
            self._totals.setText(self.words("volumes.totals", items=len(rows), pages=found.pages))
            self._state.say(self.words(f"volumes.{found.volume.state.value}"), "ok" if found.closed else "warn")
            self._state.show()

    def show_choosing(self, choosing: bool) -> None:
        """The upper table is of series that wait, or of volumes again."""
        self.choosing = choosing
        any_there = self.volume_model.rowCount() > 0
        self.series.setVisible(choosing)
        self.volumes.setVisible(not choosing and any_there)
        self.none.setVisible(not choosing and not any_there)
        self._head.setText(self.words("volumes.waiting" if choosing else "volumes.list"))

    def show_form(self, shown: bool) -> None:
        """The form stands there or not; where the window is low, it takes the place of the list it says nothing of."""
        self._form_card.setVisible(shown)
        self._upper.setVisible(not (shown and self._narrow and not self.choosing))

    def volume_here(self) -> VolumeLine | None:
        line = self.volumes.line()
        return self.volume_model.row_at(line) if 0 <= line < self.volume_model.rowCount() else None

    def series_here(self) -> Waiting | None:
        line = self.series.line()
        return self.series_model.row_at(line) if 0 <= line < self.series_model.rowCount() else None

    def item_here(self) -> ListRow | None:
        line = self.items.line()
        return self.item_model.row_at(line) if 0 <= line < self.item_model.rowCount() else None

    def _volume_cells(self, line: VolumeLine) -> Sequence[Cell]:
        one, totals = line.volume, line.totals
        category = self._kinds[one.kind].category
        code = f"{one.fonds}-{category}·{one.year}-{one.retention}-{one.number:03}"
        state = "printed" if totals.printed else one.state.value
        tone = "warn" if one.state is VolumeState.OPEN else "ok"
        pages = Cell(f"{totals.pages:,}", "number", "warn" if totals.unknown else "ink_2")
        return (
            Cell(code), Cell(one.title), Cell(f"{totals.items:,}", "number"), pages, Cell(one.box or "—"),
            Cell(self.words(f"volumes.{state}"), "pill", tone),
        )  # fmt: skip

    def _series_cells(self, one: Waiting) -> Sequence[Cell]:
        kind = self._kinds[one.kind]
        return (
            Cell(f"{one.fonds}-{kind.category}·{one.year}-{one.retention}"), Cell(kind.label),
            Cell(self.words("volumes.pieces", count=f"{one.records:,}"), "number"),
        )  # fmt: skip

    def _item_cells(self, row: ListRow) -> Sequence[Cell]:
        pages = Cell(str(row.pages), "number") if row.pages else Cell(self.words("volumes.unknown"), "number", "warn")
        title = Cell(f"{row.title}　{self.words('print.voided')}", "text", "danger") if row.voided else Cell(row.title)
        return Cell(str(row.place), "number", "ink_3"), Cell(row.number), title, Cell(row.day), pages
