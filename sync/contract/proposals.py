"""Proposals (人员认定建议): which candidates may be the person a record names, the likeliest first, and how sure one may be.

A proposal is a question to a person. Nothing is linked by it, however sure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Generic, TypeVar

from sync.contract.likeness import Likeness, Profile, Reason, compare

LEAST_POINTS: Final = 50  # under this nobody is asked
LIKELY_POINTS: Final = 70  # a name written the same and an age that fits are 75; a name that only sounds the same, 55
MARGIN_POINTS: Final = 20  # a next candidate nearer than this is a rival
MOST_CANDIDATES: Final = 5
Name = TypeVar("Name")


class Grade(StrEnum):
    """How sure a proposal is (把握): by the same number; by several coinciding details; too little, or not told apart."""

    SURE = "sure"
    LIKELY = "likely"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Proposal(Generic[Name]):
    """One candidate; `rivals` counts the others that are about as like and cannot be the same person."""

    candidate: Name
    likeness: Likeness
    grade: Grade
    rivals: int


def propose(who: Profile, candidates: Mapping[Name, Profile]) -> list[Proposal[Name]]:
    """Return the candidates that may be this person, at most five, the likeliest first."""
    found = [(name, profile, compare(who, profile)) for name, profile in candidates.items()]
    found = [one for one in found if one[2].points >= LEAST_POINTS]
    found.sort(key=lambda one: -one[2].points)
    made = []
    for name, profile, likeness in found[:MOST_CANDIDATES]:
        near = (
            other for key, other, theirs in found if key != name and theirs.points > likeness.points - MARGIN_POINTS
        )
        rivals = sum(compare(profile, other).points < LEAST_POINTS for other in near)
        made.append(Proposal(name, likeness, _grade(likeness, rivals), rivals))
    return made


def _grade(likeness: Likeness, rivals: int) -> Grade:
    if rivals or likeness.points < LIKELY_POINTS:
        return Grade.UNCLEAR
    if Reason.NUMBER_SAME in likeness.reasons:
        return Grade.UNCLEAR if likeness.against else Grade.SURE
    return Grade.LIKELY
