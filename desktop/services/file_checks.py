"""What a file's bytes are (内容检测): opened once in the reader's own process, scanned for viruses where a scanner is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Final

from desktop.archive import attachments, check_reports
from desktop.archive.archive import Archive, stamp
from desktop.archive.check_reports import FaultsSeen
from desktop.archive.clock import Clock
from desktop.documents.pages import Inspection, PageReader
from desktop.services.antivirus import NoScanner, Scanner, ScannerRefuses
from sync.contract.errors import ReaderStopped, SealBroken, UnreadableFile

SCAN_AGAIN: Final = timedelta(days=30)  # what a scanner knows grows
ASKED_AT_ONCE: Final = 200
LOCKED: Final = ("password",)

Asked = Callable[[], bool]


def faults_of(seen: Inspection, pages: int) -> FaultsSeen:
    """Return what opening a file has shown, put against how many pages were noted: (check, code, grave)."""
    found: list[tuple[str, str, bool]] = []
    if seen.pages != pages:
        found.append(("K5", "pages_differ", True))
    if seen.encrypted:
        found.append(("K6", "protected", False))
    if seen.active_content:
        found.append(("K3", "active_content", False))
    if seen.repaired:
        found.append(("K4", "repaired", False))
    return tuple(found)


class FileChecks:
    """Opens and scans the archive's files, each where it has its turn."""

    def __init__(self, archive: Archive, reader: PageReader, scanner: Scanner, person: str, clock: Clock) -> None:
        self._archive, self._reader, self._scanner = archive, reader, scanner
        self._person, self._clock = person, clock

    def open_some(self, asked: Asked, until: float) -> bool:
        """Files that nobody has opened were, until that moment (monotonic seconds) or until asked to stop; False if none is left."""
        with self._archive.reading() as connection:
            waiting = check_reports.unopened(connection, ASKED_AT_ONCE)
        for sha256 in waiting:
            if asked():
                return True
            if not self._open(sha256):
                return False
            if time.monotonic() >= until:
                return True
        return bool(waiting)

    def scan_some(self, asked: Asked, until: float, several: Iterable[str] | None = None) -> bool:
        """Files that no scanner has seen for thirty days were scanned, as `open_some`; of these only, if they are named."""
        if not self._scanner.present():
            return False
        before = stamp(self._clock() - SCAN_AGAIN)
        with self._archive.reading() as connection:
            waiting = check_reports.unscanned(connection, before, ASKED_AT_ONCE, several)
        for sha256 in waiting:
            if asked():
                return True
            try:
                self._scan(sha256)
            except NoScanner:
                return False
            if time.monotonic() >= until:
                return True
        return bool(waiting)

    def _open(self, sha256: str) -> bool:
        """Whether something is known of the file now; not where no reader came up."""
        try:
            with self._archive.reading() as connection:
                known = attachments.find(connection, sha256)
                content = attachments.content(self._archive, connection, sha256)
            pages = known.pages if known else 0
            found = faults_of(self._reader.inspect(content), pages)
        except UnreadableFile as refusal:
            code = str(refusal.facts.get("reason", ""))
            found = (("K6", "password", True),) if code in LOCKED else (("K4", "cannot_open", True),)
        except ReaderStopped as stopped:
            if stopped.facts.get("reason") in ("start", "closed"):
                return False
            found = (("K4", "reader_stopped", True),)
        except SealBroken:
            found = (("W7", "file_broken", True),)
        with self._archive.act(self._person, self._clock()) as act:
            check_reports.note_opened(act, sha256, found)
        return True

    def _scan(self, sha256: str) -> None:
        try:
            with self._archive.reading() as connection:
                clean = self._scanner.scan(attachments.chunks(self._archive, connection, sha256))
            said = "clean" if clean else "found"
        except (SealBroken, ScannerRefuses):  # broken bytes are told by another check
            said = "refused"
        with self._archive.act(self._person, self._clock()) as act:
            check_reports.note_scanned(act, sha256, said)
