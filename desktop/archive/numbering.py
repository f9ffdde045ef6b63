"""Numbering (档号编制): the next archive number of a series, final when given, offline, and never given twice.

A series is given out in blocks. A lone office owns its whole series; a leased block comes from the county.
"""

from __future__ import annotations

from desktop.archive.archive import Act
from sync.contract.errors import NumberTaken
from sync.contract.numbers import Series

WHOLE_SERIES = 9_999_999


def allot(act: Act, series: Series) -> str:
    """The next free number of the series is given out, in this act's transaction, and will not be given again.

    Raises:
        NumberTaken: every block of the series that this desk holds is used up.
    """
    key: dict[str, str | int] = {
        "fonds": series.fonds,
        "category": series.category,
        "year": series.year,
        "retention": series.retention,
    }
    block = act.connection.exec_driver_sql(
        "SELECT id, next FROM number_block WHERE fonds = :fonds AND category = :category AND year = :year"
        " AND retention = :retention AND next <= last ORDER BY first LIMIT 1",
        key,
    ).first()
    if block is None:
        _open_own_series(act, key)
        return allot(act, series)
    act.connection.exec_driver_sql("UPDATE number_block SET next = next + 1 WHERE id = :id", {"id": block.id})
    return series.number(int(block.next))


def _open_own_series(act: Act, key: dict[str, str | int]) -> None:
    held = act.connection.exec_driver_sql(
        "SELECT count(*) FROM number_block WHERE fonds = :fonds AND category = :category AND year = :year"
        " AND retention = :retention",
        key,
    ).scalar_one()
    if held:
        raise NumberTaken("no free number in the blocks held", **key)
    act.connection.exec_driver_sql(
        "INSERT INTO number_block (fonds, category, year, retention, first, last, next, source)"
        " VALUES (:fonds, :category, :year, :retention, 1, :last, 1, 'own')",
        {**key, "last": WHOLE_SERIES},
    )
