"""Bugs planted on purpose in the county: a simulation that does not find each of them could not find anything."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from sync.contract.batches import BatchSeal
from sync.contract.decisions import DecisionKind
from sync.contract.histories import History, RevisionStanding
from sync.contract.messages import BatchReceipt, BatchState, SentBatch, SyncReply, SyncRequest
from sync.contract.revisions import ChangeKind, DeviceId, RecordId, RevisionId, TownshipId
from sync.ledger import Desk, RecordFile
from sync.ledger.county_book import CountyBook, KeptEvent, KeptPart
from sync.ledger.county_rules import CountyRules
from tests.simulation.weather import FailingStore, WeatherBook
from tests.simulation.world import Parts


class _ForgetfulFeed(WeatherBook):
    def add_events(self, township: TownshipId, events: Sequence[KeptEvent]) -> None:
        told = [one for one in events if not (one.decision and one.decision.decision.kind is DecisionKind.RETURNED)]
        super().add_events(township, told)


class ForgetfulFeed(FailingStore):
    """A return is not told in the feed."""

    kind = _ForgetfulFeed


class _Losing(WeatherBook):
    def add_part(self, seal: BatchSeal, part: KeptPart) -> None:
        super().add_part(seal, part)
        if len(part.revisions) > 2:
            self.revisions.pop(part.revisions[-1].id, None)


class LosesTheLast(FailingStore):
    """The last revision of a part with several is not kept."""

    kind = _Losing


class _NoConflicts(History):
    def is_fast_forward(self, revision: RevisionId) -> bool:
        return True


class _AnyOldHead(History):
    def is_fast_forward(self, revision: RevisionId) -> bool:
        nearest = self.nearest_heads(revision)
        return bool(nearest) if self.head is not None else not nearest


class JudgingBook(WeatherBook):
    """A book that hands out histories with a fault in them."""

    history: type[History] = History

    def record_files(self, records: Collection[RecordId]) -> Mapping[RecordId, RecordFile]:
        return {record: self._judged(file) for record, file in super().record_files(records).items()}

    def _judged(self, file: RecordFile) -> RecordFile:
        true = file.history
        return replace(file, history=self.history(true.parents, true.kinds, true.decisions))


class _LastWriterWins(JudgingBook):
    history = _NoConflicts


class LastWriterWins(FailingStore):
    """Whoever is accepted last becomes head, whatever stands there."""

    kind = _LastWriterWins


class _WrongAncestor(JudgingBook):
    history = _AnyOldHead


class WrongAncestor(FailingStore):
    """A revision may follow anything that was ever head, not only the head."""

    kind = _WrongAncestor


class HalfCommitting(FailingStore):
    """What was written stays although the power was cut within the act."""

    @contextmanager
    def writing(self, township: TownshipId | None) -> Iterator[CountyBook]:
        self.prepare()
        yield self.book


class AcknowledgesBeforeItKeeps(FailingStore):
    """The county answers as if it had kept what a power cut then takes away."""

    @contextmanager
    def writing(self, township: TownshipId | None) -> Iterator[CountyBook]:
        kept = self.book
        fails, self.weather = self.weather == "county cut before", self.weather.replace("cut before", "")
        with super().writing(township) as book:
            yield book
        if fails:
            self.book = kept


@dataclass
class _BySequence(WeatherBook):
    in_flight: dict[str, list[KeptEvent]] = field(default_factory=dict)
    acts: dict[str, int] = field(default_factory=dict)

    def add_events(self, township: TownshipId, events: Sequence[KeptEvent]) -> None:
        self.acts[township] = self.acts.get(township, 0) + 1
        if self.acts[township] % 3:
            super().add_events(township, [*self.in_flight.pop(township, []), *events])
            self.feeds[township].sort(key=lambda event: event.sequence)
        else:
            self.in_flight.setdefault(township, []).extend(events)

    def events(self, township: TownshipId, after: int, most: int) -> Sequence[KeptEvent]:
        later = [one for one in self.feeds.get(township, []) if one.sequence > after]
        flying = self.in_flight.pop(township, [])  # its transaction ends once somebody has read
        super().add_events(township, flying)
        return later[:most]


class NumbersBySequence(FailingStore):
    """Feed numbers come from the database's sequence: some become visible after higher ones."""

    kind = _BySequence


