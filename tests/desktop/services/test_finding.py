"""Everything that was filed is found by every part of its text, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from desktop.services.finding import snippet_of
from sync.contract.errors import NotAllowed
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
    hits = office.finding.find(question)
    rows = office.finding.rows(hits, 0, 10)
    assert rows
    assert title in rows[0].record.title


@pytest.mark.parametrize("question", ["何思", "danlixin", "9999", "晨陈", "J001-HY·2016-D100-0009", "何晨 单立新"])
def test_nothing_else_is_found(office: SmallOffice, question: str) -> None:
    assert office.finding.find(question).total == 0


def test_an_empty_question_shows_all_newest_first(office: SmallOffice) -> None:
    hits = office.finding.find("")
    assert [row.record.number[-4:] for row in office.finding.rows(hits, 0, 10)] == ["0002", "0001"]


def test_the_hits_of_an_answer_are_counted_by_kind(office: SmallOffice) -> None:
    every = office.finding.find("")
    counts = office.finding.count_kinds(every)
    assert counts == {kind: office.finding.find("", kind).total for kind in counts}
    assert sum(counts.values()) == every.total
    assert office.finding.count_kinds(office.finding.find("查无此人")) == {}


def test_a_list_shows_no_whole_number_and_a_look_behind_the_mask_is_logged(office: SmallOffice) -> None:
    row = office.finding.rows(office.finding.find("何晨"), 0, 1)[0]
    assert "339921********0032" in row.people
    hidden = {one.key: one for one in office.finding.record(row.record.uid).fields}
    assert hidden["husband.id_no"].written == "339921********0032"
    with pytest.raises(NotAllowed):
        office.finding.show(row.record.uid, " ")
    shown = {one.key: one for one in office.finding.show(row.record.uid, "本人查询").fields}
    assert shown["husband.id_no"].written == "339921198903080032"


def test_the_words_found_are_marked_in_a_piece_of_the_text() -> None:
    piece, marks = snippet_of(["无关", "云澤縣青石鎮柳林村的結婚登記"], "柳林 结婚")
    assert [piece[start : start + length] for start, length in marks] == ["柳林", "結婚"]
