"""What is said against a record, in three levels."""

from __future__ import annotations

import tomllib
from datetime import date
from importlib.resources import files

import pytest

import resources
from sync.contract.checks import OPERATORS
from sync.contract.findings import Level
from sync.contract.kind_files import load_kinds
from sync.contract.kinds import Mask
from sync.contract.masking import shown
from sync.contract.validation import Origin, judge

TODAY = date(2026, 3, 2)
KINDS = load_kinds()


AGREED, COURT = {"how": "协议"}, {"how": "判决"}
SINGLE = {"adopter.marital": "未婚", "child.birth": "2015-05-06", "reg_date": "2024-05-06"}
DISABLED = {"person.id_no": "11010519491231002X", "category": "4 肢体", "level": "2 二级"}


def warned(code: str) -> tuple[Level, str]:
    return Level.WARNING, code


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
        ("dibao", {"notice_to": "2027-01-01"}, "notice_to", []),
        ("dibao", {"notice_from": "2027-01-01"}, "notice_from", [(Level.ERROR, "date_ahead")]),
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
        (
            "dibao",
            {"amount": "700", "line": "600", "per_capita": "300", "members.0.name": "甲"},
            "amount",
            [(Level.INFO, "shortfall")],
        ),
        ("dibao", {"amount": "600", "line": "600", "per_capita": "300", "members.0.name": "甲"}, "amount", []),
        ("dibao", {"amount": "八百"}, "amount", [(Level.ERROR, "not_money")]),
        ("veteran", {"enlist": "1976年12月", "discharge": "1975年3月"}, "discharge", [(Level.ERROR, "after")]),
        ("veteran", {"enlist": "1976.12", "discharge": "1980.3", "service_years": "4"}, "service_years", []),
        (
            "veteran",
            {"enlist": "1976.12", "discharge": "1980.3", "service_years": "9"},
            "service_years",
            [(Level.WARNING, "service_years")],
        ),
        ("document", {"security": "秘密"}, "security", [(Level.ERROR, "secret_refused")]),
        ("document", {"security": "绝密"}, "security", [(Level.ERROR, "secret_refused")]),
        ("document", {"security": "内部"}, "security", []),
        ("document", {"security": "保密"}, "security", [(Level.ERROR, "not_a_choice")]),
        (
            "divorce",
            {**AGREED, "apply_date": "2022-03-01", "reg_date": "2022-03-15"},
            "reg_date",
            [warned("days_after")],
        ),
        ("divorce", {**AGREED, "apply_date": "2022-03-01", "reg_date": "2022-04-01"}, "reg_date", []),
        ("divorce", {**AGREED, "apply_date": "2022-03-01", "reg_date": "2022-04-30"}, "reg_date", []),
        (
            "divorce",
            {**AGREED, "apply_date": "2022-03-01", "reg_date": "2022-05-01"},
            "reg_date",
            [warned("days_within")],
        ),
        ("divorce", {**AGREED, "apply_date": "2019-03-01", "reg_date": "2019-03-01"}, "reg_date", []),
        ("divorce", {**COURT, "apply_date": "2022-03-01", "reg_date": "2022-03-15"}, "reg_date", []),
        ("annulment", {"authority": "婚姻登记机关", "decided": "2022-03-01"}, "authority", [warned("one_of")]),
        ("annulment", {"authority": "婚姻登记机关", "decided": "2019-03-01"}, "authority", []),
        ("adoption", {**SINGLE, "adopter.birth": "1980-01-01"}, "adopter.birth", [warned("age_gap_at_least")]),
        ("adoption", {**SINGLE, "adopter.birth": "1975-01-01"}, "adopter.birth", []),
        ("adoption", {"child.birth": "2006-05-06", "reg_date": "2024-05-06"}, "child.birth", [warned("age_below")]),
        ("adoption", {"child.birth": "2006-05-07", "reg_date": "2024-05-06"}, "child.birth", []),
        ("adoption", {"child.birth": "2006", "reg_date": "2024-05-06"}, "child.birth", []),
        ("disability", {**DISABLED, "cert_no": "11010519491231002X42"}, "cert_no", []),
        ("disability", {**DISABLED, "cert_no": "11010519491231002x42B1"}, "cert_no", []),
        ("disability", {**DISABLED, "cert_no": "11010519491231002X43"}, "cert_no", [warned("digits_of")]),
        ("disability", {**DISABLED, "cert_no": "44052418800101001442"}, "cert_no", [warned("digits_of")]),
        ("disability", {"living": "否", "nursing": "否"}, "living", [(Level.ERROR, "either_of")]),
        ("disability", {"living": "否", "nursing": "是"}, "living", []),
        ("disability", {"level": "3 三级", "nursing": "是"}, "level", [warned("one_of")]),
        ("disability", {"event": "2024-12-31", "stop": "2025-01"}, "stop", []),
        ("disability", {"event": "2024-12-31", "stop": "2024-12-31"}, "stop", [warned("month_after")]),
        ("disability", {"event": "2024-01-31", "stop": "2024-03-01"}, "stop", [warned("month_after")]),
        ("tekun", {"supporters.0.ability": "有"}, "supporters.0.ability", [warned("none_is")]),
        ("tekun", {"supporters.0.ability": "无"}, "supporters.0.ability", []),
        ("house", {"area_m2": "120.5", "area_limit_m2": "120"}, "area_m2", [warned("at_most")]),
        ("house", {"area_m2": "120", "area_limit_m2": "120"}, "area_m2", []),
        ("death", {"died": "2024-05-06", "cremated": "2024-05-05"}, "cremated", [(Level.ERROR, "after")]),
        (
            "temp_aid",
            {"applied": "2024-05-06", "decided": "2024-08-05", "urgent_first": "否"},
            "decided",
            [warned("days_within")],
        ),
        ("poverty", {"income": "4000", "line": "4000", "state": "未脱贫"}, "income", [warned("below")]),
        ("teacher", {"from": "1985", "to": "1979"}, "to", [(Level.ERROR, "after")]),
        ("census", {"counted": "1990", "head.birth": "1991-02-03"}, "counted", [(Level.ERROR, "after")]),
        ("reissue", {"reg_date": "2015-05-06", "old_date": "2016"}, "reg_date", [(Level.ERROR, "after")]),
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


