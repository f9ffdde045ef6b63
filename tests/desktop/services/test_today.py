"""What must be done today is there, whose wait costs most first, and is gone when it is done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from desktop.archive import dues, records
from desktop.archive.records import Ground
from desktop.services.today import Today
from sync.contract.revisions import RecordState
from tests.desktop.services.office import NOON, SmallOffice, begin_office

DIBAO = {
    "case_no": "低2025-018", "type": "农村", "begin": "2025-03-10", "grade": "B", "head.name": "李桂芳",
    "head.id_no": "339921196003080028", "members.0.name": "李桂芳", "members.0.id_no": "",
    "members.0.relation": "户主", "members.0.labour": "无", "per_capita": "300", "line": "900", "amount": "600",
    "account": "6228480402564890018", "auth_signed": "已签", "notice_from": "2025-02-20", "notice_to": "2025-03-01",
    "author": "青石镇人民政府", "head.village": "云泽县青石镇柳林村",
}  # fmt: skip
DIBAO_PAPERS = dict(
    zip(
        ("application", "authorisation", "promise", "id_copies", "survey", "check_report", "notice_photo", "confirmation"),
        "12345678", strict=True,
    )
)  # fmt: skip


@pytest.fixture
def office(tmp_path: Path) -> Iterator[SmallOffice]:
    made = begin_office(tmp_path / "office")
    yield made
    made.archive.close()


def file_dibao(office: SmallOffice, number: int, **changed: str) -> str:
    """A household stands filed, whatever its form would warn of excused; its id comes back."""
    fields = {**DIBAO, "case_no": f"低2025-{number:03}", **{key.replace("__", "."): to for key, to in changed.items()}}
    form = office.cataloguing.start("dibao", office.receive(f"household {number}".encode(), pages=8))
    for key, value in fields.items():
        form = office.cataloguing.put(form.draft.uid, key, value)
    for paper, ranges in DIBAO_PAPERS.items():
        form = office.cataloguing.attach(form.draft.uid, paper, ranges)
    for finding in form.hindrances:
        office.cataloguing.give_reason(form.draft.uid, finding.field, "原件如此")
    return office.filing.file(form.draft.uid).record


def look(office: SmallOffice) -> Today:
    return Today(office.archive, office.kinds, office.clock)


def test_an_office_that_was_just_made_has_nothing_to_do(office: SmallOffice) -> None:
    day = look(office).look()
    assert day.nothing
    assert (day.filed_today, day.looks_today) == (0, 0)


def test_a_household_is_due_for_review_a_year_after_it_began_the_longest_overdue_first(office: SmallOffice) -> None:
    late = file_dibao(office, 1, begin="2024-05-20")
    soon = file_dibao(office, 2, begin="2025-03-10")
    file_dibao(office, 3, begin="2025-09-10")
    (group,) = look(office).look().due
    assert (group.kind, group.label) == ("dibao", "低保年度复核")
    assert [(one.uid, one.due_on) for one in group.records] == [(late, date(2025, 5, 20)), (soon, date(2026, 3, 10))]
    assert [one.days for one in group.records] == [(one.due_on - NOON.date()).days for one in group.records]
    assert group.days < 0


def test_a_later_review_written_on_the_record_puts_it_off_and_an_end_takes_it_away(office: SmallOffice) -> None:
    uid = file_dibao(office, 1, begin="2025-03-10")
    for change, expected in (
        ({"next_review": "2026-03-20"}, [date(2026, 3, 20)]),
        ({"next_review": "2027-03-20"}, []),
        ({"next_review": "2026-03-05"}, [date(2026, 3, 5)]),
        ({"end_known": "是", "end": "2026-02-01", "end_reason": "收入超标"}, []),
    ):
        form = office.cataloguing.correct(uid)
        for key, value in change.items():
            form = office.cataloguing.put(form.draft.uid, key, value)
        for finding in form.hindrances:
            office.cataloguing.give_reason(form.draft.uid, finding.field, "原件如此")
        office.filing.file(form.draft.uid)
        due = [one.due_on for group in look(office).look().due for one in group.records]
        assert due == expected


def test_of_a_voided_record_nothing_is_due(office: SmallOffice) -> None:
    uid = file_dibao(office, 1, begin="2025-03-10")
    with office.archive.act(office.person, office.clock()) as act:
        act.connection.exec_driver_sql("UPDATE record SET state = 'voided' WHERE uid = ?", (uid,))
        assert dues.until(act.connection, date(2099, 1, 1)) == []


def test_what_the_county_returned_stands_there_with_its_reason(office: SmallOffice) -> None:
    uid = office.file_marriage().record
    ground = Ground("wife.id_no", "mismatch", "与原件第 1 页不符")
    with office.archive.act(office.person, office.clock()) as act:
        records.decided(act.connection, uid, RecordState.RETURNED, "", [ground])
    day = look(office).look()
    assert [(one.uid, one.grounds) for one in day.returned] == [(uid, (ground,))]
    assert not day.nothing


def test_a_draft_is_offered_with_its_people_and_a_paper_without_one_waits(office: SmallOffice) -> None:
    office.receive(b"another", pages=3)
    form = office.cataloguing.start("marriage", office.receive(b"begun", pages=5))
    office.cataloguing.put(form.draft.uid, "husband.name", "何晨")
    office.cataloguing.put(form.draft.uid, "wife.name", "陈思")
    day = look(office).look()
    assert day.begun is not None
    assert (day.begun.draft, day.begun.names, day.begun.others) == (form.draft.uid, "何晨、陈思", 0)
    assert (day.inbox.files, day.inbox.pages) == (1, 3)


def test_an_adoption_on_the_day_s_page_names_nobody(office: SmallOffice) -> None:
    form = office.cataloguing.start("adoption", office.receive(b"begun"))
    office.cataloguing.put(form.draft.uid, "child.name", "程小满")
    begun = look(office).look().begun
    assert begun is not None
    assert begun.names == ""


def test_what_was_filed_and_looked_up_today_is_counted_and_yesterday_s_is_not(office: SmallOffice) -> None:
    uid = office.file_marriage().record
    office.finding.show(uid, "本人查询")
    assert (look(office).look().filed_today, look(office).look().looks_today) == (1, 1)
    office.clock.forward(timedelta(days=1))
    assert (look(office).look().filed_today, look(office).look().looks_today) == (0, 0)
