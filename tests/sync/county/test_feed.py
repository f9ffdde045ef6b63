"""The feed under many hands: numbers without gaps, and a reader who polls sees every one of them in order."""

from __future__ import annotations

import threading

import pytest

from sync.contract.batches import BatchId
from sync.contract.decisions import Decision, DecisionKind
from sync.contract.messages import SyncRequest
from sync.county.storage import Storage
from sync.ledger import Proposal
from sync.ledger.county_rules import CountyRules
from tests.sync.conformance.desks import MemoryDesk
from tests.sync.conformance.ledger_suite import Line, judge
from tests.sync.contract.office import NOW, TOWNSHIP, Office, new_uuid

HANDS, EACH = 4, 12


@pytest.fixture(params=["encrypted file", "PostgreSQL"])
def county(request, tmp_path):
    url = request.getfixturevalue("postgres_database") if request.param == "PostgreSQL" else None
    storage = Storage(tmp_path, bytes(range(32)), url, lambda: NOW)
    storage.create("e" * 32)
    office = Office()
    yield office, CountyRules(storage, office.authority, judge, lambda: NOW)
    storage.close()


def test_a_reader_who_polls_while_many_decide_misses_nothing(county):
    office, rules = county
    line = Line(office, rules, MemoryDesk(office))
    filed = [line.file(f"档案{number}") for number in range(HANDS * EACH)]
    line.drain()
    line.desk.seal(BatchId(new_uuid(office.draw)), 100_000)
    line.drain()
    seen: list[int] = []
    done = threading.Event()

    def read() -> None:
        place, last_round = line.ledger.place(), False
        after, feed_hash = place.after, place.feed_hash
        while not last_round:
            last_round = done.is_set()
            reply = rules.sync(line.desk.desk, SyncRequest(place.epoch, after, feed_hash))
            for event in reply.events:
                seen.append(event.sequence)
                after, feed_hash = event.sequence, event.feed_hash

    def decide(mine: list) -> None:
        for one in mine:
            decision = Decision(TOWNSHIP, one.record_id, DecisionKind.ACCEPTED, one.id, one.id, ())
            rules.decide(Proposal(office.sign(decision)))

    reader = threading.Thread(target=read)
    hands = [threading.Thread(target=decide, args=(filed[start::HANDS],)) for start in range(HANDS)]
    for thread in (reader, *hands):
        thread.start()
    for thread in hands:
        thread.join()
    done.set()
    reader.join()
    assert seen == list(range(1, HANDS * EACH + 1))
    assert line.agree()


def test_a_fetch_and_a_taking_back_that_meet_never_both_happen(county):
    office, rules = county
    line = Line(office, rules, MemoryDesk(office))
    filed = [line.file(f"档案{number}") for number in range(24)]
    line.drain()
    line.desk.seal(BatchId(new_uuid(office.draw)), 100_000)
    line.drain()
    decisions = [line.accept(one) for one in filed]
    told: set[str] = set()
    outcomes: dict[str, str] = {}
    start = threading.Barrier(3)

    def fetch() -> None:
        start.wait()
        place = line.ledger.place()
        after, feed_hash = place.after, place.feed_hash
        for _ in range(6):
            reply = rules.sync(line.desk.desk, SyncRequest(place.epoch, after, feed_hash, limit=3))
            for event in reply.events:
                told.add(event.decision.decision.id)
                after, feed_hash = event.sequence, event.feed_hash

    def undo(mine: list) -> None:
        start.wait()
        for one in mine:
            outcomes.update(rules.take_back(office.take_back(one)))

    hands = [threading.Thread(target=undo, args=(decisions[first::2],)) for first in (0, 1)]
    for thread in (*hands, reader := threading.Thread(target=fetch)):
        thread.start()
    for thread in (*hands, reader):
        thread.join()
    gone = {one for one, code in outcomes.items() if not code}
    assert set(outcomes.values()) <= {"", "fetched"}
    assert not told & gone
    assert {one.id for one in decisions} == gone | {one for one, code in outcomes.items() if code == "fetched"}
    assert line.agree()
    assert line.county.digest(TOWNSHIP).heads == len(decisions) - len(gone)


def test_two_hands_on_one_record_make_one_decision(county):
    office, rules = county
    line = Line(office, rules, MemoryDesk(office))
    revision = line.file("档案")
    line.send()
    decision = Decision(TOWNSHIP, revision.record_id, DecisionKind.ACCEPTED, revision.id, revision.id, ())
    signed = office.sign(decision)
    hands = [threading.Thread(target=rules.decide, args=(Proposal(signed),)) for _ in range(HANDS)]
    for thread in hands:
        thread.start()
    for thread in hands:
        thread.join()
    assert line.agree()
    assert line.ledger.place().after == 1