PAPERS_BY_DATE = [
    ("divorce", {"how": "协议", "reg_date": "2020-12-31"}, {"household_copies"}, {"receipt", "judgment"}),
    ("divorce", {"how": "协议", "reg_date": "2022-05-06"}, {"receipt", "household_copies", "agreement"}, {"judgment"}),
    ("divorce", {"how": "协议", "reg_date": "2025-05-10"}, {"receipt"}, {"household_copies"}),
    ("divorce", {"how": "判决", "reg_date": "2022-05-06"}, {"judgment", "effect_proof"}, {"receipt", "agreement"}),
    ("adoption", {"ground": "查找不到生父母", "reg_date": "2024-05-06"}, {"police_report"}, {"agreement_paper"}),
    ("tekun", {"mode": "分散", "begin": "2022-01-01"}, {"agreement"}, {"end_paper"}),
    ("tekun", {"mode": "集中", "begin": "2022-01-01"}, {"self_care_form"}, {"agreement"}),
    ("temp_aid", {"urgent_first": "是", "decided": "2024-05-06"}, {"payment"}, {"survey", "notice"}),
    ("death", {"way": "土葬", "died": "1995"}, {"certificate"}, {"stub", "register"}),
]


@pytest.mark.parametrize(("kind", "written", "asked", "not_asked"), PAPERS_BY_DATE)
def test_the_papers_asked_for_are_those_of_the_cases_day_and_way(kind, written, asked, not_asked) -> None:
    judged = judge(KINDS[kind], written, origin=Origin.PAPER, today=TODAY)
    missing = {one.field.removeprefix("papers.") for one in judged.findings if one.code == "paper_missing"}
    assert asked <= missing
    assert not not_asked & missing


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_finding_has_a_sentence_and_a_secret_one_says_where_it_must_not_be_entered(language: str) -> None:
    said = tomllib.loads(files(resources).joinpath("messages", f"{language}.toml").read_text(encoding="utf-8"))[
        "finding"
    ]
    assert set(OPERATORS) - {"distinct_in"} <= set(said)
    assert ("联网" in said["secret_refused"]) or ("networked" in said["secret_refused"])
