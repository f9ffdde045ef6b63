"""What every desk's and every county's book does when the county was put back from a backup (docs/protocol.md, section 11).

A module of tests inherits from `WitnessSuite` beside `LedgerSuite` and gives one fixture more: `put_back`, which gives a
`PutBack`: the same county as it was before anything came to it, in a new epoch, with the desk enrolled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from sync.contract.batches import BatchId
from sync.contract.certificates import Holder, Role
from sync.contract.decisions import Decision, DecisionKind
from sync.contract.errors import BadRequest, HeadMoved, WitnessAwaited
from sync.contract.histories import RevisionStanding
from sync.contract.messages import BatchState, SentBatch, SyncRequest, Witness, send_revision
from sync.contract.revisions import DeviceId, RecordState, Revision, TownshipId
from sync.ledger import CountyLedger, Desk, Proposal
from tests.sync.conformance.ledger_suite import GROUNDS, Line
from tests.sync.contract.office import TOWNSHIP, Office, new_uuid, put

RESTORED = "a" * 32


@dataclass(frozen=True)
class PutBack:
    """A county that remembers nothing, and how a desk becomes one of its own."""

    county: CountyLedger
    enrol: Callable[[Desk], None]


def go_back(line: Line, put_back: PutBack) -> None:
    """The county of the line was put back to before anything came to it; the desk is still enrolled."""
    line.county = put_back.county
    put_back.enrol(line.desk.desk)


class WitnessSuite:
    """The tests."""

    def test_what_was_decided_comes_back_from_the_desk(self, line: Line, put_back: PutBack):
        filed = [line.file(f"档案{number}") for number in range(5)]
        line.send()
        for revision in filed[:3]:
            line.accept(revision)
        line.decide(DecisionKind.RETURNED, filed[3])
        county_made = put(filed[0].record_id, {"题名": "县改"}, filed[0].id)
        line.decide(DecisionKind.COUNTY, filed[0], county_made)
        line.drain()
        before, heads = line.ledger.digest(), set(line.ledger.heads())
        go_back(line, put_back)
        assert line.agree()
        assert (line.ledger.digest(), set(line.county.heads(TOWNSHIP))) == (before, heads)
        states = [line.desk.state(revision.record_id) for revision in filed]
        assert states == [RecordState.ACCEPTED] * 3 + [RecordState.RETURNED, RecordState.RECEIVED]
        standings = line.county.record(filed[0].record_id).standings
        assert standings == {filed[0].id: RevisionStanding.ACCEPTED, county_made.id: RevisionStanding.ACCEPTED}
        assert line.county.record(filed[4].record_id).standings == {filed[4].id: RevisionStanding.RECEIVED}

    def test_another_desk_of_the_township_learns_what_was_witnessed(
        self, line: Line, office: Office, put_back: PutBack
    ):
        revision = line.file("档案")
        line.send()
        line.accept(revision)
        line.drain()
        go_back(line, put_back)
        line.drain()
        holder = Holder(DeviceId(new_uuid(office.draw)), Role.DESK, "青石镇", TOWNSHIP)
        reply = line.county.sync(Desk(holder, office.give(holder)[1]), SyncRequest(line.county.epoch, 0, b""))
        assert [event.decision.decision.revision for event in reply.events if event.decision] == [revision.id]

    def test_nobody_decides_before_the_townships_desks_have_witnessed(self, line: Line, put_back: PutBack):
        first, second = line.file("甲"), line.file("乙")
        line.send()
        line.accept(first)
        line.drain()
        go_back(line, put_back)
        line.step()
        assert line.county.awaited(TOWNSHIP) == (line.desk.desk.holder.device,)
        wanted = Decision(TOWNSHIP, second.record_id, DecisionKind.ACCEPTED, second.id, second.id, ())
        with pytest.raises((WitnessAwaited, BadRequest)):
            line.county.decide(Proposal(line.office.sign(wanted)))
        line.drain()
        assert line.county.awaited(TOWNSHIP) == ()
        line.accept(second)
        assert line.agree()

    def test_only_what_the_county_lacks_is_sent(self, line: Line, put_back: PutBack):
        filed = [line.file(f"档案{number}") for number in range(6)]
        line.send()
        for revision in filed:
            line.accept(revision)
        line.drain()
        go_back(line, put_back)
        while (witness := line.request().witness) is None or witness.first < 8:
            line.step()  # until it has six revisions and two decisions again
        line.county.take_new_epoch("b" * 32)
        line.step()
        carried = []
        while (witness := line.request().witness) is not None:
            carried += [*witness.revisions, *witness.decisions]
            line.step()
        assert (witness, len(carried)) == (None, 1 + 4)
        assert line.agree()

    def test_names_of_things_that_are_not_there_are_not_believed(self, line: Line, put_back: PutBack):
        revision = line.file("档案")
        line.send()
        line.accept(revision)
        line.drain()
        go_back(line, put_back)
        line.step()
        said = line.request().witness
        assert said is not None
        place = line.ledger.place()
        for names, total in ((bytes(16 * 1000), 1002), (bytes(15), 3), (bytes(16 * 3000), 4000), (bytes(32), 2)):
            run = replace(said, names=names, total=total)
            asked = SyncRequest(place.epoch, 0, place.feed_hash, witness=run, numbers=place.numbers)
            if total == 1002:
                assert line.county.sync(line.desk.desk, asked).witness_want == 1
            else:
                with pytest.raises(BadRequest):
                    line.county.sync(line.desk.desk, asked)
        assert line.county.awaited(TOWNSHIP) == (line.desk.desk.holder.device,)

    def test_another_township_does_not_wait(self, line: Line, office: Office, put_back: PutBack):
        other = TownshipId("339921103")
        go_back(line, put_back)
        assert line.county.awaited(other) == ()

    def test_a_late_witness_against_a_newer_decision_is_a_dispute_that_a_person_settles(
        self, line: Line, put_back: PutBack
    ):
        revision = line.file("档案")
        line.send()
        line.accept(revision)
        line.drain()
        go_back(line, put_back)
        self._receive_without_witness(line, revision)
        assert line.county.waive(TOWNSHIP, "周敏", "线路中断")
        line.decide(DecisionKind.RETURNED, revision)
        line.drain()
        file = line.county.record(revision.record_id)
        assert (len(file.history.tips), file.head) == (2, None)
        assert line.desk.state(revision.record_id) is RecordState.ACCEPTED
        assert line.ledger.digest() == line.county.digest(TOWNSHIP)
        with pytest.raises(HeadMoved):
            line.decide(DecisionKind.RETURNED, revision)
        settled = Decision(
            TOWNSHIP, revision.record_id, DecisionKind.SETTLED, revision.id, revision.id, file.history.tips
        )
        line.county.decide(Proposal(line.office.sign(settled)))
        assert line.agree()
        assert [head.revision for head in line.ledger.heads()] == [revision.id]
        assert line.desk.state(revision.record_id) is RecordState.ACCEPTED

    def test_two_returns_for_other_reasons_are_settled_without_a_head(self, line: Line, put_back: PutBack):
        revision = line.file("档案")
        line.send()
        line.decide(DecisionKind.RETURNED, revision)
        line.drain()
        go_back(line, put_back)
        self._receive_without_witness(line, revision)
        line.county.waive(TOWNSHIP, "周敏", "线路中断")
        otherwise = (replace(GROUNDS[0], text="另有缘由"),)
        again = Decision(TOWNSHIP, revision.record_id, DecisionKind.RETURNED, revision.id, None, (), otherwise)
        line.county.decide(Proposal(line.office.sign(again)))
        line.drain()
        tips = line.county.record(revision.record_id).history.tips
        assert len(tips) == 2
        settled = Decision(TOWNSHIP, revision.record_id, DecisionKind.SETTLED, revision.id, None, tips)
        line.county.decide(Proposal(line.office.sign(settled)))
        assert line.agree()
        assert line.desk.state(revision.record_id) is RecordState.RETURNED

    def test_the_same_decision_made_again_is_the_same_decision(self, line: Line, put_back: PutBack):
        revision = line.file("档案")
        line.send()
        line.accept(revision)
        line.drain()
        go_back(line, put_back)
        self._receive_without_witness(line, revision)
        line.county.waive(TOWNSHIP, "周敏", "线路中断")
        line.accept(revision)
        assert line.agree()
        assert line.ledger.place().after == 1

    def test_a_decision_that_nobody_signed_is_not_taken(self, line: Line, put_back: PutBack):
        revision = line.file("档案")
        line.send()
        wanted = Decision(TOWNSHIP, revision.record_id, DecisionKind.ACCEPTED, revision.id, revision.id, ())
        false = replace(line.office.sign(wanted), signature=bytes(64))
        go_back(line, put_back)
        witness = Witness(b"w" * 32, 0, 2, (send_revision(revision),), (false,))
        line.county.sync(line.desk.desk, SyncRequest(RESTORED, 0, b"", witness=witness))
        line.drain()
        assert line.county.record(revision.record_id).head is None

    def test_a_witness_speaks_for_its_own_township_only(self, line: Line, office: Office, put_back: PutBack):
        revision = line.file("档案")
        line.send()
        decision = line.accept(revision)
        line.drain()
        holder = Holder(DeviceId(new_uuid(office.draw)), Role.DESK, "白马镇", TownshipId("339921103"))
        witness = Witness(b"w" * 32, 0, 2, (send_revision(revision),), (office.sign(decision),))
        put_back.county.sync(Desk(holder, office.give(holder)[1]), SyncRequest(RESTORED, 0, b"", witness=witness))
        with pytest.raises(BadRequest):
            put_back.county.record(revision.record_id)

    def test_a_run_outside_its_list_is_refused(self, line: Line, put_back: PutBack):
        with pytest.raises(BadRequest):
            put_back.county.sync(
                line.desk.desk, SyncRequest(RESTORED, 0, b"", witness=Witness(b"w" * 32, 3, 2, (), ()))
            )

    def test_a_receipt_for_a_witness_the_county_does_not_know_brings_a_new_epoch(self, line: Line, put_back: PutBack):
        go_back(line, put_back)
        reply = line.county.sync(line.desk.desk, SyncRequest(RESTORED, 0, b"", witnessed=True))
        assert reply.epoch != RESTORED

    def test_a_witness_goes_on_where_the_county_has_it(self, line: Line, put_back: PutBack):
        filed = [line.file(f"档案{number}") for number in range(3)]
        line.send()
        for revision in filed:
            line.accept(revision)
        line.drain()
        go_back(line, put_back)
        line.step()
        runs = []
        while (request := line.request()).witness is not None:
            runs.append((request.witness.first, request.witness.end))
            line.county.sync(line.desk.desk, request)  # the reply is lost, and then comes to the same request again
            line.ledger.take_in(request, line.county.sync(line.desk.desk, request))
        assert [first for first, _ in runs] == [0, *(end for _, end in runs[:-1])]
        assert runs[-1][1] == 6
        assert line.agree()
        assert line.county.digest(TOWNSHIP).heads == 3

    def test_what_was_never_sealed_is_not_witnessed(self, line: Line, put_back: PutBack):
        line.drain()
        waiting = line.file("还在本机")
        go_back(line, put_back)
        line.drain()
        with pytest.raises(BadRequest):
            line.county.record(waiting.record_id)

    def test_another_desks_work_in_conflict_is_witnessed_though_no_decision_names_it(
        self, line: Line, put_back: PutBack
    ):
        first = line.file("甲")
        line.send()
        line.accept(first)
        line.drain()
        other = line.stranger()
        for _ in range(3):
            line.hear(other)
        line.decide(DecisionKind.COUNTY, first, put(first.record_id, {"题名": "县改"}, first.id))
        theirs = put(first.record_id, {"题名": "那一台改"}, first.id)
        other.file(theirs)
        other.seal(BatchId(new_uuid(line.office.draw)))
        for _ in range(3):
            line.hear(other)
        assert line.county.record(first.record_id).standings[theirs.id] is RevisionStanding.CONFLICT
        line.drain()
        go_back(line, put_back)  # and the other desk was put back too, or is lost: only this one still has it
        line.drain()
        assert theirs.id in line.county.record(first.record_id).standings

    def test_a_revision_in_a_half_sent_batch_is_named_by_a_witnessed_decision(self, line: Line, put_back: PutBack):
        filed = [line.file(f"档案{number}") for number in range(3)]
        line.send(1)
        line.accept(filed[0])
        line.drain()
        go_back(line, put_back)
        line.step()
        outgoing = line.ledger.outgoing()
        parts = line.ledger.read_parts(outgoing.seal.batch_id, 0, 1)
        early = replace(line.request(), witness=None, batch=SentBatch(outgoing.seal, parts))
        half = line.county.sync(line.desk.desk, early)
        assert half.batch.state is BatchState.OPEN
        assert line.agree()
        assert [head.revision for head in line.county.heads(TOWNSHIP)] == [filed[0].id]
        assert line.county.record(filed[1].record_id).standings == {filed[1].id: RevisionStanding.RECEIVED}

    def _receive_without_witness(self, line: Line, revision: Revision) -> None:
        """The batch arrives in the new epoch before the witness, as from a desk that is cut off in between."""
        line.step()
        outgoing = line.ledger.outgoing()
        parts = line.ledger.read_parts(outgoing.seal.batch_id, 0, 1 << 20)
        request = replace(line.request(), witness=None, batch=SentBatch(outgoing.seal, parts))
        assert line.county.sync(line.desk.desk, request).batch.state is BatchState.RECEIVED
        assert line.county.record(revision.record_id).standings == {revision.id: RevisionStanding.RECEIVED}
