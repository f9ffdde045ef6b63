"""Dates as papers write them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.contract import dates
from sync.contract.dates import PartialDate, Precision

DIGITS = "〇一二三四五六七八九"


def chinese_count(number: int) -> str:
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else DIGITS[tens] + "十") + (DIGITS[ones] if ones else "")


days = st.dates(date(1850, 1, 1), date(2100, 12, 31))


@given(days)
def test_every_way_of_writing_a_day_means_that_day(day: date) -> None:
    year = "".join(DIGITS[int(digit)] for digit in str(day.year))
    for written in (
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.year}.{day.month}.{day.day}",
        f"{day:%Y-%m-%d}",
        f"{day:%Y%m%d}",
        f"{day.year} 年 {day.month} 月 {day.day} 日",
        f"{year}年{chinese_count(day.month)}月{chinese_count(day.day)}日",
    ):
        assert dates.read(written) == PartialDate(day.isoformat(), Precision.DAY), written


@given(days)
def test_month_and_year_keep_their_precision(day: date) -> None:
    assert dates.read(f"{day.year}年{day.month}月") == PartialDate(f"{day:%Y-%m}", Precision.MONTH)
    assert dates.read(f"{day.year}年") == PartialDate(f"{day.year}", Precision.YEAR)


@given(days)
def test_a_partial_date_covers_the_day_it_was_cut_from(day: date) -> None:
    for read in (dates.read(f"{day.year}"), dates.read(f"{day.year}.{day.month}")):
        assert read is not None
        assert read.first_day <= day <= read.last_day


@pytest.mark.parametrize(
    "written", ["57.3.5", "2016-02-30", "一九五七年正月初五", "一九五七年腊月", "三月五日", "约1957年", "", "1957-13"]
)
def test_what_is_not_certain_is_not_read(written: str) -> None:
    assert dates.read(written) is None


@given(st.text(max_size=12))
def test_no_text_breaks_the_reader(text: str) -> None:
    dates.read(text)


def test_years_of_the_republic_are_counted_from_1912() -> None:
    assert dates.read("民国三十八年") == PartialDate("1949", Precision.YEAR)


def test_ages_span_what_both_precisions_allow() -> None:
    born, then = PartialDate("1957", Precision.YEAR), PartialDate("1980-06-01", Precision.DAY)
    assert dates.years_between(born, then) == (22, 23)
