"""The search index (检索索引): kept beside the records, in the transaction that changes them, and made again from them at any time.

`fulltext` holds tokens; `lookup` holds numbers, in their order, for the question that is the beginning of one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy.engine import Connection

from desktop.archive.search_entries import Entry, compact

IDLE_MERGE_PAGES: Final = 200
MERGE_PAGES: Final = 2_000  # after a bulk: a fifth of a second, and then others may save


def put(connection: Connection, record_id: int, made: Entry) -> None:
    """The record is found by this entry and no longer by an older one."""
    remove(connection, record_id)
    add(connection, [(record_id, made)])


def add(connection: Connection, entries: Iterable[tuple[int, Entry]]) -> None:
    """Records that were not in the index are found by these entries."""
    made = list(entries)
    connection.exec_driver_sql(
        "INSERT INTO fulltext (rowid, said) VALUES (?, ?)", [(row, one.tokens) for row, one in made]
    )
    numbers = sorted((number, row) for row, one in made for number in one.numbers)
    if numbers:
        connection.exec_driver_sql("INSERT INTO lookup (value, record_id) VALUES (?, ?)", numbers)


def remove(connection: Connection, record_id: int) -> None:
    """The record is not found any more."""
    connection.exec_driver_sql("DELETE FROM fulltext WHERE rowid = ?", (record_id,))
    connection.exec_driver_sql("DELETE FROM lookup WHERE record_id = ?", (record_id,))


def clear(connection: Connection) -> None:
    """The index holds nothing, and nothing is known to be due."""
    connection.exec_driver_sql("INSERT INTO fulltext (fulltext) VALUES ('delete-all')")
    connection.exec_driver_sql("DELETE FROM lookup")
    connection.exec_driver_sql("DELETE FROM due")


def bearing(connection: Connection, number: str) -> list[int]:
    """Return the records that bear or bore this number, or have it in a field of numbers; the newest first."""
    rows = connection.exec_driver_sql(
        "SELECT record_id FROM lookup WHERE value = ? ORDER BY record_id DESC", (compact(number),)
    )
    return [int(row[0]) for row in rows]


def tidy(connection: Connection, pages: int = IDLE_MERGE_PAGES) -> bool:
    """The index has merged a little, so that no save has to; whether there was anything to merge is returned."""
    before = _changes(connection)
    connection.exec_driver_sql("INSERT INTO fulltext (fulltext, rank) VALUES ('merge', ?)", (pages,))
    return _changes(connection) - before > 1  # the statement itself counts as one


def _changes(connection: Connection) -> int:
    return int(connection.exec_driver_sql("SELECT total_changes()").scalar_one())


def optimise(connection: Connection) -> None:
    """The index is one piece: after a bulk import, and after records were destroyed, whose words are gone only then."""
    connection.exec_driver_sql("INSERT INTO fulltext (fulltext) VALUES ('optimize')")
