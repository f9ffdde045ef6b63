"""Pinyin of names (姓名拼音): whole readings and initials, with surnames read as surnames.

pypinyin reads 单 as dan and 仇 as chou; as surnames they are shan and qiu. resources/codes/surnames.toml says so.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from itertools import product

from pypinyin import Style, pinyin

import resources
from desktop.archive.segments import is_han, runs

MOST_READINGS = 4


@cache
def _surnames() -> dict[str, list[str]]:
    tables = tomllib.loads(files(resources).joinpath("codes/surnames.toml").read_text(encoding="utf-8"))
    return {**tables["one"], **tables["two"]}


@cache
def _readings(character: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(pinyin(character, style=Style.NORMAL, heteronym=False)[0]))


def readings(name: str) -> list[tuple[str, str]]:
    """Return (whole reading, initials) for every way a name may be read, at most four; none for a name without Chinese."""
    characters = "".join(run for run in runs(name) if is_han(run))
    if not characters:
        return []
    surname = next((characters[:size] for size in (2, 1) if characters[:size] in _surnames()), "")
    first = [
        ("".join(syllables), "".join(one[0] for one in syllables))
        for syllables in map(str.split, _surnames().get(surname, []))
    ]
    rest = [[(one, one[:1]) for one in _readings(character)] for character in characters[len(surname) :]]
    parts = ([first] if first else []) + rest
    spelled = [("".join(w for w, _ in way), "".join(i for _, i in way)) for way in product(*parts)]
    return list(dict.fromkeys(spelled))[:MOST_READINGS]
