"""Reconciling (对账): where this desk and its county hold different records, by name, and asking for what is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum

from desktop.archive import records
from desktop.archive.archive import Archive
from desktop.archive.clock import Clock
from desktop.archive.township_ledger import ArchiveTownshipLedger
from desktop.services.enrolments import EnrolmentDrawer
from sync.client.exchange import Exchange, Progress
from sync.client.reconcile import Difference, find_differences
from sync.contract.kinds import Kind


class Where(StrEnum):
    """On which side a record's decided version is."""

    DESK_ONLY = "desk_only"
    COUNTY_ONLY = "county_only"
    BOTH = "both"  # two different ones


@dataclass(frozen=True, slots=True)
class DifferenceLine:
    """A record on which the two ends do not agree, as far as it is known here."""

    record: str
    number: str
    title: str
    where: Where


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What comparing found, and when: how many records this desk holds as decided, their digest, and each that differs."""

    at: str
    heads: int
    digest: str
    lines: tuple[DifferenceLine, ...]

    @property
    def equal(self) -> bool:
        return not self.lines

    def count(self, where: Where) -> int:
        return sum(one.where is where for one in self.lines)


class Reconciling:
    """Comparing one desk with its county; nothing is ever forced over."""

    def __init__(self, archive: Archive, kinds: Mapping[str, Kind], person: str, clock: Clock) -> None:
        self._archive, self._person, self._clock = archive, person, clock
        self._ledger = ArchiveTownshipLedger(archive, kinds, clock)
        self._drawer = EnrolmentDrawer(archive, "desk", person, clock)

    def compare(self) -> Reconciled:
        """Return where the two ends differ; that it was asked, and what came out, stands in the log.

        Raises:
            Offline, NotTheCounty: nothing is known then.
        """
        with closing(self._drawer.read().open_session()) as session:
            found = find_differences(self._ledger, session)
        held, at = self._ledger.digest(), self._clock()
        with self._archive.act(self._person, at) as act:
            act.note("reconciled", "line", heads=held.heads, differing=len(found))
        lines = tuple(self._named(one) for one in found)
        return Reconciled(at.isoformat(timespec="seconds"), held.heads, held.value.hex(), lines)

    def ask_for_missing(self, progress: Callable[[Progress], None], cancelled: Callable[[], bool]) -> Reconciled:
        """The feed is read again from its beginning, with every body; what is found after that is returned.

        Raises:
            Offline, NotTheCounty: nothing is lost, it goes on next time.
        """
        self._ledger.read_again(self._person)
        with closing(self._drawer.read().open_session()) as session:
            Exchange(self._ledger, session).run(progress, cancelled)
        return self.compare()

    def _named(self, one: Difference) -> DifferenceLine:
        with self._archive.reading() as connection:
            line = records.by_uid(connection, one.record)
        where = Where.DESK_ONLY if one.county is None else Where.COUNTY_ONLY if one.desk is None else Where.BOTH
        return DifferenceLine(str(one.record), line.number if line else "", line.title if line else "", where)
