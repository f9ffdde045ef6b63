"""Bugs planted on purpose: a simulation that does not find each of them could not find anything."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from sync.contract.batches import BatchId, BatchSeal
from sync.contract.decisions import DecisionKind
from sync.contract.histories import History
from sync.contract.messages import BatchState, Event, SentPart, SyncReply, SyncRequest
from sync.contract.revisions import RecordId, RevisionId, TownshipId
from sync.ledger import Outgoing, RecordFile, TakenIn
from sync.ledger.county_book import CountyBook, KeptEvent, KeptPart
from sync.ledger.memory_township import MemoryTownshipLedger
from tests.sync.simulation.world import FailingStore, WeatherBook


class _ForgetfulFeed(WeatherBook):
    def add_events(self, township: TownshipId, events: Sequence[KeptEvent]) -> None:
        told = [one for one in events if not (one.decision and one.decision.decision.kind is DecisionKind.RETURNED)]
        super().add_events(township, told)


class ForgetfulFeed(FailingStore):
    """A return is not told."""

    kind = _ForgetfulFeed


class _Losing(WeatherBook):
    def add_part(self, seal: BatchSeal, part: KeptPart) -> None:
        super().add_part(seal, part)
        if len(part.revisions) > 2:
            self.revisions.pop(part.revisions[-1].id, None)


class Losing(FailingStore):
    """The last revision of a part with several is not kept."""

    kind = _Losing


class _NoConflicts(History):
    def is_fast_forward(self, revision: RevisionId) -> bool:
        return True


class _LastWriterWins(WeatherBook):
    def record_files(self, records: Collection[RecordId]) -> Mapping[RecordId, RecordFile]:
        files = super().record_files(records)
        return {
            record: replace(
                file, history=_NoConflicts(file.history.parents, file.history.kinds, file.history.decisions)
            )
            for record, file in files.items()
        }


class LastWriterWins(FailingStore):
    """Whoever is accepted last becomes head, whatever stands there."""

    kind = _LastWriterWins


class HalfCommitting(FailingStore):
    """What was written stays although the power was cut within the act."""

    @contextmanager
    def writing(self, township: TownshipId | None) -> Iterator[CountyBook]:
        self.book.cut_within = [self.weather == "cut within"]
        yield self.book


class AcknowledgesBeforeSending(MemoryTownshipLedger):
    """A batch counts as received once its last part was read for sending."""

    def read_parts(self, batch_id: BatchId, first: int, most_bytes: int) -> tuple[SentPart, ...]:
        parts = super().read_parts(batch_id, first, most_bytes)
        batch = self._batch(batch_id)
        if first + len(parts) >= batch.seal.parts:
            batch.state = BatchState.RECEIVED
        return parts


class MovesTheCursorAnyhow(MemoryTownshipLedger):
    """The cursor stands behind all events although one could not be applied."""

    def take_in(self, asked: SyncRequest, reply: SyncReply) -> TakenIn:
        taken = super().take_in(asked, reply)
        if taken.bodies_missing:
            last = reply.events[-1]
            self._place = replace(self._place, after=last.sequence, feed_hash=last.feed_hash, want_bodies=False)
        return replace(taken, bodies_missing=False)


class SendsOnlyOnce(MemoryTownshipLedger):
    """A part counts as taken once it was sent, whatever the county says."""

    def outgoing(self) -> Outgoing | None:
        found = super().outgoing()
        return None if found and found.want and found.want + 1 >= found.seal.parts else found


class TakesOver(MemoryTownshipLedger):
    """What the county decided replaces newer work that stands here."""

    def _apply(self, event: Event) -> bool:
        applied = super()._apply(event)
        if applied and event.decision and event.decision.decision.head:
            self._records[event.record].newest = event.decision.decision.head
            self._unsealed = [one for one in self._unsealed if one.record_id != event.record]
        return applied


STORES = [ForgetfulFeed, Losing, LastWriterWins, HalfCommitting]
LEDGERS = [AcknowledgesBeforeSending, MovesTheCursorAnyhow, SendsOnlyOnce, TakesOver]
