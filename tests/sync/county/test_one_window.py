"""What townships see of each other's records, on both stores: editions, rules, grants; and that 24 bits are shared by names."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, update

from sync.contract.batches import BatchId
from sync.contract.certificates import Role
from sync.contract.decisions import Decision, DecisionKind, certificate_bytes
from sync.contract.errors import BadRequest, CountyBusy, NotAllowed, NotNamed
from sync.contract.messages import SentBatch, SyncRequest
from sync.contract.one_window import (
    EVERYBODY,
    GrantAsked,
    May,
    SliceAsked,
    SlicePerson,
    SliceTold,
    name_key,
    pack_people,
    read_people,
)
from sync.contract.revisions import RecordId, Revision, TownshipId, canonical_bytes
from sync.county import tables, who_sees
from sync.county.__main__ import main
from sync.county.catalogue import Catalogue
from sync.county.service import County, create_county
from sync.county.tables import Device, table
from sync.county.window_calls import TRIES_AT_ONCE, WindowCalls
from sync.ledger import Proposal
from sync.ledger.memory_township import MemoryTownshipLedger
from sync.vault import audit
from tests.sync.conformance.desks import MemoryDesk
from tests.sync.contract.office import NOW, Office, new_uuid
from tests.sync.contract.office import put as put_revision
from tests.sync.county.filed_papers import Paper, put, put_void, tell
from tests.sync.county.test_duplicates import AID, WEDDING
from tests.sync.county.troubled import TOWN, CountyPerson, marriage

ONE, OTHER = "339921101", "339921102"
R1, R2, R3 = (f"01900000-0000-7000-8000-00000000000{place}" for place in (1, 2, 3))
DRAW = random.Random(5)
ADOPTION = {"case_no": "1", "reg_date": "2016-02-27", "child.name": "何小", "adopter.name": "何晨"}


class Watch:
    """A clock that is put forward."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture(params=["sqlcipher", "postgresql"])
def county(request: pytest.FixtureRequest, tmp_path: Path, watch: Watch) -> Iterator[County]:
    url = request.getfixturevalue("postgres_database") if request.param == "postgresql" else None
    create_county(tmp_path / "county", "云泽县", tmp_path / "key", url)
    with closing(County(tmp_path / "county", tmp_path / "key", url, clock=watch)) as made:
        papers = [(R1, ONE, "marriage", WEDDING), (R2, ONE, "dibao", AID), (R3, ONE, "adoption", ADOPTION)]
        with made.storage.connection(writing=True) as connection:
            put(connection, made.kinds, [Paper(*one) for one in papers])
            connection.execute(insert(table(tables.Township)), _township(OTHER))
            for record, *_ in papers:
                tell(connection, ONE, record, "")
        yield made


def _township(code: str) -> dict[str, object]:
    return {"code": code, "name": "白石镇", "feed_end": 0, "feed_hash": b"", "digest": bytes(32), "heads": 0}


CERTIFICATE = certificate_bytes(MemoryDesk(Office()).desk.signer)


def desk(township: str, device: str = "d") -> Device:
    values = {"id": device, "role": "desk", "name": "镇", "township": township, "enrolled_at": ""}
    return Device(**values, line_certificate=CERTIFICATE, signing_certificate=CERTIFICATE)


def rule(county: County, kind: str, may: May, township: str = EVERYBODY) -> None:
    who_sees.set_rule(county.storage, county.kinds, township, kind, may, officer="周敏", why="试点")


def follow(county: County) -> None:
    while county.catalogue.work_on(1):  # cut between any two events
        continue


def fetched(calls: WindowCalls, told: SliceTold | None = None, township: str = OTHER) -> SliceTold:
    """Return what is new since, for a desk of the township."""
    view, after = (told.view, told.end) if told else (calls.slice(desk(township), SliceAsked(b"", 0)).view, 0)
    return calls.slice(desk(township), SliceAsked(view, after))


