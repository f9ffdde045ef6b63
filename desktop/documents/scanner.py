"""The scanner's folder (收件箱): what arrives in it is taken only when it is whole, and nothing in it is ever deleted.

A sweep looks; it alone decides. Events of the file system (`watching`) only say that it is time to look, so a lost event
or a network share without events costs a few seconds, never a paper.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

from desktop.documents.formats import Format, looks_finished, recognise
from sync.contract.errors import DiskFails, DiskFull
from sync.vault.engine import raise_storage_error
from sync.vault.whole_file import make_folder

TAKEN_FOLDER: Final = "已收"
ASIDE_FOLDER: Final = "另放"
FILE_BYTES_MAX: Final = 512 << 20
SWEEP_BYTES_MAX: Final = 64 << 20  # handed over by one sweep; the rest comes with the next
CUT_SHORT_PATIENCE: Final = 5  # settling times: a scanner may pause between two pages of one file
_PASSING_NAMES: Final = (".tmp", ".part", ".crdownload", ".partial")


class ArrivalState(StrEnum):
    """What can be said of a file in the folder."""

    COMPLETE = "complete"
    STILL_WRITING = "still_writing"
    NOT_A_DOCUMENT = "not_a_document"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file in the folder, as the sweep found it."""

    path: Path
    state: ArrivalState
    reason: str  # of not_a_document: unknown_format, cut_short or too_large; of empty: empty
    size_bytes: int
    format: Format | None = None
    data: bytes = field(default=b"", repr=False)  # of complete, and of not_a_document under the limit; else empty
    sha256: bytes = b""  # of the data
    stamp: tuple[int, int, int] = (0, 0, 0)  # size, time and inode it was read at

    @property
    def name(self) -> str:
        """The file's own name, as the scanner or a person gave it."""
        return self.path.name


@dataclass(slots=True)
class _Seen:
    stamp: tuple[int, int, int]
    since: datetime
    told_at: int = 0  # number of the sweep that last handed it over


