"""Dates as papers write them (原文日期): text as written beside a normalised value and its precision.

「一九五七年三月」, 「1957.3.5」, 「2016年2月27日」, 「20160227」 and 「民国三十八年」 are all read; what is not understood
stays as written and is said so, never guessed. Two-digit years are not understood (the century is a guess), nor are
dates of the old calendar (正月, 腊月, 初五), which fall on other days.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

_DIGITS = {
    character: value
    for value, characters in enumerate(
        ("〇零○Oo", "一壹元", "二贰兩两", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖")
    )
    for character in characters
}
_SEPARATED = re.compile(r"(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?|月)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})?")
_YEAR = re.compile(r"(\d{4})年?")
_CHINESE = re.compile(
    r"(民国)?([〇零○Oo一二三四五六七八九十两元]{1,4})年(?:([一二三四五六七八九十元]{1,3})月(?:([一二三四五六七八九十廿卅]{1,4}日|[一二三四五六七八九十]{1,3})号?)?)?"
)


class Precision(StrEnum):
    """How much of a date the paper tells."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date to the precision the paper gives; `value` is 1957, 1957-03 or 1957-03-05."""

    value: str
    precision: Precision
    first_day: date = field(init=False, compare=False, repr=False)
    """The earliest day it can mean."""

    def __post_init__(self) -> None:
        year, month, day = (*map(int, self.value.split("-")), 1, 1)[:3]
        object.__setattr__(self, "first_day", date(year, month, day))

    @property
    def last_day(self) -> date:
        """The latest day it can mean."""
        first = self.first_day
        if self.precision is Precision.DAY:
            return first
        if self.precision is Precision.YEAR:
            return date(first.year, 12, 31)
        following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
        return following - timedelta(days=1)

    @property
    def year(self) -> int:
        return int(self.value[:4])


@lru_cache(maxsize=32_768)  # a county asks for the days of a lifetime, again and again
def read(text: str) -> PartialDate | None:
    """Return what a written date says, or None when it cannot be read with certainty."""
    plain = unicodedata.normalize("NFKC", text)
    plain = re.sub(r"\s+", "", plain).removeprefix("公元")
    for pattern in (_SEPARATED, _COMPACT, _YEAR):
        if found := pattern.fullmatch(plain):
            parts = [int(part) for part in found.groups() if part]
            return _made(*parts)
    if found := _CHINESE.fullmatch(plain):
        return _made_from_chinese(*found.groups())
    return None


def _made_from_chinese(republic: str | None, year: str, month: str | None, day: str | None) -> PartialDate | None:
    years = count(year) if republic else _year(year)
    if years is None:
        return None
    parts = [years + 1911 if republic else years]
    for text in (month, day):
        if text:
            number = count(text.removesuffix("日"))
            if number is None:
                return None
            parts.append(number)
    return _made(*parts)


def _year(text: str) -> int | None:
    """一九五七 digit by digit; two-digit years are refused, for the century would be a guess."""
    if len(text) != 4 or any(character not in _DIGITS for character in text):
        return None
    return int("".join(str(_DIGITS[character]) for character in text))


def count(text: str) -> int | None:
    """Return the number that 十二, 二十, 廿三, 卅一, 三十八 or a single digit says; None for anything else."""
    plain = text.replace("廿", "二十").replace("卅", "三十")
    tens, ten, ones = plain.partition("十")
    if not ten:
        return _DIGITS.get(plain) if len(plain) == 1 else None
    high = _DIGITS.get(tens) if tens else 1
    low = _DIGITS.get(ones) if ones else 0
    return None if high is None or low is None else high * 10 + low


def _made(year: int, month: int | None = None, day: int | None = None) -> PartialDate | None:
    try:
        date(year, month or 1, day or 1)
    except ValueError:
        return None
    if not 1800 <= year <= 2999:
        return None
    if day:
        return PartialDate(f"{year:04}-{month:02}-{day:02}", Precision.DAY)
    if month:
        return PartialDate(f"{year:04}-{month:02}", Precision.MONTH)
    return PartialDate(f"{year:04}", Precision.YEAR)


def years_between(born: PartialDate, then: PartialDate) -> tuple[int, int]:
    """Return the fewest and the most full years of age that both precisions allow."""
    return _full_years(born.last_day, then.first_day), _full_years(born.first_day, then.last_day)


def _full_years(start: date, end: date) -> int:
    return end.year - start.year - ((end.month, end.day) < (start.month, start.day))
