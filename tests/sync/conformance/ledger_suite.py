"""What every desk's and every county's book does, whatever it is made of.

A module of tests inherits from `LedgerSuite` and gives two fixtures: `county`, a CountyLedger under `office.authority`
with `judge` below, and `desk`, a `DeskUnderTest`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol

import pytest

from sync.contract.batches import BatchId, BatchSeal, seal
from sync.contract.certificates import Holder, Role
from sync.contract.decisions import Decision, DecisionKind, Ground
from sync.contract.errors import (
    AttachmentsMissing,
    BadRequest,
    HeadMoved,
    InvalidRecord,
    NoNumberLeft,
    NotAllowed,
    SealBroken,
)
from sync.contract.gaps import Reason
from sync.contract.histories import RevisionStanding
from sync.contract.leases import Account, Closure, NumbersAsked
from sync.contract.messages import (
    BatchState,
    EventKind,
    SentBatch,
    SentPart,
    SentRevision,
    SyncReply,
    SyncRequest,
    send_revision,
)
from sync.contract.numbers import Series
from sync.contract.revisions import ChangeKind, DeviceId, RecordId, RecordState, Revision, TownshipId
from sync.ledger import CountyLedger, Desk, KeptAccount, Proposal, TakenIn, TownshipLedger
from sync.ledger.county_rules import Objection
from sync.ledger.memory_numbers import MemoryBlock
from sync.ledger.memory_township import MemoryTownshipLedger
from tests.sync.contract.office import TOWNSHIP, Office, new_uuid, put

SERIES = Series("J001", "HY", 2026, "D100")
GROUNDS = (Ground("reg_date", "unclear", "原件日期不清"),)


def judge(revision: Revision) -> Objection | None:
    """The suite's rule: a record whose body says it is bad is bad."""
    return Objection("invalid_record", "bad") if b'"bad":true' in revision.body else None


class DeskUnderTest(Protocol):
    """A desk's book with the three things a clerk does to it."""

    @property
    def ledger(self) -> TownshipLedger: ...

    @property
    def desk(self) -> Desk: ...

    def file(self, revision: Revision, attachments: Iterable[bytes] = ()) -> None: ...

    def seal(self, batch_id: BatchId, target_bytes: int) -> BatchSeal | None: ...

    def state(self, record_id: RecordId) -> RecordState | None: ...

    def allot(self, series: Series) -> str: ...

    def withdraw(self, number: str, note: str) -> None: ...

    def begin_anew(self) -> None: ...


