"""Leases (号段): which archive numbers a desk may give out, by one rule that needs nobody's memory (docs/protocol.md, section 9).

A desk has a seat (机位) in its township, 1 to 96. A seat leases the same runs of items in every series there is or will be,
for ever: the first seat 0001 to 5000, every further seat a thousand, and so on again in each round of a hundred thousand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final

from sync.contract.errors import BadRequest
from sync.contract.numbers import LARGEST_ITEM, Series, read

NO_SEAT: Final = 0
LAST_SEAT: Final = 96
THOUSAND: Final = 1000
FIRST_SEAT_ITEMS: Final = 5 * THOUSAND  # most offices have one desk, and few give 5,000 numbers in one series
ROUND: Final = 100 * THOUSAND
ROUNDS: Final = LARGEST_ITEM // ROUND
LONGEST_NOTE: Final = 200
FORGOTTEN_VERSIONS: Final = 1_000_000
"""More than a block can change between a backup and its restore: an account closed then is newer than what was forgotten."""


@dataclass(frozen=True, slots=True)
class Run:
    """Items from `first` to `last`, both included."""

    first: int
    last: int


def leased(seat: int) -> Iterator[Run]:
    """Yield the runs that a seat leases in every series, the lowest first."""
    if not 1 <= seat <= LAST_SEAT:
        raise ValueError("no such seat")
    before = 0 if seat == 1 else FIRST_SEAT_ITEMS + (seat - 2) * THOUSAND
    items = FIRST_SEAT_ITEMS if seat == 1 else THOUSAND
    for start in range(before, ROUNDS * ROUND, ROUND):
        yield Run(start + 1, start + items)


def seat_of(item: int) -> int:
    """Return the seat that leases an item, NO_SEAT beyond the last round."""
    if not 1 <= item <= ROUNDS * ROUND:
        return NO_SEAT
    place = (item - 1) % ROUND
    return 1 if place < FIRST_SEAT_ITEMS else 2 + (place - FIRST_SEAT_ITEMS) // THOUSAND


class Closure(StrEnum):
    """Whether a block is still in use, or why its rest is not given out."""

    OPEN = "open"
    RETURNED = "returned"  # the year is closed; the rest was given back
    RESTORED = "restored"  # the desk was put back from a backup and cannot know what it had given
    MOVED = "moved"  # the desk sits on another seat since


@dataclass(frozen=True, slots=True)
class Account:
    """What a desk says of one of its blocks.

    Args:
        first, last: the block.
        given: the last item given out of it; first - 1 if none.
        note: why it was given back, as typed.
        version: counts the changes of this account; the highest one known stands.
    """

    POSITIONAL: ClassVar[bool] = True
    series: Series
    first: int
    last: int
    given: int
    closed: Closure
    note: str
    version: int

    def check(self) -> None:
        """The account can be one.

        Raises:
            BadRequest: it cannot.
        """
        inside = 1 <= self.first <= self.last <= LARGEST_ITEM and self.first - 1 <= self.given <= self.last
        named = read(self.series.number(self.first)) == (self.series, self.first)
        if not inside or not named or self.version < 1 or len(self.note) > LONGEST_NOTE:
            raise BadRequest("no account of a block of numbers")


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """Items that were given and whose records were taken back before anybody else saw them, and by what."""

    POSITIONAL: ClassVar[bool] = True
    series: Series
    first: int
    last: int
    note: str

    def check(self) -> None:
        """It can be one.

        Raises:
            BadRequest: it cannot.
        """
        named = read(self.series.number(self.first)) == (self.series, self.first)
        if not named or not 1 <= self.first <= self.last <= LARGEST_ITEM or len(self.note) > LONGEST_NOTE:
            raise BadRequest("no run of withdrawn numbers")


@dataclass(frozen=True, slots=True)
class Taken:
    """A block that lies outside the lease of the desk that holds it, from before it had a seat; nobody else uses it.

    Args:
        place: counts a township's taken blocks in the order in which they became known.
        seat: of the desk that holds it.
    """

    POSITIONAL: ClassVar[bool] = True
    place: int
    series: Series
    first: int
    last: int
    seat: int


@dataclass(frozen=True, slots=True)
class NumbersAsked:
    """What a desk says of its numbers in each request.

    Args:
        seat: receipt: the seat that the county gave or confirmed in this epoch, NO_SEAT if none.
        claim: the seat it numbers under, if that is not confirmed yet.
        retired: seats up to this one are not to be given to this desk any more.
        told: receipt: sum of the versions of its accounts that the county has in this epoch.
        taken_after: place of the last taken block it knows.
        accounts, withdrawn: those that changed since the county had them; in a new epoch all.
    """

    POSITIONAL: ClassVar[bool] = True
    seat: int = NO_SEAT
    claim: int = NO_SEAT
    retired: int = NO_SEAT
    told: int = 0
    taken_after: int = 0
    accounts: tuple[Account, ...] = ()
    withdrawn: tuple[Withdrawn, ...] = ()


@dataclass(frozen=True, slots=True)
class NumbersTold:
    """What the county says of a desk's numbers.

    Args:
        seat: the desk's; NO_SEAT if the township has none left.
        taken: blocks outside their lease, of other desks, after the one asked for.
        mine: the desk's own accounts, if it knows less of them than the county: it was restored from a backup.
    """

    POSITIONAL: ClassVar[bool] = True
    seat: int
    taken: tuple[Taken, ...] = ()
    mine: tuple[Account, ...] = ()


def is_astray(seats: frozenset[int], first: int, last: int) -> bool:
    """True if a block does not lie within one run that one of these seats leases."""
    seat = seat_of(first)
    return seat not in seats or not any(run.first <= first and last <= run.last for run in leased(seat))
