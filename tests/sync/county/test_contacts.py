"""That a desk was here is kept beside what it came for, and never in its way."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from sync.contract.certificates import Holder, Role
from sync.contract.messages import Standing, SyncReply, SyncRequest
from sync.contract.revisions import DeviceId, TownshipId
from sync.county import tables
from sync.county.contacts import Contacts
from sync.county.service import County, create_county
from sync.ledger import Desk
from tests.sync.contract.office import Office, new_uuid

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
REQUEST = SyncRequest("e" * 32, 7, b"", standing=Standing(3, 5, b"12345678"))
REPLY = SyncReply("e" * 32, NOON.isoformat())


@pytest.fixture
def desk() -> Desk:
    office = Office()
    holder = Holder(DeviceId(new_uuid(random.Random(1))), Role.DESK, "青石镇", TownshipId("339921102"))
    return Desk(holder, office.give(holder)[1])


def kept(county: County) -> list[tuple[int, int]]:
    with county.storage.connection() as connection:
        rows = connection.execute(select(tables.table(tables.Contact)))
        return [(row.after, row.waiting) for row in rows]


def test_only_where_a_desk_stands_at_the_end_is_kept(tmp_path: Path, desk: Desk) -> None:
    create_county(tmp_path / "county", "云泽县", tmp_path / "key", None)
    county = County(tmp_path / "county", tmp_path / "key")
    contacts = Contacts(county.storage, lambda: NOON)
    contacts.note(desk, REQUEST, replace(REPLY, more=True))
    assert kept(county) == []
    contacts.note(desk, REQUEST, REPLY)
    assert kept(county) == [(7, 3)]
    county.close()


def test_a_book_that_cannot_be_written_keeps_no_desk_from_its_answer(tmp_path: Path, desk: Desk) -> None:
    create_county(tmp_path / "county", "云泽县", tmp_path / "key", None)
    county = County(tmp_path / "county", tmp_path / "key")
    contacts = Contacts(county.storage, lambda: NOON)
    with county.storage.connection(writing=True):  # somebody writes for longer than anybody waits
        contacts.note(desk, REQUEST, REPLY)
    assert kept(county) == []
    contacts.note(desk, REQUEST, REPLY)  # and what was not kept is tried again
    assert kept(county) == [(7, 3)]
    county.close()
