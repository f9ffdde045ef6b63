"""Bugs planted on purpose in how attachments travel, and in what goes by stick."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from sync.client.stick import MOST_PAGES
from sync.contract.messages import BatchState, SyncReply
from sync.contract.packets import Answered
from sync.contract.revisions import RecordId, TownshipId
from sync.ledger import RecordFile
from tests.simulation.pages import MemoryPages
from tests.simulation.sticks import Packet, PlainPost
from tests.simulation.weather import FailingStore, WeatherBook, WeatherLedger
from tests.simulation.world import Parts


class TakesPagesUnhashed(MemoryPages):
    """Whatever arrives under a name is taken for it."""

    def is_right(self, sha256: str, content: bytes) -> bool:
        return True


class TakesHalfAPage(MemoryPages):
    """A page that was cut counts as here."""

    def progress(self, township: TownshipId, sha256: str) -> tuple[int, bool]:
        arrived, whole = super().progress(township, sha256)
        return arrived, whole or arrived > 0


class _NothingIsMissing(WeatherBook):
    def record_files(self, records: Collection[RecordId]) -> Mapping[RecordId, RecordFile]:
        return {name: replace(one, missing=frozenset()) for name, one in super().record_files(records).items()}


class AcceptsWithoutPages(FailingStore):
    """A record is accepted before its pages are here."""

    kind = _NothingIsMissing


class _AnybodysPages(WeatherBook):
    def missing_attachments(self, township: TownshipId, hashes: Collection[str]) -> frozenset[str]:
        held = {name for _, name in self.attachments}
        return frozenset(hashes) - held


class CountsAnybodysPages(FailingStore):
    """A page that another township sent counts as sent."""

    kind = _AnybodysPages


class MarksPagesWhenRead(WeatherLedger):
    """A page counts as sent once it was read for sending."""

    def read_attachment(self, sha256: str, offset: int, most_bytes: int) -> bytes:
        content = super().read_attachment(sha256, offset, most_bytes)
        if offset + len(content) >= len(self.attachments[sha256]):
            self._sent.add(sha256)
        return content


class CountsTheStickAsReceived(PlainPost):
    """What was written on a stick counts as received, wherever the stick goes."""

    def write_out(self) -> None:
        super().write_out()
        for batch in self._ledger._batches:  # type: ignore[attr-defined]  # of a book in memory
            batch.state = BatchState.RECEIVED


class CountsTheStickAsSent(PlainPost):
    """Pages written on a stick count as sent, wherever the stick goes."""

    def write_out(self) -> None:
        super().write_out()
        pages = self._ledger.unsent_attachments(MOST_PAGES, of_waiting=True)
        self._ledger.mark_attachments_sent([one.sha256 for one in pages])


class BelievesAnyAnswer(PlainPost):
    """An answer from before a restore, or after one that was lost, is taken as if it were the next."""

    def _joined(self, answered: Answered) -> SyncReply:
        waits = {waiting.seal.batch_id for waiting in self._ledger.waiting()}
        batch = answered.reply.batch
        return replace(answered.reply, batch=batch if batch is not None and batch.batch_id in waits else None)


class ReadsAnothersAnswer(PlainPost):
    """What lies on the stick is taken for this desk's, whoever it is for."""

    def is_ours(self, packet: Packet) -> bool:
        return True


PLANTED = {
    "page taken unhashed": Parts(pages=TakesPagesUnhashed),
    "half a page is enough": Parts(pages=TakesHalfAPage),
    "accepted without its pages": Parts(store=AcceptsWithoutPages),
    "another township's page counts": Parts(store=CountsAnybodysPages),
    "page marked when it is read": Parts(ledger=MarksPagesWhenRead),
    "stick counts as received": Parts(post=CountsTheStickAsReceived),
    "pages on a stick count as sent": Parts(post=CountsTheStickAsSent),
    "any answer on a stick is believed": Parts(post=BelievesAnyAnswer),
    "another desk's answer is read": Parts(post=ReadsAnothersAnswer),
}
