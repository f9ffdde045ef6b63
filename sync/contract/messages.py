"""The messages of the line (docs/protocol.md, section 3) and what they say about the other end's place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final
from uuid import UUID

from sync.contract.batches import LARGEST_BODY_BYTES, BatchId, BatchSeal
from sync.contract.decisions import DecisionId, SignedDecision
from sync.contract.editions import EditionHeld, SignedEdition
from sync.contract.errors import BadRequest
from sync.contract.four_properties import FoundCount
from sync.contract.leases import NumbersAsked, NumbersTold
from sync.contract.log_heads import LogSaid, LogTold
from sync.contract.revisions import ChangeKind, RecordId, Revision, RevisionId, hash_parts, hash_revision
from sync.contract.wire import PROTOCOL_NEWEST

MOST_EVENTS: Final = 500
BUCKETS: Final = 256
NO_FEED_HASH: Final = b""


@dataclass(frozen=True, slots=True)
class SentRevision:
    """A revision as it travels: raw ids, and no id of its own, for the receiver computes it."""

    POSITIONAL: ClassVar[bool] = True
    record: bytes
    parents: tuple[bytes, ...]
    kind: str
    body: bytes

    @property
    def record_id(self) -> RecordId:
        plain = self.record.hex()
        return RecordId(f"{plain[:8]}-{plain[8:12]}-{plain[12:16]}-{plain[16:20]}-{plain[20:]}")

    @property
    def parent_ids(self) -> tuple[RevisionId, ...]:
        return tuple(RevisionId(parent.hex()) for parent in self.parents)

    @property
    def id(self) -> RevisionId:
        """The revision's id, which follows from the bytes whether or not they are a sound revision."""
        return hash_revision(self.record_id, self.parent_ids, self.kind, self.body)

    def check_ids(self) -> None:
        """The raw ids have their lengths, so that the revision can be known at all.

        Raises:
            BadRequest: they have not.
        """
        if len(self.record) != 16 or any(len(parent) != 32 for parent in self.parents):
            raise BadRequest("malformed id")

    def read(self) -> Revision:
        """Return the revision.

        Raises:
            BadRequest: it is not one.
        """
        self.check_ids()
        if len(self.body) > LARGEST_BODY_BYTES:
            raise BadRequest("body too large", limit_bytes=LARGEST_BODY_BYTES)
        if self.kind not in list(ChangeKind):
            raise BadRequest("unknown kind of change")
        return Revision(self.record_id, self.parent_ids, ChangeKind(self.kind), self.body)


def send_revision(revision: Revision) -> SentRevision:
    """Return a revision in the form in which it travels."""
    parents = tuple(bytes.fromhex(parent) for parent in revision.parents)
    return SentRevision(UUID(revision.record_id).bytes, parents, revision.kind_of_change.value, revision.body)


@dataclass(frozen=True, slots=True)
class SentPart:
    """One part of a batch, counted from 0."""

    number: int
    revisions: tuple[SentRevision, ...]


@dataclass(frozen=True, slots=True)
class SentBatch:
    """A run of a batch's parts, under the seal of the whole.

    Args:
        ran: which checks of the four properties ran over it at the desk, as bits; 0 where it says nothing.
        found: those of them that found something.
    """

    seal: BatchSeal
    parts: tuple[SentPart, ...]
    ran: int = 0
    found: tuple[FoundCount, ...] = ()


@dataclass(frozen=True, slots=True)
class Witness:
    """A run of what a desk holds of older epochs: revisions first, then decisions, out of one fixed list.

    Args:
        names: beginnings of the ids (16 bytes each) of the things that follow the run in the list; those the county has are not sent.
    """

    list_id: bytes
    first: int
    total: int
    revisions: tuple[SentRevision, ...]
    decisions: tuple[SignedDecision, ...]
    names: bytes = b""

    @property
    def end(self) -> int:
        """The place behind the run."""
        return self.first + len(self.revisions) + len(self.decisions)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a desk stands at its cursor: what waits to be sent, and what it holds as decided.

    Args:
        waiting: records filed and not yet at the county.
        heads, digest: of its heads; the first eight bytes are enough to notice that two ends differ.
    """

    POSITIONAL: ClassVar[bool] = True
    waiting: int
    heads: int
    digest: bytes


STANDING_DIGEST_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class SyncRequest:
    """Where the desk stands, its receipts, and at most one run of parts.

    Args:
        epoch: the epoch of the cursor, "" before the first exchange.
        after, feed_hash: the cursor: last event applied, and the running hash of the feed there.
        last_batch: receipt: the last batch this desk knows as received.
        witnessed: receipt: this desk's witness for the epoch is complete.
        want_bodies: send every revision an event names, also those this desk once sent itself.
        numbers: what the desk says of its archive numbers; None of one that has not asked for a seat.
        standing: for the county's board; nothing else depends on it.
        log: how far the desk's audit log has come, now and then.
        edition: which edition of kinds and rules the desk works with, once in an exchange.
    """

    epoch: str
    after: int
    feed_hash: bytes
    version: int = PROTOCOL_NEWEST
    last_batch: BatchId | None = None
    witnessed: bool = False
    want_bodies: bool = False
    limit: int = MOST_EVENTS
    batch: SentBatch | None = None
    witness: Witness | None = None
    numbers: NumbersAsked | None = None
    standing: Standing | None = None
    log: LogSaid | None = None
    edition: EditionHeld | None = None


class BatchState(StrEnum):
    """Where a batch stands at the county."""

    OPEN = "open"
    RECEIVED = "received"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Problem:
    """A revision of a batch that the county set aside: its place in the batch, and why."""

    part: int
    place: int
    record: RecordId | None
    revision: RevisionId | None
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class BatchReceipt:
    """What the county says about a batch: its state, the first part still missing, and what it set aside."""

    batch_id: BatchId
    state: BatchState
    want: int = 0
    problems: tuple[Problem, ...] = ()


class EventKind(StrEnum):
    """What an event tells."""

    DECISION = "decision"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Event:
    """One numbered line of a township's feed, with the revisions the reader may lack."""

    sequence: int
    kind: EventKind
    feed_hash: bytes
    record: RecordId
    revision: RevisionId
    decision: SignedDecision | None
    revisions: tuple[SentRevision, ...] = ()


