"""What the county's rules need of a store: small steps inside one transaction, the heavy ones in bulk.

Two stores exist: dictionaries (`memory_county`) and SQL (`sync.county.book`). A store decides nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sync.contract.batches import BatchId, BatchSeal
from sync.contract.decisions import SignedDecision
from sync.contract.four_properties import Fault
from sync.contract.histories import RevisionStanding
from sync.contract.leases import Taken, Withdrawn
from sync.contract.messages import BatchState, EventKind, Head, HeadDigest, Problem, SentRevision
from sync.contract.numbers import Series
from sync.contract.revisions import DeviceId, RecordId, RevisionId, TownshipId
from sync.contract.taking_back import SignedTakeBack
from sync.ledger import KeptAccount, KeptSeat, RecordFile
from sync.ledger.witness_book import WitnessBook

LogDetail = str | int | Sequence[str]
"""What a line of the log says beside who, what and on which: ids and counts, each text of at most 200 signs."""


@dataclass(frozen=True, slots=True)
class TownshipRow:
    """A township's feed counter and digest; whoever writes holds it locked."""

    feed_end: int
    feed_hash: bytes
    digest: HeadDigest


@dataclass(frozen=True, slots=True)
class KeptBatch:
    """A batch as the county holds it."""

    seal: BatchSeal
    state: BatchState


@dataclass(frozen=True, slots=True)
class KeptRevision:
    """A revision to be kept: how it came, its id, where it stands, and the attachments it names."""

    sent: SentRevision
    id: RevisionId
    record: RecordId
    standing: RevisionStanding
    attachments: tuple[str, ...]
    number: str = ""


@dataclass(frozen=True, slots=True)
class KeptPart:
    """A part that arrived: its revisions in order, and those of them that were set aside."""

    number: int
    digest: bytes
    revisions: tuple[KeptRevision, ...]
    problems: tuple[Problem, ...]
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class KeptEvent:
    """One line of a township's feed."""

    sequence: int
    kind: EventKind
    feed_hash: bytes
    record: RecordId
    revision: RevisionId
    decision: SignedDecision | None


