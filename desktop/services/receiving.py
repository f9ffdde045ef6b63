"""Receiving (收件): files from the scanner folder are kept first and only then cleared away; none is ever deleted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import uuid6

from desktop.archive import attachments, check_reports, inbox
from desktop.archive.archive import Archive
from desktop.archive.clock import Clock
from desktop.archive.inbox import Item, ItemState
from desktop.documents.formats import Format
from desktop.documents.pages import PageReader
from desktop.documents.scanner import Arrival, ArrivalState, ScannerFolder
from desktop.documents.watching import FolderWatch
from desktop.services.changed import Changed
from desktop.services.file_checks import faults_of
from sync.contract.errors import ReaderStopped, Unavailable, UnreadableFile

STOPS_BEFORE_ASIDE = 3
MEDIA = {
    Format.PDF: "application/pdf",
    Format.JPEG: "image/jpeg",
    Format.PNG: "image/png",
    Format.TIFF: "image/tiff",
    Format.OFD: "application/ofd",
}


@dataclass(frozen=True, slots=True)
class Swept:
    """What one look into the scanner folder did: every file seen is in exactly one of the counts."""

    seen: int
    taken: int
    doubled: int
    aside: int
    waiting: int
    changed: Changed
    away: bool = False  # the folder could not be looked into


class Receiving:
    """The scanner folder of one desk, and its inbox."""

    def __init__(
        self, archive: Archive, reader: PageReader, folder: Path, person: str, clock: Clock, settle_seconds: float = 2.0
    ) -> None:
        self.folder = folder
        self._archive = archive
        self._reader = reader
        self._scanner = ScannerFolder(folder, settle_seconds)
        self._watch: FolderWatch | None = None
        self._person = person
        self._clock = clock
        self._stops: Counter[bytes] = Counter()  # how often a file, known by its SHA-256, stopped its reader

    def items(self, *states: ItemState) -> list[Item]:
        """Return what came, oldest first: in these states, or all that is not catalogued yet."""
        with self._archive.reading() as connection:
            return inbox.items(connection, *(states or (ItemState.TAKEN, ItemState.DOUBLED, ItemState.ASIDE)))

    def sweep(self) -> Swept:
        """Every complete file of the folder is kept in the archive, or set aside with its reason, and moved out of the way.

        A file still being written, or one whose reader had no time, waits for the next sweep; one that stops its reader
        again and again is set aside.
        """
        counts = dict.fromkeys(ItemState, 0)
        waiting = 0
        arrivals = self._scanner.sweep(self._clock())
        for arrival in arrivals:
            item = self._settle(arrival)
            if item is None:
                waiting += 1
            else:
                counts[item.state] += 1
        taken, doubled, aside = counts[ItemState.TAKEN], counts[ItemState.DOUBLED], counts[ItemState.ASIDE]
        changed = Changed(inbox=bool(taken + doubled + aside))
        return Swept(len(arrivals), taken, doubled, aside, waiting, changed, self._scanner.away)

    def close(self) -> None:
        """The folder is watched no longer."""
        if self._watch is not None:
            self._watch.close()
        self._scanner.close()

    def watch(self, changed: Callable[[], None]) -> None:
        """From now on `changed` is called, from a thread of its own, whenever something happens in the folder."""
        self._watch = self._watch or FolderWatch(self.folder, changed)

    def _settle(self, arrival: Arrival) -> Item | None:
        """Keep one arrival; only when its row is on the disk is the file moved."""
        if arrival.state is ArrivalState.STILL_WRITING or not self._scanner.stands(arrival):
            return None  # the scanner wrote on while other files of this sweep were read: it comes again, once
        try:
            item = (
                self._take(arrival)
                if arrival.state is ArrivalState.COMPLETE
                else self._set_aside(arrival, arrival.reason)
            )
        except UnreadableFile as refusal:
            item = self._set_aside(arrival, str(refusal.facts.get("reason", refusal.code)))
        except ReaderStopped as stopped:
            reason = str(stopped.facts.get("reason", ""))
            if not self._stops_again(arrival, reason):
                return None
            item = self._set_aside(arrival, reason)
        except Unavailable:
            return None  # the disk is full: the file stays where it is and is tried again
        self._scanner.release(arrival, kept=item.state is not ItemState.ASIDE)
        return item

    def _stops_again(self, arrival: Arrival, reason: str) -> bool:
        """Whether this file has stopped its reader so often that it is the file, not a busy moment."""
        if reason == "start":
            return False  # no reader came up at all: nothing is known of the file
        self._stops[arrival.sha256] += 1
        return self._stops[arrival.sha256] >= STOPS_BEFORE_ASIDE

    def _take(self, arrival: Arrival) -> Item:
        data, sha256 = arrival.data, arrival.sha256.hex()
        with self._archive.reading() as connection:
            known = attachments.find(connection, sha256)
        if known:
            pages, media, found = known.pages, known.media, None
        else:
            seen = self._reader.inspect(data)
            pages, media, found = seen.pages, MEDIA[seen.format], faults_of(seen, seen.pages)
        now = self._clock()
        with self._archive.act(self._person, now) as act:
            state = ItemState.DOUBLED if known else ItemState.TAKEN
            item = Item(str(uuid6.uuid7()), arrival.name, state, sha256, len(data), pages, "", act.moment, "")
            if not known:
                attachments.keep(self._archive, act, data, sha256=sha256, pages=pages, media=media)
            if found is not None:
                check_reports.note_opened(act, sha256, found)
            inbox.add(act, item)
            act.note("file-received", sha256, state=state.value)
        return item

    def _set_aside(self, arrival: Arrival, reason: str) -> Item:
        with self._archive.act(self._person, self._clock()) as act:
            item = Item(
                str(uuid6.uuid7()), arrival.name, ItemState.ASIDE, "", arrival.size_bytes, 0, reason, act.moment, ""
            )
            inbox.add(act, item)
            act.note("file-set-aside", item.id, reason=reason)
        return item


__all__ = ["Item", "ItemState", "Receiving", "Swept"]