class ScannerFolder:
    """One watched folder and its two inner ones: 已收 for what the archive keeps, 另放 for what a person should look at."""

    def __init__(self, folder: Path, settle_seconds: float = 2.0) -> None:
        self.folder = folder
        self._settling = timedelta(seconds=settle_seconds)
        self._seen: dict[Path, _Seen] = {}
        self._sweeps = 0
        self.away = False  # the last sweep could not look: a share without its line, a disk pulled
        make_folder(folder)

    def sweep(self, now: datetime) -> list[Arrival]:
        """Return what is in the folder, each file once, its bytes read once.

        A file counts as whole when its size, time and inode stood still for the settling time and its first and last bytes
        are right; a file without its end is called cut short only after five settling times. What is not released comes again with a later sweep. One sweep hands over at most 64 MiB of content
        (but always one file), those first that have waited longest. A folder that cannot be looked into is `away`, and
        nothing is known of it; one that was deleted is made again.

        Args:
            now: aware time. A clock put back only makes files settle anew.
        """
        self._sweeps += 1
        try:
            if not self.folder.exists() and self.folder.parent.is_dir():
                make_folder(self.folder)
            found = dict(self._candidates())
        except (OSError, DiskFull, DiskFails):
            self.away = True
            return []
        self.away = False
        self._seen = {path: seen for path, seen in self._seen.items() if path in found}
        arrivals, room = [], SWEEP_BYTES_MAX
        for path, stamp in sorted(found.items(), key=lambda item: (self._told_at(item[0]), item[1][1], item[0].name)):
            if not self._stood_still(path, stamp, now):
                arrivals.append(Arrival(path, ArrivalState.STILL_WRITING, "", stamp[0], stamp=stamp))
            elif stamp[0] <= room or room == SWEEP_BYTES_MAX:
                arrival = _read(path, stamp)
                if arrival.reason == "cut_short" and not self._stood_still(path, stamp, now, times=CUT_SHORT_PATIENCE):
                    arrival = Arrival(path, ArrivalState.STILL_WRITING, "", stamp[0], stamp=stamp)
                room -= len(arrival.data)
                self._seen[path].told_at = self._sweeps
                arrivals.append(arrival)
        return arrivals

    def stands(self, arrival: Arrival) -> bool:
        """Whether the file is still the one that the sweep saw."""
        return _stamp(arrival.path) == arrival.stamp

    def release(self, arrival: Arrival, *, kept: bool) -> Path | None:
        """The file is out of the scanner's way: in 已收 if it is kept, else in 另放.

        Call it only after the archive says that the content is safely kept, or that it was set aside on the record.
        Returns where the file is now; None if it is gone, or was written anew since the sweep and so stays to come again.

        Raises:
            DiskFull, DiskFails: it stays and comes again.
        """
        if not self.stands(arrival):
            return None
        folder = self.folder / (TAKEN_FOLDER if kept else ASIDE_FOLDER)
        make_folder(folder)  # before anything lies in it: a power cut could take it away with all that does
        place = _free_name(folder, arrival.path.name)
        try:
            os.rename(arrival.path, place)
        except PermissionError:  # Windows: a viewer or the scanner still holds it; it comes again
            return None
        except OSError as error:
            raise_storage_error(error)
        self._seen.pop(arrival.path, None)
        return place

    def close(self) -> None:
        """Nothing of the folder is remembered; files in it settle anew with the next sweep."""
        self._seen.clear()

    def _candidates(self) -> list[tuple[Path, tuple[int, int, int]]]:
        found = []
        with os.scandir(self.folder) as entries:
            for entry in entries:
                passing = entry.name.startswith((".", "~")) or entry.name.lower().endswith(_PASSING_NAMES)
                if not passing and entry.is_file(follow_symlinks=False) and (stamp := _stamp(Path(entry.path))):
                    found.append((Path(entry.path), stamp))
        return found

    def _told_at(self, path: Path) -> int:
        seen = self._seen.get(path)
        return seen.told_at if seen else 0

    def _stood_still(self, path: Path, stamp: tuple[int, int, int], now: datetime, *, times: int = 1) -> bool:
        seen = self._seen.get(path)
        if seen is None or seen.stamp != stamp or now < seen.since:
            self._seen[path] = seen = _Seen(stamp, now)
        return now - seen.since >= self._settling * times


def _read(path: Path, stamp: tuple[int, int, int]) -> Arrival:
    size_bytes = stamp[0]
    if size_bytes == 0:
        return Arrival(path, ArrivalState.EMPTY, "empty", 0, stamp=stamp)
    if size_bytes > FILE_BYTES_MAX:
        return Arrival(path, ArrivalState.NOT_A_DOCUMENT, "too_large", size_bytes, stamp=stamp)
    try:
        content = path.read_bytes()
    except OSError:  # Windows: still locked by the scanner; or just taken away; or its disk fails: it comes again
        return Arrival(path, ArrivalState.STILL_WRITING, "", size_bytes, stamp=stamp)
    if len(content) != size_bytes or _stamp(path) != stamp:
        return Arrival(path, ArrivalState.STILL_WRITING, "", len(content), stamp=stamp)
    form = recognise(content)
    reason = "unknown_format" if form is None else "" if looks_finished(content, form) else "cut_short"
    state = ArrivalState.NOT_A_DOCUMENT if reason else ArrivalState.COMPLETE
    return Arrival(path, state, reason, size_bytes, form, content, hashlib.sha256(content).digest(), stamp)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:  # gone between the listing and the look
        return None
    return (found.st_size, found.st_mtime_ns, found.st_ino)


def _free_name(folder: Path, name: str) -> Path:
    """A place in the folder that holds nothing yet: `a.pdf`, `a (2).pdf` …"""
    place, count = folder / name, 1
    while place.exists():
        count += 1
        stem, dot, ending = name.rpartition(".")
        place = folder / (f"{stem} ({count}){dot}{ending}" if dot else f"{name} ({count})")
    return place