class CountyBook(WitnessBook, Protocol):
    """The store inside one transaction."""

    def epoch(self) -> str: ...

    def set_epoch(self, epoch: str, at: datetime) -> None: ...

    def epoch_began(self) -> datetime | None:
        """Return when the store went back in time, as far as is known; None in its first epoch."""
        ...

    def township(self, township: TownshipId) -> TownshipRow: ...

    def save_township(self, township: TownshipId, row: TownshipRow) -> None: ...

    def batch(self, batch_id: BatchId) -> KeptBatch | None: ...

    def add_batch(self, seal: BatchSeal) -> None: ...

    def last_sequence(self, township: TownshipId, device: DeviceId) -> int:
        """Return the highest sequence of the desk's batches, whatever became of them; 0 if it sent none."""
        ...

    def set_batch_state(self, batch_id: BatchId, state: BatchState) -> None: ...

    def part_digests(self, batch_id: BatchId) -> Mapping[int, tuple[bytes, int]]:
        """Return digest and count of revisions of each part that arrived."""
        ...

    def add_parts(self, seal: BatchSeal, parts: Sequence[KeptPart]) -> None:
        """The parts are kept; a revision that is there already stays as it is, one only held is the device's from now on."""
        ...

    def claim_records(self, township: TownshipId, batch_id: BatchId) -> None:
        """Each of the batch's records belongs to the township, unless it belongs to another already."""
        ...

    def strangers(self, township: TownshipId, batch_id: BatchId) -> tuple[Problem, ...]:
        """Return a problem for each of the batch's revisions whose record belongs to another township."""
        ...

    def claim_numbers(self, township: TownshipId, batch_id: BatchId) -> None:
        """Each number of the batch's revisions that were not set aside belongs to its record, unless to another already."""
        ...

    def doubles(self, batch_id: BatchId) -> tuple[Problem, ...]:
        """Return a problem for each of those revisions whose number belongs to another record."""
        ...

    def set_aside(self, township: TownshipId, batch_id: BatchId, problems: Sequence[Problem]) -> None:
        """The problems are kept with the batch, and their staged revisions stand set aside."""
        ...

    def put_checks(self, batch_id: BatchId, told: Mapping[int, str]) -> None:
        """What checks found of each part (or what was said of the whole: sync.contract.batch_results) is kept; twice is once."""
        ...

    def checks(self, batch_id: BatchId) -> Mapping[int, str]:
        """Return all that was kept so, by part."""
        ...

    def problems(self, batch_id: BatchId) -> tuple[Problem, ...]: ...

    def decided_records(self, batch_id: BatchId) -> frozenset[RecordId]:
        """Return the batch's records that a decision is known of."""
        ...

    def release(self, batch_id: BatchId, standing: RevisionStanding) -> None:
        """All revisions of the batch that were staged or held stand so."""
        ...

    def record_files(self, records: Collection[RecordId]) -> Mapping[RecordId, RecordFile]:
        """Return what is held of each record that a sealed batch or a decision made known."""
        ...

    def add_revisions(self, township: TownshipId, revisions: Iterable[KeptRevision]) -> None: ...

    def set_standings(self, township: TownshipId, standings: Mapping[RevisionId, RevisionStanding]) -> None: ...

    def add_decision(self, signed: SignedDecision) -> None: ...

    def set_head(self, township: TownshipId, record: RecordId, head: RevisionId | None) -> None: ...

    def add_events(self, township: TownshipId, events: Sequence[KeptEvent]) -> None: ...

    def events(self, township: TownshipId, after: int, most: int) -> Sequence[KeptEvent]: ...

    def fetched(self, township: TownshipId) -> int:
        """Return the number of the last event that a desk of the township was told of, or may have been; 0 if none was."""
        ...

    def set_fetched(self, township: TownshipId, sequence: int) -> None:
        """Events up to that number stand for good."""
        ...

    def set_all_fetched(self) -> None:
        """All events of all townships stand for good."""
        ...

    def take_back_decisions(self, signed: SignedTakeBack, decisions: Sequence[SignedDecision], cut_at: int) -> None:
        """The decisions count no more; they are kept beside what was signed to take them back, and the feed ends at `cut_at`."""
        ...

    def feed_hash_at(self, township: TownshipId, sequence: int) -> bytes | None: ...

    def sent_revisions(
        self, revisions: Collection[RevisionId], unless_from: DeviceId | None
    ) -> Mapping[RevisionId, SentRevision]:
        """Return revisions as they travel, without those that the given device sent itself."""
        ...

    def heads(self, township: TownshipId, bucket: int | None) -> tuple[Head, ...]: ...

    def missing_attachments(self, township: TownshipId, hashes: Collection[str]) -> frozenset[str]: ...

    def add_attachment(self, township: TownshipId, sha256: str, size_bytes: int) -> None: ...

    def seats(self, township: TownshipId) -> tuple[KeptSeat, ...]:
        """Return the seats that desks of the township have, the lowest first."""
        ...

    def add_seat(self, township: TownshipId, seat: KeptSeat) -> None: ...

    def accounts(self, township: TownshipId, device: DeviceId | None = None) -> tuple[KeptAccount, ...]:
        """Return what the township's desks, or one of them, said of their blocks."""
        ...

    def put_accounts(self, township: TownshipId, accounts: Sequence[KeptAccount]) -> None:
        """Each account stands, unless one of the same device, series and first item has its version or a higher one.

        What was once given stays given: `given` never becomes less.
        """
        ...

    def withdrawn(self, series: Series, township: TownshipId) -> tuple[Withdrawn, ...]:
        """Return what the township's desks withdrew of a series."""
        ...

    def put_withdrawn(self, township: TownshipId, device: DeviceId, withdrawn: Sequence[Withdrawn]) -> None:
        """Each run stands; one that begins where one stands already becomes the longer of both."""
        ...

    def told(self, device: DeviceId) -> int:
        """Return the sum of the versions of a device's accounts."""
        ...

    def taken(self, township: TownshipId, after: int) -> tuple[tuple[DeviceId, Taken], ...]:
        """Return the township's taken blocks after a place, in their order, each with the device that holds it."""
        ...

    def items(self, series: Series) -> tuple[tuple[int, RecordId], ...]:
        """Return every item of a series that a record bears, with the record."""
        ...

    def log(self, who: str, act: str, subject: str, details: Mapping[str, LogDetail]) -> None:
        """The act stands in the audit log, in this transaction."""
        ...


class CountyStore(Protocol):
    """Where books are opened."""

    def reading(self, township: TownshipId | None = None) -> AbstractContextManager[CountyBook]:
        """The block sees the store as it was at its beginning; with a township it asks for nothing of any other."""
        ...

    def writing(self, township: TownshipId | None) -> AbstractContextManager[CountyBook]:
        """The block is one act, kept whole or not at all; the township's row is locked from the beginning.

        With a township the act reads and writes nothing of any other; a store that can sees to that.
        """
        ...
