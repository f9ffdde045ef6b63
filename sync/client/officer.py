"""What the county's staff look after beside the records: whom a restored county waits for, disputes, logs in doubt.

Everybody of the staff sees it; an officer rules on it, under the own signature.
"""

from __future__ import annotations

from collections.abc import Sequence

from sync.client.staff import Staff
from sync.contract.certificates import Role
from sync.contract.review import DisputeList
from sync.contract.revisions import DeviceId, TownshipId
from sync.contract.rulings import DoubtfulLog, DoubtfulLogs, Ruling, RulingKind
from sync.contract.witnesses import AwaitedDesk, AwaitedDesks


class Officer:
    """One signed-in person, as far as that goes beyond records."""

    def __init__(self, staff: Staff) -> None:
        self._staff = staff

    def rules(self) -> bool:
        """Whether this person is an officer, whose rulings the county takes."""
        return self._staff.role() is Role.OFFICER

    def awaited(self) -> AwaitedDesks:
        """Return the desks that the county waits for since it was put back."""
        return self._staff.ask("GET", "/v1/witnesses", AwaitedDesks)

    def waive(self, epoch: str, township: TownshipId, desks: Sequence[DeviceId], why: str) -> tuple[AwaitedDesk, ...]:
        """These desks of a township, all that are waited for, are not waited for any more (免等); returns them.

        Raises:
            NotAllowed: no officer. HeadMoved: others are waited for by now. BadRequest: no reason.
        """
        ruling = Ruling(RulingKind.WAIVED, epoch, township, tuple(sorted(desks)), why)
        return self._staff.ask("POST", "/v1/waivers", AwaitedDesks, self._staff.sign_ruling(ruling)).desks

    def disputes(self) -> DisputeList:
        """Return the records on which two decisions stand against each other."""
        return self._staff.ask("GET", "/v1/disputes", DisputeList)

    def doubtful_logs(self) -> DoubtfulLogs:
        """Return the desks whose audit log does not follow from what the county saw of it."""
        return self._staff.ask("GET", "/v1/logs", DoubtfulLogs)

    def begin_log_again(self, epoch: str, log: DoubtfulLog, why: str) -> DoubtfulLogs:
        """The log is seen from its beginning next time; returns what is still in doubt. Raises as `waive` does."""
        ruling = Ruling(RulingKind.LOG_BEGUN_AGAIN, epoch, log.device, log.about, why)
        return self._staff.ask("POST", "/v1/logs/begun-again", DoubtfulLogs, self._staff.sign_ruling(ruling))
