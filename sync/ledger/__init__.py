"""What both ends of the line implement: the township's book and the county's book.

`TownshipLedger` is all that the exchange needs of a desk; `CountyLedger` is all that the county's calls need of its
store. Every implementation passes tests/sync/conformance; the in-memory ones are parts of the product for tests,
practice and simulation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from cryptography import x509

from sync.contract.batches import BatchId, BatchSeal
from sync.contract.certificates import Holder
from sync.contract.decisions import DecisionId, SignedDecision
from sync.contract.four_properties import FoundCount
from sync.contract.gaps import Gap
from sync.contract.histories import History, RevisionStanding
from sync.contract.leases import Account, NumbersAsked
from sync.contract.messages import (
    BatchReceipt,
    Head,
    HeadDigest,
    SentPart,
    SentRevision,
    SyncReply,
    SyncRequest,
    Witness,
)
from sync.contract.numbers import Series
from sync.contract.revisions import DeviceId, RecordId, RevisionId, TownshipId
from sync.contract.taking_back import SignedTakeBack


@dataclass(frozen=True, slots=True)
class Place:
    """Where a desk stands in its feed, and its receipts; what a request says of it."""

    epoch: str
    after: int
    feed_hash: bytes
    last_batch: BatchId | None
    witnessed: bool = False
    want_bodies: bool = False
    numbers: NumbersAsked | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A sealed batch that the county has not received, the first part it still wants, and what the desk's checks say of it."""

    seal: BatchSeal
    want: int
    ran: int = 0
    found: tuple[FoundCount, ...] = ()


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What a reply changed at the desk.

    Args:
        new_epoch: the county's store went back: batches are queued again, the cursor stands at 0.
        bodies_missing: the events stop before one that names a revision this desk no longer holds.
        witness_left: the county has not all of this desk's witness yet.
    """

    records: frozenset[RecordId] = frozenset()
    events: int = 0
    batch: BatchReceipt | None = None
    new_epoch: bool = False
    bodies_missing: bool = False
    witness_left: bool = False


@dataclass(frozen=True, slots=True)
class AttachmentSize:
    """An attachment and its length."""

    sha256: str
    size_bytes: int


class TownshipLedger(Protocol):
    """A desk's book, as the exchange sees it. Each call is one transaction; none keeps the line waiting."""

    def place(self) -> Place:
        """Return where this desk stands."""
        ...

    def outgoing(self) -> Outgoing | None:
        """Return the batch to send next; batches go in the order of their sequence."""
        ...

    def waiting(self) -> tuple[Outgoing, ...]:
        """Return every batch that the county has not received, in the order of their sequence."""
        ...

    def read_parts(self, batch_id: BatchId, first: int, most_bytes: int) -> tuple[SentPart, ...]:
        """Return whole parts from `first` on, whose bodies fit into `most_bytes`; one at least if there is one."""
        ...

    def witness(self, most_bytes: int, first: int | None = None, *, naming: bool = False) -> Witness | None:
        """Return the next run of this desk's witness that fits into `most_bytes`, one thing at least if there is one.

        Args:
            first: the place to begin at; None: where the county has it.
            naming: with the names of what follows, so that the county says from where on it lacks something.

        None if the county has it all in this epoch, or asks for none.
        """
        ...

    def take_in(self, asked: SyncRequest, reply: SyncReply) -> TakenIn:
        """Apply a reply in one transaction: epoch, receipt of the batch, events and cursor, or nothing of it.

        Another epoch than `asked.epoch`: queue all batches and attachments again, cursor to 0, fix the list of what
        this desk witnesses, and apply nothing else.
        A receipt moves `want` on, or marks the batch and its records received; a record with a problem is returned.
        An event's revisions are stored, its decision is stored once by its id (its signature was checked by the
        caller), and the record's state follows from `histories.record_state`. Nothing held is deleted.
        What the reply says of numbers is applied with the rest: seat, blocks of others, own blocks forgotten here.
        """
        ...

    def digest(self) -> HeadDigest:
        """Return the digest over the heads of all records, as decided by the county."""
        ...

    def heads(self, bucket: int | None = None) -> tuple[Head, ...]:
        """Return the heads, of one bucket if it is given."""
        ...

    def unsent_attachments(self, most: int, *, of_waiting: bool = False) -> tuple[AttachmentSize, ...]:
        """Return attachments of received batches that the county was not yet seen to hold.

        Args:
            of_waiting: of batches that wait too; their rows travel before them in the same packet.
        """
        ...

    def mark_attachments_sent(self, hashes: Iterable[str]) -> None:
        """The county holds these attachments."""
        ...

    def read_attachment(self, sha256: str, offset: int, most_bytes: int) -> bytes:
        """Return a range of an attachment held here."""
        ...


