"""Handing over by stick, from a real archive to a real county and back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.services.county_line import CountyLine
from desktop.services.county_process import CountyProcess
from desktop.services.reviewing import Reviewing
from desktop.services.sticks import Sticks
from desktop.services.syncing import Syncing
from desktop.services.viewing import PageReader
from sync.contract.errors import Refused, StickUnavailable
from sync.contract.revisions import RecordState
from sync.county.__main__ import main as county_command
from tests.desktop.county_beside import enrol_code, start_county
from tests.desktop.services.office import SmallOffice, begin_office

TOWNSHIP = ("--role", "desk", "--township", "339921102", "--township-name", "青石镇")


def never() -> bool:
    return False


@pytest.fixture
def county(tmp_path: Path) -> Iterator[CountyProcess]:
    made = start_county(tmp_path / "county")
    yield made
    made.close()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[SmallOffice]:
    made = begin_office(tmp_path / "office")
    yield made
    made.archive.close()


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    (tmp_path / "stick").mkdir()
    return tmp_path / "stick"


def test_a_record_with_its_page_goes_by_stick_and_its_decision_comes_back(
    office: SmallOffice, county: CountyProcess, stick: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    syncing = Syncing(office.archive, office.kinds, office.person, office.clock)
    sticks = Sticks(office.archive, office.kinds, syncing, office.person, office.clock)
    with pytest.raises(Refused):
        sticks.write(stick, lambda _: None, never)
    syncing.enrol(county.address, enrol_code(tmp_path / "county", *TOWNSHIP))
    reader = PageReader()
    line = CountyLine(office.archive, reader, "周敏", office.clock)
    line.enrol(county.address, enrol_code(tmp_path / "county", "--role", "reviewer", "--name", "周敏"))
    filed = office.file_marriage(data=b"%PDF- a scan")
    written = sticks.write(stick, lambda _: None, never)
    assert (written.batches, written.revisions, written.pages, written.pages_left) == (1, 1, 1, 0)
    take = ["take-stick", "--data", str(tmp_path / "county"), "--from", str(stick)]
    assert county_command(take) == 0
    assert "packets=2 requests=3 pages=1 events=0 problems=0" in capsys.readouterr().out
    read = sticks.read(stick, lambda _: None, never)
    assert (read.taken.batches, read.taken.pages, read.taken.digest_equal) == (1, 1, True)
    assert office.finding.record(filed.record).record.state is RecordState.RECEIVED
    assert syncing.status().unsent_attachments == 0
    assert Reviewing(line, office.kinds, office.clock).accept([filed.record])[0].code == ""
    sticks.write(stick, lambda _: None, never)
    assert county_command(take) == 0
    read = sticks.read(stick, lambda _: None, never)
    assert (read.taken.events, read.taken.digest_equal) == (1, True)
    assert read.changed.records == frozenset({filed.record})
    assert office.finding.record(filed.record).record.state is RecordState.ACCEPTED
    assert not list((stick / "LANTAI").iterdir())
    assert syncing.sync(lambda _: None, never).outcome.digest_equal  # the line goes on where the stick ended
    with pytest.raises(StickUnavailable) as told:
        sticks.write(tmp_path / "pulled", lambda _: None, never)
    assert told.value.facts["reason"] == "gone"
    with pytest.raises(StickUnavailable):
        sticks.read(tmp_path / "pulled", lambda _: None, never)
    line.close()
    reader.close()
