"""A county as an older program left it: before revisions of the schema were counted, some tables, columns and an index not known yet."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import sqlalchemy
from sqlalchemy import Connection

from sync.county.service import County, create_county
from sync.county.tables import TABLES
from tests.sync.county.filed_papers import Paper, put

LATER = {  # what one program may not have known yet: a whole table, columns of each type, an index
    "pair_said": (),
    "contact": ("waiting", "digest"),
    "revision": ("number",),
    "device": ("revoked_at",),
}
NEWER = (
    "catalogue",
    "catalogue_cursor",
    "catalogue_rule",
    "grant_given",
    "fetched",
    "taken_back",
    "edition",
    "desk_edition",
)
"""Tables that no program knew before revisions were counted."""
Shape = dict[str, tuple[set[str], set[str | None]]]


def shape(connection: Connection) -> Shape:
    """Return the columns and the indexes of each table that there is."""
    found = sqlalchemy.inspect(connection)
    columns = {name: {one["name"] for one in several} for (_, name), several in found.get_multi_columns().items()}
    indexes = {name: {one["name"] for one in several} for (_, name), several in found.get_multi_indexes().items()}
    return {one.name: (columns[one.name], indexes.get(one.name, set())) for one in TABLES if one.name in columns}


def make_older(folder: Path, key: Path, url: str | None) -> Shape:
    """An older county with one record stands in the folder; returns the shape of one made today."""
    create_county(folder, "云泽县", key, url)
    with closing(County(folder, key, url)) as county, county.storage.connection(writing=True) as connection:
        whole = shape(connection)
        put(connection, county.kinds, [Paper("r1", "339921101", "document", {"subject": "通知"})])
        connection.exec_driver_sql("DROP TABLE alembic_version")
        connection.exec_driver_sql("DROP INDEX revision_unsettled")
        connection.exec_driver_sql("DROP INDEX record_township")
        connection.exec_driver_sql("CREATE INDEX ix_record_township ON record (township)")
        for name in NEWER:
            connection.exec_driver_sql(f"DROP TABLE {name}")
        for name, columns in LATER.items():
            if not columns:
                connection.exec_driver_sql(f"DROP TABLE {name}")
            for column in columns:
                connection.exec_driver_sql(f"ALTER TABLE {name} DROP COLUMN {column}")
    return whole