@dataclass(frozen=True, slots=True)
class KeptSeat:
    """A desk's seat in its township, given or confirmed in an epoch; `claimed` if the desk came with it."""

    seat: int
    device: DeviceId
    epoch: str
    claimed: bool


@dataclass(frozen=True, slots=True)
class KeptAccount:
    """What a desk on a seat said of one of its blocks; `place` counts the taken ones of the township, 0 for others."""

    device: DeviceId
    seat: int
    place: int
    account: Account


@dataclass(frozen=True, slots=True)
class NumbersKept:
    """What the county knows of a township's archive numbers beside the records."""

    seats: tuple[KeptSeat, ...]
    accounts: tuple[KeptAccount, ...]


@dataclass(frozen=True, slots=True)
class Desk:
    """An enrolled desk: whom its line certificate names, and the certificate its batches are signed under."""

    holder: Holder
    signer: x509.Certificate

    @property
    def township(self) -> TownshipId:
        """The township from the certificate; a desk has one."""
        if self.holder.township is None:
            raise ValueError("a desk belongs to a township")
        return self.holder.township


@dataclass(frozen=True, slots=True)
class Proposal:
    """A signed decision and the revisions it makes (a merge, a change, a void)."""

    signed: SignedDecision
    revisions: tuple[SentRevision, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordFile:
    """All that the county holds of a record.

    Args:
        head: the head that stands; None while decisions are in dispute.
        standings: of every revision that is not hidden in an open batch.
        attachments: the hashes each revision names.
        missing: those of them that have not arrived.
    """

    record_id: RecordId
    township: TownshipId
    head: RevisionId | None
    history: History
    standings: Mapping[RevisionId, RevisionStanding]
    attachments: Mapping[RevisionId, tuple[str, ...]]
    missing: frozenset[str]


class CountyLedger(Protocol):
    """The county's book."""

    @property
    def epoch(self) -> str:
        """The epoch; changes when the store went back in time."""
        ...

    def sync(self, desk: Desk, request: SyncRequest) -> SyncReply:
        """Take in parts, seal a batch that is complete, and answer with events after the desk's cursor.

        A desk that says something of its numbers has a seat afterwards, in the same transaction as what it said.

        Raises:
            NotAllowed: the batch is another desk's or another township's.
            BadRequest: the request does not hold together.
        """
        ...

    def decide(self, proposal: Proposal) -> None:
        """The decision stands, with head, states, event and digest, or an error says why not; once is enough.

        Raises:
            SealBroken, NotAllowed: signature or role.
            HeadMoved, BadRequest: it does not fit the record's history.
            AttachmentsMissing: accepted before its pages arrived.
            WitnessAwaited: a desk of the township has not witnessed since the store went back, and nobody waived it.
        """
        ...

    def take_back(self, signed: SignedTakeBack) -> dict[DecisionId, str]:
        """Return what became of each: "" if it stands no more, `fetched` if a desk was told of it, else an error's code.

        Raises:
            SealBroken, NotAllowed: signature or role.
        """
        ...

    def awaited(self, township: TownshipId) -> tuple[DeviceId, ...]:
        """Return the township's desks that have not witnessed since the store went back; none if it never did."""
        ...

    def waive(self, township: TownshipId, by: str, why: str) -> tuple[DeviceId, ...]:
        """The township's desks are not waited for in this epoch; returns which, and all of it stands in the log."""
        ...

    def record(self, record_id: RecordId) -> RecordFile:
        """Return all that is held of a record.

        Raises:
            BadRequest: there is none.
        """
        ...

    def digest(self, township: TownshipId) -> HeadDigest:
        """Return the digest over a township's heads."""
        ...

    def heads(self, township: TownshipId, bucket: int | None = None) -> tuple[Head, ...]:
        """Return a township's heads, of one bucket if it is given."""
        ...

    def missing_attachments(self, township: TownshipId, hashes: Iterable[str]) -> tuple[str, ...]:
        """Return those that the township has not sent, whoever else has."""
        ...

    def mark_attachment_held(self, township: TownshipId, sha256: str, size_bytes: int) -> None:
        """The bytes of this attachment came from the township, and are here, whole and safe."""
        ...

    def numbers(self, township: TownshipId) -> NumbersKept:
        """Return the seats of a township's desks, and what they said of their blocks of archive numbers."""
        ...

    def items(self, series: Series) -> tuple[tuple[int, RecordId], ...]:
        """Return every item of a series that a record received bears, with the record."""
        ...

    def gaps(self, township: TownshipId, series: Series) -> list[Gap]:
        """Return every number of a series below the highest given one that no record bears, each with its reason."""
        ...

    def take_new_epoch(self, epoch: str) -> None:
        """The store stands in a new epoch: every desk will send again what it holds."""
        ...