class Line:
    """A desk and a county with nothing between them."""

    def __init__(self, office: Office, county: CountyLedger, desk: DeskUnderTest) -> None:
        self.office, self.county, self.desk = office, county, desk
        self.ledger = desk.ledger
        self._strangers: dict[DeviceId, Desk] = {}

    def request(self, most_bytes: int = 1) -> SyncRequest:
        place = self.ledger.place()
        request = SyncRequest(
            place.epoch, place.after, place.feed_hash, last_batch=place.last_batch, witnessed=place.witnessed,
            numbers=place.numbers, witness=self.ledger.witness(most_bytes, naming=True) if place.epoch else None,
        )  # fmt: skip
        outgoing = self.ledger.outgoing()
        witnessing = request.witness is not None and request.witness.end < request.witness.total
        if outgoing is not None and place.epoch and not witnessing:
            parts = self.ledger.read_parts(outgoing.seal.batch_id, outgoing.want, most_bytes)
            request = replace(request, batch=SentBatch(outgoing.seal, parts))
        return replace(request, want_bodies=place.want_bodies, limit=2)

    def step(self) -> tuple[SyncReply, TakenIn]:
        request = self.request()
        reply = self.county.sync(self.desk.desk, request)
        return reply, self.ledger.take_in(request, reply)

    def drain(self) -> None:
        for _ in range(200):
            reply, taken = self.step()
            left = taken.new_epoch or taken.bodies_missing or taken.witness_left
            if not (reply.more or left or self.ledger.outgoing()):
                return
        raise AssertionError("the line never came to rest")

    def file(self, text: str, *parents: Revision, record: RecordId | None = None, **body: object) -> Revision:
        kind = body.pop("kind", ChangeKind.PUT)
        record = parents[0].record_id if parents else record or self.office.new_record()
        ids = [parent.id for parent in parents]
        revision = put(record, {"题名": text, **body}, *ids, kind=ChangeKind(str(kind)))
        self.desk.file(revision)
        return revision

    def send(self, target_bytes: int = 60) -> None:
        self.desk.seal(BatchId(new_uuid(self.office.draw)), target_bytes)
        self.drain()

    def decide(self, kind: DecisionKind, revision: Revision, made: Revision | None = None) -> Decision:
        file = self.county.record(revision.record_id)
        head = revision.id if kind is DecisionKind.ACCEPTED else made.id if made else file.head
        about = made.id if made and kind is not DecisionKind.MERGED else revision.id
        grounds = GROUNDS if kind is DecisionKind.RETURNED else ()
        decision = Decision(file.township, revision.record_id, kind, about, head, file.history.tips, grounds)
        revisions = (send_revision(made),) if made else ()
        self.county.decide(Proposal(self.office.sign(decision), revisions))
        return decision

    def take_back(self, *decisions: Decision) -> dict[str, str]:
        """Return what became of each, by its id."""
        return self.county.take_back(self.office.take_back(*decisions))

    def accept(self, revision: Revision) -> Decision:
        return self.decide(DecisionKind.ACCEPTED, revision)

    def stranger(self, township: TownshipId = TOWNSHIP, own: Iterable[tuple[int, int]] = ()) -> MemoryTownshipLedger:
        """Return another desk that has spoken to the county, with blocks from before it had a seat."""
        holder = Holder(DeviceId(new_uuid(self.office.draw)), Role.DESK, "青石镇", township)
        key, certificate = self.office.give(holder)
        ledger = MemoryTownshipLedger(township, holder.device, key)
        ledger.numbers.blocks += [MemoryBlock(SERIES, first, last, last + 1, 0) for first, last in own]
        self._strangers[holder.device] = Desk(holder, certificate)
        self.hear(ledger)
        self.hear(ledger)
        return ledger

    def hear(self, stranger: MemoryTownshipLedger) -> None:
        """The other desk speaks to the county once."""
        place = stranger.place()
        request = SyncRequest(place.epoch, place.after, place.feed_hash, numbers=place.numbers, limit=1)
        if outgoing := stranger.outgoing():
            parts = stranger.read_parts(outgoing.seal.batch_id, outgoing.want, 1 << 20)
            request = replace(request, batch=SentBatch(outgoing.seal, parts))
        stranger.take_in(request, self.county.sync(self._strangers[stranger.device], request))

    def gaps(self) -> list[tuple[int, int, Reason, int]]:
        return [(one.first, one.last, one.reason, one.seat) for one in self.county.gaps(TOWNSHIP, SERIES)]

    def kept_accounts(self) -> list[KeptAccount]:
        told = self.county.numbers(TOWNSHIP).accounts
        mine = (kept for kept in told if kept.device == self.desk.desk.holder.device)
        return sorted(mine, key=lambda one: one.account.first)

    def accounts(self) -> list[tuple[Series, int, int, int]]:
        told = [kept.account for kept in self.kept_accounts()]
        return [(one.series, one.first, one.last, one.given) for one in told]

    def agree(self) -> bool:
        self.drain()
        return self.ledger.digest() == self.county.digest(TOWNSHIP)


