"""A hand-over list says what a sealed batch carries, as it was sealed, and names nobody of a restricted kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import uuid6
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from desktop.archive import batches
from desktop.services.hand_overs import HandOvers
from sync.contract.batches import BatchId
from sync.contract.errors import Refused
from sync.contract.revisions import DeviceId, TownshipId
from tests.desktop.services.office import SmallOffice, begin_office
from tests.desktop.services.test_volumes import file_adoption

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[SmallOffice]:
    made = begin_office(tmp_path / "office")
    yield made
    made.archive.close()


def sealed(office: SmallOffice) -> str:
    with office.archive.act(office.person, office.clock()) as act:
        batch = BatchId(str(uuid6.uuid7()))
        assert batches.seal_filed(act, TownshipId("339921102"), DeviceId("desk"), KEY, batch)
    return batch


def test_a_list_says_every_record_of_its_batch_as_it_was_sealed(office: SmallOffice) -> None:
    lists = HandOvers(office.archive, office.kinds, "云泽县青石镇")
    uid = office.file_marriage().record
    file_adoption(office)
    first = sealed(office)
    form = office.cataloguing.correct(uid)
    office.cataloguing.put(form.draft.uid, "husband.name", "何辰")
    office.filing.file(form.draft.uid)
    second = sealed(office)
    told = [(row.number, row.title, row.day, row.pages, row.void) for row in lists.of(first).rows]
    assert told == [
        ("J001-HY·2016-D100-0001", "何晨、陳思结婚登记", "20160227", 5, False),
        ("J001-SY·2016-Y-0001", "收养登记", "20160309", 9, False),
    ]
    assert [row.title for row in lists.of(second).rows] == ["何辰、陳思结婚登记"]
    assert (lists.of(first).sequence, lists.of(second).sequence, lists.of(first).pages) == (1, 2, 14)
    with pytest.raises(Refused):
        lists.of("another")
