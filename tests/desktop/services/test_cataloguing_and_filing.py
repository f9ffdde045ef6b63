"""From the first key stroke to the sealed revision."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.archive import records
from desktop.archive.archive import Archive
from desktop.services.cataloguing import read_ranges, spell_ranges, untouched
from desktop.services.finding import Asked
from sync.contract.errors import InvalidRecord, Refused
from sync.contract.findings import Level
from sync.contract.revisions import RecordState
from sync.contract.validation import Origin
from tests.desktop.services.office import MARRIAGE, PAPERS, SmallOffice, begin_office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[SmallOffice]:
    made = begin_office(tmp_path / "office")
    yield made
    made.archive.close()


def test_every_change_is_on_the_disk_when_it_is_told_to_be(office: SmallOffice, tmp_path: Path) -> None:
    form = office.cataloguing.start("marriage")
    office.cataloguing.put(form.draft.uid, "husband.name", "何晨")
    office.archive.close()
    again = SmallOffice(Archive.open(tmp_path / "office", bytes(range(32))))
    try:
        assert again.cataloguing.drafts()[0].fields["husband.name"] == "何晨"
    finally:
        again.archive.close()


def test_the_number_tells_sex_and_birth_and_the_paper_stays_as_written(office: SmallOffice) -> None:
    form = office.cataloguing.start("marriage")
    form = office.cataloguing.put(form.draft.uid, "wife.id_no", "３３９９２１１９９１０３０７００２５")
    assert form.judgement.derived["wife.sex"] == "女"
    assert form.judgement.derived["wife.birth"] == "1991-03-07"
    assert form.draft.fields["wife.id_no"] == "３３９９２１１９９１０３０７００２５"
    assert form.judgement.normal["wife.id_no"].value == "339921199103070025"


def test_a_wrong_number_is_a_warning_on_old_paper_and_an_error_on_a_case_of_today(office: SmallOffice) -> None:
    form = office.cataloguing.start("marriage")
    form = office.cataloguing.put(form.draft.uid, "wife.id_no", "339921199103070026")
    found = [one for one in form.judgement.findings if one.field == "wife.id_no"]
    assert [(one.level, one.code, one.facts["expected"]) for one in found] == [(Level.WARNING, "identity_check", "5")]
    form = office.cataloguing.choose(form.draft.uid, origin=Origin.NEW)
    assert [one.level for one in form.judgement.findings if one.field == "wife.id_no"] == [Level.ERROR]


def test_a_warning_is_filed_with_a_reason_that_stays_on_the_record(office: SmallOffice) -> None:
    with pytest.raises(InvalidRecord) as refused:
        office.file_marriage(wife__id_no="339921199103070026")
    assert refused.value.facts["fields"] == ["wife.id_no"]
    draft = office.cataloguing.drafts()[0]
    office.cataloguing.give_reason(draft.uid, "wife.id_no", "原件如此")
    filed = office.filing.file(draft.uid)
    assert (
        next(one for one in office.finding.record(filed.record).fields if one.key == "wife.id_no").reason == "原件如此"
    )


def test_a_filed_record_has_a_number_a_title_and_no_draft(office: SmallOffice) -> None:
    first, second = office.file_marriage(), office.file_marriage(data=b"%PDF- another")
    assert (first.number, second.number) == ("J001-HY·2016-D100-0001", "J001-HY·2016-D100-0002")
    assert first.title == "何晨、陳思结婚登记"
    assert office.cataloguing.drafts() == []


def test_what_carries_over_comes_with_the_next_record_and_says_so(office: SmallOffice) -> None:
    office.file_marriage()
    form = office.cataloguing.start("marriage")
    assert form.draft.fields["office"] == "云泽县民政局婚姻登记处"
    assert "office" in form.draft.carried
    assert "husband.name" not in form.draft.fields
    form = office.cataloguing.put(form.draft.uid, "office", "青石镇人民政府")
    assert "office" not in form.draft.carried


def test_papers_are_asked_for_by_the_date_of_the_case(office: SmallOffice) -> None:
    form = office.cataloguing.start("marriage")
    needed = {}
    for written in ("1978年5月1日", "2016-02-27", "2025-06-01"):
        form = office.cataloguing.put(form.draft.uid, "reg_date", written)
        needed[written] = {one.paper.key for one in form.papers if one.required}
    assert needed["1978年5月1日"] == {"review_form", "declaration", "household_copies"}
    assert needed["2016-02-27"] == {"review_form", "declaration", "id_copies", "household_copies", "photo"}
    assert needed["2025-06-01"] == {"review_form", "declaration", "id_copies", "photo"}


def test_before_1986_a_number_is_not_asked_for(office: SmallOffice) -> None:
    form = office.cataloguing.start("marriage")
    form = office.cataloguing.put(form.draft.uid, "reg_date", "一九七八年五月一日")
    assert not [one for one in form.judgement.findings if one.field == "husband.id_no"]
    form = office.cataloguing.put(form.draft.uid, "reg_date", "1987.5.1")
    assert [one.code for one in form.judgement.findings if one.field == "husband.id_no"] == ["needed_then"]


def test_loose_pages_are_named_and_ranges_read_as_spoken(office: SmallOffice) -> None:
    form = office.cataloguing.start("marriage", office.receive())
    form = office.cataloguing.attach(form.draft.uid, "review_form", "1、3-4")
    assert form.loose_pages == (2, 5)
    assert next(one for one in form.papers if one.paper.key == "review_form").ranges == "1、3-4"
    with pytest.raises(Refused):
        office.cataloguing.attach(form.draft.uid, "photo", "6")


def test_ranges_are_spelled_as_they_are_read() -> None:
    assert read_ranges("12-15, 3；1", 20) == [(12, 15), (3, 3), (1, 1)]
    assert spell_ranges([1, 3, 4, 5, 9]) == "1、3-5、9"


def test_a_repeated_place_can_be_taken_out_from_the_middle(office: SmallOffice) -> None:
    form = office.cataloguing.start("dibao")
    for number, name in enumerate(("甲", "乙", "丙")):
        office.cataloguing.put(form.draft.uid, f"members.{number}.name", name)
    form = office.cataloguing.remove_place(form.draft.uid, "members", 1)
    assert {key: text for key, text in form.draft.fields.items() if key.startswith("members")} == {
        "members.0.name": "甲",
        "members.1.name": "丙",
    }


def test_a_correction_keeps_the_number_and_follows_what_was_filed(office: SmallOffice) -> None:
    filed = office.file_marriage()
    form = office.cataloguing.correct(filed.record)
    assert form.draft.fields["husband.name"] == MARRIAGE["husband.name"]
    office.cataloguing.put(form.draft.uid, "husband.name", "何辰")
    again = office.filing.file(filed.record)
    assert again.number == filed.number
    with office.archive.reading() as connection:
        line = records.by_uid(connection, filed.record)
        assert line is not None
        made = records.revision(connection, line.head)
    assert made is not None
    assert len(made.parents) == 1
    assert line.state is RecordState.FILED
    assert office.finding.find(Asked("何辰")).total == 1
    assert office.finding.find(Asked("何晨")).total == 0


def test_a_reason_stays_with_its_person_when_the_place_before_is_removed(office: SmallOffice) -> None:
    uid = office.cataloguing.start("dibao").draft.uid
    for number, (name, id_no) in enumerate((("甲", "339921199103070026"), ("乙", "339921198903080033"))):
        office.cataloguing.put(uid, f"members.{number}.name", name)
        office.cataloguing.put(uid, f"members.{number}.id_no", id_no)
    office.cataloguing.give_reason(uid, "members.0.id_no", "原件如此")
    form = office.cataloguing.remove_place(uid, "members", 0)
    assert (form.draft.fields["members.0.name"], form.draft.reasons) == ("乙", {})
    assert "members.0.id_no" in [one.field for one in form.hindrances]


def test_a_reason_moves_up_with_its_person(office: SmallOffice) -> None:
    uid = office.cataloguing.start("dibao").draft.uid
    for number, name in enumerate(("甲", "乙", "丙")):
        office.cataloguing.put(uid, f"members.{number}.name", name)
    office.cataloguing.give_reason(uid, "members.2.id_no", "纸上无号")
    form = office.cataloguing.remove_place(uid, "members", 1)
    assert form.draft.fields["members.1.name"] == "丙"
    assert form.draft.reasons == {"members.1.id_no": "纸上无号"}


def test_what_was_typed_for_pages_is_not_repeated_in_the_refusal(office: SmallOffice) -> None:
    uid = office.cataloguing.start("marriage", office.receive()).draft.uid
    with pytest.raises(Refused) as refused:
        office.cataloguing.attach(uid, "declaration", "何晨")
    assert "何晨" not in str(refused.value)


def test_pages_are_hung_only_on_papers_of_the_kind(office: SmallOffice) -> None:
    uid = office.cataloguing.start("marriage", office.receive()).draft.uid
    with pytest.raises(Refused):
        office.cataloguing.attach(uid, "no_such_paper", "1")


def test_the_next_record_with_as_many_pages_has_them_in_the_same_order_and_says_so(office: SmallOffice) -> None:
    office.file_marriage()
    same = office.cataloguing.start("marriage", office.receive(b"%PDF- another", 5))
    assert {need.paper.key: need.ranges for need in same.papers if need.pages} == PAPERS
    assert {"papers.photo", "papers.review_form"} <= same.draft.carried
    assert untouched(same.draft)
    typed = office.cataloguing.attach(same.draft.uid, "photo", "4-5")
    assert "papers.photo" not in typed.draft.carried
    assert not untouched(typed.draft)
    fewer = office.cataloguing.start("marriage", office.receive(b"%PDF- a third", 4))
    assert not fewer.draft.papers
