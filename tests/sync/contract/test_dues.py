"""What is due of a record is what its kind and its dates say, to the day."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.contract import dues
from sync.contract.errors import FactoryFault
from sync.contract.kind_files import load_kinds, read_kinds

KINDS = load_kinds()
SOME_KIND = """
key = "some"
order = 1
version = 1
label = "某类"
short = "某"
english = "Some"
category = "ZZ"
title = "某"
case_date = "begin"
[[retention]]
code = "Y"
label = "永久"
[[group]]
label = "某"
[[group.field]]
key = "begin"
label = "起"
type = "date"
[[paper]]
key = "form"
label = "表"
"""
COMMON = '[[field]]\nkey = "note"\nlabel = "附注"\n'


def said(**fields: str) -> dict[str, object]:
    return {"fields": fields, "normal": {}}


@pytest.mark.parametrize(
    ("kind", "fields", "days"),
    [
        ("dibao", {"begin": "2024-05-31"}, [date(2025, 5, 31)]),
        ("dibao", {"begin": "二〇二四年二月二十九日"}, [date(2025, 2, 28)]),
        ("dibao", {"begin": "2024-05-31", "next_review": "2024-11-30"}, [date(2024, 11, 30)]),
        ("dibao", {"begin": "2024-05"}, [date(2025, 5, 1)]),
        ("dibao", {"begin": "2024-05-31", "end_known": "否"}, [date(2025, 5, 31)]),
        ("dibao", {"begin": "2024-05-31", "end_known": "是"}, []),
        ("dibao", {"begin": "看不清"}, []),
        ("tekun", {"begin": "2024-01-31"}, [date(2025, 1, 31)]),
        ("tekun", {"begin": "2024-01-31", "ended": "是"}, []),
        ("marriage", {"reg_date": "2024-01-31"}, []),
    ],
)
def test_a_day_is_due_by_its_field_or_so_long_after_another(
    kind: str, fields: dict[str, str], days: list[date]
) -> None:
    assert [day for _, day in dues.of(KINDS[kind], said(**fields))] == days


def test_of_a_void_nothing_is_due() -> None:
    assert list(dues.of(KINDS["dibao"], {"number": "J001"})) == []


def test_what_is_meant_counts_before_what_is_written() -> None:
    body = {"fields": {"begin": "去年春天"}, "normal": {"begin": {"value": "2024-03", "precision": "month"}}}
    assert [day for _, day in dues.of(KINDS["dibao"], body)] == [date(2025, 3, 1)]


@given(st.dates(date(1950, 1, 1), date(2090, 1, 1)), st.integers(0, 600))
def test_months_later_is_that_month_and_the_same_day_or_the_last(day: date, months: int) -> None:
    later = dues.months_later(day, months)
    assert later.year * 12 + later.month == day.year * 12 + day.month + months
    assert later.day == day.day or (later.day < day.day and (later.day + 1 > 28))


@pytest.mark.parametrize(
    "due",
    [
        'key = "a"\nlabel = "甲"',
        'key = "a"\nlabel = "甲"\nafter = "begin"',
        'key = "a"\nlabel = "甲"\nfield = "begin"\nmonths = 3',
        'key = "a"\nlabel = "甲"\nafter = "begin"\nmonths = -3',
        'key = "a"\nlabel = "甲"\nfield = "nothing"',
        'key = "a"\nlabel = "甲"\nfield = "begin"\nunknown = 1',
    ],
)
def test_a_slip_in_what_is_due_is_told_with_its_file_and_line(due: str) -> None:
    text = f"{SOME_KIND}\n[[due]]\n{due}\n"
    with pytest.raises(FactoryFault) as slip:
        read_kinds({"some.toml": text, "_common.toml": COMMON})
    assert "some.toml" in str(slip.value)


def test_the_kind_without_the_slip_is_read() -> None:
    text = f'{SOME_KIND}\n[[due]]\nkey = "a"\nlabel = "甲"\nafter = "begin"\ndays = 30\n'
    (due,) = read_kinds({"some.toml": text, "_common.toml": COMMON})["some"].dues
    assert (due.after, due.days) == ("begin", 30)
