"""Reading the audit log (查阅日志): who looked at this person, what somebody did on a day; for the auditor."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from desktop.archive import key_register, log_rows
from desktop.archive.archive import Archive, stamp
from desktop.archive.clock import Clock
from desktop.archive.log_rows import LogRow as LogRow  # re-exported: the page shows them
from desktop.archive.log_rows import Sought
from desktop.archive.looks import OPENED, SHOWN
from desktop.archive.township_ledger import COUNTY
from desktop.archive.upgrades import UPGRADER
from desktop.services.finding import Asked, Finding
from desktop.services.paper_copies import keep
from desktop.services.register import ALWAYS, read_asked
from desktop.services.sealing.tables import safe_cell

MOST: Final = 2_000
RECORDS_MAX: Final = 500  # of one question; a name that so many bear is asked for more closely
RECENT: Final = timedelta(days=31)
LOOKS: Final = frozenset(
    {
        SHOWN,
        OPENED,
        "looked-at-elsewhere",
        "volume-names-shown",
        "extract-issued",
        "extract-shown-again",
        "copy-stamped",
        "visit-registered",
    }
)
PURPOSE: Final = "for"  # what a look was for, as the register of use tells it


@dataclass(frozen=True, slots=True)
class LogAnswer:
    """What was found.

    Args:
        lines: the newest first, each with what a look was for; `whole`: there are no more of them.
        people: names in the question that are users'; records: how many records the rest of it means, None if nothing is left.
        recent: only the last 31 days, because neither a record nor a day was named.
    """

    lines: tuple[LogRow, ...]
    whole: bool
    people: tuple[str, ...]
    records: int | None
    recent: bool


class LogReading:
    """Questions of one auditor to one log."""

    def __init__(self, archive: Archive, finding: Finding, person: str, clock: Clock) -> None:
        self._archive, self._finding, self._person, self._clock = archive, finding, person, clock

    def lines(self, asked: str = "", *, looks_only: bool = False) -> LogAnswer:
        """Return the rows about the records and people, and of the users and the time, that the words name.

        A word that is a user's name is who did it; one that is a day, month or year is when; all others together are looked up like
        in the search: a person's name, an identity number, an archive number.
        """
        since, until, words = read_asked(asked)
        with self._archive.reading() as connection:
            known = {*key_register.last_opened(connection), COUNTY, UPGRADER, self._person}
        people = tuple(word for word in words if word in known)
        records = self._records(" ".join(word for word in words if word not in known))
        recent = records is None and (since, until) == ALWAYS
        if recent:
            since = stamp(self._clock() - RECENT)
        sought = Sought(people, records, LOOKS if looks_only else frozenset(), since, until)
        with self._archive.reading() as connection:
            found = log_rows.newest(connection, sought, MOST + 1)
            looks = [one.details["look"] for one in found if "look" in one.details]
            purposes = log_rows.purposes(connection, looks)
        lines = tuple(_told(one, purposes) for one in found[:MOST])
        return LogAnswer(lines, len(found) <= MOST, people, None if records is None else len(records), recent)

    def _records(self, question: str) -> list[str] | None:
        if not question:
            return None
        hits = self._finding.first(Asked(question), RECORDS_MAX)
        return [row.record.uid for row in self._finding.look_up(question, hits.ids[:])]

    def csv(
        self,
        lines: tuple[LogRow, ...],
        heads: tuple[str, ...],
        act: Callable[[LogRow], str],
        details: Callable[[LogRow], str],
    ) -> bytes:
        """Return the lines as a table for spreadsheet programs; act and details in somebody's words."""
        out = io.StringIO(newline="")
        writer = csv.writer(out)
        writer.writerow(heads)
        for one in lines:
            cells = (one.at, one.who, act(one), one.number or one.subject, details(one))
            writer.writerow([str(one.sequence), *(safe_cell(cell) for cell in cells)])
        return out.getvalue().encode("utf-8-sig")

    def write(self, path: Path, content: bytes) -> Path:
        """The list stands in that file, and in the log that it went out.

        Raises:
            CannotWrite, DiskFull: then nothing half is there, and the log says nothing.
        """
        keep(path, content)
        with self._archive.act(self._person, self._clock()) as act:
            act.note("log-written", "audit", size=len(content))
        return path


def _told(one: LogRow, purposes: Mapping[int, str]) -> LogRow:
    """Return the row with what the look was for."""
    look = one.details.get("look")
    return replace(one, details={**one.details, PURPOSE: purposes.get(look, "")}) if look is not None else one
