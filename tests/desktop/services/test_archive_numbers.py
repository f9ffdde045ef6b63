"""Numbers run on, gaps have reasons, a former number finds its record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.archive import numbering, records
from desktop.archive.archive import Act
from desktop.archive.records import Ground
from desktop.services.archive_numbers import ArchiveNumbers
from desktop.services.finding import Asked
from sync.contract.errors import InvalidRecord, NoNumberLeft
from sync.contract.gaps import Gap, Reason
from sync.contract.numbers import Series
from sync.contract.revisions import ChangeKind, RecordId, RecordState, Revision, canonical_bytes
from tests.desktop.services.office import SmallOffice, begin_office

SERIES = Series("J001", "HY", 2016, "D100")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[SmallOffice]:
    made = begin_office(tmp_path / "office")
    yield made
    made.archive.close()


@pytest.fixture
def numbers(office: SmallOffice) -> ArchiveNumbers:
    return ArchiveNumbers(office.archive, office.person, office.clock)


def sit(office: SmallOffice, seat: int) -> None:
    """The office enrols, and the county gives it a seat."""
    with office.archive.act("陈晓兰", office.clock()) as act:
        numbering.await_seat(act)
        numbering.take_seat(act, seat, "e" * 32)


def records_of_another_desk(act: Act, number: str) -> None:
    """A record of another desk of the township stands here, as the county's feed brings it."""
    said = {"kind": "document", "number": number, "title": "通知", "filed": {"by": "李明", "at": act.moment}}
    made = Revision(RecordId("01a20067-788a-7431-a90b-09954a6b32fa"), (), ChangeKind.PUT, canonical_bytes(said))
    records.keep_revision(act.connection, made)
    records.set_line(act, made, said, RecordState.ACCEPTED, "")


def begin_anew(office: SmallOffice) -> None:
    with office.archive.act("陈晓兰", office.clock()) as act:
        numbering.begin_anew(act)


def found(office: SmallOffice, asked: str) -> list[str]:
    return [row.record.uid for row in office.finding.rows(office.finding.find(Asked(asked)), 0, 9)]


def items(office: SmallOffice, count: int) -> list[int]:
    return [int(office.file_marriage(data=b"%PDF- " + bytes([65 + one])).number[-4:]) for one in range(count)]


def test_a_lone_office_counts_on_from_one_and_has_no_gap(office: SmallOffice, numbers: ArchiveNumbers) -> None:
    assert items(office, 3) == [1, 2, 3]
    (line,) = numbers.series()
    assert (line.series, line.given, line.last_given, line.closed) == (SERIES, 3, 3, False)
    assert numbers.gaps(SERIES) == []


def test_an_office_that_enrols_goes_on_where_it_was_and_the_rest_is_explained(
    office: SmallOffice, numbers: ArchiveNumbers
) -> None:
    items(office, 2)
    sit(office, 1)
    assert items(office, 1) == [3]
    assert numbers.gaps(SERIES) == []


def test_a_desk_that_waits_for_its_seat_keeps_the_draft(office: SmallOffice) -> None:
    with office.archive.act("陈晓兰", office.clock()) as act:
        numbering.await_seat(act)
    with pytest.raises(NoNumberLeft):
        office.file_marriage()
    (draft,) = office.cataloguing.drafts()
    sit(office, 2)
    assert office.filing.file(draft.uid).number == SERIES.number(5001)


def test_a_second_desk_says_whom_to_ask_for_a_number_of_the_first(office: SmallOffice, numbers: ArchiveNumbers) -> None:
    sit(office, 2)
    filed = office.file_marriage()
    assert filed.number == SERIES.number(5001)
    assert numbers.gaps(SERIES) == [Gap(1, 5000, Reason.LEASED, 1)]
    assert numbers.where(SERIES.number(17)).gap == Gap(1, 5000, Reason.LEASED, 1)
    assert numbers.where(filed.number).record.uid == filed.record
    assert numbers.where(SERIES.number(5002)).gap is None


