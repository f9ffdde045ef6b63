"""Kinds are data: a slip of the pen is found at load, and a new kind is a new file."""

from __future__ import annotations

import re
from datetime import date
from importlib.resources import files

import pytest

import resources
from sync.contract.errors import FactoryFault
from sync.contract.kind_files import load_kinds, read_kinds
from sync.contract.kinds import Print
from sync.contract.numbers import read
from sync.contract.validation import Origin, judge

TODAY = date(2026, 3, 2)


def shipped() -> dict[str, str]:
    folder = files(resources).joinpath("kinds")
    return {one.name: one.read_text(encoding="utf-8") for one in folder.iterdir() if one.name.endswith(".toml")}


NEW_KIND = """
key = "letter"
order = 17
version = 1
label = "来信来访"
short = "信访"
english = "Letters and visits"
category = "XF"
title = "{person.name}来访"
case_date = "came"
people = ["person"]
[[retention]]
code = "Y"
label = "永久"
[[group]]
key = "person"
label = "来访人"
use = "person"
[[group]]
label = "来访"
[[group.field]]
key = "came"
label = "来访日期"
type = "date"
required = true
[[paper]]
key = "form"
label = "登记表"
"""


def test_every_kind_of_the_office_is_shipped_in_its_fixed_order() -> None:
    assert list(load_kinds()) == [
        "marriage", "divorce", "dibao", "tekun", "temp_aid", "veteran", "disability", "adoption", "death", "document",
        "annulment", "reissue", "house", "poverty", "teacher", "census",
    ]  # fmt: skip


def test_a_new_kind_is_one_new_file() -> None:
    kinds = read_kinds({**shipped(), "letter.toml": NEW_KIND})
    judged = judge(kinds["letter"], {"person.name": "王国平", "came": "2024-05-01"}, origin=Origin.PAPER, today=TODAY)
    assert judged.title == "王国平来访"
    assert "papers.form" in {one.field for one in judged.findings}


CHECK = '\n[[check]]\noperator = "after"\nfield = "came"\nother = "person.birth"\n'


@pytest.mark.parametrize(
    ("slip", "at"),
    [
        (NEW_KIND.replace("[[retention]]", 'colour = "red"\n[[retention]]'), 'colour = "red"'),
        (NEW_KIND.replace('label = "登记表"', 'label = "登记表"\nneeded = true'), "needed = true"),
        (NEW_KIND.replace('type = "date"', 'type = "day"'), 'type = "day"'),
        (NEW_KIND.replace('case_date = "came"', 'case_date = "gone"'), 'case_date = "gone"'),
        (NEW_KIND.replace("version = 1", 'version = "1"'), 'version = "1"'),
        (NEW_KIND.replace("order = 17", "order = 1"), "order = 1"),
        (NEW_KIND.replace('"XF"', '"HY"'), 'category = "HY"'),
        (NEW_KIND.replace('people = ["person"]', 'people = ["nobody"]'), 'people = ["nobody"]'),
        (NEW_KIND.replace('use = "person"', 'use = "animal"'), 'use = "animal"'),
        (NEW_KIND.replace('use = "person"', 'use = "person"\nwithout = ["tail"]'), 'use = "person"'),
        (NEW_KIND.replace('label = "来访日期"', 'label = "来访日期"\nrequired_when = { colour = "red" }'), "required_when"),
        (NEW_KIND + CHECK + CHECK.replace("after", "looks_fine"), 'operator = "looks_fine"'),
        (NEW_KIND + CHECK + CHECK.replace('"person.birth"', '"person.death"'), None),
        (NEW_KIND + CHECK + CHECK + 'label = "here no key of this name belongs"', "here no key"),
        (NEW_KIND + 'level = "fatal"', 'level = "fatal"'),
        (NEW_KIND + "unfinished = ", "unfinished"),
    ],
)  # fmt: skip
def test_a_slip_of_the_pen_is_refused_with_the_file_and_the_line(slip: str, at: str | None) -> None:
    with pytest.raises(FactoryFault) as refused:
        read_kinds({**shipped(), "letter.toml": slip})
    place = slip.rindex("[[check]]") if at is None else slip.index(at) + at.count("\n")
    assert str(refused.value.facts["where"]).startswith("letter.toml")
    assert refused.value.facts["line"] == slip[:place].count("\n") + 1


def test_a_slip_in_a_shared_block_is_refused_with_its_own_file_and_line() -> None:
    texts = shipped()
    slip = texts["_person.toml"] + "colour = 1\n"
    with pytest.raises(FactoryFault) as refused:
        read_kinds({**texts, "_person.toml": slip})
    assert str(refused.value.facts["where"]).startswith("_person.toml")
    assert refused.value.facts["line"] == slip.count("\n")


def test_every_kind_has_a_category_of_two_capitals_and_a_key_of_its_own() -> None:
    kinds = load_kinds().values()
    assert all(re.fullmatch("[A-Z]{2}", kind.category) for kind in kinds)
    for one in ("category", "order", "label", "short", "english"):
        assert len({getattr(kind, one) for kind in kinds}) == len(kinds), one


@pytest.mark.parametrize("kind", load_kinds().values(), ids=lambda kind: kind.key)
def test_every_retention_fits_an_archive_number_and_every_paper_has_a_key_of_its_own(kind) -> None:
    for retention in kind.retentions:
        assert read(f"J001-{kind.category}·2020-{retention.code}-0001"), retention.code
    assert len({paper.key for paper in kind.papers}) == len(kind.papers)


@pytest.mark.parametrize("kind", load_kinds().values(), ids=lambda kind: kind.key)
def test_every_example_has_the_form_that_is_asked_for(kind) -> None:
    for _, field in kind.all_fields():
        if field.pattern and field.example:
            assert re.fullmatch(field.pattern, field.example), field.key


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


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('prints = ["catalogue", "poster"]', "no such word"),
        ('prints = ["catalogue", "catalogue"]', "a sheet stands twice"),
        ('prints = ["catalogue", "contents", "cover"]', "kept by item or by volume, not both"),
        ('prints = ["contents"]', "a list of contents and a cover go together"),
        ('document_number = "came_not"', "a field is named that the kind does not have"),
        ('document_number = "person.id_no"', "a masked field stands in no list"),
    ],
)
def test_a_print_set_that_cannot_be_is_refused_with_its_line(line: str, said: str) -> None:
    text = NEW_KIND.replace('people = ["person"]', f'people = ["person"]\n{line}')
    with pytest.raises(FactoryFault) as refused:
        read_kinds({**shipped(), "letter.toml": text})
    assert refused.value.args[0] == said
    assert refused.value.facts["line"] == text.splitlines().index(line) + 1


def test_every_shipped_kind_says_how_it_is_kept_and_what_is_printed_of_it() -> None:
    kinds = load_kinds()
    by_item = {kind.key for kind in kinds.values() if Print.CATALOGUE in kind.prints}
    by_volume = {kind.key for kind in kinds.values() if Print.CONTENTS in kind.prints}
    assert by_item | by_volume == set(kinds)
    assert not by_item & by_volume
    assert {"document", "marriage"} <= by_item
    assert {"dibao", "adoption"} <= by_volume
    assert all(
        {Print.NOTE, Print.SPINE, Print.FACE, Print.STAMP, Print.EXTRACT} <= set(one.prints) for one in kinds.values()
    )
