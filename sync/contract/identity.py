"""Identity numbers (公民身份号码): reading, checking and what they say about birth and sex.

Source: GB 11643-1999 (18 characters, ISO 7064 MOD 11-2 check character) and the 15-digit numbers given until 1999.
Paper wins: reading never changes what was written, it only says what it means.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from operator import mul

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_LOOKALIKES = str.maketrans({"Х": "X", "х": "X", "Χ": "X", "χ": "X", "×": "X", "x": "X"})
_NUMBER = re.compile(r"[0-9]{15}|[0-9]{17}[0-9X]")
_GAPS = re.compile(r"[\s\-·.]+")


class Sex(StrEnum):
    """性别 as GB/T 2261.1 names it."""

    MALE = "男"
    FEMALE = "女"


class IdentityFault(StrEnum):
    """Why a text is not an identity number."""

    LENGTH = "length"
    CHARACTERS = "characters"
    BIRTH = "birth"
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class IdentityNumber:
    """What a valid number says. `number` always has 18 characters, also where the paper has 15."""

    number: str
    written_length: int
    born: date
    sex: Sex

    @property
    def area(self) -> str:
        """The six-digit division code in force when the number was given; it may be abolished today."""
        return self.number[:6]


@dataclass(frozen=True, slots=True)
class NotAnIdentityNumber:
    """Why the text cannot be read; `expected` is the right check character when only that differs."""

    fault: IdentityFault
    expected: str | None = None


def normalise(text: str) -> str:
    """Return the text in half width, without gaps, with one kind of X."""
    if text.isascii() and text.isalnum():
        return text.upper()
    return _GAPS.sub("", unicodedata.normalize("NFKC", text)).translate(_LOOKALIKES).upper()


def check_character(first_seventeen: str) -> str:
    """Return the check character that belongs to 17 digits."""
    return _CHECKS[sum(map(mul, map(int, first_seventeen), _WEIGHTS)) % 11]


def lengthen(fifteen: str, century: str = "19") -> str:
    """Return the 18-character form of a 15-digit number."""
    first = fifteen[:6] + century + fifteen[6:]
    return first + check_character(first)


@lru_cache(maxsize=256)  # one judgement asks for the same number five times, and a county judges a million records
def read(text: str) -> IdentityNumber | NotAnIdentityNumber:
    """Return what the number says, or why it cannot be one; 15 digits are lengthened, never altered on paper."""
    plain = normalise(text)
    if len(plain) not in (15, 18):
        return NotAnIdentityNumber(IdentityFault.LENGTH)
    if not _NUMBER.fullmatch(plain):
        return NotAnIdentityNumber(IdentityFault.CHARACTERS)
    # Sequence codes 996 to 999 were kept for those born before 1900; nobody alive today holds one with another century.
    century = "18" if len(plain) == 15 and plain[12:] >= "996" else "19"
    number = lengthen(plain, century) if len(plain) == 15 else plain
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return NotAnIdentityNumber(IdentityFault.BIRTH)
    if born.year < 1800:
        return NotAnIdentityNumber(IdentityFault.BIRTH)
    expected = check_character(number[:17])
    if number[17] != expected:
        return NotAnIdentityNumber(IdentityFault.CHECK, expected)
    return IdentityNumber(number, len(plain), born, Sex.MALE if int(number[16]) % 2 else Sex.FEMALE)
