"""A desk's book in memory: for tests, practice and simulation; the same rules as the archive."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from hashlib import sha256 as hash_sha256
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.contract.batches import PART_TARGET_BYTES, BatchId, BatchSeal, cut_parts, seal
from sync.contract.decisions import Decision, SignedDecision
from sync.contract.histories import History, newest_after, record_state
from sync.contract.messages import (
    NO_FEED_HASH,
    BatchReceipt,
    BatchState,
    Event,
    Head,
    HeadDigest,
    SentPart,
    SyncReply,
    SyncRequest,
    Witness,
    bucket_of,
    send_revision,
)
from sync.contract.revisions import DeviceId, RecordId, RecordState, Revision, RevisionId, TownshipId
from sync.ledger import AttachmentSize, Outgoing, Place, TakenIn
from sync.ledger.memory_numbers import MemoryNumbers
from sync.ledger.memory_witness import MemoryWitness


@dataclass(slots=True)
class _Batch:
    seal: BatchSeal
    parts: list[tuple[Revision, ...]]
    state: BatchState = BatchState.OPEN
    want: int = 0
    receipt: BatchReceipt | None = None


@dataclass(slots=True)
class _Record:
    newest: RevisionId
    state: RecordState
    head: RevisionId | None = None
    decisions: dict[str, SignedDecision] = field(default_factory=dict)


class MemoryTownshipLedger:
    """A desk without a disk."""

    def __init__(self, township: TownshipId, device: DeviceId, key: Ed25519PrivateKey) -> None:
        self.township, self.device = township, device
        self.key: Ed25519PrivateKey = key
        self._place = Place("", 0, NO_FEED_HASH, None)
        self._revisions: dict[RevisionId, Revision] = {}
        self._by_record: dict[RecordId, list[RevisionId]] = defaultdict(list)
        self._records: dict[RecordId, _Record] = {}
        self._unsealed: list[Revision] = []
        self._heard: set[RevisionId] = set()  # from the county, of another desk or of one's own before a restore
        self._batches: list[_Batch] = []
        self.attachments: dict[str, bytes] = {}
        self._sent: set[str] = set()
        self.numbers = MemoryNumbers()
        self._witness = MemoryWitness()

    # what a clerk does

    def file(self, revision: Revision, attachments: Iterable[bytes] = ()) -> None:
        """A new revision stands filed, its attachments kept."""
        self._store(revision)
        self._unsealed.append(revision)
        self.attachments.update((hash_sha256(content).hexdigest(), content) for content in attachments)
        record = self._records.setdefault(revision.record_id, _Record(revision.id, RecordState.FILED))
        record.newest, record.state = revision.id, RecordState.FILED

    def seal(self, batch_id: BatchId, target_bytes: int = PART_TARGET_BYTES) -> BatchSeal | None:
        """All that was filed since the last batch stands sealed, in the order of filing; None if there was nothing."""
        if not self._unsealed:
            return None
        parts = list(cut_parts(self._unsealed, target_bytes))
        ids = [[revision.id for revision in part] for part in parts]
        made = seal(batch_id, self.township, self.device, len(self._batches) + 1, ids, self.key)
        self._batches.append(_Batch(made, parts))
        self._step_states(self._unsealed, RecordState.FILED, RecordState.QUEUED)
        self._unsealed = []
        return made

    def state(self, record_id: RecordId) -> RecordState | None:
        """Return a record's state, None if it is not known here."""
        record = self._records.get(record_id)
        return None if record is None else record.state

    def revision(self, revision: RevisionId) -> Revision | None:
        """Return a revision held here."""
        return self._revisions.get(revision)

    def newest(self, record_id: RecordId) -> RevisionId:
        """Return the revision that the desk shows for a record."""
        return self._records[record_id].newest

    def records(self) -> tuple[RecordId, ...]:
        """Return every record known here."""
        return tuple(self._records)

    def all_revisions(self) -> tuple[Revision, ...]:
        """Return every revision held here."""
        return tuple(self._revisions.values())

    def history(self, record_id: RecordId) -> History:
        """Return all that is held of a record."""
        held = [self._revisions[revision] for revision in self._by_record[record_id]]
        record = self._records.get(record_id)
        decisions: tuple[Decision, ...] = ()
        if record is not None:
            decisions = tuple(signed.decision for signed in record.decisions.values())
        return History({r.id: r.parents for r in held}, {r.id: r.kind_of_change for r in held}, decisions)

    def sealed(self) -> tuple[tuple[RevisionId, ...], ...]:
        """Return the ids of the revisions of each batch sealed here that was not rejected."""
        kept = (batch for batch in self._batches if batch.state is not BatchState.REJECTED)
        return tuple(tuple(one.id for part in batch.parts for one in part) for batch in kept)

    def decisions(self) -> tuple[SignedDecision, ...]:
        """Return every decision held here, each after those it follows."""
        return tuple(signed for record in self._records.values() for signed in record.decisions.values())

    def decisions_on(self, record_id: RecordId) -> tuple[SignedDecision, ...]:
        """Return the decisions held on a record."""
        record = self._records.get(record_id)
        return () if record is None else tuple(record.decisions.values())

    def last_receipt(self) -> BatchReceipt | None:
        """Return what the county said about the newest batch."""
        return self._batches[-1].receipt if self._batches else None

    def copy(self) -> Self:
        """Return a book that goes its own way from here, like an archive put back from a backup."""
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__)
        made._revisions, made._sent = dict(self._revisions), set(self._sent)
        made._by_record = defaultdict(list, {record: list(held) for record, held in self._by_record.items()})
        made._records = {name: replace(one, decisions=dict(one.decisions)) for name, one in self._records.items()}
        made._heard = set(self._heard)
        made._unsealed, made._batches = list(self._unsealed), [replace(batch) for batch in self._batches]
        made.attachments, made.numbers = dict(self.attachments), deepcopy(self.numbers)
        return made

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """The block is one act, kept whole or not at all."""
        before = self.copy()
        try:
            yield
        except BaseException:
            self.__dict__.update(before.__dict__)
            raise

    # what the exchange does

    def place(self) -> Place:
        return replace(self._place, witnessed=self._witness.confirmed, numbers=self.numbers.asked())

    def witness(self, most_bytes: int, first: int | None = None, *, naming: bool = False) -> Witness | None:
        return self._witness.run(most_bytes, first, naming=naming)

    def outgoing(self) -> Outgoing | None:
        return next(iter(self.waiting()), None)

    def waiting(self) -> tuple[Outgoing, ...]:
        return tuple(Outgoing(batch.seal, batch.want) for batch in self._batches if batch.state is BatchState.OPEN)

    def read_parts(self, batch_id: BatchId, first: int, most_bytes: int) -> tuple[SentPart, ...]:
        chosen: list[SentPart] = []
        total = 0
        for number, part in enumerate(self._batch(batch_id).parts[first:], first):
            total += sum(len(revision.body) for revision in part)
            if chosen and total > most_bytes:
                break
            chosen.append(SentPart(number, tuple(send_revision(revision) for revision in part)))
        return tuple(chosen)

    def take_in(self, asked: SyncRequest, reply: SyncReply) -> TakenIn:
        with self._whole():
            return self._take_in(asked, reply)

    def _take_in(self, asked: SyncRequest, reply: SyncReply) -> TakenIn:
        if reply.epoch != asked.epoch:
            self._place = Place(reply.epoch, 0, NO_FEED_HASH, None)
            for batch in self._batches:
                batch.state, batch.want = BatchState.OPEN, 0
            self._sent.clear()
            self.numbers.begin_epoch()
            self._witness = MemoryWitness.of(reply.epoch, self._witnessed(), self.decisions())
            return TakenIn(new_epoch=True)
        self._witness = self._witness.after(asked, reply)
        if asked.numbers is not None and reply.numbers is not None:
            self.numbers.take_in(asked.numbers, reply.numbers)
        changed = set() if reply.batch is None else self._take_receipt(reply.batch)
        applied, bodies_missing = 0, False
        for event in reply.events:
            if not self._apply(event):
                bodies_missing = True
                break
            changed.add(event.record)
            applied += 1
            self._place = replace(self._place, after=event.sequence, feed_hash=event.feed_hash)
        self._place = replace(self._place, want_bodies=bodies_missing)
        left = self._witness.run(1) is not None
        return TakenIn(frozenset(changed), applied, reply.batch, bodies_missing=bodies_missing, witness_left=left)

    def digest(self) -> HeadDigest:
        total = HeadDigest()
        for head in self.heads():
            total = total.with_head(head.record, head.revision)
        return total

    def heads(self, bucket: int | None = None) -> tuple[Head, ...]:
        heads = (Head(record_id, one.head) for record_id, one in self._records.items() if one.head is not None)
        return tuple(head for head in heads if bucket is None or bucket_of(head.record) == bucket)

    def unsent_attachments(self, most: int, *, of_waiting: bool = False) -> tuple[AttachmentSize, ...]:
        states = (BatchState.RECEIVED, BatchState.OPEN) if of_waiting else (BatchState.RECEIVED,)
        sendable = (batch for batch in self._batches if batch.state in states)
        revisions = (revision for batch in sendable for part in batch.parts for revision in part)
        named = dict.fromkeys(name for revision in revisions for name in revision.attachments)
        unsent = [name for name in named if name in self.attachments and name not in self._sent]
        return tuple(AttachmentSize(name, len(self.attachments[name])) for name in unsent[:most])

    def mark_attachments_sent(self, hashes: Iterable[str]) -> None:
        self._sent.update(hashes)

    def read_attachment(self, sha256: str, offset: int, most_bytes: int) -> bytes:
        return self.attachments[sha256][offset : offset + most_bytes]

    # inside

    def _witnessed(self) -> list[Revision]:
        """Return what was heard of, or is named by a decision, with all ancestors, in the order of arrival."""
        said = set(self._heard)
        for signed in self.decisions():
            history = self.history(signed.decision.record_id)
            said |= history.ancestry(signed.decision.revision) | history.ancestry(signed.decision.head)
        return [revision for revision in self._revisions.values() if revision.id in said]

    def _batch(self, batch_id: BatchId) -> _Batch:
        return next(batch for batch in self._batches if batch.seal.batch_id == batch_id)

    def _store(self, revision: Revision) -> None:
        if revision.id not in self._revisions:
            self._revisions[revision.id] = revision
            self._by_record[revision.record_id].append(revision.id)

    def _take_receipt(self, receipt: BatchReceipt) -> set[RecordId]:
        batch = self._batch(receipt.batch_id)
        batch.state, batch.want, batch.receipt = receipt.state, receipt.want, receipt
        if receipt.state is not BatchState.RECEIVED:
            return set()
        self._place = replace(self._place, last_batch=receipt.batch_id)
        revisions = [revision for part in batch.parts for revision in part]
        self._step_states(revisions, RecordState.QUEUED, RecordState.RECEIVED)
        for problem in receipt.problems:
            revision = batch.parts[problem.part][problem.place]
            self._step_states([revision], RecordState.RECEIVED, RecordState.RETURNED)
        return {revision.record_id for revision in revisions}

    def _step_states(self, revisions: Iterable[Revision], old: RecordState, new: RecordState) -> None:
        for revision in revisions:
            record = self._records[revision.record_id]
            if record.newest == revision.id and record.state is old:
                record.state = new

    def _apply(self, event: Event) -> bool:
        """Apply one event; False if it names a revision that is not held, and then nothing is changed."""
        sent = {revision.id: revision for revision in (travelled.read() for travelled in event.revisions)}
        head = event.decision.decision.head if event.decision else None
        named = {event.revision} | ({head} if head else set())
        if not named <= sent.keys() | self._revisions.keys():
            return False
        for revision in sent.values():
            self._store(revision)
            self._heard.add(revision.id)
        if event.decision is None:
            return self._note_conflict(event)
        record = self._records.get(event.record)
        if record is None:
            record = self._records[event.record] = _Record(head or event.revision, RecordState.RECEIVED)
        record.decisions.setdefault(event.decision.decision.id, event.decision)
        history = self.history(event.record)
        record.head = history.head
        record.newest = newest_after(history, record.newest) or record.newest
        record.state = record_state(history, record.newest, record.state)
        return True

    def _note_conflict(self, event: Event) -> bool:
        record = self._records.get(event.record)
        waits = record is not None and record.state in (RecordState.QUEUED, RecordState.RECEIVED)
        if record is not None and waits and record.newest == event.revision:  # a feed read anew tells old news too
            record.state = RecordState.CONFLICT
        return True
