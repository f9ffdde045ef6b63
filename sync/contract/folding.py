"""Folding (归一): one form for full width, Traditional, variant and upper-case characters, for comparing and searching.

Folding never touches what is kept: it is applied to both sides of a comparison, by this one function.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import resources


@cache
def _table() -> dict[int, str]:
    table: dict[int, str] = {code: chr(code - 0xFEE0).lower() for code in range(0xFF01, 0xFF5F)}
    table |= {code: chr(code + 32) for code in range(ord("A"), ord("Z") + 1)}
    table |= {0x3000: " ", ord("〇"): "零", ord("○"): "零"}
    pairs = files(resources).joinpath("codes/fold.txt").read_text(encoding="utf-8").splitlines()
    table |= {ord(pair[0]): pair[1] for pair in pairs}
    return table


def fold(text: str) -> str:
    """Return the text in its one comparable form, character for character: positions stay the same."""
    return text.translate(_table())


def same_name(one: str, other: str) -> bool:
    """Whether two names are one name in other characters: 簡/简, 峯/峰, full width, stray blanks."""
    return fold(one).replace(" ", "") == fold(other).replace(" ", "")