def test_a_desk_gets_what_its_rule_allows_and_then_only_what_changed(county: County) -> None:
    calls = WindowCalls(county)
    no_rule_without_officer_and_reason(county)
    follow(county)
    assert fetched(calls).entries == ()  # nobody said that anything may be seen
    rule(county, "marriage", May.FIND)
    rule(county, EVERYBODY, May.PAGES, ONE)
    told = fetched(calls)
    (entry,) = told.entries
    assert (entry.record.hex(), entry.kind, entry.year, entry.township) == (R1.replace("-", ""), "marriage", 0, ONE)
    assert [(one.township, one.name) for one in told.holders] == [(ONE, f"{ONE}镇")]
    people = {one.key: (one.born, one.span) for one in read_people(entry.people)}
    assert people == {name_key("何晨", told.salt): (1989, 0), name_key("陳思", told.salt): (1991, 0)}
    assert fetched(calls, township=ONE).entries == ()  # its own records it has
    assert fetched(calls, told).entries == ()
    with county.storage.connection() as connection:  # what the law closes is not even in the catalogue
        assert set(connection.execute(select(table(tables.CatalogueEntry).c.record)).scalars()) == {R1, R2}
    rule(county, EVERYBODY, May.FIND, OTHER)
    assert {one.kind for one in fetched(calls).entries} == {"marriage", "dibao"}
    assert fetched(calls, told) == SliceTold(fetched(calls).view)  # another view: the desk begins anew
    whole = fetched(calls)
    put_void(county, R1, ONE)
    follow(county)
    (gone,) = fetched(calls, whole).entries
    assert (gone.record, gone.people) == (entry.record, b"")


def test_a_record_that_did_not_change_keeps_its_edition(county: County) -> None:
    rule(county, EVERYBODY, May.FIND)
    follow(county)
    whole = fetched(WindowCalls(county))
    with county.storage.connection(writing=True) as connection:
        tell(connection, ONE, R1, "")
    follow(county)
    assert fetched(WindowCalls(county), whole).end == whole.end
    again = Catalogue(
        county.storage, county.kinds, county.handing_over
    )  # another process beside it: the same salt, nothing twice
    assert (again.salt(), again.work_on()) == (county.catalogue.salt(), 0)


def test_a_grant_ends_is_bound_to_its_desk_and_is_written_down(county: County, watch: Watch) -> None:
    calls, asked = WindowCalls(county), GrantAsked(RecordId(R1), "陈思", "陈晓兰", "办理养老保险")
    rule(county, "marriage", May.PAGES)
    granted = calls.grant(desk(OTHER), asked)
    assert (granted.township, granted.pages, granted.revision.record_id) == (ONE, True, R1)
    with county.storage.connection() as connection:
        kept = connection.execute(select(table(tables.GrantGiven))).one()
    assert (kept.holder, kept.number, kept.township, kept.purpose) == (ONE, 1, OTHER, "办理养老保险")
    assert [(one.number, one.record) for one in calls.slice(desk(ONE), SliceAsked(b"", 0)).looks] == [(1, R1)]
    assert calls.slice(desk(ONE), SliceAsked(b"", 0, looks_after=1)).looks == ()
    assert calls.slice(desk(OTHER), SliceAsked(b"", 0)).looks == ()
    with county.storage.connection() as connection:
        grants = calls._grants
        assert grants._standing(connection, desk(OTHER), TownshipId(OTHER), granted.id).record == R1
        with pytest.raises(NotAllowed):
            grants._standing(connection, desk(OTHER, "another"), TownshipId(OTHER), granted.id)
        watch.now += timedelta(minutes=30)
        with pytest.raises(NotAllowed, match="ran out"):
            grants._standing(connection, desk(OTHER), TownshipId(OTHER), granted.id)
    rule(county, EVERYBODY, May.PAGES)
    rule(county, "dibao", May.FIND)
    for record, name, error in ((R1, "陈偲", NotNamed), (R2, "何晨", NotAllowed), (R3, "何晨", NotAllowed)):
        with pytest.raises(error):
            calls.grant(desk(OTHER), GrantAsked(RecordId(record), name, "陈晓兰", "问问"))
    with pytest.raises(NotAllowed):  # its own it has at home
        calls.grant(desk(ONE), asked)
    with county.storage.keeping() as connection:
        told = [(one.act, one.subject) for one in audit.events(connection) if one.act.startswith("grant.")]
        typed = connection.exec_driver_sql(
            "SELECT count(*) FROM audit WHERE details LIKE '%陈%' OR details LIKE '%养老%'"
        )
        assert typed.scalar_one() == 0  # no name, no purpose in the log
    assert told == [
        ("grant.given", R1),
        ("grant.refused", R1),
        ("grant.refused", R2),
        ("grant.refused", R3),
        ("grant.refused", R1),
    ]
    with county.storage.connection() as connection:
        assert connection.execute(select(func.count()).select_from(table(tables.GrantGiven))).scalar_one() == 1
    names_are_not_tried_one_after_another(county)


def names_are_not_tried_one_after_another(county: County) -> None:
    calls, asked = WindowCalls(county), GrantAsked(RecordId(R3), "何晨", "陈晓兰", "问问")
    refused = []
    for _ in range(TRIES_AT_ONCE + 1):
        with pytest.raises((NotAllowed, CountyBusy)) as refusal:
            calls.grant(desk(OTHER), asked)
        refused.append(refusal.value.code)
    assert refused == [NotAllowed.code] * TRIES_AT_ONCE + [CountyBusy.code]


