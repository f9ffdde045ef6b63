"""Handing over by stick (优盘递送): what the line would carry, as sealed packets there and back (docs/protocol.md, section 12)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from desktop.archive import batches, settings
from desktop.archive.archive import Archive
from desktop.archive.clock import Clock
from desktop.archive.generations import naming_faults
from desktop.archive.township_ledger import ArchiveTownshipLedger
from desktop.services.changed import Changed
from desktop.services.enrolments import EnrolmentDrawer
from desktop.services.log_witnessing import LogWitness
from desktop.services.syncing import Syncing
from sync.client.stick import StickPost, StickProgress, Taken, Written
from sync.contract.errors import DiskFails, DiskFull, PlaceUnavailable, StickUnavailable
from sync.contract.kinds import Kind

__all__ = ["StickProgress", "StickRead", "Sticks", "Taken", "Written"]

Watch = Callable[[StickProgress], None]
Asked = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class StickRead:
    """What a stick brought, and which records changed."""

    taken: Taken
    changed: Changed


class Sticks:
    """One desk's hand-overs by stick."""

    def __init__(
        self, archive: Archive, kinds: Mapping[str, Kind], syncing: Syncing, person: str, clock: Clock
    ) -> None:
        self._archive, self._syncing = archive, syncing
        self._person, self._clock = person, clock
        self._drawer = EnrolmentDrawer(archive, "desk", person, clock)
        self._ledger = ArchiveTownshipLedger(archive, kinds, clock)

    def write(self, stick: Path, watch: Watch, asked: Asked) -> Written:
        """Everything filed is sealed, and all that waits lies on the stick, rows first, as far as there is room.

        An archive put back from a backup seals nothing before the county has answered; its packet asks.

        Raises:
            Refused: this desk is not enrolled. StickUnavailable: away, full or not to be written (`reason`).
        """
        post = self._post()
        with self._archive.reading() as connection:
            asks_first = bool(settings.get(connection, batches.ASKS_FIRST))
        if not asks_first:
            self._syncing.seal_batch()
        with _naming_stick(stick):
            written = post.write(stick, watch, asked)
        with self._archive.act(self._person, self._clock()) as act:
            act.note("stick-written", "line", batches=written.batches, pages=written.pages, left=written.pages_left)
        return written

    def read(self, stick: Path, watch: Watch, asked: Asked) -> StickRead:
        """The county's answers on the stick are taken in, and are off it.

        Raises:
            Refused: this desk is not enrolled. StickUnavailable: it is not there, or was pulled in the middle.
        """
        post = self._post()
        if not stick.is_dir():
            raise StickUnavailable("stick", reason="gone")
        try:
            taken = post.read(stick, watch, asked)
        except (DiskFull, DiskFails) as error:
            if stick.is_dir():
                raise
            raise StickUnavailable("stick", reason="gone") from error
        with self._archive.act(self._person, self._clock()) as act:
            if taken.packets:
                settings.put(act.connection, "line.last_contact", act.moment)
            act.note("stick-read", "line", packets=taken.packets, events=taken.events, foreign=taken.foreign)
        return StickRead(taken, Changed(taken.records, line=True))

    def _post(self) -> StickPost:
        log = LogWitness(self._archive, self._drawer, self._clock)
        return StickPost(self._ledger, self._drawer.read(), self._drawer.signing_key(), log, self._syncing.editions)


@contextmanager
def _naming_stick(stick: Path) -> Iterator[None]:
    """What the system says against the stick is told as the stick's."""
    if not stick.is_dir():
        raise StickUnavailable("stick", reason="gone")
    try:
        with naming_faults():
            yield
    except PlaceUnavailable as error:
        raise StickUnavailable("stick", **error.facts) from error
