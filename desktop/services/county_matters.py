"""What the county's officer looks after (见证与争议): whom a restored county waits for, disputes, audit logs in doubt."""

from __future__ import annotations

from dataclasses import dataclass

from desktop.services.county_line import CountyLine
from sync.client.officer import Officer
from sync.contract.review import DisputeList
from sync.contract.revisions import TownshipId
from sync.contract.rulings import DoubtfulLog, DoubtfulLogs
from sync.contract.witnesses import AwaitedDesk


@dataclass(frozen=True, slots=True)
class AwaitedTownship:
    """A township that is waited for, with those of its desks that have not witnessed."""

    township: TownshipId
    name: str
    desks: tuple[AwaitedDesk, ...]


@dataclass(frozen=True, slots=True)
class Matters:
    """All of it as it stands now; `rules` if this person is an officer, `epoch` is what a ruling names."""

    rules: bool
    epoch: str
    awaited: tuple[AwaitedTownship, ...]
    disputes: DisputeList
    logs: DoubtfulLogs


class CountyMatters:
    """What one member of staff sees of it, and an officer rules."""

    def __init__(self, line: CountyLine) -> None:
        self._line = line

    def read(self) -> Matters:
        """Return everything as it stands now.

        Raises:
            Offline, NotTheCounty; Refused: not enrolled.
        """
        officer = Officer(self._line.staff())
        told = officer.awaited()
        grouped: dict[TownshipId, list[AwaitedDesk]] = {}
        for desk in told.desks:
            grouped.setdefault(desk.township, []).append(desk)
        awaited = tuple(AwaitedTownship(code, desks[0].township_name, tuple(desks)) for code, desks in grouped.items())
        return Matters(officer.rules(), told.epoch, awaited, officer.disputes(), officer.doubtful_logs())

    def waive(self, matters: Matters, township: AwaitedTownship, why: str) -> None:
        """The township is not waited for any more (免等); a signed ruling says who decided so, and why.

        Raises:
            NotAllowed: no officer. HeadMoved: other desks are waited for by now. BadRequest: no reason.
        """
        desks = [desk.device for desk in township.desks]
        Officer(self._line.staff()).waive(matters.epoch, township.township, desks, why.strip())

    def begin_log_again(self, matters: Matters, log: DoubtfulLog, why: str) -> None:
        """The desk's log is seen from its beginning again; signed and raising like a waiver."""
        Officer(self._line.staff()).begin_log_again(matters.logs.epoch, log, why.strip())
