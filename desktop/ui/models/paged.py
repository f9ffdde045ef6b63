"""A table over very many rows: the ids are held whole, the rows are fetched by pages as they are looked at."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QThreadPool, Signal

from desktop.ui import workers

Row = TypeVar("Row")
Index = QModelIndex | QPersistentModelIndex
PAGE_ROWS = 32  # a screen shows about twenty: a jump asks for one page, or two
KEPT_PAGES = 80
CELL_ROLE = int(Qt.ItemDataRole.UserRole)


@dataclass(frozen=True, slots=True)
class Cell:
    """What one cell shows: its words and how they are drawn (see desktop.ui.widgets.table)."""

    words: str
    draw: str = "text"  # text strong mute number pill key mark measure sign
    tone: str = "ink"
    icon: str = ""
    share: float = 0.0
    marks: tuple[tuple[int, int], ...] = ()  # (first character, length) of what was found


EMPTY = Cell("", "mute")


@dataclass(frozen=True, slots=True)
class _Page(Generic[Row]):
    turn: int
    number: int
    rows: Sequence[Row]


class PagedRows(QAbstractTableModel, Generic[Row]):
    """Rows of a snapshot of ids. `fetch` runs on a pool thread and answers rows in the order of the ids given."""

    failed = Signal(object)
    arrived = Signal()

    def __init__(
        self,
        heads: Sequence[str],
        draw: Callable[[Row], Sequence[Cell]],
        fetch: Callable[[list[Any]], Sequence[Row]] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._heads, self._draw, self._fetch = list(heads), draw, fetch
        self._ids: Sequence[Any] = ()
        self._pages: OrderedDict[int, Sequence[Row]] = OrderedDict()
        self._asked: set[int] = set()
        self._turn = 0

    def show_ids(self, ids: Sequence[Any]) -> None:
        """Show this snapshot from its beginning; rows are fetched when they are looked at."""
        self.beginResetModel()
        self._ids, self._turn = ids, self._turn + 1
        self._pages.clear()
        self._asked.clear()
        self.endResetModel()

    def show_answer(self, ids: Sequence[Any], fetch: Callable[[list[Any]], Sequence[Row]]) -> None:
        """Show the snapshot of another question, whose rows are fetched in another way."""
        self._fetch = fetch
        self.show_ids(ids)

    def grow(self, ids: Sequence[Any]) -> bool:
        """Show the whole of an answer whose beginning is shown; False, and nothing done, if it begins otherwise."""
        before = len(self._ids)
        if len(ids) < before or list(ids[:before]) != list(self._ids):
            return False
        if len(ids) > before:
            if before % PAGE_ROWS:  # the last page was fetched short
                self._pages.pop(before // PAGE_ROWS, None)
                self._asked.discard(before // PAGE_ROWS)
                self._turn += 1
            self.beginInsertRows(QModelIndex(), before, len(ids) - 1)
            self._ids = ids
            self.endInsertRows()
        return True

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show rows that are few and here already."""
        self.show_ids(range(len(rows)))
        for number in range(0, len(rows), PAGE_ROWS):
            self._pages[number // PAGE_ROWS] = rows[number : number + PAGE_ROWS]

    def refresh(self) -> None:
        """Fetch again what is looked at; the snapshot and the place in it stay."""
        self._turn += 1
        self._pages.clear()
        self._asked.clear()
        if self._ids:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._ids) - 1, len(self._heads) - 1))

    def id_at(self, line: int) -> Any:
        return self._ids[line]

    def line_of(self, wanted: Any) -> int:
        """Return the line an id stands on, or -1."""
        return self._ids.index(wanted) if wanted in self._ids else -1

    def row_at(self, line: int) -> Row | None:
        """Return the row, or None while it is being fetched."""
        number = line // PAGE_ROWS
        page = self._pages.get(number)
        if page is None:
            self._ask(number)
            return None
        self._pages.move_to_end(number)
        place = line - number * PAGE_ROWS
        return page[place] if place < len(page) else None

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's own signature
        return 0 if parent.isValid() else len(self._ids)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._heads)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if role not in (CELL_ROLE, Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return None
        found = self.row_at(index.row())
        cell = EMPTY if found is None else self._draw(found)[index.column()]
        return cell if role == CELL_ROLE else cell.words

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = int(Qt.ItemDataRole.DisplayRole)
    ) -> Any:
        wanted = role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal
        return self._heads[section] if wanted and section < len(self._heads) else None

    def _ask(self, number: int) -> None:
        if self._fetch is None or number in self._asked:
            return
        self._asked.add(number)
        ids = list(self._ids[number * PAGE_ROWS : (number + 1) * PAGE_ROWS])
        work = partial(_fetched, self._fetch, self._turn, number, ids)
        workers.run(QThreadPool.globalInstance(), work, self._take, self._failed)

    def _take(self, page: _Page[Row]) -> None:
        if page.turn != self._turn:
            return
        self._pages[page.number] = page.rows
        while len(self._pages) > KEPT_PAGES:
            gone, _ = self._pages.popitem(last=False)
            self._asked.discard(gone)
        first = page.number * PAGE_ROWS
        last = min(first + PAGE_ROWS, len(self._ids)) - 1
        self.dataChanged.emit(self.index(first, 0), self.index(last, len(self._heads) - 1))
        self.arrived.emit()

    def _failed(self, fault: Exception) -> None:
        self.failed.emit(fault)


def _fetched(fetch: Callable[[list[Any]], Sequence[Row]], turn: int, number: int, ids: list[Any]) -> _Page[Row]:
    return _Page(turn, number, fetch(ids))
