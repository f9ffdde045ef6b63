"""Bugs planted on purpose at the desk."""

from __future__ import annotations

from dataclasses import replace

from sync.contract.batches import BatchId
from sync.contract.messages import BatchState, Event, SentPart, SyncReply, SyncRequest
from sync.ledger import Outgoing, TakenIn
from tests.simulation.weather import WeatherLedger
from tests.simulation.world import Parts


class AcknowledgesBeforeSending(WeatherLedger):
    """A batch counts as received once its last part was read for sending."""

    def read_parts(self, batch_id: BatchId, first: int, most_bytes: int) -> tuple[SentPart, ...]:
        parts = super().read_parts(batch_id, first, most_bytes)
        batch = self._batch(batch_id)
        if first + len(parts) >= batch.seal.parts:
            batch.state = BatchState.RECEIVED
        return parts


class MovesTheCursorAnyhow(WeatherLedger):
    """The cursor stands behind all events although one could not be applied."""

    def take_in(self, asked: SyncRequest, reply: SyncReply) -> TakenIn:
        taken = super().take_in(asked, reply)
        if taken.bodies_missing:
            last = reply.events[-1]
            self._place = replace(self._place, after=last.sequence, feed_hash=last.feed_hash, want_bodies=False)
        return replace(taken, bodies_missing=False)


class SavesTheCursorFirst(WeatherLedger):
    """The cursor is saved by itself, before what it covers."""

    def take_in(self, asked: SyncRequest, reply: SyncReply) -> TakenIn:
        if reply.events and reply.epoch == asked.epoch:
            last = reply.events[-1]
            self._place = replace(self._place, after=last.sequence, feed_hash=last.feed_hash)
        return super().take_in(asked, reply)


class SendsOnlyOnce(WeatherLedger):
    """A part counts as taken once it was sent, whatever the county says."""

    def outgoing(self) -> Outgoing | None:
        found = super().outgoing()
        return None if found and found.want and found.want + 1 >= found.seal.parts else found


class TakesOver(WeatherLedger):
    """What the county decided replaces newer work that stands here."""

    def _apply(self, event: Event) -> bool:
        applied = super()._apply(event)
        if applied and event.decision and event.decision.decision.head:
            self._records[event.record].newest = event.decision.decision.head
            self._unsealed = [one for one in self._unsealed if one.record_id != event.record]
        return applied


PLANTED = {
    "acknowledged before sending": Parts(ledger=AcknowledgesBeforeSending),
    "cursor moved anyhow": Parts(ledger=MovesTheCursorAnyhow),
    "cursor saved before it is applied": Parts(ledger=SavesTheCursorFirst),
    "a part sent only once": Parts(ledger=SendsOnlyOnce),
    "the county replaces newer work": Parts(ledger=TakesOver),
}
