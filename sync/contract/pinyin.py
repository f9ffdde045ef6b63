"""Pinyin of names (姓名拼音): the syllables a name may be read by, with surnames read as surnames, and typed pinyin cut into them.

As a word 单 is read dan and 仇 chou; as surnames they are shan and qiu. resources/codes/surnames.toml says so.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Final

import resources

MOST_READINGS: Final = 4
MOST_CUTS: Final = 8
LONGEST_SYLLABLE: Final = 6  # zhuang


@cache
def _surnames() -> dict[str, list[tuple[str, ...]]]:
    tables = tomllib.loads(files(resources).joinpath("codes/surnames.toml").read_text(encoding="utf-8"))
    return {name: [tuple(one.split()) for one in spelt] for name, spelt in {**tables["one"], **tables["two"]}.items()}


@cache
def _syllables() -> dict[str, str]:
    """Return each syllable with the characters that are read so."""
    lines = files(resources).joinpath("codes/readings.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split(" ") for line in lines)


@cache
def _readings() -> dict[str, str]:
    return {character: syllable for syllable, characters in _syllables().items() for character in characters}


def readings(characters: str) -> list[tuple[str, ...]]:
    """Return the syllables of every way a name in Chinese characters may be read, at most four; none for an empty one."""
    if not characters:
        return []
    size = 2 if characters[:2] in _surnames() else 1
    surname = _surnames().get(characters[:size])
    given = tuple(_readings().get(character, character) for character in (characters[size:] if surname else characters))
    return [begun + given for begun in surname or [()]][:MOST_READINGS]


def cuts(typed: str) -> list[tuple[tuple[str, ...], str]]:
    """Return how typed pinyin may be cut into whole syllables and the beginning of one more, the longest syllables first.

    `xianzh` is (xian) and zh…, or (xi an) and zh…; what is no pinyin has no cut. Where it may end with a whole syllable, the cuts
    that end within one are left out: `zhangsan` is not zhang, sa and n….
    """
    found: list[tuple[tuple[str, ...], str]] = []
    _cut(typed, (), found)
    return [one for one in found if one[1] in _syllables()] or found


def _cut(rest: str, before: tuple[str, ...], found: list[tuple[tuple[str, ...], str]]) -> None:
    if len(found) >= MOST_CUTS:
        return
    if beginning_with(rest):
        found.append((before, rest))
    for size in range(min(LONGEST_SYLLABLE, len(rest) - 1), 0, -1):
        if rest[:size] in _syllables():
            _cut(rest[size:], (*before, rest[:size]), found)


def beginning_with(begun: str) -> tuple[str, ...]:
    """Return the syllables that begin so, the whole one first."""
    return _beginnings().get(begun, ())


@cache
def _beginnings() -> dict[str, tuple[str, ...]]:
    made: dict[str, list[str]] = {}
    for syllable in sorted(_syllables(), key=len):
        for size in range(1, len(syllable) + 1):
            made.setdefault(syllable[:size], []).append(syllable)
    return {begun: tuple(several) for begun, several in made.items()}
