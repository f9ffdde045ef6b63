"""Duplicates (重件): one case filed twice, one person with two files of one kind, one person in two townships (docs/county.md, section 5).

Pure: the county looks up who may be alike by `blocks_of` and asks `duplicates_of` what to make of them. Nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sync.contract.kinds import Kind
from sync.contract.likeness import Likeness, Profile, Reason, compare
from sync.contract.mentions import Kin, Mention, Verb, near_sound
from sync.contract.proposals import LIKELY_POINTS, Grade, propose
from sync.contract.revisions import RecordId, TownshipId

PERSON_POINTS: Final = 90
"""A name that sounds the same and the day of birth are 80: in a county of 200,000 that is two people often enough."""
SLIPPED_DAYS: Final = 31
"""How far apart the days of one case may be written: a slip of the pen in the day, or filing for registering."""
_COUPLES: Final = (Verb.MARRIES.value, Verb.DIVORCES.value, "spouse")
_ONCE: Final = (Verb.MARRIES.value, Verb.DIVORCES.value, Verb.DIES.value)  # what happens on one day, whoever files it


class Sort(StrEnum):
    """What two records may have in common."""

    CASE = "case"  # 重件: the same case was filed twice
    CLAIM = "claim"  # 重复登记: one person has files of one kind in two townships
    PERSON = "person"  # 同一人: one person in two townships


class Answer(StrEnum):
    """What a person said of a pair."""

    SAME = "same"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Node:
    """A record, and the key of a mention in it; the key is "" where the whole record is meant."""

    record: RecordId
    key: str = ""


@dataclass(frozen=True, slots=True)
class Filed:
    """A record as it is compared: whose it is, and whom it names."""

    record: RecordId
    township: TownshipId
    kind: Kind
    mentions: tuple[Mention, ...]

    def at(self, place: str) -> Mention | None:
        """Return who is named at this place, None if nobody is."""
        return next((one for one in self.mentions if one.place == place), None)


@dataclass(frozen=True, slots=True)
class Found:
    """A pair to ask a person about; `one` is of the record with the smaller id."""

    sort: Sort
    one: Node
    other: Node
    likeness: Likeness
    grade: Grade


def blocks_of(mention: Mention) -> tuple[str, ...]:
    """Return the words under which a mention is looked up: who may be the same person shares at least one of them."""
    made = []
    if mention.number:
        made.append(f"n {mention.number[:17]}")
    if mention.born is not None and mention.born.told == "day":
        made.append(f"b {mention.born.first:%Y%m%d} {mention.sound}")
    spouse = next((one.name for one in mention.kin if one.kin is Kin.SPOUSE), "")
    if spouse:
        made.append("c " + "/".join(sorted((mention.sound, near_sound(spouse)))))
    return tuple(made)


def duplicates_of(mine: Filed, others: Iterable[Filed]) -> list[Found]:
    """Return what of these records may be the same case or name the same person; those sure by their number too."""
    several = {one.record: one for one in others if one.record != mine.record}
    found = [made for one in several.values() if (made := _same_kind(mine, one)) is not None]
    told = {node.record for one in found for node in (one.one, one.other)}
    elsewhere = [one for one in several.values() if one.township != mine.township and one.record not in told]
    return [*found, *_persons(mine, elsewhere)]


def _same_kind(mine: Filed, other: Filed) -> Found | None:
    """Return the pair if both are of one kind and about the same people."""
    if mine.kind.key != other.kind.key or not mine.kind.people:
        return None
    likenesses = []
    for place in _principals(mine.kind):
        here, there = mine.at(place), other.at(place)
        if here is None or there is None:
            return None
        likenesses.append(compare(Profile((here,)), Profile((there,))))
    if any(one.points < LIKELY_POINTS for one in likenesses):
        return None
    apart = _days_apart(mine, other)
    sort = _sort(mine, other, apart)
    if sort is None:
        return None
    least = min(likenesses, key=lambda one: one.points)
    grade = Grade.UNCLEAR if sort is Sort.CASE and apart else _grade(likenesses)
    return Found(sort, *_ordered(Node(mine.record), Node(other.record)), least, grade)


def _principals(kind: Kind) -> tuple[str, ...]:
    """Return whom a case of this kind is about: a couple, else the first of its people; a household by its head."""
    repeated = {group.key for group in kind.groups if group.repeated}
    couple = next((tie for tie in kind.ties if tie.verb in _COUPLES and tie.who not in repeated), None)
    return (couple.who, couple.to) if couple is not None else kind.people[:1]


def _days_apart(mine: Filed, other: Filed) -> int:
    """Return how many days lie between the two cases at least; 0 where they may be of one day, or a day is not known."""
    here, there = (next((one.case for one in filed.mentions if one.case), None) for filed in (mine, other))
    if here is None or there is None:
        return 0
    return max(0, (here.first_day - there.last_day).days, (there.first_day - here.last_day).days)


def _sort(mine: Filed, other: Filed, apart: int) -> Sort | None:
    """Return what two cases of one kind about the same people are, None for two cases that may well both be."""
    if apart <= SLIPPED_DAYS:
        return Sort.CASE
    if mine.township == other.township or any(tie.verb in _ONCE for tie in mine.kind.ties):
        return None  # a renewal, or a second wedding
    return Sort.CLAIM


def _grade(likenesses: list[Likeness]) -> Grade:
    if any(one.against for one in likenesses):
        return Grade.UNCLEAR
    if all(Reason.NUMBER_SAME in one.reasons for one in likenesses):
        return Grade.SURE
    return Grade.LIKELY if all(one.points >= PERSON_POINTS for one in likenesses) else Grade.UNCLEAR


def _persons(mine: Filed, others: Iterable[Filed]) -> Iterator[Found]:
    named: Mapping[Node, Mention] = {Node(one.record, person.key): person for one in others for person in one.mentions}
    for person in mine.mentions:
        blocks = set(blocks_of(person))
        near = {node: Profile((one,)) for node, one in named.items() if blocks.intersection(blocks_of(one))}
        for proposal in propose(Profile((person,)), near) if near else ():
            if proposal.likeness.points < PERSON_POINTS:
                continue
            ends = _ordered(Node(mine.record, person.key), proposal.candidate)
            yield Found(Sort.PERSON, *ends, proposal.likeness, proposal.grade)


def _ordered(one: Node, other: Node) -> tuple[Node, Node]:
    return (one, other) if one.record < other.record else (other, one)


# on the line


@dataclass(frozen=True, slots=True)
class PairSide:
    """One record of a pair, as a list shows it; `name` is who is meant, "" for the whole record."""

    record: RecordId
    key: str
    township: TownshipId
    township_name: str
    kind: str
    number: str
    title: str
    name: str


@dataclass(frozen=True, slots=True)
class PairLine:
    """A pair that waits, or that was answered: then with `answer`, by whom, and the id by which it can be undone."""

    sort: str
    grade: str
    points: int
    reasons: tuple[str, ...]
    one: PairSide
    other: PairSide
    answer: str
    answered_by: str
    answer_id: str


@dataclass(frozen=True, slots=True)
class PairList:
    """Pairs from the asked one on; how many wait, by sort, and how many records nobody has compared yet."""

    pairs: tuple[PairLine, ...]
    cases: int
    claims: int
    persons: int
    unread: int

    @property
    def waiting(self) -> int:
        return self.cases + self.claims + self.persons


@dataclass(frozen=True, slots=True)
class PairAnswer:
    """What a person says of a pair."""

    one: Node
    other: Node
    answer: Answer


@dataclass(frozen=True, slots=True)
class PairAnswered:
    """An answer, known by its id: the one that stands now, or the one that shall be undone."""

    id: str
