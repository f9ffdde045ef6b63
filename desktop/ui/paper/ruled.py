"""A ruled table over as many pages as it needs (目录表): heads on every page, long words wrapped, no row cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from desktop.ui.paper.pen import Box, Pen, Type

HEAD_MM: Final = 10.0
ROW_MM: Final = 8.0  # the lowest a row is
PAD_MM: Final = 1.2
OUTER_MM, INNER_MM = 0.5, 0.2


@dataclass(frozen=True, slots=True)
class RuledColumn:
    """A head and its width; `middle`: its words stand in the middle."""

    head: str
    width_mm: float
    middle: bool = False


@dataclass(frozen=True, slots=True)
class _Row:
    cells: tuple[list[str], ...]
    height_mm: float


class RuledTable:
    """Rows of words under heads, laid out once for a place on the sheet."""

    def __init__(
        self, family: str, columns: Sequence[RuledColumn], rows: Sequence[Sequence[str]], place: Box, size_mm: float = 3.2
    ) -> None:  # fmt: skip
        self.columns, self.place = tuple(columns), place
        self._type, self._head = Type(family, size_mm), Type(family, size_mm, 700)
        self._pages = self._paged([self._laid(row) for row in rows])

    @property
    def pages(self) -> int:
        return len(self._pages)

    def paint(self, pen: Pen, page: int) -> None:
        """That page of the table, counted from 1, stands in its place."""
        rows, place = self._pages[page - 1], self.place
        lefts = [place.left, *(place.left + one for one in accumulate(column.width_mm for column in self.columns))]
        y = place.top + HEAD_MM
        for column, left in zip(self.columns, lefts, strict=False):
            self._words(
                pen, column, left, place.top, HEAD_MM, self._head.lines(column.head, column.width_mm - PAD_MM), True
            )
        for row in rows:
            pen.rule(place.left, y, lefts[-1], y, INNER_MM)
            for column, left, lines in zip(self.columns, lefts, row.cells, strict=False):
                self._words(pen, column, left, y, row.height_mm, lines, False)
            y += row.height_mm
        for left in lefts[1:-1]:
            pen.rule(left, place.top, left, y, INNER_MM)
        pen.frame(Box(place.left, place.top, lefts[-1] - place.left, y - place.top), OUTER_MM)

    def _words(
        self, pen: Pen, column: RuledColumn, left: float, top: float, height: float, lines: Sequence[str], head: bool
    ) -> None:
        kind = self._head if head else self._type
        y = top + (height - len(lines) * kind.leading_mm) / 2
        for number, line in enumerate(lines):
            middle = (column.width_mm - kind.width_mm(line)) / 2
            pen.write(left + (middle if head or column.middle else PAD_MM), y + number * kind.leading_mm, line, kind)

    def _laid(self, row: Sequence[str]) -> _Row:
        cells = tuple(
            self._type.lines(words, column.width_mm - 2 * PAD_MM)
            for column, words in zip(self.columns, row, strict=True)
        )
        high = max(len(lines) for lines in cells) * self._type.leading_mm + 2 * PAD_MM
        return _Row(cells, max(ROW_MM, high))

    def _paged(self, rows: Sequence[_Row]) -> list[list[_Row]]:
        room = self.place.height - HEAD_MM
        pages: list[list[_Row]] = [[]]
        left = room
        for row in rows:
            if row.height_mm > left and pages[-1]:
                pages.append([])
                left = room
            pages[-1].append(row)
            left -= row.height_mm
        return pages
