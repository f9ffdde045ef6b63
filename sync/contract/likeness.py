"""Likeness (比对): how much two sets of mentions speak for one person, in points, and why, in codes a person can judge.

Nothing here decides: points order what is shown and say how near the next candidate is. Both ends of the line compare by this
one function. Points are tenths of what one more coinciding detail is worth; where they come from stands in docs/persons.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final

from sync.contract.mentions import Born, Event, Kin, Mention, Relative, Verb, near_sound, plain_name

DAYS_OF_YEAR: Final = 366
_UNMARRIED: Final = "未婚"
_BEFORE: Final = ("离婚", "丧偶")


class Reason(StrEnum):
    """Why two mentions may be one person, or may not; the sentences are `persons.reason_…` in resources/messages."""

    NUMBER_SAME = "number_same"
    NUMBER_NEARLY = "number_nearly"
    NUMBER_DIFFERS = "number_differs"
    NAME_SAME = "name_same"
    NAME_FOLDED = "name_folded"
    NAME_FORMER = "name_former"
    NAME_SOUND = "name_sound"
    NAME_NEARLY = "name_nearly"
    NAME_DIFFERS = "name_differs"
    SEX_DIFFERS = "sex_differs"
    BIRTH_DAY = "birth_day"
    BIRTH_MONTH = "birth_month"
    BIRTH_YEAR = "birth_year"
    AGE_FITS = "age_fits"
    BIRTH_NEARLY = "birth_nearly"
    BIRTH_DIFFERS = "birth_differs"
    BIRTH_IMPOSSIBLE = "birth_impossible"
    VILLAGE_SAME = "village_same"
    TOWNSHIP_SAME = "township_same"
    SPOUSE_SAME = "spouse_same"
    SPOUSE_SOUND = "spouse_sound"
    SPOUSE_OTHER = "spouse_other"
    PARENT_SAME = "parent_same"
    CHILD_SAME = "child_same"
    DEAD_BEFORE = "dead_before"
    SAID_UNMARRIED = "said_unmarried"
    MARRIED_ELSEWHERE = "married_elsewhere"


POINTS: Final = {
    Reason.NUMBER_SAME: 200, Reason.NUMBER_NEARLY: 90, Reason.NUMBER_DIFFERS: -300,
    Reason.NAME_SAME: 50, Reason.NAME_FOLDED: 50, Reason.NAME_FORMER: 40, Reason.NAME_SOUND: 30,
    Reason.NAME_NEARLY: 0, Reason.NAME_DIFFERS: -80,
    Reason.SEX_DIFFERS: -200,
    Reason.BIRTH_DAY: 50, Reason.BIRTH_MONTH: 40, Reason.BIRTH_YEAR: 30, Reason.AGE_FITS: 25,
    Reason.BIRTH_NEARLY: -20, Reason.BIRTH_DIFFERS: -60, Reason.BIRTH_IMPOSSIBLE: -150,
    Reason.VILLAGE_SAME: 30, Reason.TOWNSHIP_SAME: 10,
    Reason.SPOUSE_SAME: 60, Reason.SPOUSE_SOUND: 45, Reason.SPOUSE_OTHER: -20,
    Reason.PARENT_SAME: 50, Reason.CHILD_SAME: 40,
    Reason.DEAD_BEFORE: -200, Reason.SAID_UNMARRIED: -60, Reason.MARRIED_ELSEWHERE: -30,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much two profiles speak for one person; reasons in the order of their weight."""

    points: int
    reasons: tuple[Reason, ...]

    @property
    def against(self) -> tuple[Reason, ...]:
        """What speaks against it."""
        return tuple(one for one in self.reasons if POINTS[one] < 0)


@dataclass(frozen=True)
class Profile:
    """What is known of one person: one mention, or all that were linked or bear the same number."""

    mentions: tuple[Mention, ...]

    @cached_property
    def numbers(self) -> frozenset[str]:
        return frozenset(one.number for one in self.mentions if one.number)

    @cached_property
    def written(self) -> frozenset[str]:
        return frozenset(one.written_number for one in self.mentions if one.written_number)

    @cached_property
    def events(self) -> tuple[Event, ...]:
        return tuple(dict.fromkeys(event for one in self.mentions for event in one.events))

    def relatives(self, kin: Kin) -> list[Relative]:
        return [other for one in self.mentions for other in one.kin if other.kin is kin]


def compare(one: Profile, other: Profile) -> Likeness:
    """Return how much two profiles speak for one person; the same either way round."""
    reasons = [
        *_by_number(one, other),
        _by_name(one, other),
        *_by_sex(one, other),
        *_by_birth(one, other),
        *_by_home(one, other),
        *_by_kin(one, other),
        *_by_life(one.events, other.events),
    ]
    reasons.sort(key=lambda reason: (-abs(POINTS[reason]), reason))
    return Likeness(sum(POINTS[reason] for reason in reasons), tuple(reasons))


def _by_number(one: Profile, other: Profile) -> Iterator[Reason]:
    if one.numbers & other.numbers:
        yield Reason.NUMBER_SAME
    elif one.numbers and other.numbers:
        yield Reason.NUMBER_DIFFERS
    elif any(a == b or slipped(a, b) for a in one.written for b in other.written):
        yield Reason.NUMBER_NEARLY


