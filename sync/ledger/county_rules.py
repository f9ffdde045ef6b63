"""The county's book over any store: taking in batches, deciding, and telling the townships (docs/protocol.md, section 4)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from cryptography import x509

from sync.contract.batch_results import DESKS_WORD, OF_THE_WHOLE, spell_desk, spell_own
from sync.contract.batches import BatchSeal, check_seal, check_shape, part_digest
from sync.contract.certificates import Holder
from sync.contract.decisions import DecisionId, check_decision
from sync.contract.errors import AttachmentsMissing, BadRequest, InvalidRecord, NotAllowed, SealBroken, WitnessAwaited
from sync.contract.four_properties import Fault
from sync.contract.gaps import Gap
from sync.contract.histories import History, RevisionStanding, check_fits
from sync.contract.leases import NO_SEAT, NumbersAsked
from sync.contract.messages import (
    MOST_EVENTS,
    BatchReceipt,
    BatchState,
    Event,
    Head,
    HeadDigest,
    Problem,
    SentBatch,
    SentPart,
    SentRevision,
    SyncReply,
    SyncRequest,
    Witness,
)
from sync.contract.numbers import Series
from sync.contract.revisions import DeviceId, RecordId, Revision, RevisionId, TownshipId
from sync.contract.taking_back import SignedTakeBack, check_take_back
from sync.contract.wire import check_version
from sync.ledger import Desk, NumbersKept, Proposal, RecordFile, seating, witness_taking
from sync.ledger.county_book import CountyBook, CountyStore, KeptEvent, KeptPart, KeptRevision
from sync.ledger.feed import Feed
from sync.ledger.taking_back import take_back
from sync.ledger.witness_taking import WitnessTaker

MOST_REPLY_BYTES: Final = 2 * 1024 * 1024  # of bodies; one event is always told, whatever its size


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a revision is set aside."""

    code: str
    detail: str = ""


Judge = Callable[[Revision], Objection | None]
Examine = Callable[[SentRevision, Revision | None, Objection | None], tuple[Fault, ...]]


