"""A question to the archive (检索式), read: which tiers answer it, in which order, and what each asks the index.

Tiers: a number, whole or begun; then people, by name, pinyin, initials or last four; then everything that is written. Within a
tier the newest first, but a begun number in the order of numbers. All words of a question must be there. A word that names a
field (「男方=王秀英」) is asked by its value; whether it stands in that field, the records tell: desktop.archive.field_words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from desktop.archive import field_words, segments
from desktop.archive.field_words import FieldWord
from desktop.archive.search_entries import Lead, compact
from sync.contract import pinyin

BEGUN_NUMBER_CHARACTERS = 6  # a shorter beginning says nothing: it is the code of the county, or of the office
NAMED_SYLLABLES = 6
_BETWEEN_WORDS = re.compile(r"[\s　、,，;；]+")
_DIGIT = re.compile(r"\d")
_LAST_FOUR = re.compile(r"\d{3}[\dx]")
_IDENTITY = re.compile(r"\d{15}|\d{17}[\dx]")
_BEGUN_IDENTITY = re.compile(r"\d{10,17}")  # place and year of birth at least: a shorter beginning is half the county's


@dataclass(frozen=True, slots=True)
class Tier:
    """One way of asking the full text; `match` is FTS5's expression."""

    name: str
    match: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question as typed, read: its words without the names of fields. `number` is empty where nothing typed can be one."""

    words: tuple[str, ...]
    number: str
    tiers: tuple[Tier, ...]
    fields: tuple[FieldWord, ...] = ()

    @property
    def begun(self) -> bool:
        """Whether the number may be the beginning of a longer one."""
        return len(self.number) >= BEGUN_NUMBER_CHARACTERS


def read(typed: str) -> Question:
    """Return what is asked; a question without a letter, digit or Chinese character has no tier."""
    split = _BETWEEN_WORDS.split(typed.strip())
    fields = [one for one in map(field_words.read, split) if one] if "=" in typed or "＝" in typed else []
    if fields:
        split = [one.value if (one := field_words.read(word)) else word for word in split]
        typed = " ".join(split)
    read_words = [(word, runs) for word in split if (runs := segments.runs(word))]
    people = [_person(word, runs) for word, runs in read_words]
    tiers: list[Tier] = []
    for name in dict.fromkeys(name for ways in people for name in ways):
        if all(name in ways for ways in people):
            tiers.append(Tier(name, " AND ".join([ways[name] for ways in people])))
    if len(people) > 1 and not tiers and all(people):
        tiers.append(Tier("name", " AND ".join([next(iter(ways.values())) for ways in people])))
    if len(people) == 1:  # what else it may be was asked by the tiers before
        tiers.append(Tier("text", _written(read_words[0][1])))
    elif people:
        anywhere = [_any_of([_written(runs), *_ways(ways)]) for (_, runs), ways in zip(read_words, people, strict=True)]
        tiers.append(Tier("text", " AND ".join(anywhere)))
    number = compact(typed) if _DIGIT.search(typed) else ""
    asked_of_fields = tuple(one for one in fields if segments.runs(one.value))
    return Question(tuple([word for word, _ in read_words]), number, tuple(tiers), asked_of_fields)


def _person(word: str, runs: list[str]) -> dict[str, str]:
    """Return the expressions by which a word may name a person, by tier, the surest first."""
    if not any(run[0].isascii() for run in runs):
        return {"name": " AND ".join([segments.phrase(run, Lead.NAME) for run in runs])}
    number = compact(word)
    if number.isascii() and number.isalpha():
        ways = {"initials": f'"{Lead.INITIALS}{number}"', "name": f'"{Lead.NAME}{number}"'}
        if cuts := pinyin.cuts(number):
            ways["pinyin"] = _any_of([spelt for whole, begun in cuts for spelt in _spelt(whole, begun)])
        return ways
    if _LAST_FOUR.fullmatch(number):
        return {"last4": f'"{Lead.LAST_FOUR}{number}"'}
    if _IDENTITY.fullmatch(number):
        return {"number": f'"{Lead.IDENTITY}{number}"'}
    if _BEGUN_IDENTITY.fullmatch(number):
        return {"number": f'"{Lead.IDENTITY}{number}" *'}
    return {}


def _spelt(whole: tuple[str, ...], begun: str) -> Iterator[str]:
    """Syllables stand beside each other; the last one typed may be the beginning of one.

    A few syllables are named one by one, for the list of each is walked from its end; a prefix is first read whole.
    """
    before = "".join(f'"{Lead.SYLLABLE}{one}" + ' for one in whole)
    several = pinyin.beginning_with(begun)
    if len(several) <= NAMED_SYLLABLES:
        yield from (f'{before}"{Lead.SYLLABLE}{one}"' for one in several)
    else:
        yield f'{before}"{Lead.SYLLABLE}{begun}" *'


def _written(runs: list[str]) -> str:
    return " AND ".join([segments.phrase(run) for run in runs])


def _ways(ways: Mapping[str, str]) -> Iterator[str]:
    """A person's name is written in the text as well; the other ways to a person are not."""
    return (way for name, way in ways.items() if name != "name")


def _any_of(several: Sequence[str]) -> str:
    """Return an expression that holds where one of these does."""
    if len(several) == 1:
        return several[0]
    return "(" + " OR ".join([f"({one})" if " AND " in one else one for one in several]) + ")"
