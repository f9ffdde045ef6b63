"""One archive, one window, one version; nothing typed is lost when something is in the way."""

from __future__ import annotations

import multiprocessing
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest

from desktop.archive import numbering, settings
from desktop.archive.archive import Archive
from desktop.archive.upgrades import LAYOUT
from sync.contract.errors import ArchiveBusy, ArchiveTooNew, NoNumberLeft, SealBroken
from sync.contract.numbers import Series
from sync.vault import audit

KEY = bytes(range(32))
AT = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
FACTS = {"county": "云泽县", "township": "青石镇", "township_code": "339921102", "fonds": "J001", "practice": ""}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Archive.create(tmp_path / "office", KEY, FACTS, "陈晓兰", AT).close()
    return tmp_path / "office"


def try_open(folder: Path, told: multiprocessing.Queue) -> None:
    try:
        Archive.open(folder, KEY).close()
        told.put("opened")
    except ArchiveBusy:
        told.put("busy")


def test_a_second_window_is_told_that_the_first_has_it_and_may_come_in_afterwards(folder: Path) -> None:
    context = multiprocessing.get_context("spawn")
    told = context.Queue()
    archive = Archive.open(folder, KEY)
    for expected in ("busy", "opened"):
        other = context.Process(target=try_open, args=(folder, told))
        other.start()
        assert told.get(timeout=60) == expected
        other.join()
        archive.close()


def test_an_archive_of_a_newer_version_is_left_as_it_is(folder: Path) -> None:
    archive = Archive.open(folder, KEY)
    with archive.act("陈晓兰", AT) as act:
        settings.put(act.connection, "layout", str(LAYOUT + 1))
    archive.close()
    with pytest.raises(ArchiveTooNew):
        Archive.open(folder, KEY)
    with pytest.raises(ArchiveTooNew):  # and the window that could not come in holds no lock
        Archive.open(folder, KEY)


def test_another_key_opens_nothing(folder: Path) -> None:
    with pytest.raises(SealBroken):
        Archive.open(folder, bytes(32))
    Archive.open(folder, KEY).close()


def pull_the_plug(archive: Archive) -> None:
    with archive.act("陈晓兰", AT) as act:
        settings.put(act.connection, "half", "done")
        act.note("half-done", "half")
        raise RuntimeError("the plug was pulled")


def test_an_act_that_fails_leaves_nothing_behind(folder: Path) -> None:
    archive = Archive.open(folder, KEY)
    try:
        with pytest.raises(RuntimeError, match="plug"):
            pull_the_plug(archive)
        with archive.reading() as connection:
            assert settings.get(connection, "half") == ""
            assert audit.verify(connection).ok
            assert [one.act for one in audit.events(connection)] == ["archive-created"]
    finally:
        archive.close()


def test_numbers_run_on_without_a_gap_and_a_used_up_series_says_so(folder: Path) -> None:
    archive = Archive.open(folder, KEY)
    series = Series("J001", "HY", 1986, "D100")
    try:
        with archive.act("陈晓兰", AT) as act:
            given = [numbering.allot(act, series) for _ in range(3)]
            other = numbering.allot(act, Series("J001", "HY", 1987, "D100"))
        assert given == [f"J001-HY·1986-D100-{item:04d}" for item in (1, 2, 3)]
        assert other == "J001-HY·1987-D100-0001"
        with archive.act("陈晓兰", AT) as act:
            act.connection.exec_driver_sql("UPDATE number_block SET next = last + 1 WHERE year = 1986")
            with pytest.raises(NoNumberLeft):
                numbering.allot(act, series)
    finally:
        archive.close()


def test_leftovers_of_a_power_cut_are_cleared_and_kept_files_are_not(folder: Path) -> None:
    archive = Archive.open(folder, KEY)
    try:
        orphan = archive.files.write(BytesIO(b"half a scan"))
        place = archive.files.place_of(orphan.file_id)
        assert place.exists()
        assert archive.clear_leftovers(datetime.now(UTC) + timedelta(days=1)) == 1
        assert not place.exists()
    finally:
        archive.close()
