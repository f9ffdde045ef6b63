"""Completing (补全) what is typed: from what was filed before, from what a number proves of itself, from villages already known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Final

from sync.contract import dates, identity, pinyin
from sync.contract.checks import people_of, shortfall
from sync.contract.identity import IdentityNumber
from sync.contract.kinds import Check, Kind
from sync.contract.validation import CARD_LENGTHS, ends_in_luhn_digit

WITHOUT_AREA: Final = 12  # of an identity number: birth, sequence, check character
AREA: Final = 6
FEWEST_OF_ACCOUNT: Final = 4  # fewer say too little to be set beside the paper
MOST_OF_ACCOUNT: Final = 8  # from here on it may be an account that is short
MOST_LIKE: Final = 9  # a digit chooses one
_MONTH_AND_DAY = re.compile(r"(\d{1,2})[-/.月](\d{1,2})日?")
_AMOUNT = re.compile(r"\d{1,9}(?:\.\d{1,2})?")
_LAST_DIGITS = re.compile(r"(\d+)(\D*)$")


def whole_number(typed: str, areas: Iterable[str]) -> str:
    """Return the identity number that was typed without its area code; "" unless the check character proves exactly one.

    Args:
        areas: six-digit division codes that may stand before it: those of the people typed before, and the office's own.
    """
    if len(typed) != WITHOUT_AREA:
        return ""
    proved = {area + typed for area in areas if isinstance(identity.read(area + typed), IdentityNumber)}
    return proved.pop().upper() if len(proved) == 1 else ""


def tells_of_a_person(typed: str) -> bool:
    """Whether it is an identity number, of 15 or of 18 characters, from which sex and birth follow."""
    return isinstance(identity.read(typed), IdentityNumber)


def is_whole_number(typed: str) -> bool:
    """Whether these are the eighteen characters of a valid identity number."""
    return len(typed) == AREA + WITHOUT_AREA and isinstance(identity.read(typed), IdentityNumber)


def with_year(typed: str, *before: str) -> str:
    """Return the date whose month and day were typed, in the year of the first of these dates that has one; else as typed."""
    found = _MONTH_AND_DAY.fullmatch(typed.strip())
    years = (read.year for one in before if (read := dates.read(one)) is not None)
    year = next(years, None)
    if not found or year is None:
        return typed
    made = f"{year}-{int(found[1]):02}-{int(found[2]):02}"
    return made if dates.read(made) is not None else typed


def whole_account(typed: str, before: str) -> str:
    """Return the account whose last digits were typed, begun like the one before; "" unless it is a card and its check digit proves it."""
    if not (typed.isascii() and typed.isdigit() and FEWEST_OF_ACCOUNT <= len(typed) <= MOST_OF_ACCOUNT):
        return ""
    made = before[: -len(typed)] + typed
    proved = len(before) in CARD_LENGTHS and made.isascii() and made.isdigit() and ends_in_luhn_digit(made)
    return made if proved else ""


def same_year(one: str, other: str) -> bool:
    """Whether both are dates, and of one year."""
    read = dates.read(one), dates.read(other)
    return read[0] is not None and read[1] is not None and read[0].year == read[1].year


def following(number: str) -> str:
    """Return the number after this one, written the same way (018 → 019); as it is where it has no digits."""
    found = _LAST_DIGITS.search(number)
    if not found:
        return number
    after = str(int(found[1]) + 1).zfill(len(found[1]))
    return number[: found.start()] + after + found[2]


def like(typed: str, known: Iterable[str]) -> list[str]:
    """Return the places among these whose initials hold the typed letters, in their order, nine at most."""
    wanted = typed.lower()
    if not wanted.isascii() or not wanted.isalpha():
        return []
    found = (place for place in known if any(wanted in initials for initials in _initials(place)))
    return [place for place, _ in zip(found, range(MOST_LIKE), strict=False)]


def _initials(place: str) -> Iterable[str]:
    return {"".join(syllable[0] for syllable in reading) for reading in pinyin.readings(place)}


@dataclass(frozen=True, slots=True)
class Aids:
    """What one draft may be completed from."""

    before: Mapping[str, str] = field(default_factory=dict)  # the record of its kind that was filed last
    area: str = ""  # the office's own division code, six digits
    addresses: tuple[str, ...] = ()  # as they were typed, the latest first

    def areas(self, written: Mapping[str, str]) -> set[str]:
        """Return the area codes that may stand before a number: of everybody in this draft and in the record before, and one's own."""
        read = (identity.read(text) for text in (*written.values(), *self.before.values()))
        return {one.area for one in read if isinstance(one, IdentityNumber)} | ({self.area} if self.area else set())


def computed(kind: Kind, written: Mapping[str, str]) -> dict[str, str]:
    """Return the values that the kind's own checks expect of fields nobody has written in yet; offered, never taken by itself."""
    found: dict[str, str] = {}
    for check in kind.checks:
        if written.get(check.field):
            continue
        if check.operator == "days_after" and (start := dates.read(written.get(check.other, ""))) is not None:
            if start.precision is dates.Precision.DAY:
                found[check.field] = (start.first_day + timedelta(days=check.amount)).isoformat()
        elif check.operator == "quotient" and (share := _share(check, written)):
            found[check.field] = share
        elif check.operator == "shortfall":
            line, has = (_amount(written.get(key, "")) for key in check.others)
            if (lacking := shortfall(check, written, line, has)) is not None:
                found[check.field] = _spell(lacking)
    return found


def _amount(text: str) -> Decimal | None:
    return Decimal(text) if _AMOUNT.fullmatch(text) else None


def _spell(amount: Decimal) -> str:
    """As a clerk writes it: without a fraction of nothing."""
    return f"{amount.quantize(Decimal('0.01')):f}".removesuffix(".00")


def _share(check: Check, written: Mapping[str, str]) -> str:
    """Return the sum of all incomes over the people, without a fraction of nothing; "" where none is known."""
    typed = [text for key, text in written.items() if key.startswith("income_")]
    sums = [amount for text in typed if (amount := _amount(text)) is not None]
    if len(sums) < len(typed) or not any(sums):
        return ""
    return _spell(sum(sums, Decimal(0)) / people_of(check, written))
