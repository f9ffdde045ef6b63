"""Findings (检查结果) and normalised values: the words that validation speaks in.

Findings carry codes and facts; resources/messages has the sentences.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as member
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

from sync.contract import dates, identity
from sync.contract.dates import PartialDate
from sync.contract.kinds import Field, FieldType

_MONEY = re.compile(r"\d{1,9}(\.\d{1,2})?")


class Level(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing said against one field (or `papers.<key>`); `code` names the sentence, `facts` fill it."""

    level: Level
    field: str
    code: str
    facts: Mapping[str, str] = member(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Normal:
    """What a written value means: an ISO date to its precision, an 18-character number, plain digits."""

    value: str
    precision: str = ""
    day: PartialDate | None = member(default=None, compare=False, repr=False)
    """The date that was read, so that the checks over several fields need not read it again."""


def normalise(one: Field | None, text: str) -> Normal | None:
    """Return what a written text means, or None when it means just itself or cannot be read."""
    if one is None or not one.means_more:
        return None
    return _MEANINGS[one.type](text)


def _date(text: str) -> Normal | None:
    read = dates.read(text)
    return Normal(read.value, read.precision, read) if read else None


def _identity(text: str) -> Normal | None:
    number = identity.read(text)
    return Normal(number.number) if isinstance(number, identity.IdentityNumber) else None


def _digits(text: str) -> Normal:
    return Normal(re.sub(r"[\s-]", "", identity.normalise(text)))


def _money(text: str) -> Normal | None:
    amount = amount_of(text)
    return Normal(f"{amount:.2f}") if amount is not None else None


_MEANINGS: Final[Mapping[FieldType, Callable[[str], Normal | None]]] = {
    FieldType.DATE: _date,
    FieldType.IDENTITY: _identity,
    FieldType.PHONE: _digits,
    FieldType.ACCOUNT: _digits,
    FieldType.MONEY: _money,
}


def amount_of(text: str) -> Decimal | None:
    plain = identity.normalise(text.rstrip("元")) if "." not in text else text.rstrip("元").strip()
    if not _MONEY.fullmatch(plain):
        return None
    try:
        return Decimal(plain)
    except InvalidOperation:
        return None