def test_a_lone_office_put_back_from_a_backup_passes_over_what_it_may_have_given(
    office: SmallOffice, numbers: ArchiveNumbers
) -> None:
    items(office, 1)
    begin_anew(office)
    assert items(office, 1) == [2001]
    assert numbers.gaps(SERIES) == [Gap(2, 2000, Reason.RESTORED, 0)]
    other = office.file_marriage(data=b"%PDF- of a year unknown to the backup", reg_date="2017年3月2日")
    assert other.number == "J001-HY·2017-D100-1001"
    assert numbers.gaps(Series("J001", "HY", 2017, "D100")) == [Gap(1, 1000, Reason.RESTORED, 0)]


def test_what_is_given_back_says_why_and_is_used_further_only_when_needed(
    office: SmallOffice, numbers: ArchiveNumbers
) -> None:
    sit(office, 3)
    assert items(office, 1) == [6001]
    with pytest.raises(InvalidRecord):
        numbers.give_back(SERIES, "  ")
    assert numbers.give_back(SERIES, "2016 年度已结") == 1
    assert numbers.series()[0].closed
    assert office.file_marriage(data=b"%PDF- a late one").number == SERIES.number(6002)
    assert not numbers.series()[0].closed


def test_a_reason_for_giving_back_stands_on_the_gap(office: SmallOffice, numbers: ArchiveNumbers) -> None:
    sit(office, 1)
    items(office, 1)
    numbers.give_back(SERIES, "年度已结")
    with office.archive.act("陈晓兰", office.clock()) as act:
        records_of_another_desk(act, SERIES.number(5001))
    assert numbers.gaps(SERIES) == [Gap(2, 5000, Reason.RETURNED, 1, "年度已结")]
    with office.archive.act("陈晓兰", office.clock()) as act:
        numbering.take_seat(act, 2, "e" * 32)
    assert items(office, 1) == [5002]
    assert numbers.gaps(SERIES) == [Gap(2, 5000, Reason.MOVED, 1)]


def test_a_desk_put_back_from_a_backup_gives_no_number_of_its_old_seat(office: SmallOffice) -> None:
    sit(office, 2)
    items(office, 1)
    begin_anew(office)
    with pytest.raises(NoNumberLeft):
        office.file_marriage(data=b"%PDF- after the backup")
    sit(office, 4)
    (draft,) = office.cataloguing.drafts()
    assert office.filing.file(draft.uid).number == SERIES.number(7001)


def test_a_former_number_finds_its_record_and_stays_as_written(office: SmallOffice, numbers: ArchiveNumbers) -> None:
    filed = office.file_marriage(former_number="民婚 86-0017、(旧)婚字3号")
    for asked in ("民婚 86-0017", "(旧)婚字3号", "民婚86-0017"):
        assert found(office, asked) == [filed.record], asked
    with office.archive.reading() as connection:
        said = records.body(connection, records.by_uid(connection, filed.record).head)
    assert said["fields"]["former_number"] == "民婚 86-0017、(旧)婚字3号"


def test_a_number_that_another_record_bears_becomes_a_former_one(office: SmallOffice, numbers: ArchiveNumbers) -> None:
    filed = office.file_marriage()
    with office.archive.act("陈晓兰", office.clock()) as act:
        grounds = (Ground("", "number_taken", ""),)
        records.decided(act.connection, filed.record, RecordState.RETURNED, "", grounds)
    form = office.cataloguing.correct(filed.record)
    assert (form.draft.number, form.draft.fields["former_number"]) == ("", filed.number)
    again = office.filing.file(filed.record)
    assert (filed.number, again.number) == (SERIES.number(1), SERIES.number(2))
    assert numbers.where(filed.number).record.uid == filed.record
    with office.archive.reading() as connection:
        assert records.by_uid(connection, filed.record).number == again.number
