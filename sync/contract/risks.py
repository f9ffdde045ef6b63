"""Risk rules (风险规则): which records are worth an auditor's look, as data; and the draw (抽样) that anybody can do again."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Final

import resources

DRAW: Final = "lantai.sample.1"


class Measure(StrEnum):
    """What can be measured of a record."""

    REVISIONS = "revisions"  # how many there are of it, the first included
    RETURNS = "returns"  # how often the county returned it
    DAYS_TO_FILING = "days_to_filing"  # from the case's day to the filing
    REASONS = "reasons"  # warnings it was filed over, each with a reason


@dataclass(frozen=True, slots=True)
class RiskRule:
    """A record falls under the rule when the measure is at least so much."""

    key: str
    label: str
    label_en: str
    measure: Measure
    at_least: int


@cache
def load_risks() -> Mapping[str, RiskRule]:
    """Return the rules that ship with the program, by key, in their order."""
    table = tomllib.loads(files(resources).joinpath("audit/risks.toml").read_text(encoding="utf-8"))
    rules = [RiskRule(**{**one, "measure": Measure(one["measure"])}) for one in table["rule"]]
    return {one.key: one for one in rules}


def rank(seed: str, record: str) -> bytes:
    """Return what a record is ordered by in a draw: SHA-256 over the draw's name, the seed and the record's id, a line each."""
    return hashlib.sha256(f"{DRAW}\n{seed}\n{record}".encode()).digest()


def draw(seed: str, records: Iterable[str], count: int) -> list[str]:
    """Return the `count` records of lowest rank, in the order of their ranks; all of them where there are no more."""
    return sorted(records, key=lambda record: rank(seed, record))[:count]
