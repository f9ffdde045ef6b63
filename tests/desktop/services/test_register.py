"""The register of use tells who looked at what, for whom and what for; what is taken back leaves a trace."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from desktop.services.extracts import Extracts, Request
from desktop.services.register import Register, Visit
from sync.contract.errors import CannotWrite, InvalidRecord, NotAllowed, Refused
from sync.vault import audit
from tests.desktop.services.office import SmallOffice, begin_office

VISIT = Visit("何晨", "本人", "id_card", "办理房产登记", "given")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[SmallOffice]:
    made = begin_office(tmp_path / "office")
    yield made
    made.archive.close()


def register_of(office: SmallOffice, *, writes: bool = True) -> Register:
    return Register(office.archive, office.kinds, office.person, office.clock, writes=writes)


def acts(office: SmallOffice) -> list[str]:
    with office.archive.reading() as connection:
        return [one.act for one in audit.events(connection)]


def test_looks_extracts_and_visits_stand_in_one_list_the_newest_first(office: SmallOffice) -> None:
    filed = office.file_marriage()
    uid = str(filed.record)
    office.finding.show(uid, "核对信息")
    office.clock.forward(timedelta(minutes=1))
    service = Extracts(office.archive, office.kinds, office.finding, "青石镇", office.person, office.clock)
    issued = service.issue(uid, Request("陈思", "配偶", "落户"))
    office.clock.forward(timedelta(minutes=1))
    register_of(office).add(Visit("何晨", "本人", "id_card", "办理房产登记", "given", uid))
    lines = register_of(office).lines()
    assert [one.what for one in lines][:1] == ["visit"]
    assert sorted(one.what for one in lines) == ["extract", "look", "look", "visit"]  # an extract is a look as well
    extract = next(one for one in lines if one.what == "extract")
    assert (extract.key, extract.applicant, extract.relation) == (issued.extract.number, "陈思", "配偶")
    assert {one.number for one in lines} == {filed.number}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("何晨", 1),
        ("房产", 1),
        ("没有这个人", 0),
        ("2026", 2),
        ("2026-03-02", 1),
        ("2026-03", 2),
        ("2025", 0),
        ("李四 2026-03-03", 1),
    ],
)
def test_a_register_is_searched_by_person_purpose_and_day(office: SmallOffice, asked: str, found: int) -> None:
    register = register_of(office)
    register.add(VISIT)
    office.clock.forward(timedelta(days=1))
    register.add(Visit("李四", "", "letter", "编史", "refused"))
    assert len(register.lines(asked)) == found


def test_a_visit_stands_in_the_log_and_what_is_taken_back_stays_and_counts_no_more(office: SmallOffice) -> None:
    register = register_of(office)
    first, second = register.add(VISIT), register.add(VISIT)
    register.undo(first)
    lines = {int(one.key): one for one in register.lines()}
    assert (lines[first].undone_by, lines[second].undone_by) == (office.person, "")
    assert register.this_year().whole == {"look": 0, "extract": 0, "visit": 1}
    assert acts(office)[-3:] == ["visit-registered", "visit-registered", "visit-undone"]
    with pytest.raises(Refused):
        register.undo(first)


def test_the_figures_of_a_year_count_months_purposes_and_results(office: SmallOffice) -> None:
    register = register_of(office)
    register.add(VISIT)
    office.clock.forward(timedelta(days=31))
    register.add(Visit("李四", "", "other", "编史", "not_found"))
    register.add(Visit("王五", "", "other", "编史", "given"))
    year = register.this_year()
    assert [month.get("visit", 0) for month in year.months][:5] == [0, 0, 1, 2, 0]
    assert year.purposes == (("编史", 2), ("办理房产登记", 1))
    assert dict(year.results) == {"given": 2, "not_found": 1}
    assert register.year(2025).whole["visit"] == 0


@pytest.mark.parametrize(
    ("visit", "fields"),
    [
        (Visit("", "", "id_card", "办证", "given"), ["applicant"]),
        (Visit("何晨", "", "id_card", " ", "given"), ["purpose"]),
        (Visit("何" * 61, "", "id_card", "办证", "given"), ["applicant"]),
        (Visit("何晨", "", "", "办证", ""), ["document", "result"]),
    ],
)
def test_without_who_and_what_for_nothing_is_entered(office: SmallOffice, visit: Visit, fields: list[str]) -> None:
    with pytest.raises(InvalidRecord) as refused:
        register_of(office).add(visit)
    assert refused.value.facts["fields"] == fields
    assert register_of(office).lines() == []


def test_whoever_only_reads_enters_and_takes_back_nothing(office: SmallOffice) -> None:
    visit = register_of(office).add(VISIT)
    reader = register_of(office, writes=False)
    with pytest.raises(NotAllowed):
        reader.add(VISIT)
    with pytest.raises(NotAllowed):
        reader.undo(visit)
    assert len(reader.lines()) == 1


def test_a_restricted_record_is_listed_without_its_names_and_not_found_by_them(office: SmallOffice) -> None:
    uid = str(office.file_marriage().record)
    register = register_of(office)
    register.add(Visit("某局", "", "letter", "查证", "given", uid))
    assert register.lines("陳思")[0].title == "何晨、陳思结婚登记"
    with office.archive.act(office.person, office.clock()) as act:
        act.connection.exec_driver_sql("UPDATE record SET kind = 'adoption' WHERE uid = ?", (uid,))
    assert register.lines("陳思") == []
    assert "陳思" not in register.lines("某局")[0].title


def test_a_register_that_cannot_be_written_leaves_nothing_and_is_not_said_to_have_gone_out(
    office: SmallOffice, tmp_path: Path
) -> None:
    register = register_of(office)
    with pytest.raises(CannotWrite):
        register.write_pdf(tmp_path / "gone" / "register.pdf", b"%PDF-")
    assert register.write_pdf(tmp_path / "register.pdf", b"%PDF-").read_bytes() == b"%PDF-"
    assert [one.name for one in tmp_path.glob("register*")] == ["register.pdf"]
    assert acts(office).count("register-written") == 1
