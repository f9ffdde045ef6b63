"""Rotation (轮换) of generations: which may go. Pure; the rule stands in docs/backup.md, section 4."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

# how many characters of 20260302T04… name the hour, the day, the month
KEPT: Final = (("hour", 11, 24), ("day", 8, 14), ("month", 6, 12))
LAST_KEPT: Final = 2


@dataclass(frozen=True, slots=True)
class Dated:
    """A generation as rotation sees it; `made_at` is a claim like 20260302T040000Z."""

    name: str
    number: int
    made_at: str
    good: bool


def to_prune(generations: Sequence[Dated]) -> list[str]:
    """Return the names of those that may go, the oldest number first.

    Order is by number: a clock that goes backwards makes no generation older. Nothing may go unless the newest is good;
    the two newest good ones never may.
    """
    ordered = sorted(generations, key=lambda one: one.number, reverse=True)
    if not ordered or not ordered[0].good:
        return []
    good = [one for one in ordered if one.good]
    kept = {one.name for one in good[:LAST_KEPT]}
    for _, characters, most in KEPT:
        seen: set[str] = set()
        for one in good:
            span = one.made_at[:characters]
            if span not in seen and len(seen) < most:
                seen.add(span)
                kept.add(one.name)
    bound = good[LAST_KEPT - 1].number if len(good) >= LAST_KEPT else 0
    kept |= {one.name for one in ordered if not one.good and one.number > bound}
    return [one.name for one in reversed(ordered) if one.name not in kept]
