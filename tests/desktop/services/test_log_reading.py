"""The log is asked by people, records and days."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from desktop.services.log_reading import LogReading
from desktop.ui.pages.log_details import detail_words
from desktop.ui.words import Words
from sync.vault import audit
from tests.desktop.services.office import begin_office


def test_rows_are_found_by_who_about_whom_and_when_whatever_the_clock_did(tmp_path: Path) -> None:
    office = begin_office(tmp_path / "office")
    reading = LogReading(office.archive, office.finding, office.person, office.clock)
    filed = office.file_marriage()
    office.finding.show(filed.record, "低保复核")
    about = reading.lines("何晨")
    assert (about.lines[0].act, about.lines[0].number) == ("masked-fields-shown", filed.number)
    assert (about.records, about.people, about.recent) == (1, (), False)
    told = detail_words(Words("zh"), office.kinds, about.lines[0])
    assert told == "低保复核；栏目 男方证件号、女方证件号"
    assert len(reading.lines("何晨", looks_only=True).lines) == 1
    with office.archive.act(office.person, office.clock()) as act:
        for year in (2026, 2031, 2019, 2026):  # a clock that jumps begins a day again
            audit.append(
                act.connection, office.person, "record-filed", f"in {year}", {}, datetime(year, 3, 3, 4, tzinfo=UTC)
            )
    for year, times in ((2031, 1), (2019, 1), (2020, 0)):
        assert [one.subject for one in reading.lines(str(year)).lines] == [f"in {year}"] * times
    of_day = reading.lines(f"{office.person} 2026-03-03")
    assert [one.subject for one in of_day.lines] == ["in 2026"] * 2
    assert (of_day.people, of_day.records) == ((office.person,), None)
    assert reading.lines(office.person).recent
    assert reading.lines("查无此人").lines == ()
    office.archive.close()
