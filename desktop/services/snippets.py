"""Snippets (检索摘录): a piece of text in which the words stand, and where; long numbers are hidden before anything is cut."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sync.contract import masking
from sync.contract.folding import fold
from sync.contract.kinds import Mask

SNIPPET_CHARACTERS = 40
_LONG_NUMBER = re.compile(r"\d{14,}[\dxX]|(?<!\d)\d{11,14}(?!\d)")
_SHORTEST_IDENTITY = 15

Marks = tuple[tuple[int, int], ...]


def snippet_of(texts: Iterable[str], asked: Iterable[str]) -> tuple[str, Marks]:
    """Return a piece of the first text in which a word that was asked stands, and (start, length) of each word in it.

    Texts are looked at one by one, so that what is costly to read comes last and is often never read.
    """
    words = [fold(word) for word in asked if word]
    for text in texts if words else ():
        folded = fold(text)
        places = [folded.find(word) for word in words if word in folded]
        if places:
            start = max(0, min(places) - SNIPPET_CHARACTERS // 4)
            piece = text[start : start + SNIPPET_CHARACTERS].replace("\n", " ")
            return piece, _marks(fold(piece), words)
    return "", ()


def hide_numbers(text: str) -> str:
    """Return the text with the middle of every long number hidden, each character in its place."""
    return _LONG_NUMBER.sub(_hidden, text)


def _hidden(found: re.Match[str]) -> str:
    number = found[0]
    return masking.shown(Mask.IDENTITY if len(number) >= _SHORTEST_IDENTITY else Mask.PHONE, number)


def _marks(piece: str, words: Iterable[str]) -> Marks:
    """Return every place of every word, the longer of two that overlap."""
    taken: set[int] = set()
    marks = []
    for word in sorted(set(words), key=len, reverse=True):
        for found in re.finditer(re.escape(word), piece):
            if taken.isdisjoint(range(found.start(), found.end())):
                taken.update(range(found.start(), found.end()))
                marks.append((found.start(), len(word)))
    return tuple(sorted(marks))
