"""Decisions taken back before a desk was told of them, in every county's book; beside `ledger_suite`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.contract.certificates import Holder, Role
from sync.contract.decisions import DecisionKind, certificate_bytes
from sync.contract.errors import NotAllowed, SealBroken
from sync.contract.histories import RevisionStanding
from sync.contract.messages import EventKind
from sync.contract.revisions import DeviceId, RecordState
from sync.contract.taking_back import sign_take_back
from tests.sync.contract.office import NOW, TOWNSHIP, new_uuid, put


class TakingBackSuite:
    """The tests."""

    def test_what_no_desk_fetched_is_taken_back_and_what_one_did_stays(self, line):
        first, *others = [line.file(f"档案{number}") for number in range(4)]
        line.send()
        fetched = line.accept(first)
        line.drain()
        before = line.county.digest(TOWNSHIP)
        act = [line.accept(others[0]), line.decide(DecisionKind.RETURNED, others[1]), line.accept(others[2])]
        outcomes = line.take_back(fetched, act[0], act[1])
        assert outcomes == {fetched.id: "fetched", act[0].id: "", act[1].id: ""}
        for one in others[:2]:
            assert line.county.record(one.record_id).standings == {one.id: RevisionStanding.RECEIVED}
            assert line.county.record(one.record_id).head is None
        assert line.take_back(act[0]) == {act[0].id: "bad_request"}  # it is not there
        assert line.agree()  # the third decision moved up in the feed, and nobody noticed
        assert line.ledger.place().after == 2
        assert line.county.digest(TOWNSHIP).heads == before.heads + 1
        states = [line.desk.state(one.record_id) for one in (first, *others)]
        assert states == [RecordState.ACCEPTED, RecordState.RECEIVED, RecordState.RECEIVED, RecordState.ACCEPTED]
        assert line.take_back(act[2]) == {act[2].id: "fetched"}
        assert line.accept(others[0]).id == act[0].id  # the same decision made again is the same
        assert line.agree()
        assert line.desk.state(others[0].record_id) is RecordState.ACCEPTED

    def test_a_conflict_that_came_of_an_acceptance_goes_with_it(self, line):
        base = line.file("原件")
        line.send()
        line.accept(base)
        line.drain()
        mine, other = line.file("甲", base), put(base.record_id, {"题名": "乙"}, base.id)
        line.desk.file(other)
        line.send()
        accepted = line.accept(mine)
        assert line.county.record(base.record_id).standings[other.id] is RevisionStanding.CONFLICT
        assert line.take_back(accepted) == {accepted.id: ""}
        file = line.county.record(base.record_id)
        assert (file.head, file.standings[mine.id], file.standings[other.id]) == (
            base.id, RevisionStanding.RECEIVED, RevisionStanding.RECEIVED
        )  # fmt: skip
        reply, _ = line.step()
        assert [event.kind for event in reply.events if event.kind is EventKind.CONFLICT] == []
        assert line.agree()

    def test_what_somebody_built_on_stays_unless_both_go(self, line):
        base = line.file("原件")
        line.send()
        after = line.file("更正", base)
        line.send()
        first, second = line.accept(base), line.accept(after)
        assert line.take_back(first) == {first.id: "head_moved"}
        assert line.county.record(base.record_id).head == after.id
        assert line.take_back(first, second) == {first.id: "", second.id: ""}
        assert line.county.record(base.record_id).history.decisions == ()
        assert line.agree()

    def test_only_ones_own_signed_and_without_a_revision_of_its_own_is_taken_back(self, line):
        office, revision = line.office, line.file("档案")
        line.send()
        accepted = line.accept(revision)
        other = Holder(DeviceId(new_uuid(office.draw)), Role.REVIEWER, "李静", None)
        key, certificate = office.give(other)
        theirs = sign_take_back(office.take_back(accepted).said, certificate_bytes(certificate), NOW, key)
        assert line.county.take_back(theirs) == {accepted.id: "not_allowed"}
        with pytest.raises(SealBroken):
            line.county.take_back(replace(theirs, signer=office.take_back(accepted).signer))
        clerk = sign_take_back(theirs.said, certificate_bytes(office.desk_certificate), NOW, office.desk_key)
        with pytest.raises(NotAllowed):
            line.county.take_back(clerk)
        changed = line.decide(DecisionKind.COUNTY, revision, put(revision.record_id, {"题名": "改"}, revision.id))
        assert line.take_back(changed) == {changed.id: "not_allowed"}
        assert line.agree()

    def test_a_decision_that_a_witness_brought_is_known_outside_and_stays(self, line, put_back):
        revision = line.file("档案")
        line.send()
        accepted = line.accept(revision)
        line.drain()
        line.county = put_back.county
        put_back.enrol(line.desk.desk)
        line.drain()
        assert line.take_back(accepted) == {accepted.id: "fetched"}
        assert line.agree()
