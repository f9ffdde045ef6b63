"""A small world of three desks and a county, drawn from a seed: people at work, and everything that goes wrong on a line.

The parts are the product's own: rules, books in memory, messages as bytes, real signatures. Invented are only the people
and the weather.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace

from sync.contract.batches import BatchId
from sync.contract.certificates import Holder, Role
from sync.contract.decisions import Decision, DecisionKind, Ground
from sync.contract.errors import LantaiError
from sync.contract.histories import OPEN_STANDINGS, RevisionStanding
from sync.contract.messages import SentBatch, SyncReply, SyncRequest, send_revision
from sync.contract.revisions import (
    STEPS_AFTER_OWN_RESTORE,
    ChangeKind,
    DeviceId,
    RecordId,
    RecordState,
    Revision,
    RevisionId,
    TownshipId,
    may_step,
)
from sync.contract.wire import pack, unpack
from sync.ledger import Desk, Proposal, RecordFile
from sync.ledger.county_book import CountyBook
from sync.ledger.county_rules import CountyRules
from sync.ledger.memory_county import MemoryBook, MemoryCountyStore
from sync.ledger.memory_township import MemoryTownshipLedger
from tests.sync.contract.office import NOW, Office, new_uuid, put

OFFICE = Office()  # keys and certificates are dear; every world shares one office
TOWNSHIPS = (TownshipId("339921102"), TownshipId("339921102"), TownshipId("339921103"))
HOLDERS = [Holder(DeviceId(new_uuid(OFFICE.draw)), Role.DESK, "乡镇", township) for township in TOWNSHIPS]
CARDS = [OFFICE.give(holder) for holder in HOLDERS]
CUTS = ["cut within", "cut before", "cut after"]
GROUNDS = (Ground("title", "unclear", "不清"),)


class Cut(Exception):
    """The line, or the county's power, was cut here."""


@dataclass
class WeatherBook(MemoryBook):
    """A book in which the power may be cut in the middle of an act."""

    cut_within: list[bool] = field(default_factory=list)

    def log(self, who: str, act: str, subject: str, details: Mapping[str, str | int]) -> None:
        if any(self.cut_within):
            raise Cut
        super().log(who, act, subject, details)


class FailingStore(MemoryCountyStore):
    """A county whose power may be cut within an act, just before its commit or just after."""

    kind: type[WeatherBook] = WeatherBook
    book: WeatherBook

    def __init__(self, epoch: str) -> None:
        super().__init__(epoch, self.kind)
        self.weather = "fine"

    @contextmanager
    def writing(self, township: TownshipId | None) -> Iterator[CountyBook]:
        self.book.cut_within = [self.weather == "cut within"]
        with super().writing(township) as book:
            yield book
            if self.weather == "cut before":
                raise Cut
        if self.weather == "cut after":
            raise Cut


@dataclass
class Clerk:
    """A desk in the world."""

    desk: Desk
    ledger: MemoryTownshipLedger
    backup: MemoryTownshipLedger | None = None
    went_back: bool = False


