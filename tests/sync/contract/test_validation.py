"""What is said against a record, in three levels."""

from __future__ import annotations

from datetime import date

import pytest

from sync.contract.findings import Level
from sync.contract.kind_files import load_kinds
from sync.contract.kinds import Mask
from sync.contract.masking import shown
from sync.contract.validation import Origin, judge

TODAY = date(2026, 3, 2)
KINDS = load_kinds()


def codes(kind: str, written: dict[str, str], field: str, origin: Origin = Origin.PAPER) -> list[tuple[Level, str]]:
    judged = judge(KINDS[kind], written, origin=origin, today=TODAY)
    return [
        (one.level, one.code)
        for one in judged.findings
        if one.field == field and one.code not in ("needed", "needed_then")
    ]


@pytest.mark.parametrize(
    ("kind", "written", "field", "expected"),
    [
        ("marriage", {"reg_date": "57.3.5"}, "reg_date", [(Level.WARNING, "date_not_understood")]),
        ("marriage", {"reg_date": "2027-01-01"}, "reg_date", [(Level.ERROR, "date_ahead")]),
        ("marriage", {"type": "三婚"}, "type", [(Level.ERROR, "not_a_choice")]),
        ("marriage", {"cert_no": "12号", "reg_date": "2016-02-27"}, "cert_no", [(Level.WARNING, "other_form")]),
        ("marriage", {"cert_no": "12号", "reg_date": "1999-02-27"}, "cert_no", []),
        ("marriage", {"husband.name": "何晨1"}, "husband.name", [(Level.WARNING, "odd_name")]),
        ("marriage", {"husband.name": "𠮷田·买买提"}, "husband.name", []),
        ("marriage", {"husband.id_no": "340524800101001"}, "husband.id_no", [(Level.INFO, "identity_lengthened")]),
        (
            "marriage",
            {"husband.birth": "1996-05-01", "reg_date": "2016-02-27"},
            "husband.birth",
            [(Level.WARNING, "age_at_least")],
        ),
        ("marriage", {"husband.birth": "1994", "reg_date": "2016-02-27"}, "husband.birth", []),
        ("marriage", {"husband.birth": "1959-05-01", "reg_date": "1980-02-27"}, "husband.birth", []),
        ("dibao", {"account": "6228480402564890019"}, "account", [(Level.WARNING, "account_check")]),
        (
            "dibao",
            {"notice_from": "2024-03-01", "notice_to": "2024-03-05"},
            "notice_to",
            [(Level.WARNING, "days_after")],
        ),
        ("dibao", {"per_capita": "900", "line": "900"}, "per_capita", [(Level.WARNING, "below")]),
        (
            "dibao",
            {"per_capita": "500", "income_wage": "600", "members.0.name": "甲"},
            "per_capita",
            [(Level.WARNING, "quotient")],
        ),
        ("dibao", {"per_capita": "300", "income_wage": "600", "members.0.name": "甲"}, "per_capita", []),
        ("dibao", {"amount": "八百"}, "amount", [(Level.ERROR, "not_money")]),
        ("veteran", {"enlist": "1976年12月", "discharge": "1975年3月"}, "discharge", [(Level.ERROR, "after")]),
        ("veteran", {"enlist": "1976.12", "discharge": "1980.3", "service_years": "4"}, "service_years", []),
        (
            "veteran",
            {"enlist": "1976.12", "discharge": "1980.3", "service_years": "9"},
            "service_years",
            [(Level.WARNING, "service_years")],
        ),
    ],
)
def test_a_finding_stands_where_it_belongs(kind, written, field, expected) -> None:
    assert codes(kind, written, field) == expected


def test_a_mismatch_of_number_and_birth_is_told_with_what_the_number_says() -> None:
    written = {"husband.id_no": "34052419800101001X", "husband.birth": "1981-01-01", "husband.sex": "女"}
    judged = judge(KINDS["marriage"], written, origin=Origin.NEW, today=TODAY)
    found = {one.field: one.facts["expected"] for one in judged.findings if one.code == "differs_from_number"}
    assert found == {"husband.birth": "1980-01-01", "husband.sex": "男"}


def test_nobody_stands_twice_in_one_household() -> None:
    number = "34052419800101001X"
    written = {"head.id_no": number, "members.0.id_no": "340524800101001", "members.1.id_no": "440524188001010014"}
    judged = judge(KINDS["dibao"], written, origin=Origin.PAPER, today=TODAY)
    assert [(one.field, one.level) for one in judged.findings if one.code == "distinct"] == [
        ("members.0.id_no", Level.ERROR)
    ]


def test_masks_show_no_more_than_they_must() -> None:
    assert shown(Mask.IDENTITY, "339921198903080032") == "339921********0032"
    assert shown(Mask.PHONE, "19912345678") == "199****5678"
    assert shown(Mask.ACCOUNT, "6228480402564891965") == "****1965"
    assert shown(Mask.ADDRESS, "云泽县青石镇柳林村三组46号") == "云泽县青石镇柳林村"
    assert shown(Mask.NAME, "欧阳明") == "欧**"
