"""The county's board (县情总览): how each township stands, and how loudly that speaks. docs/county.md, section 2."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sync.contract.revisions import TownshipId

SILENT: Final = timedelta(days=7)
QUIET: Final = timedelta(days=3)
MANY_UNDECIDED: Final = 100
DAYS_SHOWN: Final = 14


class Light(StrEnum):
    """How loudly a township speaks; never told by colour alone."""

    RED = "red"
    AMBER = "amber"
    GREEN = "green"
    NONE = "none"  # it has no desk yet


class Matter(StrEnum):
    """The one thing a township's light stands for."""

    LOG_BROKEN = "log_broken"
    DIFFERS = "differs"
    SILENT = "silent"
    CONFLICTS = "conflicts"
    SET_ASIDE = "set_aside"
    MANY_UNDECIDED = "many_undecided"
    QUIET = "quiet"
    NEVER = "never"
    FINE = "fine"


@dataclass(frozen=True, slots=True)
class TownshipStanding:
    """One township as the board shows it.

    Args:
        desks: enrolled and served; last_contact: of any of them, "" if none was ever here.
        waiting: records its desks had filed and not sent when they were last here.
        agrees: whether all its desks held the county's heads when they were last here at the feed's end; None if none was.
        desk_heads: how many heads the desk that differs (or was last here) held; heads: how many the county holds.
        undecided, conflicts: revisions of it that stand so; set_aside: records of which nothing else is here.
        received: revisions received on each of the last fourteen days, today last.
        log_flaw: what is wrong with the audit log of a desk of it, until an officer has settled that; "" if nothing.
    """

    township: TownshipId
    name: str
    desks: int
    last_contact: str
    waiting: int
    agrees: bool | None
    desk_heads: int
    heads: int
    undecided: int
    conflicts: int
    set_aside: int
    received: tuple[int, ...]
    log_flaw: str = ""

    def matter(self, now: datetime) -> Matter:
        """Return what is to be said of it first, the gravest."""
        if not self.desks:
            return Matter.NEVER
        away = now - datetime.fromisoformat(self.last_contact) if self.last_contact else None
        said = (
            (Matter.LOG_BROKEN, bool(self.log_flaw)),
            (Matter.DIFFERS, self.agrees is False),
            (Matter.SILENT, away is None or away >= SILENT),
            (Matter.CONFLICTS, self.conflicts > 0),
            (Matter.SET_ASIDE, self.set_aside > 0),
            (Matter.MANY_UNDECIDED, self.undecided >= MANY_UNDECIDED),
            (Matter.QUIET, away is not None and away >= QUIET),
        )
        return next((matter for matter, holds in said if holds), Matter.FINE)

    def light(self, now: datetime) -> Light:
        """Return how loudly that speaks."""
        return LIGHTS[self.matter(now)]


LIGHTS: Final = {
    Matter.LOG_BROKEN: Light.RED,
    Matter.DIFFERS: Light.RED,
    Matter.SILENT: Light.RED,
    Matter.CONFLICTS: Light.AMBER,
    Matter.SET_ASIDE: Light.AMBER,
    Matter.MANY_UNDECIDED: Light.AMBER,
    Matter.QUIET: Light.AMBER,
    Matter.NEVER: Light.NONE,
    Matter.FINE: Light.GREEN,
}


@dataclass(frozen=True, slots=True)
class Board:
    """Every township, by its code, and the county's time."""

    townships: tuple[TownshipStanding, ...]
    at: str

    def now(self) -> datetime:
        return datetime.fromisoformat(self.at)

    def by_urgency(self) -> list[TownshipStanding]:
        """Return them with the gravest matter first; within one, who has been away longest."""
        order, now = list(Matter), self.now()
        return sorted(self.townships, key=lambda one: (order.index(one.matter(now)), one.last_contact, one.township))