class World:
    """One history; `play` it, then `heal` it, then look whether everything is right."""

    def __init__(
        self,
        seed: int,
        make_store: Callable[[str], FailingStore] = FailingStore,
        make_ledger: Callable[..., MemoryTownshipLedger] = MemoryTownshipLedger,
    ) -> None:
        self.draw = random.Random(seed)
        self.store = make_store("0" * 32)
        self.rules = CountyRules(self.store, OFFICE.authority, lambda _: None, lambda: NOW)
        self.clerks = [
            Clerk(Desk(holder, certificate), make_ledger(holder.township, holder.device, key))
            for holder, (key, certificate) in zip(HOLDERS, CARDS, strict=True)
        ]
        self.seen: Counter[str] = Counter()
        self.captured: list[tuple[Clerk, bytes]] = []

    # people at work

    def play(self, acts: int) -> None:
        weighted = [
            (self._file, 6), (self._amend, 6), (self._seal, 5), (self._sync, 16), (self._decide, 12),
            (self._change, 2), (self._replay, 2), (self._back_up, 1), (self._go_back, 1), (self._declare, 1),
        ]  # fmt: skip
        chosen = self.draw.choices([act for act, _ in weighted], [weight for _, weight in weighted], k=acts)
        for act in chosen:
            act()

    def _clerk(self) -> Clerk:
        return self.draw.choice(self.clerks)

    def _text(self) -> dict[str, object]:
        return {"题名": self.draw.randbytes(4).hex()}

    def _file(self) -> None:
        self._clerk().ledger.file(put(RecordId(new_uuid(self.draw)), self._text()))

    def _amend(self) -> None:
        clerk = self._clerk()
        known = clerk.ledger.records()
        if not known:
            return
        record = self.draw.choice(known)
        newest = clerk.ledger.revision(clerk.ledger.newest(record))
        voided = newest.kind_of_change is ChangeKind.VOID
        kind = ChangeKind.RESTORE if voided else self.draw.choice([ChangeKind.PUT] * 4 + [ChangeKind.VOID])
        clerk.ledger.file(put(record, self._text(), newest.id, kind=kind))
        self.seen[f"amended: {kind}"] += 1

    def _seal(self) -> None:
        self._clerk().ledger.seal(BatchId(new_uuid(self.draw)), target_bytes=self.draw.choice([30, 70, 1000]))

    # the line

    def _sync(self) -> None:
        clerk = self._clerk()
        for _ in range(self.draw.randint(1, 4)):
            weather = self.draw.choice(["fine"] * 5 + ["no request", "no reply", "twice", *CUTS])
            self.seen[f"line: {weather}"] += 1
            if not self.step(clerk, weather):
                return

    def step(self, clerk: Clerk, weather: str = "fine") -> bool:
        """Exchange once; True if there is more to do."""
        request = self._request(clerk)
        sent = pack(request)
        if self.draw.random() < 0.1:
            self.captured.append((clerk, sent))
        if weather == "no request":
            return True
        reply = self._deliver(clerk, sent, weather)
        if weather == "twice":
            reply = self._deliver(clerk, sent, "fine")
        if reply is None or weather == "no reply":
            return True
        before = {record: clerk.ledger.state(record) for record in clerk.ledger.records()}
        taken = clerk.ledger.take_in(request, unpack(SyncReply, pack(reply)))
        self._check_steps(clerk, before)
        return bool(reply.more or taken.new_epoch or taken.bodies_missing or clerk.ledger.outgoing())

    def _request(self, clerk: Clerk) -> SyncRequest:
        place, outgoing = clerk.ledger.place(), clerk.ledger.outgoing()
        request = SyncRequest(
            place.epoch,
            place.after,
            place.feed_hash,
            last_batch=place.last_batch,
            want_bodies=place.want_bodies,
            limit=2,
        )
        if outgoing is None or not place.epoch:
            return request
        parts = clerk.ledger.read_parts(outgoing.seal.batch_id, outgoing.want, self.draw.choice([1, 100]))
        return replace(request, batch=SentBatch(outgoing.seal, parts))

    def _deliver(self, clerk: Clerk, sent: bytes, weather: str) -> SyncReply | None:
        self.store.weather = weather
        try:
            return self.rules.sync(clerk.desk, unpack(SyncRequest, sent))
        except Cut:
            return None
        finally:
            self.store.weather = "fine"

    def _replay(self) -> None:
        if self.captured:
            clerk, sent = self.draw.choice(self.captured)
            self._deliver(clerk, sent, "fine")
            self.seen["old request replayed"] += 1

    def _check_steps(self, clerk: Clerk, before: dict[RecordId, RecordState | None]) -> None:
        for record, old in before.items():
            new = clerk.ledger.state(record)
            excused = clerk.went_back and (old, new) in STEPS_AFTER_OWN_RESTORE
            if old is not None and new is not None and not may_step(old, new) and not excused:
                raise AssertionError(f"a record went from {old} to {new}")

    # the county

    def _decide(self) -> None:
        waiting = self._open_revisions()
        if not waiting:
            return
        file, revision = self.draw.choice(waiting)
        self.store.weather = self.draw.choice(["fine"] * 8 + CUTS)
        try:
            self._decide_on(file, revision, returning=self.draw.random() < 0.25)
        except Cut:
            self.seen["decision cut"] += 1
        finally:
            self.store.weather = "fine"

    def _decide_on(self, file: RecordFile, revision: RevisionId, *, returning: bool) -> None:
        if returning:
            return self._propose(file, DecisionKind.RETURNED, revision, file.head, GROUNDS)
        if file.standings[revision] is RevisionStanding.CONFLICT:
            merged = put(file.record_id, self._text(), file.head, revision)
            return self._propose(file, DecisionKind.MERGED, revision, merged.id, made=merged)
        voided = file.head is not None and file.history.kinds[file.head] is ChangeKind.VOID
        if voided and file.history.kinds[revision] is not ChangeKind.RESTORE:
            return self._propose(file, DecisionKind.RETURNED, revision, file.head, GROUNDS)
        return self._propose(file, DecisionKind.ACCEPTED, revision, revision)

    def _change(self) -> None:
        heads = [head for township in set(TOWNSHIPS) for head in self.rules.heads(township)]
        if not heads:
            return
        file = self.rules.record(self.draw.choice(heads).record)
        voided = file.history.kinds[file.head] is ChangeKind.VOID
        kind = ChangeKind.RESTORE if voided else self.draw.choice([ChangeKind.PUT, ChangeKind.VOID])
        made = put(file.record_id, self._text(), file.head, kind=kind)
        kinds = {ChangeKind.VOID: DecisionKind.VOIDED, ChangeKind.RESTORE: DecisionKind.RESTORED}
        self._propose(file, kinds.get(kind, DecisionKind.COUNTY), made.id, made.id, made=made)

    def _propose(
        self, file: RecordFile, kind: DecisionKind, revision: RevisionId, head: RevisionId | None,
        grounds: tuple[Ground, ...] = (), made: Revision | None = None,
    ) -> None:  # fmt: skip
        decision = Decision(file.township, file.record_id, kind, revision, head, file.history.tips, grounds)
        self.rules.decide(Proposal(OFFICE.sign(decision), (send_revision(made),) if made else ()))
        self.seen[f"decided: {kind}"] += 1

    def _open_revisions(self) -> list[tuple[RecordFile, RevisionId]]:
        with self.store.reading() as book:
            files = book.record_files(self.known_records())
        return [
            (file, revision)
            for _, file in sorted(files.items())
            for revision, standing in sorted(file.standings.items())
            if standing in OPEN_STANDINGS
        ]

    def known_records(self) -> list[RecordId]:
        return sorted(self.store.book.records)

    # going back

    def _back_up(self) -> None:
        clerk = self._clerk()
        clerk.backup = _copy(clerk.ledger)

    def _go_back(self) -> None:
        clerk = self._clerk()
        if clerk.backup is not None:
            clerk.ledger, clerk.went_back = _copy(clerk.backup), True
            self.seen["desk restored"] += 1

    def _declare(self) -> None:
        self.rules.take_new_epoch(self.draw.randbytes(16).hex())
        self.seen["epoch declared"] += 1

    def heal(self) -> None:
        """The weather is fine, everybody sends, and staff decide until nothing is open."""
        for clerk in self.clerks:
            clerk.ledger.seal(BatchId(new_uuid(self.draw)))
        self._drain()
        while waiting := self._open_revisions():
            file, revision = waiting[0]
            try:
                self._decide_on(file, revision, returning=False)
            except LantaiError as error:
                raise AssertionError(f"an open revision cannot be decided: {error}") from error
        self._drain()

    def _drain(self) -> None:
        for clerk in self.clerks:
            for _ in range(3000):
                if not self.step(clerk):
                    break
            else:
                raise AssertionError("the line never came to rest")


def _copy(ledger: MemoryTownshipLedger) -> MemoryTownshipLedger:
    key = ledger.key
    ledger.key = None
    copied = deepcopy(ledger)
    ledger.key = copied.key = key
    return copied
