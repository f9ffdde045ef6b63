"""Everything that was filed is found by every part of its text, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.archive.facets import Facet
from desktop.services.finding import Asked, Order
from desktop.services.snippets import snippet_of
from sync.contract.errors import NotAllowed
from sync.vault import audit
from tests.desktop.services.office import SmallOffice, begin_office


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallOffice]:
    made = begin_office(tmp_path_factory.mktemp("find") / "office")
    made.file_marriage(text="云澤縣青石鎮柳林村的結婚登記審查處理表")
    made.file_marriage(
        data=b"second",
        husband__name="单立新",
        husband__id_no="339921198506120010",
        wife__name="仇小燕",
        cert_no="J339921-2016-000011",
    )
    yield made
    made.archive.close()


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("何晨", "何晨"),
        ("何", "何晨"),
        ("陈思", "何晨"),
        ("陳思", "何晨"),
        ("hechen", "何晨"),
        ("hc", "何晨"),
        ("shanlixin", "单立新"),
        ("slx", "单立新"),
        ("qiuxiaoyan", "单立新"),
        ("0032", "何晨"),
        ("339921198903080032", "何晨"),
        ("J001-HY·2016-D100-0002", "单立新"),
        ("J001-HY2016-D100-0002", "单立新"),
        ("J339921-2016-000011", "单立新"),
        ("柳林村", "何晨"),
        ("结婚登记审查", "何晨"),
        ("何晨 陈思", "何晨"),
        ("2016-02-27 单立新", "单立新"),
    ],
)
def test_a_record_is_found(office: SmallOffice, question: str, title: str) -> None:
    hits = office.finding.find(Asked(question))
    rows = office.finding.rows(hits, 0, 10)
    assert rows
    assert title in rows[0].record.title


@pytest.mark.parametrize("question", ["何思", "danlixin", "9999", "晨陈", "J001-HY·2016-D100-0009", "何晨 单立新"])
def test_nothing_else_is_found(office: SmallOffice, question: str) -> None:
    assert office.finding.find(Asked(question)).total == 0


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("男方=何晨", "何晨"),
        ("男方＝何", "何晨"),
        ("女方姓名=陳思", "何晨"),
        ("姓名=何晨", "何晨"),
        ("男方=hechen", "何晨"),
        ("男方=chen", "何晨"),
        ("男方=slx", "单立新"),
        ("男方证件号=0010", "单立新"),
        ("证件号=339921198506120010", "单立新"),
        ("男方证件号=33992119850612", "单立新"),
        ("证字号=J339921-2016-000011", "单立新"),
        ("证字号=J339921-2016-000011 女方=仇", "单立新"),
        ("登记日期=2016-02-27 男方=单立新", "单立新"),
        ("登记日期=20160227 男方=单立新", "单立新"),
        ("登记机关=民政局 仇小燕", "单立新"),
        ("登记机关=民政局 女方=陈思", "何晨"),
    ],
)
def test_a_word_that_names_a_field_is_found_in_that_field(office: SmallOffice, question: str, title: str) -> None:
    first, (whole, counts) = office.finding.first(Asked(question), 50), office.finding.find_and_count(Asked(question))
    assert first.ids == whole.ids == office.finding.find(Asked(question)).ids
    rows = office.finding.rows(whole, 0, 10)
    assert [title in row.record.title for row in rows] == [True]
    assert counts[Facet.KIND] == {"marriage": 1}
    assert first.unknown == ()


@pytest.mark.parametrize(
    "question",
    [
        "女方=何晨",
        "男方=陈思",
        "男方=hc 女方=hc",
        "男方证件号=0012",
        "登记机关=何晨",
        "证字号=2016-000011x",
        "男方=晨何",
    ],
)
def test_a_value_that_stands_in_another_field_is_not_found(office: SmallOffice, question: str) -> None:
    assert office.finding.find(Asked(question)).total == 0
    assert office.finding.first(Asked(question), 50).total == 0


def test_a_name_that_no_field_bears_is_told(office: SmallOffice) -> None:
    for hits in (office.finding.first(Asked("男房=何晨"), 50), office.finding.find(Asked("男房=何晨"))):
        assert hits.unknown == ("男房",)
        assert hits.total == 0


def test_a_field_without_a_value_asks_nothing_yet(office: SmallOffice) -> None:
    assert office.finding.find(Asked("男方=")).total == 2


def test_reading_records_for_their_fields_stops_when_nobody_waits(office: SmallOffice) -> None:
    hits, _ = office.finding.find_and_count(Asked("登记机关=民政局"), lambda: False)
    assert hits.total == 0


def test_an_empty_question_shows_all_newest_first(office: SmallOffice) -> None:
    hits = office.finding.find(Asked(""))
    assert [row.record.number[-4:] for row in office.finding.rows(hits, 0, 10)] == ["0002", "0001"]


def test_the_hits_of_an_answer_are_counted_and_chosen_by_their_facets(office: SmallOffice) -> None:
    hits, counts = office.finding.find_and_count(Asked("结婚登记"))
    assert hits.total == 2
    assert counts[Facet.KIND] == {"marriage": 2}
    assert counts[Facet.STATE] == {"filed": 2}
    assert sum(counts[Facet.YEAR].values()) == 2
    for facet, values in counts.items():
        for value, number in values.items():
            asked = Asked("结婚登记", {facet: value})
            assert office.finding.find(asked).total == number
            assert office.finding.first(asked, 50).ids == office.finding.find(asked).ids
    none, counts = office.finding.find_and_count(Asked("结婚登记", {Facet.KIND: "dibao"}))
    assert none.total == 0
    assert counts[Facet.KIND] == {"marriage": 2}  # what it would be with another kind chosen instead
    assert counts[Facet.STATE] == {}


@pytest.mark.parametrize("order", list(Order))
def test_an_answer_holds_the_same_records_in_every_order(office: SmallOffice, order: Order) -> None:
    asked = Asked("结婚", order=order)
    assert sorted(office.finding.find(asked).ids) == sorted(office.finding.find(Asked("结婚")).ids)
    everything = office.finding.find(Asked("", order=order))
    told = [
        {Order.NUMBER: row.record.number, Order.TITLE: row.record.title, Order.YEAR: row.record.year}.get(order, "")
        for row in office.finding.rows(everything, 0, 10)
    ]
    assert told == sorted(told, key=str)


def test_a_question_is_kept_by_its_name_until_it_is_forgotten(office: SmallOffice) -> None:
    asked = Asked("柳林村", {Facet.KIND: "marriage"}, Order.NUMBER)
    office.finding.save("柳林村的婚姻", asked)
    assert office.finding.saved() == {"柳林村的婚姻": asked}
    office.finding.forget("柳林村的婚姻")
    assert office.finding.saved() == {}


def test_no_list_of_hits_shows_a_number_that_the_text_around_a_word_holds(office: SmallOffice) -> None:
    office.file_marriage(
        data=b"third", text="户主孙秀兰 339921196001010029 电话 13800138000 住双溪村", cert_no="J339921-2016-000012"
    )
    for question in ("孙秀兰", "双溪村", "户主"):
        (row,) = office.finding.rows(office.finding.find(Asked(question)), 0, 10)
        assert question in row.snippet
        assert "19600101" not in row.snippet
        assert "0013800" not in row.snippet
        assert "38001380" not in row.snippet


def test_a_list_shows_no_whole_number_and_a_look_behind_the_mask_is_logged(office: SmallOffice) -> None:
    row = office.finding.rows(office.finding.find(Asked("何晨")), 0, 1)[0]
    assert "339921********0032" in row.people
    hidden = {one.key: one for one in office.finding.record(row.record.uid).fields}
    assert hidden["husband.id_no"].written == "339921********0032"
    with pytest.raises(NotAllowed):
        office.finding.show(row.record.uid, " ")
    shown = {one.key: one for one in office.finding.show(row.record.uid, "本人查询").fields}
    assert shown["husband.id_no"].written == "339921198903080032"


ADOPTION = {
    "case_no": "收2016-003", "type": "成立收养", "reg_date": "2016-05-06", "office": "云泽县民政局", "ground": "孤儿",
    "adopter.name": "程远山", "adopter.id_no": "339921197505120014", "adopter.marital": "未婚",
    "child.name": "程小满", "child.sex": "男", "child.birth": "2015-12-07", "child_registered": "否",
    "placer_type": "福利机构", "placer": "云泽县福利院", "agreement": "否", "author": "云泽县民政局",
    "note": "程小满体弱",
}  # fmt: skip
ADOPTION_PAPERS = dict(
    zip(("application", "inquiry", "approval", "adopter_proof", "placer_proof", "certificate"), "123456", strict=True)
)


def test_an_adoption_is_told_of_nobody_until_a_purpose_is_given(tmp_path: Path) -> None:
    office = begin_office(tmp_path / "office")
    try:
        item = office.receive(pages=6, text="程小满由程远山收养")
        uid = office.file("adoption", item, ADOPTION, ADOPTION_PAPERS).record
        for question in ("程小满", "程远山", ""):
            (row,) = office.finding.rows(office.finding.find(Asked(question)), 0, 10)
            assert row.record.uid == uid
            assert "程" not in f"{row.record.title}{row.people}{row.snippet}"
        closed = office.finding.record(uid)
        told = " ".join(f"{one.written} {one.meant} {one.reason}" for one in closed.fields)
        assert closed.closed
        assert (closed.attachments, closed.papers) == ((), ())
        assert not any(word in told + closed.record.title for word in ("程", "福利院", "339921", "2015"))
        assert "收2016-003" in told
        shown = office.finding.show(uid, "本人查询")
        assert shown.record.title == "程小满收养登记"
        assert not shown.closed
        assert len(shown.attachments) == 1
        with office.archive.reading() as connection:
            assert audit.events(connection, subject=uid)[-1].act == "masked-fields-shown"
    finally:
        office.archive.close()


def test_the_words_found_are_marked_in_a_piece_of_the_text() -> None:
    piece, marks = snippet_of(["无关", "云澤縣青石鎮柳林村的結婚登記"], ["柳林", "结婚"])
    assert [piece[start : start + length] for start, length in marks] == ["柳林", "結婚"]
