"""Two desks of one township and their county, over the real line: each numbers by itself, and the county explains the rest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.archive.restored import begin_again
from desktop.services.archive_numbers import ArchiveNumbers
from desktop.services.county_process import CountyProcess
from desktop.services.syncing import Syncing
from sync.contract.errors import NoNumberLeft
from sync.contract.gaps import Gap, Reason
from tests.desktop.county_beside import enrol_code, start_county
from tests.desktop.services.office import SmallOffice, begin_office
from tests.desktop.services.test_archive_numbers import SERIES
from tests.sync.county_process import run_county

TOWNSHIP = ("--role", "desk", "--township", "339921102", "--township-name", "青石镇")


class AtTheDesk:
    """A clerk at one of the township's desks; of another township with its facts."""

    def __init__(self, folder: Path, **facts: str) -> None:
        self.office: SmallOffice = begin_office(folder, **facts)
        self.syncing = Syncing(self.office.archive, self.office.kinds, self.office.person, self.office.clock)
        self.numbers = ArchiveNumbers(self.office.archive, self.office.person, self.office.clock)
        self._pages = 0

    def file(self) -> str:
        self._pages += 1
        return self.office.file_marriage(data=f"%PDF- {self.office.archive.folder} {self._pages}".encode()).number

    def sync(self) -> None:
        self.syncing.seal_batch()
        self.syncing.sync(lambda progress: None, lambda: False)


@pytest.fixture
def county(tmp_path: Path) -> Iterator[CountyProcess]:
    made = start_county(tmp_path / "county")
    yield made
    made.close()


def test_two_desks_number_without_each_other_and_the_county_says_why_a_number_is_missing(
    county: CountyProcess, tmp_path: Path
) -> None:
    first, second = AtTheDesk(tmp_path / "one"), AtTheDesk(tmp_path / "two")
    try:
        assert [first.file(), first.file()] == [SERIES.number(1), SERIES.number(2)]  # alone, before the county
        for desk in (first, second):
            desk.syncing.enrol(county.address, enrol_code(tmp_path / "county", *TOWNSHIP))
        assert [desk.syncing.status().seat for desk in (first, second)] == [1, 2]
        assert [first.file(), second.file()] == [SERIES.number(3), SERIES.number(5001)]
        first.sync()
        second.sync()
        assert second.numbers.where(SERIES.number(17)).gap == Gap(1, 5000, Reason.LEASED, 1)
        asked = ("numbers", "--data", str(tmp_path / "county"), "--township", "339921102")
        told = run_county(*asked, "--series", str(SERIES)).splitlines()
        assert told == [f"{SERIES.number(4)} {SERIES.number(5000)} unused seat=1"]
        first.numbers.give_back(SERIES, "2016 年度已结")
        first.sync()
        told = run_county(*asked, "--series", str(SERIES)).splitlines()
        assert told == [f"{SERIES.number(4)} {SERIES.number(5000)} returned seat=1 2016 年度已结"]
    finally:
        first.office.archive.close()
        second.office.archive.close()


def test_a_desk_put_back_from_a_backup_gets_another_seat_over_the_line(county: CountyProcess, tmp_path: Path) -> None:
    desk = AtTheDesk(tmp_path / "one")
    try:
        desk.syncing.enrol(county.address, enrol_code(tmp_path / "county", *TOWNSHIP))
        assert desk.file() == SERIES.number(1)
        with desk.office.archive.act("陈晓兰", desk.office.clock()) as act:
            begin_again(act)
        assert desk.syncing.status().seat == 0
        with pytest.raises(NoNumberLeft):
            desk.file()
        desk.syncing.sync(lambda progress: None, lambda: False)
        assert desk.syncing.status().seat == 2
        (draft,) = desk.office.cataloguing.drafts()
        assert desk.office.filing.file(draft.uid).number == SERIES.number(5001)
        assert desk.numbers.gaps(SERIES) == [Gap(2, 5000, Reason.RESTORED, 1)]
    finally:
        desk.office.archive.close()