def slipped(one: str, other: str) -> bool:
    """Whether one slip of the pen makes one text of the other: a sign wrong, missing, too many, or two swapped."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    start = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    mine, theirs = one[start:], other[start:]
    if len(mine) != len(theirs):
        return mine[1:] == theirs or theirs[1:] == mine
    return mine[1:] == theirs[1:] or (mine[:2] == theirs[1::-1] and mine[2:] == theirs[2:])


def _by_name(one: Profile, other: Profile) -> Reason:
    found = [_names(a, b) for a in one.mentions for b in other.mentions]
    return max(found, key=lambda reason: (POINTS[reason], reason))


def _names(one: Mention, other: Mention) -> Reason:
    if one.name == other.name:
        return Reason.NAME_SAME
    mine, theirs = plain_name(one.name), plain_name(other.name)
    if mine == theirs:
        return Reason.NAME_FOLDED
    if theirs == plain_name(one.former) or mine == plain_name(other.former):
        return Reason.NAME_FORMER
    if near_sound(one.name) == near_sound(other.name):
        return Reason.NAME_SOUND
    alike = sum(a == b for a, b in zip(mine, theirs, strict=False))
    return Reason.NAME_NEARLY if len(mine) == len(theirs) == alike + 1 and alike else Reason.NAME_DIFFERS


def _by_sex(one: Profile, other: Profile) -> Iterator[Reason]:
    mine, theirs = ({mention.sex for mention in profile.mentions if mention.sex} for profile in (one, other))
    if mine and theirs and not mine & theirs:
        yield Reason.SEX_DIFFERS


def _by_birth(one: Profile, other: Profile) -> Iterator[Reason]:
    found = [
        _births(a.born, b.born)
        for a in one.mentions
        for b in other.mentions
        if a.born is not None and b.born is not None
    ]
    if found:
        yield max(found, key=lambda reason: (POINTS[reason], reason))


def _births(one: Born, other: Born) -> Reason:
    gap = one.gap_days(other)
    if gap == 0:
        coarser = max((one, other), key=lambda born: ("day", "month", "year", "age").index(born.told))
        return {
            "day": Reason.BIRTH_DAY,
            "month": Reason.BIRTH_MONTH,
            "year": Reason.BIRTH_YEAR,
            "age": Reason.AGE_FITS,
        }[coarser.told]
    if gap <= DAYS_OF_YEAR:
        return Reason.BIRTH_NEARLY
    return Reason.BIRTH_DIFFERS if gap <= 3 * DAYS_OF_YEAR else Reason.BIRTH_IMPOSSIBLE


def _by_home(one: Profile, other: Profile) -> Iterator[Reason]:
    homes = [{(m.township, m.village) for m in profile.mentions} for profile in (one, other)]
    pairs = [(a, b) for a in homes[0] for b in homes[1]]
    if any(a[1] and a[1] == b[1] and (a[0] == b[0] or not a[0] or not b[0]) for a, b in pairs):
        yield Reason.VILLAGE_SAME
    elif any(a[0] and a[0] == b[0] for a, b in pairs):
        yield Reason.TOWNSHIP_SAME


def _by_kin(one: Profile, other: Profile) -> Iterator[Reason]:
    mine, theirs = one.relatives(Kin.SPOUSE), other.relatives(Kin.SPOUSE)
    if mine and theirs:
        found = _same_relative(mine, theirs)
        if found or not _remarried(one, other):
            yield found or Reason.SPOUSE_OTHER
    for kin, reason in ((Kin.PARENT, Reason.PARENT_SAME), (Kin.CHILD, Reason.CHILD_SAME)):
        if _same_relative(one.relatives(kin), other.relatives(kin)):
            yield reason


def _remarried(one: Profile, other: Profile) -> bool:
    """Whether a marriage says there was one before: then another spouse speaks neither for nor against."""
    return any(event.verb is Verb.MARRIES and event.said in _BEFORE for event in (*one.events, *other.events))


def _same_relative(several: Sequence[Relative], others: Sequence[Relative]) -> Reason | None:
    sounded = False
    for a in several:
        for b in others:
            if a.born and b.born and a.born.gap_days(b.born) > 3 * DAYS_OF_YEAR:
                continue
            if plain_name(a.name) == plain_name(b.name):
                return Reason.SPOUSE_SAME
            sounded = sounded or near_sound(a.name) == near_sound(b.name)
    return Reason.SPOUSE_SOUND if sounded else None


def _by_life(one: Sequence[Event], other: Sequence[Event]) -> Iterator[Reason]:
    """Yield what cannot be true of one life: a wedding after the funeral, two marriages at a time."""
    pairs = [(a, b) for a in one for b in other]
    pairs += [(b, a) for a, b in pairs]
    if any(a.verb is Verb.DIES and b.verb is not Verb.DIES and a.on.last_day < b.on.first_day for a, b in pairs):
        yield Reason.DEAD_BEFORE
    if any(
        a.verb is Verb.DIES and b.verb is Verb.DIES and abs((a.on.first_day - b.on.first_day).days) > DAYS_OF_YEAR
        for a, b in pairs
    ):
        yield Reason.DEAD_BEFORE
    weddings = [
        (a, b) for a, b in pairs
        if a.verb is b.verb is Verb.MARRIES and a.on.last_day < b.on.first_day
        and near_sound(a.other) != near_sound(b.other)
    ]  # fmt: skip
    if any(b.said == _UNMARRIED for _, b in weddings):
        yield Reason.SAID_UNMARRIED
    elif any(not b.said and not _ended(a, b, (*one, *other)) for a, b in weddings):
        yield Reason.MARRIED_ELSEWHERE


def _ended(first: Event, second: Event, known: Iterable[Event]) -> bool:
    return any(
        one.verb is Verb.DIVORCES and first.on.first_day <= one.on.last_day and one.on.first_day <= second.on.last_day
        for one in known
    )
