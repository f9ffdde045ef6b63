"""The party list (当事人名单): every name and number of the people in an archive, and where any of them stands in a text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from sync.contract.folding import fold
from sync.contract.pinyin import readings

SHORTEST_NAME, SHORTEST_LATIN, SHORTEST_NUMBER, SHORTEST_PINYIN = 2, 4, 7, 5
LONGEST_SPELLED: Final = 4
HIDDEN: Final = "＊＊"
_BETWEEN: Final = re.compile(r"[\s\-‐-―－_.．·•‧・\u00ad\u200b-\u200f\u2060\ufeff]+")
_COMPATIBLE: Final = re.compile("[^\x00-\x7f\u3400-\u9fff\U00020000-\U0002f7ff]")  # all but what is surely its own form
_SEVERAL: Final = re.compile(r"[、，,;；/|（）()\[\]]+")
_HAN: Final = re.compile(r"[^\x00-\x7f]{2,}")
_SIGNS: Final = re.compile(r"[0-9a-z]{7,}")
_WORDS: Final = re.compile(r"[a-z]+")
_FORMS: Final = (
    r"\d{6}[ -]?(?:19|20)\d{2}[ -]?(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[ -]?\d{3}[0-9x]",  # an identity number
    r"1[3-9]\d[ -]?\d{4}[ -]?\d{4}",  # a mobile number
)
_APART: Final = re.compile("|".join(rf"(?<![0-9a-z]){form}(?![0-9a-z])" for form in _FORMS))  # of hexadecimal digits
_ANYWHERE: Final = re.compile("|".join(rf"(?<!\d){form}(?!\d)" for form in _FORMS))


@dataclass(frozen=True, slots=True)
class Hit:
    """Where something of the list stands in a text, and whether it is a name."""

    start: int
    end: int
    name: bool


def plain(text: str) -> str:
    """Return the text folded and in compatibility form, character for character."""
    return fold(text if text.isascii() else _COMPATIBLE.sub(_as_usual, text))


@cache
def _usual(character: str) -> str:
    usual = unicodedata.normalize("NFKC", character)
    return usual if len(usual) == 1 else character


def _as_usual(found: re.Match[str]) -> str:
    return _usual(found[0])


def squeezed(text: str) -> tuple[str, Sequence[int]]:
    """Return the plain text without what may stand between the characters of a name, and where each character stood."""
    return _squeezed(plain(text))


def _squeezed(folded: str) -> tuple[str, Sequence[int]]:
    kept: list[int] = []
    pieces: list[str] = []
    last = 0
    for gap in _BETWEEN.finditer(folded):
        kept += range(last, gap.start())
        pieces.append(folded[last : gap.start()])
        last = gap.end()
    if not last:
        return folded, range(len(folded))
    kept += range(last, len(folded))
    return "".join((*pieces, folded[last:])), kept


class Parties:
    """Names and numbers to be hidden and looked for."""

    def __init__(self, names: Iterable[str], numbers: Iterable[str]) -> None:
        parts = {squeezed(part)[0] for name in names for part in _SEVERAL.split(name)}
        self.names = frozenset(one for one in parts if _HAN.search(one))
        self.latin = frozenset(one for one in parts - self.names if len(one) >= SHORTEST_LATIN and _WORDS.search(one))
        signs = {re.sub(r"[^0-9a-z]", "", plain(one)) for one in numbers}
        self.numbers = frozenset(one for one in signs if len(one) >= SHORTEST_NUMBER)
        self._heads: dict[str, list[str]] = {}
        for name in sorted(self.names, key=len, reverse=True):
            self._heads.setdefault(name[:2], []).append(name)
        self._lengths = sorted({len(one) for one in self.numbers}, reverse=True)
        self._spelled = {"".join(way) for name in self.names if len(name) <= LONGEST_SPELLED for way in readings(name)}
        self._spelled = {one for one in self._spelled if len(one) >= SHORTEST_PINYIN and one.isascii()}

    def without(self, names: Collection[str]) -> Parties:
        """Return the list without these names."""
        return Parties(self.names - set(names) | self.latin, self.numbers)

    def within(self, texts: Iterable[str]) -> frozenset[str]:
        """Return the names that stand in one of these texts."""
        found = set()
        for text in texts:
            said = squeezed(text)[0]
            found |= {said[hit.start : hit.end] for hit in self._names(said)}
        return frozenset(found)

    def find(self, text: str, *, spelled: bool = False) -> list[Hit]:
        """Return where something of the list, or of the form of such a number, stands; what overlaps is told once.

        Args:
            spelled: it is a text that people wrote: pinyin of names too, and forms of numbers beside letters.
        """
        folded = plain(text)
        said, places = _squeezed(folded)
        found = [*self._names(said), *self._numbers(said)]
        hits = [Hit(places[one.start], places[one.end - 1] + 1, one.name) for one in found]
        hits += [Hit(*one.span(), False) for one in (_ANYWHERE if spelled else _APART).finditer(folded)]
        if spelled:
            hits += self._pinyin(folded)
        return list(_apart(hits))

    def masked(self, text: str) -> tuple[str, int]:
        """Return the text with all of it hidden, and how often."""
        said, times = text, 0
        while hits := self.find(said, spelled=True):  # what was hidden may lay bare what it touched
            times += len(hits)
            for hit in reversed(hits):
                was = said[hit.start : hit.end]
                said = said[: hit.start] + (mask_name(was) if hit.name else HIDDEN) + said[hit.end :]
        return said, times

    def _names(self, said: str) -> Iterator[Hit]:
        for run in _HAN.finditer(said):
            start = run.start()
            while start < run.end() - 1:
                name = next(
                    (one for one in self._heads.get(said[start : start + 2], ()) if said.startswith(one, start)), ""
                )
                if name:
                    yield Hit(start, start + len(name), True)
                start += len(name) or 1

    def _numbers(self, said: str) -> Iterator[Hit]:
        for run in _SIGNS.finditer(said) if self.numbers else ():
            yield from self._within(said, run.start(), run.end())
        for name in self.latin:
            start = said.find(name)
            while start >= 0:
                yield Hit(start, start + len(name), True)
                start = said.find(name, start + 1)

    def _within(self, said: str, first: int, end: int) -> Iterator[Hit]:
        for length in self._lengths:
            for start in range(first, end - length + 1):
                if said[start : start + length] in self.numbers:
                    yield Hit(start, start + length, False)

    def _pinyin(self, folded: str) -> Iterator[Hit]:
        words = list(_WORDS.finditer(folded))
        for place, word in enumerate(words):
            said, end = word[0], word.end()
            for after in (*words[place + 1 : place + LONGEST_SPELLED], None):
                if said in self._spelled:
                    yield Hit(word.start(), end, True)
                if after is None or _BETWEEN.fullmatch(folded[end : after.start()]) is None:
                    break
                said, end = said + after[0], after.end()


def mask_name(name: str) -> str:
    """Return a name's first character, and a star for each other."""
    return name[:1] + "*" * (len(name) - 1)


def _apart(hits: Iterable[Hit]) -> Iterator[Hit]:
    """Yield hits from left to right, those that overlap as one."""
    held: Hit | None = None
    for hit in sorted(hits, key=lambda one: (one.start, -one.end)):
        if held is None or hit.start >= held.end:
            if held is not None:
                yield held
            held = hit
        elif hit.end > held.end:
            held = Hit(held.start, hit.end, held.name and hit.name)
    if held is not None:
        yield held
