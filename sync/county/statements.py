"""The few statements that SQLCipher and PostgreSQL spell differently."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from sync.county.tables import CountyTable, table

Item = TypeVar("Item")
Insert = postgresql.Insert | sqlite.Insert

NAMES_PER_STATEMENT = 500


def insert_ignoring(connection: Connection, model: type[CountyTable]) -> Insert:
    """Return an insert that leaves a row with the same key as it is."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table(model)).on_conflict_do_nothing()
    return sqlite.insert(table(model)).on_conflict_do_nothing()


def in_runs(items: Collection[Item]) -> Iterator[Sequence[Item]]:
    """Yield the items in runs that fit into one statement."""
    listed = list(items)
    for start in range(0, len(listed), NAMES_PER_STATEMENT):
        yield listed[start : start + NAMES_PER_STATEMENT]
