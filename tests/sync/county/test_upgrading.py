"""A county made by an older program is brought up at its opening, and serves with what it had; on both stores."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy import select

from sync.county import tables, upgrading
from sync.county.service import County, create_county
from sync.county.tables import TABLES, table
from tests.sync.county.filed_papers import Paper, put

LATER = {  # what one program may not have known yet: a whole table, columns of each type, an index
    "pair_said": (),
    "contact": ("waiting", "digest"),
    "revision": ("number",),
    "device": ("revoked_at",),
}


def shape(county: County) -> dict[str, tuple[set[str], set[str | None]]]:
    with county.storage.connection() as connection:
        found = sqlalchemy.inspect(connection)
        return {
            name: ({one["name"] for one in found.get_columns(name)}, {one["name"] for one in found.get_indexes(name)})
            for name in sorted(one.name for one in TABLES)
        }


@pytest.mark.parametrize("store", ["sqlcipher", "postgresql"])
def test_an_older_county_is_brought_up_and_keeps_all_it_had(
    request: pytest.FixtureRequest, store: str, tmp_path: Path
) -> None:
    url = request.getfixturevalue("postgres_database") if store == "postgresql" else None
    create_county(tmp_path / "county", "云泽县", tmp_path / "key", url)
    with closing(County(tmp_path / "county", tmp_path / "key", url)) as county:
        whole = shape(county)
        with county.storage.connection(writing=True) as connection:
            put(connection, county.kinds, [Paper("r1", "339921101", "document", {"subject": "通知"})])
            connection.exec_driver_sql("DROP INDEX revision_unsettled")
            for name, columns in LATER.items():
                if not columns:
                    connection.exec_driver_sql(f"DROP TABLE {name}")
                for column in columns:
                    connection.exec_driver_sql(f"ALTER TABLE {name} DROP COLUMN {column}")
            assert upgrading.is_anything_missing(connection)
    with closing(County(tmp_path / "county", tmp_path / "key", url)) as county:
        assert shape(county) == whole
        with county.storage.connection() as connection:
            assert not upgrading.is_anything_missing(connection)
            row = connection.execute(select(table(tables.RevisionRow))).one()
        assert (row.record, row.number, row.township) == ("r1", "", "339921101")
