"""Auditing (审计): the records a scope means, and what the auditor notes about them; nothing else is changed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uuid6

from desktop.archive import audit_findings, choosing, records
from desktop.archive.archive import Archive, Connection, stamp
from desktop.archive.audit_findings import AuditFinding as AuditFinding  # re-exported: the page shows them
from desktop.archive.clock import Clock
from desktop.services.exporting import Exporting
from desktop.services.paper_copies import keep
from desktop.services.sealing.scope import Scope
from desktop.services.sealing.statistics import statistics_csv
from sync.contract.errors import InvalidRecord, NotAllowed, Refused
from sync.contract.kinds import Kind

MOST: Final = 2_000  # lines of a list on screen
LONGEST: Final = 500
GRAVITIES: Final = (1, 2, 3)
_PLACE: Final = re.compile(r"(?:(\d{1,3})\s*/\s*)?(\d{1,5})")


@dataclass(frozen=True, slots=True)
class ScopeLine:
    """A record of a scope: `why` holds the rules of risk it falls under."""

    record: str
    number: str
    kind: str
    title: str
    year: int
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScopeList:
    """The records a scope means, the first `MOST` of `count`, chosen among so many."""

    scope: Scope
    lines: tuple[ScopeLine, ...]
    count: int
    among: int


@dataclass(frozen=True, slots=True)
class FindingLine:
    """A finding with the number of its record, and which of its files it is about (0: none)."""

    finding: AuditFinding
    number: str
    file: int


class Auditing:
    """One auditor's view of one archive."""

    def __init__(
        self, archive: Archive, kinds: Mapping[str, Kind], exporting: Exporting, person: str, clock: Clock
    ) -> None:
        self._archive, self._kinds, self._exporting = archive, kinds, exporting
        self._person, self._clock = person, clock

    def records(self, typed: str) -> ScopeList:
        """Return the records that the words mean, as a copy would hold them.

        Raises:
            Refused: (`reason` scope) the words mean nothing.
        """
        scope = self._exporting.read_scope(typed)
        with self._archive.reading() as connection:
            chosen = self._exporting.choose(connection, scope)
            found = (records.by_uid(connection, uid) for uid in chosen.records[:MOST])
            lines = tuple(
                ScopeLine(
                    one.uid,
                    one.number,
                    one.kind,
                    self._title(one.kind, one.title),
                    one.year,
                    chosen.why.get(one.uid, ()),
                )
                for one in found
                if one is not None
            )
        return ScopeList(scope, lines, len(chosen.records), chosen.among)

    def statistics(self, typed: str) -> bytes:
        """Return how many records of the scope there are by kind, year and village, as far as that tells of nobody; raises as `records`."""
        scope = self._exporting.read_scope(typed)
        with self._archive.reading() as connection:
            chosen = self._exporting.choose(connection, scope)
            counted = choosing.counted(connection, chosen.records)
        return statistics_csv(counted, lambda kind: self._kinds[kind].label if kind in self._kinds else kind, str)

    def write_statistics(self, path: Path, typed: str) -> Path:
        """The tables stand in that file, and in the log that they went out.

        Raises:
            CannotWrite, DiskFull: then nothing half is there, and the log says nothing. Refused: as `records`.
        """
        content = self.statistics(typed)
        keep(path, content)
        with self._archive.act(self._person, self._clock()) as act:
            act.note("statistics-written", "archive", size=len(content))
        return path

    def _title(self, kind: str, title: str) -> str:
        known = self._kinds.get(kind)
        return known.label if known is not None and known.restricted else title

    def note(self, record: str, place: str, gravity: int, text: str) -> AuditFinding:
        """The finding stands among the auditor's notes.

        Args:
            place: a page, `3`, or of the second file `2/3`; nothing for the record as a whole.
        Raises:
            InvalidRecord: (`fields`) no text or too long a one, no such page, no such gravity. Refused: no such record.
        """
        said = text.strip()
        if not said or len(said) > LONGEST:
            raise InvalidRecord("a finding says something", fields=["text"])
        if gravity not in GRAVITIES:
            raise InvalidRecord("a gravity of 1 to 3", fields=["gravity"])
        now = self._clock()
        with self._archive.act(self._person, now) as act:
            sha256, page = _page(act.connection, record, place)
            one = AuditFinding(str(uuid6.uuid7()), record, sha256, page, gravity, said, self._person, stamp(now))
            audit_findings.add(act, one)
        return one

    def withdraw(self, finding: str) -> None:
        """The finding is withdrawn, and stays on the list as that.

        Raises:
            NotAllowed: it is another person's, or withdrawn already.
        """
        with self._archive.act(self._person, self._clock()) as act:
            if not audit_findings.withdraw(act, finding):
                raise NotAllowed("another person's finding", reason="not_own_finding")

    def findings(self) -> list[FindingLine]:
        """Return every finding, the newest first."""
        with self._archive.reading() as connection:
            return [_line(connection, one) for one in audit_findings.everything(connection)]


def _line(connection: Connection, one: AuditFinding) -> FindingLine:
    record = records.by_uid(connection, one.record)
    files = _files(connection, one.record) if one.sha256 else []
    return FindingLine(one, record.number if record else "—", files.index(one.sha256) + 1 if one.sha256 in files else 0)


def _files(connection: Connection, record: str) -> list[str]:
    line = records.by_uid(connection, record)
    said = (records.body(connection, line.head) or {}) if line else {}
    return [str(file["sha256"]) for file in said.get("attachments", [])]


def _page(connection: Connection, record: str, place: str) -> tuple[str, int]:
    """Return file and page that are meant, as the record's head has them."""
    line = records.by_uid(connection, record)
    if line is None:
        raise Refused("no such record", record=record)
    if not place.strip():
        return "", 0
    found = _PLACE.fullmatch(place.strip())
    files = (records.body(connection, line.head) or {}).get("attachments", [])
    file, page = (int(found[1] or 1), int(found[2])) if found else (0, 0)
    if not (0 < file <= len(files) and 0 < page <= int(files[file - 1]["pages"])):
        raise InvalidRecord("no such page", fields=["place"])
    return str(files[file - 1]["sha256"]), page
