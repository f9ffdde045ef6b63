"""Segments (二元切分): the one function by which text is indexed and queries are made, so that both always agree.

Chinese text becomes overlapping pairs of characters, with the last one alone, so that any run of characters, down to one,
is found wherever it stands. Latin letters and digits stay whole. Everything is folded first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sync.contract.folding import fold

HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUNS = re.compile(rf"[{HAN}]+|[0-9a-z]+")


def runs(text: str) -> list[str]:
    """Return the runs of Chinese characters and of letters and digits, folded, in their order."""
    return _RUNS.findall(fold(text))


def is_han(run: str) -> bool:
    """Whether a run from `runs` is Chinese."""
    return not run[0].isascii()


def tokens(text: str) -> str:
    """Return what the index keeps of a text: pairs and whole words, a blank between."""
    return " ".join(_tokens(text))


def _tokens(text: str) -> Iterator[str]:
    for run in runs(text):
        if is_han(run):
            yield from map(str.__add__, run, run[1:])
            yield run[-1]
        else:
            yield run


def query(text: str) -> str:
    """Return the index query that holds exactly where the folded text stands, run by run; empty if it has no run."""
    return " AND ".join(_phrase(run) for run in runs(text))


def _phrase(run: str) -> str:
    if not is_han(run):
        return f'"{run}"'
    if len(run) == 1:
        return f'"{run}"*'
    return '"' + " ".join(map(str.__add__, run, run[1:])) + '"'
