"""Editions at the county, on both stores: tried, published by an officer, told once, and which rules a record is judged by."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from sync.contract.batches import BatchId
from sync.contract.certificates import Role
from sync.contract.editions import Edition, EditionFile, EditionHeld, SignedEdition, TriedFiles, sign_edition
from sync.contract.errors import BadRequest, FactoryFault, HeadMoved, NotAllowed, SealBroken
from sync.contract.messages import SentBatch, SyncRequest
from sync.contract.revisions import RecordId, Revision
from sync.county.desk_calls import DeskCalls
from sync.county.service import County, create_county
from sync.county.tables import Device
from sync.ledger.memory_township import MemoryTownshipLedger
from tests.sync.contract.office import NOW, new_uuid, put
from tests.sync.county.troubled import TOWN, CountyPerson, marriage

DRAW = random.Random(7)
STANDARD = '[[standard]]\nkind = "dibao"\nname = "dibao"\nwhere = "农村"\nfrom = 2026-01-01\namount = 820\n'


@pytest.fixture(params=["sqlcipher", "postgresql"])
def county(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[County]:
    url = request.getfixturevalue("postgres_database") if request.param == "postgresql" else None
    create_county(tmp_path / "county", "云泽县", tmp_path / "key", url)
    with closing(County(tmp_path / "county", tmp_path / "key", url, clock=lambda: NOW)) as made:
        yield made


def changed(county: County, old: str, new: str, kind: str = "marriage.toml") -> tuple[EditionFile, ...]:
    files = county.editions.standing().edition.files
    assert any(one.name == kind and old in one.text for one in files)
    return tuple(replace(one, text=one.text.replace(old, new, 1)) if one.name == kind else one for one in files)


def stricter(county: County) -> tuple[EditionFile, ...]:
    """The marriage asks for a phone, in version 2."""
    files = changed(county, "version = 1", "version = 2")
    rest = '\n[[check]]\noperator = "before_day"\nfield = "reg_date"\nvalue = "1900-01-01"\nlevel = "error"\n'
    return tuple(replace(one, text=one.text + rest) if one.name == "marriage.toml" else one for one in files)


def signed(county: County, person: CountyPerson, files: tuple[EditionFile, ...]) -> SignedEdition:
    stands = county.editions.standing()
    edition = replace(stands.edition, number=stands.next_number, title="2026 年标准", files=files)
    return sign_edition(edition, person.given.signing_certificate, NOW, person.key)


def publish(county: County, files: tuple[EditionFile, ...], officer: CountyPerson | None = None) -> int:
    person = officer or CountyPerson(county)
    return county.editions.publish(signed(county, person, files), person.desk_holder).edition.number


def send(county: County, clerk: CountyPerson, body: dict[str, object]) -> Revision:
    made = put(RecordId(new_uuid(DRAW)), body)
    ledger = MemoryTownshipLedger(TOWN, clerk.desk.holder.device, clerk.key)
    ledger.file(made)
    seal = replace(ledger.seal(BatchId(new_uuid(DRAW))))
    sent = SentBatch(seal, ledger.read_parts(seal.batch_id, 0, 1 << 20))
    county.ledger.sync(clerk.desk, SyncRequest(county.ledger.epoch, 0, b"", batch=sent))
    return made


def standing(county: County, one: Revision) -> str:
    with county.storage.reading() as book:
        files = book.record_files([one.record_id])
    return str(files[one.record_id].standings[one.id]) if files else "set_aside"


def test_a_record_is_judged_by_the_rules_it_was_filed_under_and_who_changes_is_told_before(county: County) -> None:
    clerk = CountyPerson(county, "青石镇", Role.DESK, TOWN)
    before = send(county, clerk, marriage())
    assert standing(county, before) == "received"
    tried = county.editions.try_files(TriedFiles(stricter(county)))
    assert (tried.changed, tried.looked_at, tried.records, tried.flaw) == (("marriage",), 1, 1, "")
    (line,) = tried.lines
    assert (line.township, line.township_name, line.kind, line.gained, line.lost) == (TOWN, "青石镇", "marriage", 1, 0)
    assert county.editions.standing().edition.number == 0  # nothing was changed by trying
    assert publish(county, stricter(county)) == 1
    assert county.kinds["marriage"].version == 2
    assert standing(county, send(county, clerk, marriage())) == "received"  # filed under version 1, as the desk knew it
    assert standing(county, send(county, clerk, marriage() | {"kind_version": 2})) == "set_aside"
    assert standing(county, send(county, clerk, marriage() | {"kind_version": 3})) == "received"  # a person looks at it


def test_an_edition_stays_after_a_restart_and_is_told_to_each_desk_once(county: County, tmp_path: Path) -> None:
    clerk = CountyPerson(county, "青石镇", Role.DESK, TOWN)
    desk = Device(
        id=clerk.desk.holder.device, role="desk", name="青石镇", township=TOWN, enrolled_at="",
        line_certificate=clerk.given.line_certificate, signing_certificate=clerk.given.signing_certificate,
    )  # fmt: skip
    asked = SyncRequest(county.ledger.epoch, 0, b"", edition=EditionHeld(0, 0))
    calls = DeskCalls(county)
    assert calls.sync(desk, asked).edition is None
    standards = (*county.editions.standing().edition.files, EditionFile("standards.toml", STANDARD))
    files = tuple(
        replace(one, text=one.text.replace("version = 1", "version = 2", 1)) if one.name == "dibao.toml" else one
        for one in sorted(standards, key=lambda one: one.name)
    )
    assert publish(county, files) == 1
    told = calls.sync(desk, asked).edition
    assert told is not None
    assert told.edition.files == files
    assert calls.sync(desk, replace(asked, edition=EditionHeld(0, 1))).edition is None
    assert calls.sync(desk, replace(asked, edition=None)).edition is None  # an older program
    calls.sync(desk, replace(asked, edition=EditionHeld(0, 7)))  # of before the county was put back
    assert county.editions.standing().next_number == 8
    beside = County(county.folder, tmp_path / "key", _url(county), clock=lambda: NOW)
    assert [one.yuan for one in beside.kinds["dibao"].standards] == ["820"]
    assert beside.editions.standing().edition.number == 1
    beside.close()


def _url(county: County) -> str | None:
    return None if county.storage.embedded else county.storage._engine.url.render_as_string(hide_password=False)


def test_what_may_not_stand_is_refused_and_the_old_one_stays(county: County) -> None:
    officer, reviewer = CountyPerson(county), CountyPerson(county, "周敏", Role.REVIEWER)
    good = stricter(county)
    with pytest.raises(NotAllowed):
        county.editions.publish(signed(county, reviewer, good), reviewer.desk_holder)
    forged = signed(county, officer, good)
    with pytest.raises(SealBroken):
        county.editions.publish(replace(forged, edition=replace(forged.edition, title="x")), officer.desk_holder)
    certificate, key = officer.given.signing_certificate, officer.key
    late = sign_edition(replace(county.editions.standing().edition, number=5), certificate, NOW, key)
    with pytest.raises(HeadMoved):
        county.editions.publish(late, officer.desk_holder)
    other = sign_edition(Edition(1, 1, "别的县", "x", good), certificate, NOW, key)
    with pytest.raises(BadRequest):
        county.editions.publish(other, officer.desk_holder)
    with pytest.raises(FactoryFault):
        publish(county, changed(county, "label = ", "labels = "), officer)
    flaws = {
        "version": changed(county, "required = true", "required = false"),
        "field": changed(county, 'key = "reg_date"', 'key = "reg_day"'),
        "toml": (EditionFile("a.toml", "[["),),
        "deep": (EditionFile("a.toml", "a = " + "[" * 20_000),),
        "pattern": changed(county, "version = 1", "version = 2\n", "death.toml"),
    }
    flaws["pattern"] = tuple(
        replace(one, text=one.text + '\n[[check]]\noperator = "not_before_day"\nfield = "death_date"\nvalue = "x"\n')
        if one.name == "death.toml" else one for one in flaws["pattern"]
    )  # fmt: skip
    for name, files in flaws.items():
        assert county.editions.try_files(TriedFiles(files)).flaw, name
    assert county.editions.standing().edition.number == 0
    assert county.kinds["marriage"].version == 1