class LedgerSuite:
    """The tests."""

    @pytest.fixture
    def office(self) -> Office:
        return Office()

    @pytest.fixture
    def line(self, office, county, desk) -> Line:
        return Line(office, county, desk)

    def test_a_batch_sealed_at_the_desk_is_received_whole(self, line):
        filed = [line.file(f"档案{number}") for number in range(9)]
        line.send()
        assert {line.desk.state(revision.record_id) for revision in filed} == {RecordState.RECEIVED}
        for revision in filed:
            assert line.county.record(revision.record_id).standings == {revision.id: RevisionStanding.RECEIVED}

    def test_half_a_batch_is_not_visible(self, line):
        filed = [line.file(f"档案{number}") for number in range(9)]
        line.drain()
        line.desk.seal(BatchId(new_uuid(line.office.draw)), 60)
        reply, _ = line.step()
        assert reply.batch.state is BatchState.OPEN
        assert reply.batch.want == 1
        for revision in filed:
            with pytest.raises(BadRequest):
                line.county.record(revision.record_id)

    def test_a_batch_sent_twice_is_taken_once(self, line):
        line.drain()
        revision = line.file("档案")
        line.desk.seal(BatchId(new_uuid(line.office.draw)), 60)
        request = line.request(10_000)
        first, second = line.county.sync(line.desk.desk, request), line.county.sync(line.desk.desk, request)
        assert first.batch == second.batch
        line.ledger.take_in(request, first)
        line.ledger.take_in(request, second)
        assert line.desk.state(revision.record_id) is RecordState.RECEIVED
        assert len(line.county.record(revision.record_id).standings) == 1

    def test_every_decision_reaches_the_desk_and_the_digests_agree(self, line):
        filed = [line.file(f"档案{number}") for number in range(7)]
        line.send()
        for revision in filed[:5]:
            line.accept(revision)
        for revision in filed[5:]:
            line.decide(DecisionKind.RETURNED, revision)
        assert line.agree()
        states = [line.desk.state(revision.record_id) for revision in filed]
        assert states == [RecordState.ACCEPTED] * 5 + [RecordState.RETURNED] * 2
        assert line.ledger.digest().heads == 5
        assert set(line.ledger.heads()) == set(line.county.heads(TOWNSHIP))

    def test_a_returned_record_is_corrected_and_accepted(self, line):
        wrong = line.file("错")
        line.send()
        line.decide(DecisionKind.RETURNED, wrong)
        line.drain()
        right = line.file("对", wrong)
        line.send()
        line.accept(right)
        assert line.agree()
        assert line.desk.state(right.record_id) is RecordState.ACCEPTED

    def test_the_same_decision_twice_is_one_decision(self, line):
        revision = line.file("档案")
        line.send()
        decision = line.accept(revision)
        line.county.decide(Proposal(line.office.sign(decision)))
        assert line.agree()
        assert line.ledger.place().after == 1

    def test_a_decision_against_a_moved_head_is_refused(self, line):
        first = line.file("甲")
        line.send()
        line.accept(first)
        late = Decision(TOWNSHIP, first.record_id, DecisionKind.RETURNED, first.id, None, (), GROUNDS)
        with pytest.raises(HeadMoved):
            line.county.decide(Proposal(line.office.sign(late)))

    def test_work_beside_the_countys_is_a_conflict_and_a_person_merges_it(self, line):
        first = line.file("甲")
        line.send()
        line.accept(first)
        ours = line.file("乡镇改", first)
        theirs = put(first.record_id, {"题名": "县改"}, first.id)
        line.decide(DecisionKind.COUNTY, first, theirs)
        line.send()
        assert line.desk.state(first.record_id) is RecordState.CONFLICT
        assert line.county.record(first.record_id).standings[ours.id] is RevisionStanding.CONFLICT
        with pytest.raises(BadRequest):
            line.accept(ours)
        merged = put(first.record_id, {"题名": "两改"}, theirs.id, ours.id)
        line.decide(DecisionKind.MERGED, ours, merged)
        assert line.agree()
        assert line.desk.state(first.record_id) is RecordState.ACCEPTED
        assert [head.revision for head in line.ledger.heads()] == [merged.id]

    def test_a_conflict_told_before_the_receipt_of_its_batch_stays_a_conflict(self, line):
        first = line.file("甲")
        line.send()
        line.accept(first)
        line.drain()
        line.decide(DecisionKind.COUNTY, first, put(first.record_id, {"题名": "县改"}, first.id))
        line.file("乡镇改", first)
        line.desk.seal(BatchId(new_uuid(line.office.draw)), 1 << 20)
        line.county.sync(line.desk.desk, line.request())  # the county seals the batch; its reply is lost on the way
        asked = replace(line.request(), batch=None)
        for _ in range(2):
            line.ledger.take_in(asked, line.county.sync(line.desk.desk, asked))
            asked = replace(line.request(), batch=None)
        assert line.desk.state(first.record_id) is RecordState.CONFLICT
        line.drain()
        assert line.desk.state(first.record_id) is RecordState.CONFLICT

    def test_a_void_and_its_restore_travel_to_the_desk(self, line):
        first = line.file("甲")
        line.send()
        line.accept(first)
        line.drain()
        void = line.file("作废", first, kind=ChangeKind.VOID)
        line.send()
        line.accept(void)
        assert line.agree()
        assert line.desk.state(first.record_id) is RecordState.VOIDED
        line.decide(DecisionKind.RESTORED, void, put(first.record_id, {}, void.id, kind=ChangeKind.RESTORE))
        assert line.agree()
        assert line.desk.state(first.record_id) is RecordState.ACCEPTED

    def test_a_bad_record_is_set_aside_and_the_batch_still_seals(self, line):
        good, bad = line.file("好"), line.file("坏", bad=True)
        more = line.file("好二")
        line.send()
        assert line.desk.state(good.record_id) is line.desk.state(more.record_id) is RecordState.RECEIVED
        assert line.desk.state(bad.record_id) is RecordState.RETURNED
        better = line.file("修", bad)
        line.send()
        line.accept(better)
        assert line.agree()

    def test_a_body_that_is_not_canonical_is_set_aside_by_itself(self, line):
        line.drain()
        line.file("好")
        line.desk.seal(BatchId(new_uuid(line.office.draw)), 60)
        request = line.request(10_000)
        sent = SentRevision(bytes(15) + b"\x01", (), "put", b'{"a": 1}')
        seal, part = _reseal(line, [*request.batch.parts[0].revisions, sent])
        reply = line.county.sync(line.desk.desk, replace(request, batch=SentBatch(seal, (part,))))
        assert reply.batch.state is BatchState.RECEIVED
        assert [(problem.place, problem.code) for problem in reply.batch.problems] == [(1, "bad_request")]

    def test_a_batch_that_another_signed_is_rejected_and_shows_nothing(self, line):
        line.drain()
        revision = line.file("档案")
        line.desk.seal(BatchId(new_uuid(line.office.draw)), 60)
        request = line.request(10_000)
        forged = replace(request.batch.seal, signature=bytes(64))
        reply = line.county.sync(line.desk.desk, replace(request, batch=replace(request.batch, seal=forged)))
        assert reply.batch.state is BatchState.REJECTED
        with pytest.raises(BadRequest):
            line.county.record(revision.record_id)

    def test_a_desk_speaks_only_for_its_own_township(self, line, office):
        line.drain()
        line.file("档案")
        line.desk.seal(BatchId(new_uuid(line.office.draw)), 60)
        holder = Holder(DeviceId(new_uuid(office.draw)), Role.DESK, "白沙乡", TownshipId("339921103"))
        stranger = Desk(holder, office.give(holder)[1])
        with pytest.raises(NotAllowed):
            line.county.sync(stranger, line.request())

    def test_another_township_sees_nothing_of_this_one(self, line, office):
        revision = line.file("档案")
        line.send()
        line.accept(revision)
        holder = Holder(DeviceId(new_uuid(office.draw)), Role.DESK, "白沙乡", TownshipId("339921103"))
        reply = line.county.sync(Desk(holder, office.give(holder)[1]), SyncRequest(line.county.epoch, 0, b""))
        assert (reply.events, reply.heads) == ((), 0)

    def test_a_second_desk_of_the_township_learns_what_was_decided(self, line, office):
        revision = line.file("档案")
        line.send()
        line.accept(revision)
        holder = Holder(DeviceId(new_uuid(office.draw)), Role.DESK, "青石镇", TOWNSHIP)
        reply = line.county.sync(Desk(holder, office.give(holder)[1]), SyncRequest(line.county.epoch, 0, b""))
        assert [event.kind for event in reply.events] == [EventKind.DECISION]
        assert [sent.read() for sent in reply.events[0].revisions] == [revision]

    def test_nothing_is_accepted_before_its_pages_are_there(self, line):
        page = b"page of a scan"
        revision = line.file("档案", attachments=["89ce9d34c9a3aeba1bf7bd0e5f1bcb09eb9c5cbbd6a0d3a4cd8be4c0ea9b8b3b"])
        name = revision.attachments[0]
        line.send()
        assert line.county.missing_attachments(TOWNSHIP, [name]) == (name,)
        with pytest.raises(AttachmentsMissing):
            line.accept(revision)
        line.county.mark_attachment_held(TOWNSHIP, name, len(page))
        line.accept(revision)
        assert line.agree()

    def test_a_reply_carries_no_more_than_fits_and_the_rest_follows(self, line, office):
        filed = [line.file("页" * 300_000 + str(number)) for number in range(3)]
        line.send(10_000_000)
        for revision in filed:
            line.accept(revision)
        holder = Holder(DeviceId(new_uuid(office.draw)), Role.DESK, "青石镇", TOWNSHIP)
        other = Desk(holder, office.give(holder)[1])
        reply = line.county.sync(other, SyncRequest(line.county.epoch, 0, b""))
        assert (len(reply.events), reply.more) == (2, True)
        last = reply.events[-1]
        rest = line.county.sync(other, SyncRequest(line.county.epoch, last.sequence, last.feed_hash))
        assert (len(rest.events), rest.more) == (1, False)

    def test_a_merge_is_judged_like_any_record(self, line):
        first = line.file("甲")
        line.send()
        line.accept(first)
        with pytest.raises(InvalidRecord):
            line.decide(DecisionKind.COUNTY, first, put(first.record_id, {"bad": True}, first.id))
        assert line.agree()

    def test_a_forged_decision_is_refused(self, line):
        revision = line.file("档案")
        line.send()
        decision = Decision(TOWNSHIP, revision.record_id, DecisionKind.ACCEPTED, revision.id, revision.id, ())
        with pytest.raises(SealBroken):
            line.county.decide(Proposal(replace(line.office.sign(decision), signature=bytes(64))))

    def test_a_receipt_the_county_does_not_know_brings_a_new_epoch_and_loses_nothing(self, line):
        filed = [line.file(f"档案{number}") for number in range(3)]
        line.send()
        line.accept(filed[0])
        line.drain()
        epoch, place = line.county.epoch, line.ledger.place()
        ahead = SyncRequest(epoch, place.after + 5, b"x" * 32, last_batch=place.last_batch)
        reply = line.county.sync(line.desk.desk, ahead)
        assert reply.epoch != epoch
        assert line.ledger.take_in(ahead, reply).new_epoch
        assert line.ledger.outgoing() is not None
        assert line.agree()
        assert line.desk.state(filed[0].record_id) is RecordState.ACCEPTED

    def test_a_declared_restore_makes_the_desk_send_again(self, line):
        filed = line.file("档案")
        line.send()
        line.accept(filed)
        line.county.take_new_epoch("ab" * 16)
        assert line.agree()
        assert line.ledger.place().epoch == "ab" * 16

    def test_a_desk_is_told_how_far_its_batches_had_come(self, line):
        line.drain()
        assert line.step()[0].last_sequence == 0
        for text in ("一", "二"):
            line.file(text)
            line.send()
        assert line.step()[0].last_sequence == 2

    def test_a_revision_in_two_batches_is_shown_by_the_first_that_seals(self, line):
        line.drain()
        revision = line.file("档案")
        line.desk.seal(BatchId(new_uuid(line.office.draw)), 60)
        request = line.request(10_000)
        seal, part = _reseal(line, list(request.batch.parts[0].revisions))
        line.county.sync(line.desk.desk, replace(request, batch=SentBatch(seal, (part,))))
        line.accept(revision)
        line.drain()
        assert line.county.record(revision.record_id).standings == {revision.id: RevisionStanding.ACCEPTED}
        assert line.agree()

    # archive numbers

    def test_the_first_desk_begins_at_one_and_the_second_behind_its_lease(self, line):
        line.drain()
        assert [line.desk.allot(SERIES) for _ in range(2)] == [SERIES.number(1), SERIES.number(2)]
        assert line.stranger().numbers.allot(SERIES) == SERIES.number(5001)

    def test_a_desk_gives_no_number_before_the_county_gave_it_a_seat(self, line):
        with pytest.raises(NoNumberLeft):
            line.desk.allot(SERIES)
        line.drain()
        assert line.desk.allot(SERIES) == SERIES.number(1)

    def test_the_same_wish_after_a_lost_answer_gives_the_same_seat(self, line):
        line.step()
        lost = line.request()
        first = line.county.sync(line.desk.desk, lost)
        second = line.county.sync(line.desk.desk, line.request())
        assert first.numbers.seat == second.numbers.seat == 1
        line.drain()
        assert line.desk.allot(SERIES) == SERIES.number(1)

    def test_a_township_has_its_own_seats(self, line):
        line.drain()
        assert line.stranger(TownshipId("339921103")).numbers.seat == 1

    def test_every_block_is_accounted_for_at_the_county(self, line):
        line.drain()
        for _ in range(3):
            line.desk.allot(SERIES)
        line.drain()
        assert line.accounts() == [(SERIES, 1, 5000, 3)]
        assert line.ledger.place().numbers.accounts == ()
        line.desk.allot(SERIES)
        line.drain()
        assert line.accounts() == [(SERIES, 1, 5000, 4)]

    def test_an_old_account_told_again_changes_nothing(self, line):
        line.drain()
        line.desk.allot(SERIES)
        old = line.request()
        line.desk.allot(SERIES)
        line.drain()
        line.county.sync(line.desk.desk, old)
        assert line.accounts() == [(SERIES, 1, 5000, 2)]

    def test_a_county_that_forgot_a_seat_takes_a_new_epoch_and_gives_it_to_nobody_else(self, line, forgetful):
        line.drain()
        line.desk.allot(SERIES)
        line.drain()
        forgetful()
        epoch = line.county.epoch
        line.drain()
        assert line.county.epoch != epoch
        assert line.desk.allot(SERIES) == SERIES.number(2)
        assert line.ledger.place().numbers.seat == 1
        line.drain()
        assert line.accounts() == [(SERIES, 1, 5000, 2)]
        assert 10 <= line.stranger().numbers.seat < 18

    def test_a_new_desk_in_a_new_epoch_passes_over_the_seats_that_may_be_forgotten(self, line):
        line.drain()
        line.county.take_new_epoch("ab" * 16)
        first, second = (line.stranger().numbers.seat for _ in range(2))
        assert 10 <= first < 18
        assert second == first + 1

    def test_a_desk_put_back_from_a_backup_sits_elsewhere_and_its_old_block_says_why(self, line):
        line.drain()
        line.desk.allot(SERIES)
        line.desk.begin_anew()
        with pytest.raises(NoNumberLeft):
            line.desk.allot(SERIES)
        line.drain()
        assert line.desk.allot(SERIES) == SERIES.number(5001)
        line.drain()
        assert [kept.account.closed for kept in line.kept_accounts()] == [Closure.RESTORED, Closure.OPEN]

    def test_blocks_from_before_the_county_knew_a_desk_are_passed_over_by_the_others(self, line):
        late = line.stranger(own=[(1, 300), (5001, 5500)])
        line.drain()
        assert late.numbers.seat == 1
        assert line.desk.allot(SERIES) == SERIES.number(5501)

    def test_a_desk_in_the_middle_of_a_block_passes_over_what_another_had_taken(self, line):
        line.drain()
        assert line.desk.allot(SERIES) == SERIES.number(1)
        line.stranger(own=[(1, 300)])
        line.drain()
        assert line.desk.allot(SERIES) == SERIES.number(301)
        line.drain()
        assert (SERIES, 1, 1, 1) in line.accounts()

    def test_the_county_says_why_a_number_is_on_no_record(self, line):
        line.drain()
        filed = [line.file(f"档案{item}", number=line.desk.allot(SERIES)) for item in range(3)]
        assert filed
        late = line.stranger()
        late.numbers.allot(SERIES)
        line.hear(late)
        line.drain()
        assert line.gaps() == [
            (1, 3, Reason.NOT_HERE, 1), (4, 5000, Reason.UNUSED, 1), (5001, 5001, Reason.NOT_HERE, 2),
        ]  # fmt: skip
        line.send()
        assert line.gaps() == [(4, 5000, Reason.UNUSED, 1), (5001, 5001, Reason.NOT_HERE, 2)]

    def test_a_withdrawn_number_says_so_also_after_a_new_epoch(self, line):
        line.drain()
        numbers = [line.desk.allot(SERIES) for _ in range(4)]
        for number in numbers[:3]:
            line.desk.withdraw(number, "import 7")
        line.drain()
        assert line.ledger.place().numbers.withdrawn == ()
        gone = [(1, 3, Reason.WITHDRAWN, 1), (4, 4, Reason.NOT_HERE, 1)]
        assert merged(line.gaps()) == gone
        line.county.take_new_epoch("ab" * 16)
        line.drain()
        assert merged(line.gaps()) == gone

    def test_two_records_under_one_number_are_never_both_received(self, line):
        other = line.stranger()
        first = put(line.office.new_record(), {"题名": "甲", "number": SERIES.number(17)})
        other.file(first)
        other.seal(BatchId(new_uuid(line.office.draw)))
        line.hear(other)
        second, third = line.file("乙", number=SERIES.number(17)), line.file("丙", number=SERIES.number(18))
        line.send()
        states = [line.desk.state(one.record_id) for one in (second, third)]
        assert states == [RecordState.RETURNED, RecordState.RECEIVED]
        again = line.file("乙", second, number=SERIES.number(19))
        line.send()
        assert line.desk.state(again.record_id) is RecordState.RECEIVED
        assert sorted(line.county.items(SERIES)) == [
            (17, first.record_id), (18, third.record_id), (19, second.record_id)
        ]  # fmt: skip

    def test_an_account_that_cannot_be_is_refused_whole(self, line):
        line.step()
        said = NumbersAsked(accounts=(Account(SERIES, 9, 3, 2, Closure.OPEN, "", 1),))
        with pytest.raises(BadRequest):
            line.county.sync(line.desk.desk, replace(line.request(), numbers=said))


def merged(gaps: list[tuple[int, int, Reason, int]]) -> list[tuple[int, int, Reason, int]]:
    """Return the gaps with neighbours of one reason and seat as one."""
    joined: list[tuple[int, int, Reason, int]] = []
    for first, last, reason, seat in gaps:
        if joined and joined[-1][1:] == (first - 1, reason, seat):
            first = joined.pop()[0]
        joined.append((first, last, reason, seat))
    return joined


def _reseal(line: Line, sent: list[SentRevision]):
    """Seal revisions anew, as another batch of the same desk; for what an honest desk would not send."""
    ids = [[one.id for one in sent]]
    batch_id = BatchId(new_uuid(line.office.draw))
    made = seal(batch_id, TOWNSHIP, line.desk.desk.holder.device, 1, ids, line.office.desk_key)
    return made, SentPart(0, tuple(sent))
