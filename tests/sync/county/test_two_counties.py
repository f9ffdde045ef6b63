"""Two counties in one PostgreSQL database: neither ever waits for the other, and neither can name what the other holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, insert
from sqlalchemy.exc import OperationalError, ProgrammingError

from sync.contract.errors import BadRequest
from sync.contract.revisions import TownshipId
from sync.county import upgrading
from sync.county.patient_rules import PatientRules
from sync.county.storage import Storage
from sync.county.tables import ArchiveNumber, Record, table
from tests.sync.conformance.desks import MemoryDesk
from tests.sync.conformance.ledger_suite import Line, judge
from tests.sync.contract.office import NOW, TOWNSHIP, Office

TYPED = (Path(__file__).parents[3] / "docs/county.md").read_text(encoding="utf-8")
_numbers = count(1)  # roles are of the whole cluster
TOWN, NUMBER = TownshipId(TOWNSHIP), "J001-HY·2026-D100-0001"


@contextmanager
def county(folder: Path, database: str, name: str) -> Iterator[Storage]:
    """A county in a schema of its own, as docs/county.md, section 8, says it is made."""
    plain = database.replace("+psycopg", "")
    (statements,) = re.findall(r"## 8\..*?```sql\n(.*?)```", TYPED, re.DOTALL)
    with psycopg.connect(plain, autocommit=True) as administrator:
        administrator.execute(re.sub("yunze", name, statements).encode())
        # whoever waits for a lock at all is told so, instead of being let wait
        administrator.execute(f"ALTER ROLE {name} SET lock_timeout = '300ms'".encode())
    folder.mkdir()
    storage = Storage(folder, bytes(range(32)), database.replace("postgres@", f"{name}@"), lambda: NOW)
    storage.create("e" * 32)
    yield storage
    storage.close()


@pytest.fixture
def two(tmp_path: Path, postgres_database: str) -> Iterator[tuple[Storage, Storage]]:
    names = [f"{name}{next(_numbers)}" for name in ("yunze", "linxi")]
    with (
        county(tmp_path / "one", postgres_database, names[0]) as one,
        county(tmp_path / "other", postgres_database, names[1]) as other,
    ):
        yield one, other


def locked_schemas(connection: Connection) -> dict[int, set[str]]:
    """Return in which schemas each connection of this database holds or wants locks, catalogues apart."""
    found: dict[int, set[str]] = {}
    asked = (
        "SELECT l.pid, n.nspname, l.granted FROM pg_locks l JOIN pg_class c ON c.oid = l.relation"
        " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE l.database = (SELECT oid FROM pg_database"
        " WHERE datname = current_database()) AND n.nspname NOT LIKE 'pg\\_%'"
    )
    for pid, schema, granted in connection.exec_driver_sql(asked.replace("%", "%%")):
        assert granted
        found.setdefault(pid, set()).add(schema)
    return found


def test_what_one_county_does_never_makes_another_wait(two: tuple[Storage, Storage]) -> None:
    one, other = two
    office = Office()
    line = Line(office, PatientRules(other, office.authority, judge, lambda: NOW), MemoryDesk(office))
    revision = line.file("档案", number=NUMBER)
    with one.writing(TOWN) as held, one.connection(writing=True) as upgraded:
        # one county holds the same township, record and number, and is being upgraded as well
        held.connection.execute(insert(table(Record)), {"id": revision.record_id, "township": TOWN})
        held.connection.execute(insert(table(ArchiveNumber)), {"number": NUMBER, "record": revision.record_id})
        upgrading.bring_up(upgraded)
        line.send()
        line.accept(revision)
        line.drain()
        with other.writing(TOWN) as book:
            assert len(book.heads(TOWN, None)) == 1
            book.set_head(TOWN, revision.record_id, revision.id)
            seen = locked_schemas(upgraded)
        with other.connection(writing=True) as connection:
            upgrading.bring_up(connection)  # both at the same time
        with pytest.raises(OperationalError, match="lock timeout"), one.connection(writing=True) as connection:
            upgrading.bring_up(connection)
        with pytest.raises(OperationalError, match="lock timeout"), one.writing(TOWN):
            pass  # within one county it is waited for: this can find something
    assert line.agree()
    assert len(seen) >= 2
    assert {len(schemas) for schemas in seen.values()} == {1}, seen
    assert len(set().union(*seen.values())) == 2


def test_a_desk_of_one_county_cannot_name_what_another_holds(two: tuple[Storage, Storage]) -> None:
    one, other = two
    with other.connection() as connection:
        schema = connection.exec_driver_sql("SELECT current_schema()").scalar_one()
    with pytest.raises(ProgrammingError, match="permission denied"), one.connection(township=TOWN) as connection:
        connection.exec_driver_sql(f"SELECT 1 FROM {schema}.setting")
    with pytest.raises(ProgrammingError, match="permission denied"), one.connection() as connection:
        connection.exec_driver_sql(f"SELECT 1 FROM {schema}.record")
    assert one.find_holes() == other.find_holes() == []


def test_a_login_without_a_schema_is_told(tmp_path: Path, postgres_database: str) -> None:
    away = f"{postgres_database}&options=-csearch_path%3Dnowhere"
    storage = Storage(tmp_path, bytes(range(32)), away, lambda: NOW)
    with pytest.raises(BadRequest, match="CREATE SCHEMA"):
        storage.create("e" * 32)
    storage.close()
