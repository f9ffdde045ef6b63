"""Kinds are data: a slip of the pen is found at load, and a new kind is a new file."""

from __future__ import annotations

from datetime import date
from importlib.resources import files

import pytest

import resources
from sync.contract.errors import FactoryFault
from sync.contract.kind_files import load_kinds, read_kinds
from sync.contract.validation import Origin, judge

TODAY = date(2026, 3, 2)


def shipped() -> dict[str, str]:
    folder = files(resources).joinpath("kinds")
    return {one.name: one.read_text(encoding="utf-8") for one in folder.iterdir() if one.name.endswith(".toml")}


NEW_KIND = """
key = "death"
version = 1
label = "殡葬"
english = "Death and cremation"
category = "BZ"
title = "{person.name}殡葬"
case_date = "died"
people = ["person"]
[[retention]]
code = "Y"
label = "永久"
[[group]]
key = "person"
label = "亡故者"
use = "person"
[[group]]
label = "亡故"
[[group.field]]
key = "died"
label = "死亡日期"
type = "date"
required = true
[[paper]]
key = "certificate"
label = "死亡证明"
"""


def test_the_four_kinds_of_the_spine_are_shipped() -> None:
    assert {"marriage", "dibao", "veteran", "document"} <= set(load_kinds())


def test_a_new_kind_is_one_new_file() -> None:
    kinds = read_kinds({**shipped(), "death.toml": NEW_KIND})
    judged = judge(kinds["death"], {"person.name": "王国平", "died": "2024-05-01"}, origin=Origin.PAPER, today=TODAY)
    assert judged.title == "王国平殡葬"
    assert "papers.certificate" in {one.field for one in judged.findings}


@pytest.mark.parametrize(
    "slip",
    [
        'colour = "red"\n' + NEW_KIND,
        NEW_KIND.replace('label = "死亡证明"', 'label = "死亡证明"\nneeded = true'),
        NEW_KIND.replace('type = "date"', 'type = "day"'),
        NEW_KIND.replace('case_date = "died"', 'case_date = "dead"'),
        NEW_KIND.replace("version = 1", 'version = "1"'),
        NEW_KIND.replace('category = "BZ"\n', ""),
        NEW_KIND + '\n[[check]]\noperator = "looks_fine"\nfield = "died"\n',
        NEW_KIND + "\nkey = ",
    ],
)
def test_a_slip_of_the_pen_is_refused_with_the_files_name(slip: str) -> None:
    with pytest.raises((FactoryFault, ValueError)) as refused:
        read_kinds({**shipped(), "death.toml": slip})
    if isinstance(refused.value, FactoryFault):
        assert "death.toml" in str(refused.value.facts["where"])


@pytest.mark.parametrize("kind", load_kinds().values(), ids=lambda kind: kind.key)
def test_no_written_text_breaks_a_judgement(kind) -> None:
    keys = [field.key for _, field in kind.all_fields()]
    for text in ("", "　", "〇" * 300, "=1+1", "\x00", "12345678901234567X", "2016年2月30日", "-1"):
        judge(kind, dict.fromkeys(keys, text), origin=Origin.NEW, today=TODAY)


@pytest.mark.parametrize("kind", load_kinds().values(), ids=lambda kind: kind.key)
def test_every_choice_and_default_fits_its_field(kind) -> None:
    for _, field in kind.all_fields():
        if field.default and field.choices:
            assert field.default in field.choices
        for condition in (field.required_when, field.pattern_when):
            if condition and condition.field:
                named = kind.field(condition.field)
                assert not named.choices or set(condition.one_of) <= set(named.choices)
