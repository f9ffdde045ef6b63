"""A question to the archive (检索式), read: which tiers answer it, in which order, and what each asks the index.

Tiers: a number, whole or begun; then people, by name, pinyin, initials or last four; then everything that is written. Within a
tier the newest first, but a begun number in the order of numbers. All words of a question must be there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from desktop.archive import pinyin, segments
from desktop.archive.search_entries import INITIALS, LAST_FOUR, compact

BEGUN_NUMBER_CHARACTERS = 6  # a shorter beginning says nothing: it is the code of the county, or of the office
_BETWEEN_WORDS = re.compile(r"[\s　、,，;；]+")
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
    """A question as typed, read. `number` is empty where nothing typed can be one."""

    words: tuple[str, ...]
    number: str
    tiers: tuple[Tier, ...]

    @property
    def begun(self) -> bool:
        """Whether the number may be the beginning of a longer one."""
        return len(self.number) >= BEGUN_NUMBER_CHARACTERS


def read(typed: str) -> Question:
    """Return what is asked; a question without a letter, digit or Chinese character has no tier."""
    words = tuple(word for word in _BETWEEN_WORDS.split(typed.strip()) if segments.runs(word))
    whole = compact(typed)
    number = whole if any(character.isdigit() for character in whole) else ""
    people = [_person(word) for word in words]
    tiers: list[Tier] = []
    for name in dict.fromkeys(name for ways in people for name in ways):
        if all(name in ways for ways in people):
            tiers.append(Tier(name, " AND ".join(ways[name] for ways in people)))
    if len(words) > 1 and not tiers and all(people):
        tiers.append(Tier("name", " AND ".join(next(iter(ways.values())) for ways in people)))
    if words:
        tiers.append(Tier("text", " AND ".join(map(_anywhere, words, people))))
    return Question(words, number, tuple(tiers))


def _person(word: str) -> dict[str, str]:
    """Return the expressions by which a word may name a person, by tier, the surest first."""
    if word.isascii() and word.isalpha():
        typed = word.lower()
        ways = {"initials": f'ways : "{INITIALS}{typed}"'}
        cuts = pinyin.cuts(typed)
        if cuts:
            ways["pinyin"] = _spelt(cuts)
        return ways
    number = compact(word)
    if _LAST_FOUR.fullmatch(number):
        return {"last4": f'ways : "{LAST_FOUR}{number}"'}
    if _IDENTITY.fullmatch(number):
        return {"number": f'ways : "{number}"'}
    if _BEGUN_IDENTITY.fullmatch(number):
        return {"number": f'ways : "{number}" *'}
    runs = segments.runs(word)
    if all(map(segments.is_han, runs)):
        return {"name": " AND ".join(f"names : {_in_a_name(run)}" for run in runs)}
    return {}


def _in_a_name(run: str) -> str:
    """A character alone is a token of its own there: half of all Chinese names begin with one of ten."""
    return f'"{run}"' if len(run) == 1 else segments.phrase(run)


def _spelt(cuts: list[tuple[tuple[str, ...], str]]) -> str:
    """Whole syllables stand beside each other in the index; the last one typed may be the beginning of one."""
    spelt = [" + ".join([*(f'"{one}"' for one in whole), f'"{begun}" *']) for whole, begun in cuts]
    return "(" + " OR ".join(f"ways : {one}" for one in spelt) + ")"


def _anywhere(word: str, ways: dict[str, str]) -> str:
    """A word stands somewhere in the text, or names a person in another way than by being written."""
    written = " AND ".join(map(_written, segments.runs(word)))
    alternatives = [f"({written})", *(way for way in ways.values() if way.startswith(("ways", "(ways")))]
    return "(" + " OR ".join(alternatives) + ")"


def _written(run: str) -> str:
    """A character alone is a whole token among the names, and the beginning of a pair elsewhere."""
    if segments.is_han(run) and len(run) == 1:
        return f'(names : "{run}" OR {{fields pages}} : "{run}" *)'
    return f"{{names fields pages}} : {segments.phrase(run)}"
