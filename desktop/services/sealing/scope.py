"""What is asked for (范围): kinds, years, villages, persons, risks, and a draw among them; typed as one line, kept as one line."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from desktop.archive import choosing
from desktop.archive.archive import Connection
from desktop.services.sealing.plan import Range
from sync.contract.errors import Refused
from sync.contract.kinds import Kind
from sync.contract.risks import draw, load_risks

ALL_YEARS: Final = (0, 9999)
ANY_RISK: Final = ("any", "任一")
SAMPLE_MAX: Final = 100_000
_WORDS: Final = {
    "村": "village", "village": "village", "人": "person", "person": "person", "抽": "sample", "sample": "sample",
    "种子": "seed", "seed": "seed", "风险": "risk", "risk": "risk",
}  # fmt: skip
_TOKEN: Final = re.compile(r"(?:^|\s)(" + "|".join(_WORDS) + r")\s*[:=]\s*(\S+)")
_RANGE: Final = re.compile(r"(?:(\d{4})\s*(?:[-–—~至到]\s*(\d{4}))?\s*年?)?$")
_SEED: Final = re.compile(r"[0-9A-Za-z-]{1,40}")


@dataclass(frozen=True, slots=True)
class Scope:
    """Which records are asked for; nothing said: all.

    Args:
        kinds: of these kinds. first_year, last_year: both ends included; 0: open.
        villages: an address of the first person holds one of these words. persons: the search finds one of these.
        risks: keys of rules, or `any`; a record falls under one of them.
        sample: so many of all that, drawn by the seed; 0: all.
    """

    kinds: tuple[str, ...] = ()
    first_year: int = 0
    last_year: int = 0
    villages: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    sample: int = 0
    seed: str = ""

    @property
    def is_range(self) -> bool:
        """Whether it is one run of the roll: everything, one kind, or one kind and years."""
        further = self.villages or self.persons or self.risks or self.sample
        return not further and (len(self.kinds) == 1 or not (self.kinds or self.first_year))

    @property
    def proved(self) -> bool:
        """Whether a stranger can tell from the roll alone that these are the records it means."""
        return not (self.villages or self.persons or self.risks)

    @property
    def years(self) -> tuple[int, int]:
        return (self.first_year, self.last_year or self.first_year) if self.first_year else ALL_YEARS

    def spelled(self) -> str:
        """Return the scope as `read_scope` reads it: nothing for everything."""
        risks = (("village", self.villages), ("person", self.persons), ("risk", self.risks))
        return self._joined(",".join(self.kinds), risks, ",", ("sample", "seed"))

    def said(self, kinds: Mapping[str, Kind]) -> str:
        """Return the same in Chinese, as `read_scope` reads it too."""
        rules = load_risks()
        labels = "、".join(kinds[key].label if key in kinds else key for key in self.kinds)
        risks = tuple(rules[key].label if key in rules else ANY_RISK[1] for key in self.risks)
        return self._joined(
            labels, (("村", self.villages), ("人", self.persons), ("风险", risks)), "、", ("抽", "种子")
        )

    def _joined(
        self, kinds: str, several: Iterable[tuple[str, tuple[str, ...]]], between: str, draw: tuple[str, str]
    ) -> str:
        first, last = self.years
        parts = [kinds, "" if not self.first_year else f"{first}-{last}" if last > first else str(first)]
        parts += [f"{word}:{between.join(told)}" for word, told in several if told]
        parts += [f"{draw[0]}:{self.sample} {draw[1]}:{self.seed}"] if self.sample else []
        return " ".join(part for part in parts if part)

    def range(self) -> Range:
        """Return the range of places that holds it."""
        if not self.is_range or not self.kinds:
            return Range("", None)
        (kind,), (first, last) = self.kinds, self.years
        if not self.first_year:
            return Range(f"{kind} ", f"{kind}!")  # the sign behind the blank
        return Range(f"{kind} {first:04d}", f"{kind} {last + 1:04d}")


def of_kind(kind: str, first_year: int = 0, last_year: int = 0) -> Scope:
    """Return the scope of one kind, and of some years."""
    return Scope((kind,), first_year, last_year)


def read_scope(text: str, kinds: Mapping[str, Kind]) -> Scope:
    """Return the scope that a person typed: `结婚、离婚 2010-2016 村:白石村 人:何晨 风险:迟归档 抽:50 种子:ab12`; nothing is everything.

    A draw without a seed gets one by chance.

    Raises:
        Refused: with `reason` scope: no such kind, years, rule or number.
    """
    typed = unicodedata.normalize("NFKC", text).strip()
    words: dict[str, str] = {_WORDS[found[1]]: found[2] for found in _TOKEN.finditer(typed)}
    kept = _TOKEN.sub(" ", typed).strip()
    years = _RANGE.search(kept)
    if years is None:
        raise Refused("scope", reason="scope")
    first, last = int(years[1] or 0), int(years[2] or 0)
    named = tuple(_kind(one, kinds) for one in _several(kept[: years.start()].strip()))
    sample, seed = words.get("sample", "0"), words.get("seed", "")
    risks = tuple(_risk(one) for one in _several(words.get("risk", "")))
    if (
        (last and last < first)
        or not sample.isdecimal()
        or int(sample) > SAMPLE_MAX
        or (seed and not _SEED.fullmatch(seed))
    ):
        raise Refused("scope", reason="scope")
    drawn = int(sample)
    return Scope(
        named, first, last, _several(words.get("village", "")), _several(words.get("person", "")), risks, drawn,
        (seed or secrets.token_hex(4)) if drawn else "",
    )  # fmt: skip


def _several(text: str) -> tuple[str, ...]:
    return tuple(part for part in re.split(r"[,、;]", text) if part)


def _kind(name: str, kinds: Mapping[str, Kind]) -> str:
    found = next((one.key for one in kinds.values() if name.strip() in (one.key, one.label, one.short)), None)
    if found is None:
        raise Refused("scope", reason="scope")
    return found


def _risk(name: str) -> str:
    if name in ANY_RISK:
        return ANY_RISK[0]
    found = next((one.key for one in load_risks().values() if name in (one.key, one.label)), None)
    if found is None:
        raise Refused("scope", reason="scope")
    return found


@dataclass(frozen=True, slots=True)
class Chosen:
    """The records a scope means, in the order they were drawn or filed; under which rules each falls; among how many was drawn."""

    records: tuple[str, ...]
    why: Mapping[str, tuple[str, ...]]
    among: int


def choose(connection: Connection, scope: Scope, of_persons: Collection[str] | None) -> Chosen:
    """Return what the scope means.

    Args:
        of_persons: the records in which its persons were found; None where it names none.
    """
    found = choosing.matching(connection, scope.kinds, *scope.years, scope.villages)
    if of_persons is not None:
        found = [one for one in found if one in of_persons]
    why: dict[str, tuple[str, ...]] = {}
    for rule in load_risks().values():
        if rule.key in scope.risks or ANY_RISK[0] in scope.risks:
            for record in choosing.measured(connection, rule.measure, rule.at_least):
                why[record] = (*why.get(record, ()), rule.key)
    if scope.risks:
        found = [one for one in found if one in why]
    chosen = draw(scope.seed, found, scope.sample) if scope.sample else found
    return Chosen(tuple(chosen), {one: why[one] for one in chosen if one in why}, len(found))
