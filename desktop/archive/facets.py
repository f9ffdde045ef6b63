"""Facets (分面): how many rows of an answer are of each kind, year, state, village and custodian; and which rows a choice keeps.

One small number a row and facet is held in memory, by the row itself, so that counting a hundred thousand hits is one pass over
them. What changed since is read again before each use: rows carry a stamp that only grows (`record.touched`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from desktop.archive.snapshot import Rows, Snapshot, read_rows
from sync.vault.engine import driver

READ_ANEW: Final = 20_000  # changed rows from which reading all at once is cheaper than reading them one by one
_NO_VALUE: Final = -1
_GROWTH: Final = 1.0625

_STAMPS: Final = (
    # each by its own index: two in one SELECT would read the whole table
    "SELECT (SELECT coalesce(max(touched), 0) FROM record), (SELECT coalesce(max(id), 0) FROM record),"
    " (SELECT coalesce(max(CAST(value AS INTEGER)), 0) FROM setting WHERE key = 'records.gone')"
)

Codes = NDArray[np.int16] | NDArray[np.int32]


class Facet(StrEnum):
    """What rows are counted by; each is a column of `record`, with an index of its own."""

    KIND = "kind"
    YEAR = "year"
    STATE = "state"
    VILLAGE = "village"
    CUSTODIAN = "custodian"


Choice = Mapping[Facet, str]
"""The value chosen of each facet; a facet that is not in it keeps every row."""


@dataclass(slots=True)
class _Column:
    """One facet: a code for each row, and what the codes mean; two bytes a row until there are too many values for that."""

    values: list[str] = field(default_factory=list)
    known: dict[str, int] = field(default_factory=dict)
    codes: Codes = field(default_factory=lambda: np.empty(0, np.int16))

    def code(self, value: str) -> int:
        made = self.known.setdefault(value, len(self.values))
        if made == len(self.values):
            self.values.append(value)
            if made >= np.iinfo(self.codes.dtype).max:  # counting adds one
                self.codes = self.codes.astype(np.int32)
        return made

    def reserve(self, rows: int) -> None:
        if rows > len(self.codes):
            grown = np.full(int(rows * _GROWTH) + 1, _NO_VALUE, self.codes.dtype)
            grown[: len(self.codes)] = self.codes
            self.codes = grown


class Facets:
    """The facets of one archive; they know of every row that was there at the last `refresh`."""

    def __init__(self) -> None:
        self._columns = {facet: _Column() for facet in Facet}
        self._stamp, self._gone = 0, -1  # as nothing was read yet, everything is
        self._one_at_a_time = threading.Lock()

    def refresh(self, connection: Connection) -> None:
        """Every row counts as this connection sees it."""
        with self._one_at_a_time, driver(connection) as raw:
            stamp, last, gone = raw.execute(_STAMPS).fetchone()
            if (stamp, gone) == (self._stamp, self._gone):
                return
            if gone != self._gone:
                self._columns = {facet: _Column() for facet in Facet}
            for column in self._columns.values():
                column.reserve(last + 1)
            if gone != self._gone or stamp - self._stamp > READ_ANEW:
                self._read_all(raw)
            else:
                self._read_changed(raw)
            self._stamp, self._gone = stamp, gone

    def _read_all(self, raw: Any) -> None:
        for facet, column in self._columns.items():
            for value, joined in raw.execute(f"SELECT {facet}, group_concat(id) FROM record GROUP BY {facet}"):
                code = column.code(str(value))  # first: it may make the codes wider
                column.codes[read_rows(joined)] = code

    def _read_changed(self, raw: Any) -> None:
        names = ", ".join(Facet)
        for row, *values in raw.execute(f"SELECT id, {names} FROM record WHERE touched > ?", (self._stamp,)):
            for column, value in zip(self._columns.values(), values, strict=True):
                code = column.code(str(value))
                column.codes[row] = code

    def everything(self) -> Snapshot:
        """Return every row, newest first."""
        return Snapshot(np.nonzero(self._columns[Facet.KIND].codes != _NO_VALUE)[0][::-1])

    def count(self, rows: Snapshot, facet: Facet) -> dict[str, int]:
        """Return how many of the rows have each value of the facet that any has; rows without a value are left out."""
        column = self._columns[facet]
        counts = np.bincount(column.codes[rows.rows] + 1, minlength=len(column.values) + 1)[1:]
        return {column.values[code]: int(counts[code]) for code in np.nonzero(counts)[0] if column.values[code]}

    def keep(self, rows: Snapshot, choice: Choice) -> Snapshot:
        """Return those of the rows that have every chosen value, in their order."""
        kept: Rows = rows.rows
        for facet, value in choice.items():
            column = self._columns[facet]
            kept = kept[column.codes[kept] == column.known.get(value, _NO_VALUE - 1)]
        return Snapshot(kept)

    def keeps(self, choice: Choice) -> Callable[[int], bool]:
        """Return whether a row has every chosen value, as a function of the row."""
        wanted = [
            (self._columns[facet].codes, self._columns[facet].known.get(value, _NO_VALUE - 1))
            for facet, value in choice.items()
        ]
        return lambda row: all(codes[row] == code for codes, code in wanted)

    def by(self, rows: Snapshot, facet: Facet) -> Snapshot:
        """Return the rows in the order of the facet's values, the rest of their order kept."""
        column = self._columns[facet]
        place = np.empty(len(column.values) + 1, np.int64)
        place[np.argsort(np.array(column.values, dtype=object), kind="stable")] = np.arange(len(column.values))
        place[-1] = len(column.values)
        return Snapshot(rows.rows[np.argsort(place[column.codes[rows.rows]], kind="stable")])