def no_rule_without_officer_and_reason(county: County) -> None:
    wrong = (
        (ONE, "adoption", "周敏", "x"),
        (ONE, "nothing", "周敏", "x"),
        ("9", EVERYBODY, "周敏", "x"),
        (ONE, EVERYBODY, "", "x"),
    )
    for township, kind, officer, why in (*wrong, (ONE, EVERYBODY, "周敏", " ")):
        with pytest.raises(BadRequest):
            who_sees.set_rule(county.storage, county.kinds, township, kind, May.OPEN, officer=officer, why=why)


def test_a_record_of_a_newer_kind_that_cannot_be_read_names_nobody(county: County) -> None:
    rule(county, "marriage", May.PAGES)
    newer = {
        "kind": "marriage",
        "kind_version": 99,
        "fields": WEDDING,
        "normal": {"reg_date": {"value": "?", "precision": "day"}},
    }
    revision = table(tables.RevisionRow)
    with county.storage.connection(writing=True) as connection:
        connection.execute(update(revision).where(revision.c.record == R1).values(body=canonical_bytes(newer)))
    with pytest.raises(NotNamed):
        WindowCalls(county).grant(desk(OTHER), GrantAsked(RecordId(R1), "陈思", "陈晓兰", "问问"))


def test_the_keeper_sets_and_reads_the_rules(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    create_county(tmp_path, "云泽县", tmp_path / "county.key", None)
    words = ["one-window", "--data", str(tmp_path)]
    assert main([*words, "--kind", "marriage", "--may", "open", "--officer", "周敏", "--why", "试点"]) == 0
    assert main([*words, "--may", "find"]) == 2
    assert main(words) == 0
    assert capsys.readouterr().out.splitlines() == ["all marriage open"] * 2
    with closing(County(tmp_path, tmp_path / "county.key")) as county, county.storage.keeping() as connection:
        (told,) = audit.of_act(connection, "catalogue.rule")
    assert (told.who, told.subject, told.details) == ("周敏", "all", {"kind": "marriage", "may": "open", "why": "试点"})


def test_names_written_otherwise_share_a_key_and_people_are_packed_once() -> None:
    salt = bytes(16)
    assert name_key("陳 思", salt) == name_key("陈思", salt) != name_key("陈偲", salt)
    assert name_key("陈思", salt) != name_key("陈思", bytes(15) + b"1")
    one, told = SlicePerson(2**24 - 1, 1960, 2), SlicePerson(0, 0, 0)
    assert read_people(pack_people([one, told, one])) == (told, one)
    with pytest.raises(ValueError, match="cut short"):
        read_people(b"12345")
    assert [May.PAGES.includes(one) for one in May] == [True] * 4
    assert [May.FIND.includes(one) for one in May] == [True, True, False, False]


def test_a_record_whose_acceptance_was_taken_back_leaves_the_catalogue_and_none_after_it_is_passed_over(
    county: County,
) -> None:
    clerk, reviewer = CountyPerson(county, "青石镇", Role.DESK, TOWN), CountyPerson(county, "周敏", Role.REVIEWER)
    made = [put_revision(RecordId(new_uuid(DRAW)), marriage()) for _ in range(3)]
    ledger = MemoryTownshipLedger(TOWN, clerk.desk.holder.device, clerk.key)
    for one in made:
        ledger.file(one)
    seal = ledger.seal(BatchId(new_uuid(DRAW)))
    sent = SentBatch(seal, ledger.read_parts(seal.batch_id, 0, 1 << 20))
    county.ledger.sync(clerk.desk, SyncRequest(county.ledger.epoch, 0, b"", batch=sent))

    def accept(one: Revision) -> Decision:
        decision = Decision(TOWN, one.record_id, DecisionKind.ACCEPTED, one.id, one.id, ())
        county.ledger.decide(Proposal(reviewer.sign(decision)))
        return decision

    def shown() -> set[str]:
        follow(county)
        entry = table(tables.CatalogueEntry)
        with county.storage.connection() as connection:
            named = select(entry.c.record).where((entry.c.township == TOWN) & (entry.c.people != b""))
            return set(connection.execute(named).scalars())

    decisions = [accept(one) for one in made[:2]]
    assert shown() == {one.record_id for one in made[:2]}
    assert set(county.ledger.take_back(reviewer.take_back(*decisions)).values()) == {""}
    for one in made[1:]:  # the feed is as long again as it was when it was followed
        accept(one)
    county.ledger.sync(clerk.desk, SyncRequest(county.ledger.epoch, 0, b""))
    assert shown() == {one.record_id for one in made[1:]}
