"""The register of use (利用登记): who looked at what, for whom and what for; visits entered by hand; the figures of a year."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final

from desktop.archive import register
from desktop.archive.archive import Archive, stamp
from desktop.archive.clock import Clock
from desktop.archive.register import UseLine as UseLine  # re-exported, like Visit: the page shows and makes them
from desktop.archive.register import Visit as Visit
from desktop.services.paper_copies import keep
from sync.contract import dates
from sync.contract import extracts as contract
from sync.contract.errors import InvalidRecord, NotAllowed, Refused
from sync.contract.kinds import Kind

DOCUMENTS: Final = ("id_card", "household", "letter", "lawyer", "other")
RESULTS: Final = ("given", "not_found", "refused")
LONGEST: Final = 60  # characters of what is typed: the printed register has one cell for each
ALWAYS: Final = ("", "~")


@dataclass(frozen=True, slots=True)
class YearOfUse:
    """How the archive was used in a year: by month, for which purposes most, and how visits ended."""

    year: int
    months: tuple[Mapping[str, int], ...]  # twelve of {look, extract, visit}
    purposes: tuple[tuple[str, int], ...]
    results: Mapping[str, int]

    @property
    def whole(self) -> Mapping[str, int]:
        return {what: sum(month.get(what, 0) for month in self.months) for what in ("look", "extract", "visit")}


class Register:
    """The register of one archive, read by whoever may find, written by whoever catalogues."""

    def __init__(self, archive: Archive, kinds: Mapping[str, Kind], person: str, clock: Clock, *, writes: bool) -> None:
        self._archive, self._kinds, self._person, self._clock = archive, kinds, person, clock
        self._writes = writes

    def lines(self, asked: str = "", record: str = "") -> list[UseLine]:
        """Return the uses that hold every word that was typed; a word that is a day, month or year is the time.

        The newest first, 2,000 at most; of restricted kinds only what they are.
        """
        since, until, words = read_asked(asked)
        closed = [key for key, kind in self._kinds.items() if kind.restricted]
        with self._archive.reading() as connection:
            found = register.lines(connection, words, since, until, record, json.dumps(closed))
        return [self._shown(one) for one in found]

    def _shown(self, one: UseLine) -> UseLine:
        kind = self._kinds.get(one.kind)
        if kind is not None and kind.restricted:
            one = replace(one, title=kind.label)
        if one.code:
            one = replace(one, relation=contract.read_body(contract.read_code(one.code)[0]).relation, code="")
        return one

    def add(self, visit: Visit) -> int:
        """The visit stands in the register and in the log; its number is returned.

        Raises:
            InvalidRecord: with `fields`, what is missing, longer than 60 characters, or no choice of the list.
            NotAllowed: this person does not catalogue.
        """
        self._must_write()
        made = replace(visit, **{name: getattr(visit, name).strip() for name in ("applicant", "relation", "purpose")})
        wrong = [name for name in ("applicant", "purpose") if not getattr(made, name)]
        wrong += [name for name in ("applicant", "relation", "purpose") if len(getattr(made, name)) > LONGEST]
        wrong += ["document"] * (made.document not in DOCUMENTS) + ["result"] * (made.result not in RESULTS)
        if wrong:
            raise InvalidRecord("who came and what for", fields=wrong)
        with self._archive.act(self._person, self._clock()) as act:
            number = register.add_visit(act, made)
            act.note("visit-registered", made.record_uid or f"visit:{number}", visit=number, result=made.result)
        return number

    def undo(self, visit: int) -> None:
        """The visit counts no longer; that it was there, and who took it back, stays in the register and in the log.

        Raises:
            Refused: there is no such visit, or it was taken back before. NotAllowed: this person does not catalogue.
        """
        self._must_write()
        with self._archive.act(self._person, self._clock()) as act:
            if not register.undo_visit(act, visit):
                raise Refused("no such visit that still counts", visit=visit)
            act.note("visit-undone", f"visit:{visit}", visit=visit)

    def write_pdf(self, path: Path, content: bytes) -> Path:
        """The printed register stands in that file, and in the log that it went out.

        Raises:
            CannotWrite, DiskFull: then nothing half is there, and the log says nothing.
        """
        keep(path, content)
        with self._archive.act(self._person, self._clock()) as act:
            act.note("register-written", "register", size=len(content))
        return path

    def year(self, year: int) -> YearOfUse:
        """Return the figures of a year, by the clock of this place; what was taken back does not count."""
        with self._archive.reading() as connection:
            uses = register.uses_by_day(connection, *span_of(date(year, 1, 1), date(year + 1, 1, 1)))
        months: tuple[Counter[str], ...] = tuple(Counter() for _ in range(12))
        for what, at, _, _ in uses:
            months[datetime.fromisoformat(at).astimezone().month - 1][what] += 1
        purposes = Counter(purpose for what, _, purpose, _ in uses if purpose and what != "look")
        results = Counter(result for what, _, _, result in uses if what == "visit")
        return YearOfUse(year, months, tuple(purposes.most_common(5)), results)

    def this_year(self) -> YearOfUse:
        """Return the figures of the year that is."""
        return self.year(self._clock().astimezone().year)

    def _must_write(self) -> None:
        if not self._writes:
            raise NotAllowed("the role does not permit it", act="catalogue")


def read_asked(asked: str) -> tuple[str, str, list[str]]:
    """Return the time, as two moments, and the words of what was typed; without a day, all time."""
    (since, until), words = ALWAYS, []
    for word in asked.split():
        when = dates.read(word) if word[:2] in ("19", "20") and len(word) <= len("2026年11月22日") else None
        if when is None:
            words.append(word)
        else:
            since, until = span_of(when.first_day, when.last_day + timedelta(days=1))
    return since, until, words


def span_of(first: date, end: date) -> tuple[str, str]:
    """Return the moments at which two days of this place begin, as the archive writes moments."""
    since, until = (stamp(datetime.combine(day, time()).astimezone(UTC)) for day in (first, end))
    return since, until
