"""The second belt: a desk's transaction in PostgreSQL sees its own township, whatever it asks; and every call of a desk wears it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import (
    Boolean,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    Table,
    delete,
    event,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import ProgrammingError

from sync.contract.batches import BatchId
from sync.contract.decisions import certificate_bytes
from sync.contract.errors import NotAllowed
from sync.contract.messages import Hashes, SyncReply, SyncRequest
from sync.contract.revisions import TownshipId
from sync.county import keeping, scoping
from sync.county.desk_calls import DeskCalls
from sync.county.service import County, create_county
from sync.county.storage import Storage
from sync.county.tables import TABLES, Device, table
from sync.ledger import Desk
from tests.sync.conformance.desks import MemoryDesk
from tests.sync.conformance.ledger_suite import SERIES, Line
from tests.sync.contract.office import NOW, TOWNSHIP, Office, new_uuid

ONE, OTHER = TownshipId(TOWNSHIP), TownshipId("339921103")
HIDDEN = {"enrolment_code", "log_day", "block", "pair", "pair_said"}
HIDDEN |= {"catalogue", "catalogue_cursor", "catalogue_rule", "grant_given", "edition"}
SCOPED = [one for one in TABLES if one.name in scoping.SCOPED]


def row_of(one: Table, township: str) -> dict[str, Any]:
    """Return a row that is a township's: every name in it is made from the township's code."""

    def value(name: str, kind: object) -> object:
        if name in ("township", "code"):
            return township
        return 1 if isinstance(kind, Integer) else b"" if isinstance(kind, LargeBinary) else f"{township}-1"

    return {
        column.name: False if isinstance(column.type, Boolean) else value(column.name, column.type)
        for column in one.columns
    }


@pytest.fixture
def storage(tmp_path: Path, postgres_database: str) -> Iterator[Storage]:
    """A county in PostgreSQL with a row of each of two townships in every table that holds such rows."""
    storage = Storage(tmp_path, bytes(range(32)), postgres_database, lambda: NOW)
    storage.create("e" * 32)
    with storage.connection(writing=True) as connection:
        for one in SCOPED:
            connection.execute(insert(one), [row_of(one, ONE), row_of(one, OTHER)])
    yield storage
    storage.close()


def held(connection: Connection, one: Table) -> list[tuple[Any, ...]]:
    return sorted(tuple(row) for row in connection.execute(select(one)))


def test_a_question_without_where_finds_nothing_of_another_township(storage: Storage) -> None:
    with storage.connection() as connection:
        assert {len(held(connection, one)) for one in SCOPED} == {2}  # staff see both
    for township in (ONE, OTHER):
        with storage.connection(township=township) as connection:
            for one in SCOPED:
                assert held(connection, one) == [tuple(row_of(one, township).values())], one.name
    with storage.reading(ONE) as book:
        assert book.heads(OTHER, None) == ()  # asked for by name
    with storage.connection() as connection:  # and the next transaction on the same connection is nobody's
        assert connection.exec_driver_sql("SELECT count(*) FROM record").scalar_one() == 2


def test_an_act_without_where_changes_nothing_of_another_township(storage: Storage) -> None:
    with storage.connection() as connection:
        theirs = {one.name: tuple(row_of(one, OTHER).values()) for one in SCOPED}
    with storage.connection(writing=True, township=ONE) as connection:
        for one in reversed(SCOPED):
            column = next(iter(one.primary_key.columns))
            assert connection.execute(update(one).values({column.name: column})).rowcount == 1, one.name
        for one in reversed(SCOPED):
            assert connection.execute(delete(one)).rowcount <= 1, one.name
    with storage.connection() as connection:
        for one in SCOPED:
            assert theirs[one.name] in held(connection, one)
        assert len(held(connection, table(Device))) == 1


def test_no_row_is_written_in_another_townships_name(storage: Storage) -> None:
    for one in SCOPED:
        row = row_of(one, OTHER)
        row |= {column.name: 2 for column in one.primary_key if isinstance(column.type, Integer)}
        row |= {name: f"{OTHER}-2" for name in ("id", "sha256", "number") if name in row and isinstance(row[name], str)}
        with (
            pytest.raises(ProgrammingError, match="violates row-level security"),
            storage.connection(writing=True, township=ONE) as connection,
        ):
            connection.execute(insert(one), row)


def test_every_table_is_scoped_shared_or_not_there_for_a_desk(storage: Storage) -> None:
    assert {one.name for one in TABLES} == scoping.SCOPED.keys() | scoping.SHARED.keys() | HIDDEN
    for name in HIDDEN | {"alembic_version", "to_compare"}:
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            storage.connection(township=ONE) as connection,
        ):
            connection.exec_driver_sql(f"SELECT 1 FROM {name}")


class Caller:
    """A county as a desk meets it: only through the calls of desks."""

    def __init__(self, county: County, device: Device) -> None:
        self.calls, self._device = DeskCalls(county), device

    def sync(self, _desk: Desk, request: SyncRequest) -> SyncReply:
        return self.calls.sync(self._device, request)


def test_every_call_of_a_desk_wears_the_belt(tmp_path: Path, postgres_database: str) -> None:
    office = Office()
    desk, page = MemoryDesk(office), b"page"
    create_county(tmp_path / "county", "云泽县", tmp_path / "key", postgres_database)
    certificate = certificate_bytes(desk.desk.signer)
    values = {"id": desk.desk.holder.device, "role": "desk", "name": "青石镇", "township": ONE, "enrolled_at": ""}
    device = Device(**values, line_certificate=certificate, signing_certificate=certificate)
    asked: list[tuple[bool, str]] = []
    worn: set[int] = set()

    def note(connection: Connection, _cursor: object, statement: str, *_more: object) -> None:
        if connection.dialect.name == "postgresql":
            asked.append((id(connection.connection.driver_connection) in worn, statement))
            if "set_config('role'" in statement:
                worn.add(id(connection.connection.driver_connection))

    def end(connection: Connection) -> None:
        worn.discard(id(connection.connection.driver_connection))

    with closing(County(tmp_path / "county", tmp_path / "key", postgres_database)) as county:
        with county.storage.connection(writing=True) as connection:
            row = {**values, "line_certificate": certificate, "signing_certificate": certificate}
            connection.execute(insert(table(Device)), row)
        caller = Caller(county, device)
        line = Line(office, caller, desk)
        sha256 = hashlib.sha256(page).hexdigest()
        listening = (("before_cursor_execute", note), ("commit", end), ("rollback", end))
        for name, told in listening:
            event.listen(Engine, name, told)
        try:
            line.drain()
            desk.allot(SERIES)
            line.file("通知", attachments=[sha256])
            desk.seal(BatchId(new_uuid(office.draw)), 1000)
            line.drain()
            assert caller.calls.missing_attachments(device, Hashes((bytes.fromhex(sha256),))).hashes
            caller.calls.attachment_progress(device, sha256)
            for start in range(len(page)):
                caller.calls.take_attachment(device, sha256, start, len(page), page[start : start + 1])
            assert caller.calls.read_attachment(device, sha256, 0, 10) == (page, len(page))
            caller.calls.digest(device, None)
        finally:
            for name, told in listening:
                event.remove(Engine, name, told)
        assert caller.calls.read_attachment(device, sha256, 0, 10) == (page, len(page))
    bare = [statement for wearing, statement in asked if not wearing and "set_config('role'" not in statement]
    touched = {word for statement in bare for word in re.findall(r"\b(?:FROM|INTO|UPDATE|JOIN) (\w+)", statement)}
    assert touched <= {"setting"}, touched  # the epoch, which is the county's own
    assert len(asked) > 40


@pytest.fixture
def plain_login(postgres_database: str) -> str:
    """The URL under which the owner of a database, who may do nothing else, comes to it."""
    plain = postgres_database.replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"CREATE ROLE owner_{name} LOGIN")
        connection.execute(f"ALTER DATABASE {name} OWNER TO owner_{name}")
    return postgres_database.replace("postgres@", f"owner_{name}@")


def test_an_owner_who_may_make_no_roles_is_told_what_the_administrator_types(
    tmp_path: Path, postgres_database: str, plain_login: str
) -> None:
    with pytest.raises(NotAllowed, match="let its administrator type") as told:
        create_county(tmp_path / "county", "云泽县", tmp_path / "key", plain_login)
    typed = re.findall(r"(?:CREATE|GRANT) [^;]+;", str(told.value))
    assert len(typed) == 2
    with psycopg.connect(postgres_database.replace("+psycopg", ""), autocommit=True) as connection:
        for statement in typed:
            try:
                connection.execute(statement)
            except psycopg.errors.DuplicateObject:  # another county of this cluster has it already
                continue
    create_county(tmp_path / "county", "云泽县", tmp_path / "key", plain_login)
    with closing(County(tmp_path / "county", tmp_path / "key", plain_login)) as county:
        record = next(one for one in SCOPED if one.name == "record")
        with county.storage.connection(writing=True) as connection:
            connection.execute(insert(record), [row_of(record, ONE), row_of(record, OTHER)])
        with county.storage.connection() as connection:
            assert connection.execute(select(func.count()).select_from(record)).scalar_one() == 2
        with county.storage.connection(township=ONE) as connection:
            assert connection.execute(select(record.c.township)).scalars().all() == [ONE]


def test_a_belt_with_a_hole_is_told_by_the_check_and_closed_at_the_next_opening(
    tmp_path: Path, postgres_database: str
) -> None:
    create_county(tmp_path / "county", "云泽县", tmp_path / "key", postgres_database)
    with closing(County(tmp_path / "county", tmp_path / "key", postgres_database)) as county:
        with county.storage.connection(writing=True) as connection:
            connection.exec_driver_sql("ALTER TABLE revision DISABLE ROW LEVEL SECURITY")
            connection.exec_driver_sql("DROP POLICY own_township ON record")
            connection.exec_driver_sql("GRANT SELECT ON enrolment_code TO lantai_desk")
            connection.exec_driver_sql("REVOKE SELECT ON feed FROM lantai_desk")
        assert list(keeping.check(county)) == [
            "table record: no row-level security", "table revision: no row-level security",
            "table enrolment_code: a desk may SELECT", "table feed: a desk may not SELECT",
        ]  # fmt: skip
    with closing(County(tmp_path / "county", tmp_path / "key", postgres_database)) as county:
        assert list(keeping.check(county)) == []
