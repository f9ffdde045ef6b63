"""Gaps (空号): every number below the highest given one that no record bears, and the reason it is not there.

Desk and county explain by this one function; the county knows the blocks of all desks of a township, a desk its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from sync.contract.leases import FIRST_SEAT_ITEMS, NO_SEAT, ROUND, THOUSAND, Closure, Run, Withdrawn, seat_of


class Reason(StrEnum):
    """Why a number is on no record."""

    UNUSED = "unused"  # in a block that a desk still uses: it will come, or be given back
    RETURNED = "returned"  # given back, with a note
    RESTORED = "restored"  # passed over when the desk was put back from a backup
    MOVED = "moved"  # passed over when the desk came to another seat
    WITHDRAWN = "withdrawn"  # its record was taken back with the import that filed it, before anybody else saw it
    LEASED = "leased"  # leased to a seat that has not begun on it
    NO_DESK = "no_desk"  # leased to a seat that no desk has
    DESTROYED = "destroyed"  # its time was over, and it was destroyed; it stands in the register
    NOT_HERE = "not_here"  # given out, but the record is not here: on its way, or it must be looked for


_CLOSED = {
    Closure.OPEN: Reason.UNUSED,
    Closure.RETURNED: Reason.RETURNED,
    Closure.RESTORED: Reason.RESTORED,
    Closure.MOVED: Reason.MOVED,
}


@dataclass(frozen=True, slots=True)
class Block:
    """A block as whoever explains a gap knows it; `given` is the last item given out of it, `seat` its holder's."""

    first: int
    last: int
    given: int
    seat: int
    closed: Closure = Closure.OPEN
    note: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """Items from `first` to `last` that no record bears, why, and who can be asked: the seat, NO_SEAT for a lone desk."""

    first: int
    last: int
    reason: Reason
    seat: int
    note: str = ""


def explain(
    held: Collection[int],
    blocks: Collection[Block],
    seats: frozenset[int] | None,
    withdrawn: Collection[Withdrawn] = (),
) -> list[Gap]:
    """Return every gap below the highest item given, in order, each with its reason.

    Args:
        held: the items that records bear.
        blocks: those known here; where two overlap, the one that gave the item out explains it.
        seats: those that desks have; None if that is not known here, and then every seat may have one.
        withdrawn: what of the series was withdrawn.
    """
    highest = max([0, *held, *(one.given for one in blocks if one.given >= one.first)])
    return [
        _explained(piece, blocks, seats, withdrawn)
        for missing in _missing(sorted(held), highest)
        for piece in _cut(missing, blocks, withdrawn)
    ]


def _missing(held: Iterable[int], highest: int) -> Iterator[Run]:
    expected = 1
    for item in held:
        if item > expected:
            yield Run(expected, item - 1)
        expected = item + 1
    if expected <= highest:
        yield Run(expected, highest)


def _cut(run: Run, blocks: Iterable[Block], withdrawn: Iterable[Withdrawn]) -> Iterator[Run]:
    """Cut a run wherever its reason may change: at the bounds of blocks, of what they gave, and of leases."""
    starts = {run.first}
    for one in blocks:
        starts |= {one.first, one.given + 1, one.last + 1}
    for gone in withdrawn:
        starts |= {gone.first, gone.last + 1}
    for start in range(run.first // ROUND * ROUND, run.last + 1, ROUND):
        starts |= {start + 1, *range(start + FIRST_SEAT_ITEMS + 1, start + ROUND + 1, THOUSAND)}
    inside = sorted(start for start in starts if run.first <= start <= run.last)
    for first, after in zip(inside, [*inside[1:], run.last + 1], strict=True):
        yield Run(first, after - 1)


def _explained(run: Run, blocks: Iterable[Block], seats: frozenset[int] | None, withdrawn: Iterable[Withdrawn]) -> Gap:
    around = [one for one in blocks if one.first <= run.first <= one.last]
    gone = next((one for one in withdrawn if one.first <= run.first <= one.last), None)
    if gone is not None:
        seat = around[0].seat if around else seat_of(run.first)
        return Gap(run.first, run.last, Reason.WITHDRAWN, seat, gone.note)
    if around:
        one = max(around, key=lambda block: block.given >= run.first)
        reason = Reason.NOT_HERE if run.first <= one.given else _CLOSED[one.closed]
        return Gap(run.first, run.last, reason, one.seat, one.note if reason is Reason.RETURNED else "")
    seat = seat_of(run.first)
    known = seat != NO_SEAT and (seats is None or seat in seats)
    return Gap(run.first, run.last, Reason.LEASED if known else Reason.NO_DESK, seat)
