"""The header is found whatever stands around it, and its columns are proposed, kept and shipped."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from desktop.services.imports.headers import plain
from desktop.services.imports.importing import Importing, Proposer
from desktop.services.imports.proposing import vocabulary
from desktop.services.imports.templates import read_template, shipped
from sync.contract.errors import BadRequest
from sync.contract.kind_files import load_kinds
from sync.contract.sources import load_sources
from tests.desktop.documents import tables
from tests.desktop.services.imports.marriages import LABELS, marriage, table

KINDS = load_kinds()


def look(importing: Importing, content: bytes, name: str = "台账.xlsx", **asked: object):
    return importing.look(name, importing.open(content), **asked)  # type: ignore[arg-type]


def fields(seen) -> dict[str, str]:
    return {label: use.field for label, use in seen.table.template.parts[0].columns.items()}


def test_a_plain_table_of_marriages_is_understood_whole(importing: Importing) -> None:
    seen = look(importing, table([marriage(1), marriage(7)]), "结婚.csv")
    assert seen.proposer is Proposer.LABELS
    assert seen.table.template.parts[0].kind == "marriage"
    assert set(LABELS) - set(fields(seen)) == {"编号"}
    assert fields(seen)["男方姓名"] == "husband.name"
    assert fields(seen)["女方婚姻状况"] == "wife.status_before"
    assert seen.table.template.parts[0].columns["女方婚姻状况"].values == {"离异": "离婚"}
    assert seen.samples["证字号"] == ("J339921-2016-000001", "J339921-2016-000007")


def test_titles_blank_rows_groups_of_columns_and_units_belong_to_the_header(
    importing: Importing, tmp_path: Path
) -> None:
    content = tables.xlsx(
        tmp_path,
        [
            [],
            [],
            [],
            ["证字号", "登记日期", None, None, None, None],
            [None, None, "姓名", "身份证号", "姓名", "身份证号"],
            ["（必填）", "年月日", "（必填）", "（18位）", "（必填）", "（18位）"],
            ["J339921-2016-000001", "2016-02-27", "何晨", "339921198903080032", "陈思", "339921199103070025"],
        ],
        [
            ("A1:F2", "云泽县结婚登记台账"),
            ("C4:D4", "男方"),
            ("E4:F4", "女方"),
            ("A4:A5", "证字号"),
            ("B4:B5", "登记日期"),
        ],
    )
    seen = look(importing, content)
    assert seen.table.header.labels == (
        "证字号",
        "登记日期",
        "男方·姓名",
        "男方·身份证号",
        "女方·姓名",
        "女方·身份证号",
    )
    assert seen.table.header.last_row == 6
    assert fields(seen) == {
        "证字号": "cert_no",
        "登记日期": "reg_date",
        "男方·姓名": "husband.name",
        "男方·身份证号": "husband.id_no",
        "女方·姓名": "wife.name",
        "女方·身份证号": "wife.id_no",
    }


def test_a_person_may_say_which_row_the_header_is_and_which_kind(importing: Importing) -> None:
    content = "甲,乙\n户主姓名,户主身份证号\n何晨,339921198903080032\n".encode()
    seen = look(importing, content, header_row=1, kind="house")
    assert seen.table.header.labels == ("甲", "乙")
    assert seen.table.template.parts[0].kind == "house"
    assert fields(look(importing, content, kind="house")) == {"户主姓名": "head.name", "户主身份证号": "head.id_no"}


def test_members_in_columns_of_their_own_find_their_places() -> None:
    words = vocabulary(KINDS["dibao"])
    assert words.field("成员2姓名") == "members.1.name"
    assert words.field("家庭成员姓名3") == "members.2.name"
    assert words.field("成员身份证号码") == "members.*.id_no"
    assert words.field("申请人姓名") == "head.name"
    assert words.field("姓名") == "head.name"


@pytest.mark.parametrize("label", ["＊男方姓名", " 男方 姓名（必填）", "男方姓名:"])
def test_stars_blanks_and_brackets_change_no_label(label: str) -> None:
    assert plain(label) == plain("男方姓名")


@pytest.mark.parametrize("template", shipped(), ids=lambda one: one.source)
def test_every_shipped_template_names_fields_of_its_kinds_and_reads_back(template) -> None:
    assert read_template(json.loads(template.to_json())) == template
    for part in template.parts:
        kind = KINDS[part.kind]
        assert part.retention in {one.code for one in kind.retentions}
        for use in part.columns.values():
            for key in filter(None, (use.field, use.otherwise, use.lead, *use.also)):
                field = kind.field(key.replace(".*.", ".0."))
                assert field is not None, key
                assert not field.choices or set(use.values.values()) <= set(field.choices)
        assert all(kind.field(key) for key in part.fixed)


def test_a_template_of_a_newer_program_is_refused() -> None:
    with pytest.raises(BadRequest):
        read_template({"layout": 2, "name": "x", "source": "x", "parts": []})


def test_the_tables_of_the_county_are_known_all_twenty_seven() -> None:
    assert len({one.source for one in shipped()} | set(load_sources())) == 27


def test_a_table_of_another_office_is_known_by_its_own_labels_too(importing: Importing) -> None:
    seen = look(
        importing, "车牌号,身份证号,所有人,车辆类型,车辆价值\n浙Z1,339921197505210036,杨涛,轿车,80000\n".encode()
    )
    assert seen.table.source is load_sources()["dept_vehicles"]


def test_a_person_may_say_that_it_is_records_all_the_same(importing: Importing) -> None:
    file = importing.open(b"uscc,name,id_number,person,role,capital,status\n1,2,3,4,5,6,7\n")
    assert importing.look("t.csv", file).table.source is load_sources()["dept_companies"]
    assert importing.look("t.csv", file, kind="document").table.source is None
