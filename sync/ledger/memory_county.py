"""The county's store in memory, for tests, practice and simulation; an act that fails leaves it as it was."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from threading import RLock
from typing import Any

from sync.contract.batches import BatchId, BatchSeal
from sync.contract.decisions import SignedDecision
from sync.contract.histories import History, RevisionStanding
from sync.contract.leases import Taken, Withdrawn
from sync.contract.messages import BatchState, Head, HeadDigest, Problem, SentRevision, bucket_of
from sync.contract.numbers import Series
from sync.contract.numbers import read as read_number
from sync.contract.revisions import ChangeKind, DeviceId, RecordId, RevisionId, TownshipId
from sync.contract.taking_back import SignedTakeBack
from sync.contract.witnesses import Witnessing
from sync.ledger import KeptAccount, KeptSeat, RecordFile
from sync.ledger.county_book import (
    CountyBook,
    KeptBatch,
    KeptEvent,
    KeptPart,
    KeptRevision,
    LogDetail,
    TownshipRow,
)
from sync.ledger.memory_witness import MemoryWitnesses


@dataclass(frozen=True, slots=True)
class KeptRow:
    """A revision in the book: whose it is, which device sent it, and where it stands."""

    kept: KeptRevision
    township: TownshipId
    device: DeviceId | None
    standing: RevisionStanding


@dataclass(slots=True)
class MemoryBook(MemoryWitnesses):
    """The dictionaries behind a county in memory."""

    now_epoch: str
    began: datetime | None = None
    townships: dict[TownshipId, TownshipRow] = field(default_factory=dict)
    batches: dict[BatchId, KeptBatch] = field(default_factory=dict)
    parts: dict[BatchId, dict[int, KeptPart]] = field(default_factory=dict)
    late_problems: dict[BatchId, tuple[Problem, ...]] = field(default_factory=dict)
    revisions: dict[RevisionId, KeptRow] = field(default_factory=dict)
    records: dict[RecordId, tuple[TownshipId, RevisionId | None]] = field(default_factory=dict)
    decisions: dict[str, SignedDecision] = field(default_factory=dict)
    feeds: dict[TownshipId, list[KeptEvent]] = field(default_factory=dict)
    fetched_rows: dict[TownshipId, int] = field(default_factory=dict)
    taken_back_rows: list[tuple[SignedDecision, SignedTakeBack]] = field(default_factory=list)
    attachments: dict[tuple[TownshipId, str], int] = field(default_factory=dict)
    numbers: dict[str, RecordId] = field(default_factory=dict)
    seat_rows: dict[TownshipId, list[KeptSeat]] = field(default_factory=dict)
    account_rows: dict[tuple[TownshipId, DeviceId, Series, int], KeptAccount] = field(default_factory=dict)
    withdrawn_rows: dict[tuple[TownshipId, DeviceId, Series, int], Withdrawn] = field(default_factory=dict)
    desk_rows: dict[TownshipId, list[DeviceId]] = field(default_factory=dict)
    witnessed_rows: dict[str, dict[DeviceId, Witnessing]] = field(default_factory=dict)
    check_rows: dict[BatchId, dict[int, str]] = field(default_factory=dict)
    witness_lists: dict[tuple[str, str], int] = field(default_factory=dict)
    lines: list[tuple[str, str, str]] = field(default_factory=list)

    def copy(self) -> MemoryBook:
        """Return a book that can be written in without a trace in this one; what it holds never changes itself."""
        return type(self)(**{one.name: _copy(getattr(self, one.name)) for one in fields(self)})

    def epoch(self) -> str:
        return self.now_epoch

    def set_epoch(self, epoch: str, at: datetime) -> None:
        self.now_epoch, self.began = epoch, at

    def epoch_began(self) -> datetime | None:
        return self.began

    def township(self, township: TownshipId) -> TownshipRow:
        return self.townships.get(township, TownshipRow(0, b"", HeadDigest()))

    def save_township(self, township: TownshipId, row: TownshipRow) -> None:
        self.townships[township] = row

    def batch(self, batch_id: BatchId) -> KeptBatch | None:
        return self.batches.get(batch_id)

    def add_batch(self, seal: BatchSeal) -> None:
        self.batches[seal.batch_id] = KeptBatch(seal, BatchState.OPEN)
        self.parts[seal.batch_id] = {}

    def last_sequence(self, township: TownshipId, device: DeviceId) -> int:
        return max((kept.seal.sequence for kept in self.batches.values() if kept.seal.device == device), default=0)

    def set_batch_state(self, batch_id: BatchId, state: BatchState) -> None:
        self.batches[batch_id] = KeptBatch(self.batches[batch_id].seal, state)

    def part_digests(self, batch_id: BatchId) -> Mapping[int, tuple[bytes, int]]:
        return {number: (part.digest, len(part.revisions)) for number, part in self.parts[batch_id].items()}

    def add_parts(self, seal: BatchSeal, parts: Sequence[KeptPart]) -> None:
        for part in parts:
            self.add_part(seal, part)

    def add_part(self, seal: BatchSeal, part: KeptPart) -> None:
        self.parts[seal.batch_id][part.number] = part
        for one in part.revisions:
            row = self.revisions.setdefault(one.id, KeptRow(one, seal.township, seal.device, one.standing))
            if row.standing is RevisionStanding.HELD and row.township == seal.township:
                aside = one.standing is RevisionStanding.SET_ASIDE
                standing = one.standing if aside else row.standing
                self.revisions[one.id] = replace(row, device=seal.device, standing=standing)

    def claim_records(self, township: TownshipId, batch_id: BatchId) -> None:
        for one in self._in_batch(batch_id):
            if one.standing is not RevisionStanding.SET_ASIDE:
                self.records.setdefault(one.record, (township, None))

    def strangers(self, township: TownshipId, batch_id: BatchId) -> tuple[Problem, ...]:
        return tuple(
            Problem(part.number, place, one.record, one.id, "not_allowed", "record of another township")
            for part in self.parts[batch_id].values()
            for place, one in enumerate(part.revisions)
            if self.records.get(one.record, (township, None))[0] != township
        )

    def claim_numbers(self, township: TownshipId, batch_id: BatchId) -> None:
        for one in self._in_batch(batch_id):
            if one.number and self.revisions[one.id].standing is not RevisionStanding.SET_ASIDE:
                self.numbers.setdefault(one.number, one.record)

    def doubles(self, batch_id: BatchId) -> tuple[Problem, ...]:
        return tuple(
            Problem(part.number, place, one.record, one.id, "number_taken", one.number)
            for part in self.parts[batch_id].values()
            for place, one in enumerate(part.revisions)
            if one.number
            and self.revisions[one.id].standing is not RevisionStanding.SET_ASIDE
            and self.numbers[one.number] != one.record
        )

    def set_aside(self, township: TownshipId, batch_id: BatchId, problems: Sequence[Problem]) -> None:
        self.late_problems[batch_id] = (*self.late_problems.get(batch_id, ()), *problems)
        aside = {p.revision: RevisionStanding.SET_ASIDE for p in problems if p.revision is not None}
        self.set_standings(township, aside)

    def put_checks(self, batch_id: BatchId, told: Mapping[int, str]) -> None:
        self.check_rows[batch_id] = {**told, **self.check_rows.get(batch_id, {})}

    def checks(self, batch_id: BatchId) -> Mapping[int, str]:
        return self.check_rows.get(batch_id, {})

    def problems(self, batch_id: BatchId) -> tuple[Problem, ...]:
        early = (problem for part in self.parts[batch_id].values() for problem in part.problems)
        both = (*early, *self.late_problems.get(batch_id, ()))
        return tuple(sorted(both, key=lambda problem: (problem.part, problem.place)))

    def decided_records(self, batch_id: BatchId) -> frozenset[RecordId]:
        decided = {signed.decision.record_id for signed in self.decisions.values()}
        return frozenset(one.record for one in self._in_batch(batch_id) if one.record in decided)

    def release(self, batch_id: BatchId, standing: RevisionStanding) -> None:
        for one in self._in_batch(batch_id):
            row = self.revisions[one.id]
            if row.standing in (RevisionStanding.STAGED, RevisionStanding.HELD):
                self.revisions[one.id] = replace(row, standing=standing)

    def record_files(self, records: Collection[RecordId]) -> Mapping[RecordId, RecordFile]:
        return {record: self._file(record) for record in records if record in self.records}

    def add_revisions(self, township: TownshipId, revisions: Iterable[KeptRevision]) -> None:
        for one in revisions:
            self.revisions.setdefault(one.id, KeptRow(one, township, None, one.standing))

    def set_standings(self, township: TownshipId, standings: Mapping[RevisionId, RevisionStanding]) -> None:
        for revision, standing in standings.items():
            row = self.revisions[revision]
            if row.township == township:
                self.revisions[revision] = replace(row, standing=standing)

    def add_decision(self, signed: SignedDecision) -> None:
        self.decisions.setdefault(signed.decision.id, signed)

    def set_head(self, township: TownshipId, record: RecordId, head: RevisionId | None) -> None:
        self.records[record] = (township, head)

    def add_events(self, township: TownshipId, events: Sequence[KeptEvent]) -> None:
        self.feeds.setdefault(township, []).extend(events)

    def events(self, township: TownshipId, after: int, most: int) -> Sequence[KeptEvent]:
        return self.feeds.get(township, [])[after : after + most]

    def fetched(self, township: TownshipId) -> int:
        return self.fetched_rows.get(township, 0)

    def set_fetched(self, township: TownshipId, sequence: int) -> None:
        self.fetched_rows[township] = sequence

    def set_all_fetched(self) -> None:
        self.fetched_rows |= {township: row.feed_end for township, row in self.townships.items()}

    def take_back_decisions(self, signed: SignedTakeBack, decisions: Sequence[SignedDecision], cut_at: int) -> None:
        self.feeds[signed.said.township] = self.feeds.get(signed.said.township, [])[:cut_at]
        for one in decisions:
            del self.decisions[one.decision.id]
            self.taken_back_rows.append((one, signed))

    def feed_hash_at(self, township: TownshipId, sequence: int) -> bytes | None:
        feed = self.feeds.get(township, [])
        return feed[sequence - 1].feed_hash if sequence <= len(feed) else None

    def sent_revisions(
        self, revisions: Collection[RevisionId], unless_from: DeviceId | None
    ) -> Mapping[RevisionId, SentRevision]:
        rows = {one: self.revisions[one] for one in revisions if one in self.revisions}
        return {one: row.kept.sent for one, row in rows.items() if unless_from is None or row.device != unless_from}

    def heads(self, township: TownshipId, bucket: int | None) -> tuple[Head, ...]:
        owned = ((record, head) for record, (owner, head) in self.records.items() if owner == township)
        heads = [Head(record, head) for record, head in sorted(owned) if head is not None]
        return tuple(head for head in heads if bucket is None or bucket_of(head.record) == bucket)

    def missing_attachments(self, township: TownshipId, hashes: Collection[str]) -> frozenset[str]:
        return frozenset(name for name in hashes if (township, name) not in self.attachments)

    def add_attachment(self, township: TownshipId, sha256: str, size_bytes: int) -> None:
        self.attachments[township, sha256] = size_bytes

    def seats(self, township: TownshipId) -> tuple[KeptSeat, ...]:
        return tuple(sorted(self.seat_rows.get(township, []), key=lambda kept: kept.seat))

    def add_seat(self, township: TownshipId, seat: KeptSeat) -> None:
        self.seat_rows.setdefault(township, []).append(seat)

    def accounts(self, township: TownshipId, device: DeviceId | None = None) -> tuple[KeptAccount, ...]:
        ours = (kept for (owner, *_), kept in self.account_rows.items() if owner == township)
        return tuple(kept for kept in ours if device is None or kept.device == device)

    def put_accounts(self, township: TownshipId, accounts: Sequence[KeptAccount]) -> None:
        for kept in accounts:
            key = (township, kept.device, kept.account.series, kept.account.first)
            known = self.account_rows.get(key)
            if known is None or known.account.version < kept.account.version:
                given = max(kept.account.given, known.account.given if known else 0)
                self.account_rows[key] = replace(kept, account=replace(kept.account, given=given))

    def withdrawn(self, series: Series, township: TownshipId) -> tuple[Withdrawn, ...]:
        rows = self.withdrawn_rows.items()
        return tuple(one for (owner, *_), one in rows if owner == township and one.series == series)

    def put_withdrawn(self, township: TownshipId, device: DeviceId, withdrawn: Sequence[Withdrawn]) -> None:
        for one in withdrawn:
            key = (township, device, one.series, one.first)
            if key not in self.withdrawn_rows or self.withdrawn_rows[key].last < one.last:
                self.withdrawn_rows[key] = one

    def told(self, device: DeviceId) -> int:
        return sum(kept.account.version for kept in self.account_rows.values() if kept.device == device)

    def taken(self, township: TownshipId, after: int) -> tuple[tuple[DeviceId, Taken], ...]:
        later = sorted((kept for kept in self.accounts(township) if kept.place > after), key=lambda kept: kept.place)
        return tuple(
            (it.device, Taken(it.place, it.account.series, it.account.first, it.account.last, it.seat)) for it in later
        )

    def items(self, series: Series) -> tuple[tuple[int, RecordId], ...]:
        read = ((read_number(number), record) for number, record in self.numbers.items())
        return tuple((found[1], record) for found, record in read if found and found[0] == series)

    def log(self, who: str, act: str, subject: str, details: Mapping[str, LogDetail]) -> None:
        self.lines.append((who, act, subject))

    def enrol(self, township: TownshipId, device: DeviceId) -> None:
        """The desk is one of the township's."""
        self.desk_rows.setdefault(township, []).append(device)

    def _in_batch(self, batch_id: BatchId) -> Iterator[KeptRevision]:
        return (one for part in self.parts[batch_id].values() for one in part.revisions)

    def _file(self, record: RecordId) -> RecordFile:
        township, head = self.records[record]
        rows = [row for row in self.revisions.values() if row.kept.record == record and row.township == township]
        rows = [row for row in rows if row.standing is not RevisionStanding.STAGED and row.kept.sent.kind in _KINDS]
        kept = {row.kept.id: row.kept for row in rows}
        history = History(
            {one: it.sent.parent_ids for one, it in kept.items()},
            {one: ChangeKind(it.sent.kind) for one, it in kept.items()},
            tuple(s.decision for s in self.decisions.values() if s.decision.record_id == record),
        )
        attachments = {one: it.attachments for one, it in kept.items()}
        missing = self.missing_attachments(township, {name for names in attachments.values() for name in names})
        standings = {row.kept.id: row.standing for row in rows}
        return RecordFile(record, township, head, history, standings, attachments, missing)


def _copy(value: Any) -> Any:
    """Return dictionaries and lists anew, to any depth, and what lies in them as it is."""
    if isinstance(value, dict):
        return {key: _copy(held) for key, held in value.items()}
    return list(value) if isinstance(value, list) else value


_KINDS = frozenset(kind.value for kind in ChangeKind)


class MemoryCountyStore:
    """A county without a disk."""

    def __init__(self, epoch: str, kind: type[MemoryBook] = MemoryBook) -> None:
        self.book = kind(epoch)
        self._lock = RLock()

    @contextmanager
    def reading(self, township: TownshipId | None = None) -> Iterator[CountyBook]:
        with self._lock:
            yield self.book

    @contextmanager
    def writing(self, township: TownshipId | None) -> Iterator[CountyBook]:
        with self._lock:
            trial = self.book.copy()
            yield trial
            self.book = trial