class CountyRules:
    """A CountyLedger over a store; `taker` takes in what desks witness.

    Args:
        judge: says what stands against a revision; None takes it in.
        examine: the checks of the four properties, over a revision that was judged; None: nothing is checked beyond that.
        clock: the county's time, shown to desks and written into the log.
    """

    taker: type[WitnessTaker] = WitnessTaker

    def __init__(
        self,
        store: CountyStore,
        authority: x509.Certificate,
        judge: Judge,
        clock: Callable[[], datetime],
        examine: Examine | None = None,
    ) -> None:
        self._examine = examine
        self._store, self._authority, self._judge, self._clock = store, authority, judge, clock

    @property
    def epoch(self) -> str:
        with self._store.reading() as book:
            return book.epoch()

    def sync(self, desk: Desk, request: SyncRequest) -> SyncReply:
        check_version(request.version)
        if request.batch is not None:
            self._check_sender(desk, request.batch.seal)
        with self._store.reading(desk.township) as book:
            epoch, went_back = book.epoch(), self._went_back(book, desk, request)
            if request.epoch == epoch and not went_back and self._brings_nothing(book, desk, request):
                answer = self._answer(book, desk, request, None)
                if _tells_known(book, desk, answer):
                    return answer  # most requests: one transaction is enough
        if went_back and request.epoch == epoch:
            self.take_new_epoch(secrets.token_hex(16))
            return SyncReply(self.epoch, self._now())
        if request.epoch != epoch:
            return SyncReply(epoch, self._now())
        self._take_numbers(desk, request)
        want = None if request.witness is None else self._take_witness(desk, request.witness)
        receipt = None if request.batch is None else self._take_batch(desk, request.batch)
        with self._store.reading(desk.township) as book:
            answer = replace(self._answer(book, desk, request, receipt), witness_want=want)
            if _tells_known(book, desk, answer):
                return answer
        with self._store.writing(desk.township) as book:  # nobody takes back what is told here
            answer = replace(self._answer(book, desk, request, receipt), witness_want=want)
            if not _tells_known(book, desk, answer):
                book.set_fetched(desk.township, answer.events[-1].sequence)
            return answer

    def decide(self, proposal: Proposal) -> None:
        signed, decision = proposal.signed, proposal.signed.decision
        signer = check_decision(signed, self._authority)
        made = [self._made(sent) for sent in proposal.revisions]
        with self._store.writing(decision.township) as book:
            known = book.record_files([decision.record_id]).get(decision.record_id)
            if known is None or known.township != decision.township:
                raise BadRequest("unknown record", record=decision.record_id)
            if any(held.id == decision.id for held in known.history.decisions):
                return
            if self._awaited(book, decision.township):
                raise WitnessAwaited("a desk of the township has not witnessed yet", township=decision.township)
            book.add_revisions(decision.township, _of_record(made, decision.record_id, signer))
            file = book.record_files([decision.record_id])[decision.record_id]
            check_fits(file.history, decision)
            _check_attachments(file, decision.head)
            book.add_decision(signed)
            details = {"revision": decision.revision, "decision": decision.id}
            book.log(signer.name, f"decision.{decision.kind.value}", decision.record_id, details)
            feed = Feed(book, decision.township)
            feed.tell_decision(signed)
            feed.restate(book.record_files([decision.record_id])[decision.record_id])
            feed.close()

    def take_back(self, signed: SignedTakeBack) -> dict[DecisionId, str]:
        signer = check_take_back(signed, self._authority)
        with self._store.writing(signed.said.township) as book:
            return take_back(book, signed, signer.name)

    def record(self, record_id: RecordId) -> RecordFile:
        with self._store.reading() as book:
            file = book.record_files([record_id]).get(record_id)
        if file is None:
            raise BadRequest("unknown record", record=record_id)
        return file

    def digest(self, township: TownshipId) -> HeadDigest:
        with self._store.reading(township) as book:
            return book.township(township).digest

    def heads(self, township: TownshipId, bucket: int | None = None) -> tuple[Head, ...]:
        with self._store.reading(township) as book:
            return book.heads(township, bucket)

    def missing_attachments(self, township: TownshipId, hashes: Iterable[str]) -> tuple[str, ...]:
        asked = list(hashes)
        with self._store.reading(township) as book:
            missing = book.missing_attachments(township, asked)
        return tuple(name for name in asked if name in missing)

    def mark_attachment_held(self, township: TownshipId, sha256: str, size_bytes: int) -> None:
        with self._store.writing(township) as book:
            book.add_attachment(township, sha256, size_bytes)

    def numbers(self, township: TownshipId) -> NumbersKept:
        with self._store.reading(township) as book:
            return NumbersKept(book.seats(township), book.accounts(township))

    def items(self, series: Series) -> tuple[tuple[int, RecordId], ...]:
        with self._store.reading() as book:
            return book.items(series)

    def gaps(self, township: TownshipId, series: Series) -> list[Gap]:
        with self._store.reading() as book:
            return seating.gaps(book, township, series)

    def awaited(self, township: TownshipId) -> tuple[DeviceId, ...]:
        with self._store.reading(township) as book:
            return self._awaited(book, township)

    def waive(self, township: TownshipId, by: str, why: str) -> tuple[DeviceId, ...]:
        with self._store.writing(township) as book:
            return witness_taking.waive(book, township, by, why)

    def take_new_epoch(self, epoch: str) -> None:
        with self._store.writing(None) as book:
            book.log("county", "epoch.new", epoch, {"before": book.epoch()})
            book.set_epoch(epoch, self._clock())
            book.set_all_fetched()  # a book put back does not know how far desks were told of what it holds

    def _made(self, sent: SentRevision) -> KeptRevision:
        """Return a revision that a decision makes; it is judged like any other."""
        revision = sent.read()
        objection = self._judge(revision)
        if objection is not None:
            raise InvalidRecord(objection.detail, reason=objection.code)
        return KeptRevision(sent, revision.id, revision.record_id, RevisionStanding.HELD, revision.attachments)

    # taking in

    def _awaited(self, book: CountyBook, township: TownshipId) -> tuple[DeviceId, ...]:
        return witness_taking.awaited(book, township)

    def _take_witness(self, desk: Desk, witness: Witness) -> int:
        with self._store.writing(desk.township) as book:
            return self.taker(book, desk, self._authority).take(witness)

    def _went_back(self, book: CountyBook, desk: Desk, request: SyncRequest) -> bool:
        """True if the desk holds a receipt this store does not know: it was restored and nobody took a new epoch."""
        if request.numbers is not None and seating.is_forgotten(book, desk, request.numbers):
            return True
        if witness_taking.is_forgotten(book, desk, request):
            return True
        if request.after and book.feed_hash_at(desk.township, request.after) != request.feed_hash:
            return True
        if request.last_batch is None:
            return False
        kept = book.batch(request.last_batch)
        return kept is None or kept.state is not BatchState.RECEIVED

    def _take_numbers(self, desk: Desk, request: SyncRequest) -> None:
        asked = request.numbers
        with self._store.reading(desk.township) as book:
            if asked is None or _are_known(book, desk, asked):
                return
        with self._store.writing(desk.township) as book:
            seating.take_in(book, desk, asked, self._clock())

    def _brings_nothing(self, book: CountyBook, desk: Desk, request: SyncRequest) -> bool:
        """True of a request that only asks what is new."""
        known = request.numbers is None or _are_known(book, desk, request.numbers)
        return known and request.batch is None and request.witness is None

    def _check_sender(self, desk: Desk, seal: BatchSeal) -> None:
        check_shape(seal)
        if seal.township != desk.township or seal.device != desk.holder.device:
            raise NotAllowed("batch of another desk or township", batch=seal.batch_id)

    def _take_batch(self, desk: Desk, sent: SentBatch) -> BatchReceipt:
        parts = [self._read_part(desk.township, sent.seal, part) for part in sent.parts]
        with self._store.writing(desk.township) as book:
            kept = book.batch(sent.seal.batch_id)
            if kept is None:
                _note_sequence(book, sent.seal)
                book.add_batch(sent.seal)
                if sent.ran:
                    book.put_checks(sent.seal.batch_id, {DESKS_WORD: spell_desk(sent.ran, sent.found)})
            elif kept.seal != sent.seal:
                raise BadRequest("another batch has this id", batch=sent.seal.batch_id)
            state = BatchState.OPEN if kept is None else kept.state
            if state is BatchState.OPEN:
                have = book.part_digests(sent.seal.batch_id)
                new = list({part.number: part for part in parts if part.number not in have}.values())
                book.add_parts(sent.seal, new)
                if self._examine is not None:
                    told = {part.number: spell_own(len(part.revisions), part.faults) for part in new}
                    book.put_checks(sent.seal.batch_id, told)
                state = self._seal_if_whole(book, desk, sent.seal)
            return _receipt(book, sent.seal, state)

    def _read_part(self, township: TownshipId, seal: BatchSeal, part: SentPart) -> KeptPart:
        if not 0 <= part.number < seal.parts or not part.revisions:
            raise BadRequest("part outside its batch", batch=seal.batch_id, part=part.number)
        kept, problems = [], []
        faults: list[Fault] = []
        for place, sent in enumerate(part.revisions):
            sent.check_ids()
            revision, objection = self._judge_sent(sent)
            standing = RevisionStanding.SET_ASIDE if objection else RevisionStanding.STAGED
            if revision is None:
                one = KeptRevision(sent, sent.id, sent.record_id, standing, ())
            else:
                named = revision.attachments
                one = KeptRevision(sent, revision.id, revision.record_id, standing, named, revision.number)
            kept.append(one)
            if self._examine is not None:
                faults += self._examine(sent, revision, objection)
            if objection:
                problems.append(Problem(part.number, place, one.record, one.id, objection.code, objection.detail))
        return KeptPart(part.number, part_digest([one.id for one in kept]), tuple(kept), tuple(problems), tuple(faults))

    def _judge_sent(self, sent: SentRevision) -> tuple[Revision | None, Objection | None]:
        try:
            revision = sent.read()
        except BadRequest as error:
            return None, Objection(error.code, str(error.args[0]))
        return revision, self._judge(revision)

    def _seal_if_whole(self, book: CountyBook, desk: Desk, seal: BatchSeal) -> BatchState:
        parts = book.part_digests(seal.batch_id)
        if len(parts) < seal.parts:
            return BatchState.OPEN
        digests = [parts[number][0] for number in range(seal.parts)]
        try:
            check_seal(seal, digests, sum(count for _, count in parts.values()), desk.signer)
        except SealBroken as error:
            book.log(desk.holder.device, "batch.rejected", seal.batch_id, {"reason": str(error.args[0])})
            book.set_batch_state(seal.batch_id, BatchState.REJECTED)
            return BatchState.REJECTED
        book.claim_records(desk.township, seal.batch_id)
        book.set_aside(desk.township, seal.batch_id, book.strangers(desk.township, seal.batch_id))
        book.claim_numbers(desk.township, seal.batch_id)
        doubles = book.doubles(seal.batch_id)
        book.set_aside(desk.township, seal.batch_id, doubles)
        if self._examine is not None:  # shape, digest, signature and count have just been checked
            doubled = [Fault("Z8", "number_double", str(one.record)) for one in doubles]
            book.put_checks(seal.batch_id, {OF_THE_WHOLE: spell_own(seal.revisions, doubled)})
        book.release(seal.batch_id, RevisionStanding.RECEIVED)
        book.set_batch_state(seal.batch_id, BatchState.RECEIVED)
        details: dict[str, str | int] = {
            "revisions": seal.revisions,
            "sequence": seal.sequence,
            "digest": seal.digest.hex(),
        }
        book.log(desk.holder.device, "batch.received", seal.batch_id, details)
        feed = Feed(book, desk.township)
        for file in book.record_files(book.decided_records(seal.batch_id)).values():
            feed.restate(file)
        feed.close()
        return BatchState.RECEIVED

    # answering

    def _answer(self, book: CountyBook, desk: Desk, request: SyncRequest, receipt: BatchReceipt | None) -> SyncReply:
        most = max(1, min(request.limit, MOST_EVENTS))
        kept = book.events(desk.township, request.after, most + 1)
        records = book.record_files({event.record for event in kept[:most]})
        unless = None if request.want_bodies else desk.holder.device
        events: list[Event] = []
        size_bytes = 0
        for event in kept[:most]:
            told = _tell(book, event, records[event.record].history, unless)
            size_bytes += sum(len(sent.body) for sent in told.revisions)
            if events and size_bytes > MOST_REPLY_BYTES:
                break
            events.append(told)
        row = book.township(desk.township)
        return SyncReply(
            book.epoch(), self._now(), batch=receipt, events=tuple(events), more=len(kept) > len(events),
            digest=row.digest.value, heads=row.digest.heads,
            numbers=None if request.numbers is None else seating.tell(book, desk, request.numbers),
            last_sequence=book.last_sequence(desk.township, desk.holder.device),
        )  # fmt: skip

    def _now(self) -> str:
        return self._clock().isoformat(timespec="seconds")


