"""Segments (二元切分): the one function by which text is indexed and queries are made, so that both always agree.

Chinese text becomes overlapping pairs of characters, with the last one alone, so that any run of characters, down to one,
is found wherever it stands. Latin letters and digits stay whole. Everything is folded first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from operator import add
from typing import Final

import numpy as np

from sync.contract.folding import fold

HAN_RANGES: Final = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))
HAN: Final = "".join(f"{chr(first)}-{chr(last)}" for first, last in HAN_RANGES)
LONG_TEXT: Final = 64  # characters from which numpy's fixed 20 µs a call are won back: 17 against 3.6 million a second
_RUNS = re.compile(rf"[{HAN}]+|[0-9a-z]+")
_BLANK: Final = 32


def runs(text: str) -> list[str]:
    """Return the runs of Chinese characters and of letters and digits, folded, in their order."""
    return _RUNS.findall(fold(text))


def is_han(run: str) -> bool:
    """Whether a run from `runs` is Chinese."""
    return not run[0].isascii()


def tokens(text: str) -> str:
    """Return what the index keeps of a text: pairs and whole words, a blank between."""
    return _tokens_of_long(fold(text)) if len(text) > LONG_TEXT else " ".join(of_runs(runs(text)))


def of_runs(several: Iterable[str]) -> Iterator[str]:
    """Yield the tokens of runs from `runs`."""
    for run in several:
        if is_han(run):
            yield from map(add, run, run[1:])
            yield run[-1]
        else:
            yield run


def _tokens_of_long(folded: str) -> str:
    """Return the same by three columns a character: itself, the next one if both are Chinese, a blank where a token ends."""
    codes = np.frombuffer(folded.encode("utf-32-le", "surrogatepass"), np.uint32)
    han = np.zeros(len(codes), bool)
    for first, last in HAN_RANGES:
        han |= (codes >= first) & (codes <= last)
    plain = ((codes >= ord("0")) & (codes <= ord("9"))) | ((codes >= ord("a")) & (codes <= ord("z")))
    drawn = np.empty((len(codes), 3), np.uint32)
    drawn[:, 0] = codes
    drawn[:-1, 1] = codes[1:]
    drawn[:, 2] = _BLANK
    kept = np.zeros((len(codes), 3), bool)
    kept[:, 0] = han | plain
    kept[:-1, 1] = han[:-1] & han[1:]
    kept[:, 2] = han | plain
    kept[:-1, 2] &= han[:-1] | ~plain[1:]
    return drawn[kept].tobytes().decode("utf-32-le", "surrogatepass").rstrip()


def phrase(run: str, lead: str = "") -> str:
    """Return the index query for one run: its pairs beside each other; a character alone begins a pair, or ends its run.

    Args:
        lead: what the tokens begin with, where they are not those of a text.
    """
    if not is_han(run) or (lead and len(run) == 1):
        return f'"{lead}{run}"'
    if len(run) == 1:
        return f'"{run}" *'
    return '"' + " ".join(lead + one + other for one, other in pairwise(run)) + '"'