class _DropsVoids(WeatherBook):
    def save_township(self, township: TownshipId, row: object) -> None:
        super().save_township(township, row)
        heads = {head for _, head in self.records.values()}
        for revision, kept in list(self.revisions.items()):
            old = kept.kept.sent.kind == ChangeKind.VOID and kept.standing is RevisionStanding.ACCEPTED
            if old and revision not in heads:
                del self.revisions[revision]


class CompactsTombstonesEarly(FailingStore):
    """A void is dropped as soon as it is not head any more, though desks have not read it."""

    kind = _DropsVoids


class SealsBeforeAllParts(CountyRules):
    """A batch is received with its first part."""

    def _seal_if_whole(self, book: CountyBook, desk: Desk, seal: BatchSeal) -> BatchState:
        if len(book.part_digests(seal.batch_id)) == seal.parts:
            return super()._seal_if_whole(book, desk, seal)
        book.claim_records(desk.township, seal.batch_id)
        book.release(seal.batch_id, RevisionStanding.RECEIVED)
        return BatchState.OPEN


class _Appending(WeatherBook):
    def add_part(self, seal: BatchSeal, part: KeptPart) -> None:
        super().add_part(seal, part)
        kept = {number: one for number, one in self.parts[seal.batch_id].items() if number != part.number}
        last = max(kept, default=-1) + 1
        self.parts[seal.batch_id] = {**kept, last: part}


class _AppendingStore(FailingStore):
    kind = _Appending


class TakesPartsTwice(CountyRules):
    """A part that comes again is appended again."""

    def _take_batch(self, desk: Desk, sent: SentBatch) -> BatchReceipt:
        with self._store.reading() as book:
            kept = book.batch(sent.seal.batch_id)
            again = kept is not None and kept.state is BatchState.OPEN
            have = book.part_digests(sent.seal.batch_id) if again else {}
        if have:
            with self._store.writing(desk.township) as book:
                for part in sent.parts:
                    if part.number in have:
                        book.add_part(sent.seal, self._read_part(desk.township, sent.seal, part))
        return super()._take_batch(desk, sent)


class BelievesTheBody(CountyRules):
    """The township is taken from what the desk says, not from its certificate."""

    def sync(self, desk: Desk, request: SyncRequest) -> SyncReply:
        if request.batch is not None:
            said = request.batch.seal
            desk = Desk(replace(desk.holder, township=said.township, device=DeviceId(said.device)), desk.signer)
        return super().sync(desk, request)


class _ForgetsWhatWasTold(WeatherBook):
    def set_fetched(self, township: TownshipId, sequence: int) -> None:
        return


class TakesBackWhatWasTold(FailingStore):
    """How far desks were told of the feed is not noted."""

    kind = _ForgetsWhatWasTold


PLANTED = {
    "taken back though told": Parts(store=TakesBackWhatWasTold),
    "a return is not told": Parts(store=ForgetfulFeed),
    "the last of a part is lost": Parts(store=LosesTheLast),
    "last writer wins": Parts(store=LastWriterWins),
    "wrong ancestor": Parts(store=WrongAncestor),
    "half an act stays": Parts(store=HalfCommitting),
    "acknowledged before commit": Parts(store=AcknowledgesBeforeItKeeps),
    "feed numbered by a sequence": Parts(store=NumbersBySequence),
    "tombstone compacted early": Parts(store=CompactsTombstonesEarly),
    "sealed before all parts": Parts(rules=SealsBeforeAllParts),
    "part taken twice": Parts(store=_AppendingStore, rules=TakesPartsTwice),
    "township from the body": Parts(rules=BelievesTheBody),
}