def _tells_known(book: CountyBook, desk: Desk, answer: SyncReply) -> bool:
    """True of an answer that tells nothing of which no desk of the township was told before."""
    return not answer.events or answer.events[-1].sequence <= book.fetched(desk.township)


def _are_known(book: CountyBook, desk: Desk, asked: NumbersAsked) -> bool:
    return not (asked.accounts or asked.withdrawn) and seating.seat_for(book, desk, asked.retired) != NO_SEAT


def _tell(book: CountyBook, event: KeptEvent, history: History, unless_from: DeviceId | None) -> Event:
    """Return an event with the revisions its reader may lack: those it names and their ancestors."""
    head = event.decision.decision.head if event.decision else None
    bodies = book.sent_revisions(history.ancestry(event.revision) | history.ancestry(head), unless_from)
    ordered = tuple(bodies[one] for one in sorted(bodies))
    return Event(event.sequence, event.kind, event.feed_hash, event.record, event.revision, event.decision, ordered)


def _note_sequence(book: CountyBook, seal: BatchSeal) -> None:
    """Another batch under a sequence that was there is taken in, and told: a desk went back in time, or there are two of it."""
    known = book.last_sequence(seal.township, seal.device)
    if seal.sequence <= known:
        book.log(seal.device, "batch.sequence-again", seal.batch_id, {"sequence": seal.sequence, "known": known})


def _receipt(book: CountyBook, seal: BatchSeal, state: BatchState) -> BatchReceipt:
    if state is not BatchState.OPEN:
        return BatchReceipt(seal.batch_id, state, seal.parts, book.problems(seal.batch_id))
    have = book.part_digests(seal.batch_id)
    want = next(number for number in range(seal.parts) if number not in have)
    return BatchReceipt(seal.batch_id, state, want)


def _of_record(made: list[KeptRevision], record: RecordId, signer: Holder) -> list[KeptRevision]:
    if any(one.record != record for one in made):
        raise BadRequest("a decision makes revisions of its own record only", record=record, signer=signer.device)
    return made


def _check_attachments(file: RecordFile, head: RevisionId | None) -> None:
    """What becomes head has all its pages here."""
    missing = file.missing.intersection(file.attachments.get(head, ())) if head and head != file.head else ()
    if missing:
        raise AttachmentsMissing("pages have not arrived", missing=len(missing))
