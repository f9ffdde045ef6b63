"""The few statements that SQLCipher and PostgreSQL spell differently."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, Integer, LargeBinary, String, case
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import AutoString

from sync.county.tables import CountyTable, table

Item = TypeVar("Item")
Insert = postgresql.Insert | sqlite.Insert

NAMES_PER_STATEMENT = 500


def insert_ignoring(connection: Connection, model: type[CountyTable]) -> Insert:
    """Return an insert that leaves a row with the same key as it is."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table(model)).on_conflict_do_nothing()
    return sqlite.insert(table(model)).on_conflict_do_nothing()


def insert_newer(connection: Connection, model: type[CountyTable], version: str, growing: str) -> Insert:
    """Return an insert that takes the place of a row with the same key only if its version is higher.

    Args:
        growing: the column that never becomes less.
    """
    target = table(model)
    keys = [column.name for column in target.primary_key]
    on_postgres = connection.dialect.name == "postgresql"
    made: postgresql.Insert | sqlite.Insert = postgresql.insert(target) if on_postgres else sqlite.insert(target)
    values: dict[str, ColumnElement[object]] = {
        column.name: made.excluded[column.name] for column in target.columns if column.name not in keys
    }
    values[growing] = case((target.c[growing] > values[growing], target.c[growing]), else_=values[growing])
    newer = target.c[version] < made.excluded[version]
    return made.on_conflict_do_update(index_elements=keys, set_=values, where=newer)


def insert_rows(
    connection: Connection,
    model: type[CountyTable],
    names: Sequence[str],
    rows: Sequence[tuple[object, ...]],
    conflict: str = "DO NOTHING",
) -> None:
    """The rows are in the table, as one statement: a part of a batch with fourteen records costs a fifth of what polite inserts do.

    Args:
        names: of the columns, in the order of each row's values.
        conflict: what becomes of a row whose key is there.
    """
    if not rows:
        return
    target = table(model)
    begun = f"INSERT INTO {target.name} ({', '.join(names)})"
    if connection.dialect.name == "postgresql":
        arrays = ", ".join(f"%s::{_ARRAYS[type(target.c[name].type)]}[]" for name in names)
        statement = f"{begun} SELECT * FROM unnest({arrays}) ON CONFLICT {conflict}"
        connection.exec_driver_sql(statement, tuple(list(column) for column in zip(*rows, strict=True)))
        return
    marks = ", ".join("?" * len(names))
    connection.exec_driver_sql(f"{begun} VALUES ({marks}) ON CONFLICT {conflict}", list(rows))


_ARRAYS: Mapping[type, str] = {AutoString: "text", String: "text", LargeBinary: "bytea", Integer: "integer"}


def in_runs(items: Collection[Item]) -> Iterator[Sequence[Item]]:
    """Yield the items in runs that fit into one statement."""
    listed = list(items)
    for start in range(0, len(listed), NAMES_PER_STATEMENT):
        yield listed[start : start + NAMES_PER_STATEMENT]
