"""An older county brought up to this program (升级): what was added since is there, and nothing that stands is touched.

Tables and indexes are made; a column comes empty: "", 0, no bytes, or not known where it may be. What needs more than that
is a step of its own, which there is none of yet.
"""

from __future__ import annotations

import sqlalchemy
from sqlalchemy import Column, Connection, Index, Integer, LargeBinary, Table

from sync.county.tables import TABLES, CountyTable


def is_anything_missing(connection: Connection) -> bool:
    """Whether this book was made by an older program."""
    found = sqlalchemy.inspect(connection)
    known = set(found.get_table_names())
    return not {table.name for table in TABLES} <= known or bool(_columns(connection) or _indexes(connection))


def bring_up(connection: Connection) -> None:
    """The book has every table, column and index of this program."""
    for table, column in _columns(connection):
        connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {_declared(connection, column)}")
    indexes = _indexes(connection)
    CountyTable.metadata.create_all(connection, tables=TABLES)
    for index in indexes:
        index.create(connection, checkfirst=True)


def _columns(connection: Connection) -> list[tuple[Table, Column[object]]]:
    found = sqlalchemy.inspect(connection)
    known = {name: {one["name"] for one in found.get_columns(name)} for name in found.get_table_names()}
    return [
        (table, column)
        for table in TABLES
        if table.name in known
        for column in table.columns
        if column.name not in known[table.name]
    ]


def _indexes(connection: Connection) -> list[Index]:
    found = sqlalchemy.inspect(connection)
    tables = set(found.get_table_names())
    known = {one["name"] for name in tables for one in found.get_indexes(name)}
    return [index for table in TABLES for index in table.indexes if table.name in tables and index.name not in known]


def _declared(connection: Connection, column: Column[object]) -> str:
    """Return a column as it is added: with what it holds in rows that are older than it."""
    written = f"{column.name} {column.type.compile(connection.dialect)}"
    if column.nullable:
        return written
    empty = "0" if isinstance(column.type, Integer) else "''"
    if isinstance(column.type, LargeBinary) and connection.dialect.name != "postgresql":
        empty = "x''"
    return f"{written} NOT NULL DEFAULT {empty}"