@dataclass(frozen=True, slots=True)
class SyncReply:
    """The county's answer; with another epoch than the request's it says nothing else."""

    epoch: str
    clock: str
    version: int = PROTOCOL_NEWEST
    batch: BatchReceipt | None = None
    events: tuple[Event, ...] = ()
    more: bool = False
    digest: bytes = b""
    heads: int = 0
    witness_want: int | None = None
    numbers: NumbersTold | None = None
    last_sequence: int = 0  # of the batches of the asking desk; one put back from a backup goes on behind it
    log: LogTold | None = None
    edition: SignedEdition | None = None  # what the desk has not seen yet


def next_feed_hash(
    before: bytes, kind: EventKind, record: RecordId, revision: RevisionId, decision: DecisionId | None
) -> bytes:
    """Return the running hash of a feed after one more event."""
    parts = (before, kind.encode(), record.encode(), bytes.fromhex(revision), bytes.fromhex(decision or ""))
    return hash_parts(b"lantai.feed.1", parts)


@dataclass(frozen=True, slots=True)
class HeadDigest:
    """An order-free digest over (record, head) pairs; adding and taking away cost the same whatever the size."""

    total: int = 0
    heads: int = 0

    def with_head(self, record: RecordId, head: RevisionId) -> HeadDigest:
        """Return the digest with one record more."""
        return HeadDigest((self.total + _head_number(record, head)) % 2**256, self.heads + 1)

    def without_head(self, record: RecordId, head: RevisionId) -> HeadDigest:
        """Return the digest with one record less."""
        return HeadDigest((self.total - _head_number(record, head)) % 2**256, self.heads - 1)

    @property
    def value(self) -> bytes:
        return self.total.to_bytes(32, "big")


def read_digest(value: bytes, heads: int) -> HeadDigest:
    """Return a digest from its stored form."""
    return HeadDigest(int.from_bytes(value, "big"), heads)


def bucket_of(record: RecordId) -> int:
    """Return the bucket, 0 to 255, that a record falls into: the last byte of its id, which is random."""
    return int(record[-2:], 16)


def _head_number(record: RecordId, head: RevisionId) -> int:
    return int.from_bytes(hash_parts(b"lantai.head.1", (record.encode(), bytes.fromhex(head))), "big")


@dataclass(frozen=True, slots=True)
class BucketDigest:
    """The digest of one bucket of a township."""

    POSITIONAL: ClassVar[bool] = True
    bucket: int
    digest: bytes
    heads: int


@dataclass(frozen=True, slots=True)
class Head:
    """A record's head."""

    POSITIONAL: ClassVar[bool] = True
    record: RecordId
    revision: RevisionId


@dataclass(frozen=True, slots=True)
class DigestReply:
    """The digests of a township's buckets that are not empty, or the heads of one bucket."""

    buckets: tuple[BucketDigest, ...] = ()
    heads: tuple[Head, ...] = ()


@dataclass(frozen=True, slots=True)
class Hello:
    """Who answers, which versions it speaks, and the authority it stands under (DER)."""

    county: str
    epoch: str
    oldest: int
    newest: int
    authority: bytes
    clock: str
    range_bytes: int
    attachment_bytes: int


@dataclass(frozen=True, slots=True)
class Hashes:
    """A list of attachments by SHA-256, raw."""

    hashes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Trouble:
    """An error as it travels: the stable code of the tree, and facts without personal data."""

    code: str
    detail: str
    retry_after_s: int = 0
