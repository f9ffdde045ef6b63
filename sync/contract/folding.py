"""Folding (归一): one form for full width, Traditional, variant and upper-case characters, for comparing and searching.

Folding never touches what is kept: it is applied to both sides of a comparison, by this one function.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

import resources


@cache
def _table() -> dict[str, str]:
    table = {chr(code): chr(code - 0xFEE0).lower() for code in range(0xFF01, 0xFF5F)}
    table |= {chr(code): chr(code + 32) for code in range(ord("A"), ord("Z") + 1)}
    table |= {"\u3000": " ", "〇": "零", "○": "零"}
    pairs = files(resources).joinpath("codes/fold.txt").read_text(encoding="utf-8").splitlines()
    return table | {pair[0]: pair[1] for pair in pairs}


@cache
def _changed() -> re.Pattern[str]:
    """Return the pattern of what folding changes: most characters of a page are not among them, and cost nothing.

    What lies beyond the basic plane is rare and one range, for each such character named would be compared one by one.
    """
    basic = [re.escape(character) for character in _table() if character < "\U00010000"]
    return re.compile(f"[{''.join(basic)}\U00010000-\U0010ffff]")


def fold(text: str) -> str:
    """Return the text in its one comparable form, character for character: positions stay the same."""
    if text.isascii():
        return text.lower()
    table = _table()
    return _changed().sub(lambda found: table.get(found[0], found[0]), text)


def same_name(one: str, other: str) -> bool:
    """Whether two names are one name in other characters: 簡/简, 峯/峰, full width, stray blanks."""
    return fold(one).replace(" ", "") == fold(other).replace(" ", "")
