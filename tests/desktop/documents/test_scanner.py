"""The scanner's folder: taken when whole, told when not, never deleted."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from desktop.documents import scanner
from desktop.documents.formats import Format
from desktop.documents.scanner import ASIDE_FOLDER, TAKEN_FOLDER, Arrival, ArrivalState, ScannerFolder
from desktop.documents.watching import FolderWatch
from tests.desktop.documents.drawn import drawn_ofd, drawn_pdf, drawn_png

AT = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)

PDF = drawn_pdf("page")


def at(seconds: float) -> datetime:
    return datetime(2026, 3, 2, 8, 0, tzinfo=UTC) + timedelta(seconds=seconds)


@pytest.fixture
def inbox(tmp_path: Path) -> ScannerFolder:
    return ScannerFolder(tmp_path / "收件箱", settle_seconds=2)


def settled(inbox: ScannerFolder) -> dict[str, Arrival]:
    """What two sweeps, ten seconds apart, say of the files."""
    start = 1000.0 + 100 * inbox._sweeps
    inbox.sweep(at(start))
    return {arrival.path.name: arrival for arrival in inbox.sweep(at(start + 10))}


def all_content(inbox: ScannerFolder) -> list[bytes]:
    return sorted(path.read_bytes() for path in inbox.folder.rglob("*") if path.is_file())


def test_a_file_is_whole_only_after_it_stood_still(inbox: ScannerFolder):
    (inbox.folder / "a.pdf").write_bytes(PDF)
    assert [arrival.state for arrival in inbox.sweep(at(0))] == [ArrivalState.STILL_WRITING]
    assert [arrival.state for arrival in inbox.sweep(at(1.9))] == [ArrivalState.STILL_WRITING]
    (arrival,) = inbox.sweep(at(2))
    assert (arrival.state, arrival.data, arrival.format) == (ArrivalState.COMPLETE, PDF, Format.PDF)
    assert arrival.sha256 == hashlib.sha256(PDF).digest()


def test_a_file_that_grows_starts_to_settle_anew(inbox: ScannerFolder):
    path = inbox.folder / "a.pdf"
    path.write_bytes(PDF[:100])
    inbox.sweep(at(0))
    path.write_bytes(PDF)
    assert [arrival.state for arrival in inbox.sweep(at(3))] == [ArrivalState.STILL_WRITING]
    assert [arrival.state for arrival in inbox.sweep(at(5))] == [ArrivalState.COMPLETE]


def test_a_file_written_on_while_others_of_its_sweep_are_read_is_no_longer_the_one_that_was_seen(inbox: ScannerFolder):
    (inbox.folder / "a.pdf").write_bytes(PDF[: len(PDF) // 2])
    seen = settled(inbox)["a.pdf"]
    assert (seen.reason, inbox.stands(seen)) == ("cut_short", True)
    (inbox.folder / "a.pdf").write_bytes(PDF)
    assert not inbox.stands(seen)
    assert inbox.release(seen, kept=False) is None


def test_a_scanner_that_pauses_between_two_pages_is_given_more_time(inbox: ScannerFolder):
    path = inbox.folder / "a.pdf"
    path.write_bytes(PDF[:-8])
    inbox.sweep(at(0))
    assert [arrival.state for arrival in inbox.sweep(at(9))] == [ArrivalState.STILL_WRITING]
    path.write_bytes(PDF)
    inbox.sweep(at(9.5))
    assert [arrival.state for arrival in inbox.sweep(at(12))] == [ArrivalState.COMPLETE]


def test_a_clock_put_back_makes_files_settle_anew_and_loses_none(inbox: ScannerFolder):
    (inbox.folder / "a.pdf").write_bytes(PDF)
    inbox.sweep(at(90_000))
    assert [arrival.state for arrival in inbox.sweep(at(0))] == [ArrivalState.STILL_WRITING]
    assert [arrival.state for arrival in inbox.sweep(at(3))] == [ArrivalState.COMPLETE]


@pytest.mark.parametrize(
    ("name", "content", "state", "reason"),
    [
        ("cut.pdf", PDF[:-8], ArrivalState.NOT_A_DOCUMENT, "cut_short"),
        ("cut.png", drawn_png(9, 9)[:-8], ArrivalState.NOT_A_DOCUMENT, "cut_short"),
        ("cut.ofd", drawn_ofd("a")[:-22], ArrivalState.NOT_A_DOCUMENT, "cut_short"),
        ("program.pdf", b"MZ" * 500, ArrivalState.NOT_A_DOCUMENT, "unknown_format"),
        ("empty.pdf", b"", ArrivalState.EMPTY, "empty"),
        ("名字.PDF", PDF, ArrivalState.COMPLETE, ""),
        ("no ending", PDF, ArrivalState.COMPLETE, ""),
        ("a.png", drawn_png(9, 9), ArrivalState.COMPLETE, ""),
        ("a.ofd", drawn_ofd("a"), ArrivalState.COMPLETE, ""),
        ("a.tif", b"II*\0" + bytes(40), ArrivalState.COMPLETE, ""),
    ],
)
def test_each_kind_of_arrival_is_told(inbox: ScannerFolder, name: str, content: bytes, state, reason: str):
    (inbox.folder / name).write_bytes(content)
    arrival = settled(inbox)[name]
    assert (arrival.state, arrival.reason) == (state, reason)


def test_names_of_passing_files_folders_and_links_are_left_alone(inbox: ScannerFolder, tmp_path: Path):
    (tmp_path / "elsewhere.pdf").write_bytes(PDF)
    for name in (".a.pdf", "~a.pdf", "a.pdf.part", "A.TMP"):
        (inbox.folder / name).write_bytes(PDF)
    (inbox.folder / "folder.pdf").mkdir()
    (inbox.folder / "link.pdf").symlink_to(tmp_path / "elsewhere.pdf")
    assert settled(inbox) == {}


def test_what_is_not_released_comes_again(inbox: ScannerFolder):
    (inbox.folder / "a.pdf").write_bytes(PDF)
    assert settled(inbox)["a.pdf"].data == settled(inbox)["a.pdf"].data == PDF


def test_a_released_file_stands_in_its_inner_folder_and_does_not_come_again(inbox: ScannerFolder):
    (inbox.folder / "a.pdf").write_bytes(PDF)
    (inbox.folder / "b.pdf").write_bytes(b"MZ" * 100)
    found = settled(inbox)
    assert inbox.release(found["a.pdf"], kept=True) == inbox.folder / TAKEN_FOLDER / "a.pdf"
    assert inbox.release(found["b.pdf"], kept=False) == inbox.folder / ASIDE_FOLDER / "b.pdf"
    assert settled(inbox) == {}


def test_the_same_name_twice_keeps_both(inbox: ScannerFolder):
    contents = [drawn_pdf("one"), drawn_pdf("two"), drawn_pdf("three")]
    for content in contents:
        (inbox.folder / "a.pdf").write_bytes(content)
        inbox.release(settled(inbox)["a.pdf"], kept=True)
    assert sorted(path.name for path in (inbox.folder / TAKEN_FOLDER).iterdir()) == ["a (2).pdf", "a (3).pdf", "a.pdf"]
    assert all_content(inbox) == sorted(contents)


def test_a_file_written_anew_after_it_was_read_stays_and_comes_again(inbox: ScannerFolder):
    path = inbox.folder / "a.pdf"
    path.write_bytes(PDF)
    first = settled(inbox)["a.pdf"]
    path.write_bytes(drawn_pdf("a new scan under the same name"))
    assert inbox.release(first, kept=True) is None
    assert settled(inbox)["a.pdf"].data == path.read_bytes()


def test_a_file_taken_away_by_somebody_is_not_a_failure(inbox: ScannerFolder):
    (inbox.folder / "a.pdf").write_bytes(PDF)
    found = settled(inbox)["a.pdf"]
    found.path.unlink()
    assert inbox.release(found, kept=True) is None
    assert settled(inbox) == {}


def test_a_heap_of_files_comes_in_portions_and_each_one_comes(inbox: ScannerFolder):
    large = PDF[:-7] + bytes(scanner.SWEEP_BYTES_MAX // 3) + PDF[-7:]
    for number in range(5):
        (inbox.folder / f"{number}.pdf").write_bytes(large)
    inbox.sweep(at(0))
    seen: set[str] = set()
    for sweep in range(1, 4):
        portion = inbox.sweep(at(sweep * 10))
        assert 0 < sum(len(arrival.data) for arrival in portion) <= scanner.SWEEP_BYTES_MAX
        seen |= {arrival.path.name for arrival in portion}
    assert len(seen) == 5


def test_a_folder_of_a_working_day_is_sorted_without_a_loss(inbox: ScannerFolder):
    written = {f"{number}.jpg": b"\xff\xd8\xff" + os.urandom(200) + b"\xff\xd9" for number in range(50)}
    written |= {"cut.pdf": PDF[:50], "evil.pdf": b"MZ" * 99, "empty.pdf": b"", "twice.pdf": PDF, "again.pdf": PDF}
    for name, content in written.items():
        (inbox.folder / name).write_bytes(content)

    def write_slowly() -> None:
        with open(inbox.folder / "slow.pdf", "wb") as file:
            for start in range(0, len(PDF), len(PDF) // 6):
                file.write(PDF[start : start + len(PDF) // 6])
                file.flush()
                time.sleep(0.05)

    quick = ScannerFolder(inbox.folder, settle_seconds=0.25)
    writer = threading.Thread(target=write_slowly)
    writer.start()
    taken, aside = set(), set()
    until = time.monotonic() + 20
    while (len(taken) < 53 or len(aside) < 2) and time.monotonic() < until:
        for arrival in quick.sweep(datetime.now(UTC)):
            if arrival.state is ArrivalState.COMPLETE:
                taken.add((arrival.path.name, arrival.sha256))
                quick.release(arrival, kept=True)
            elif arrival.state is ArrivalState.NOT_A_DOCUMENT:
                aside.add(arrival.path.name)
                quick.release(arrival, kept=False)
        time.sleep(0.02)
    writer.join()
    assert aside == {"cut.pdf", "evil.pdf"}
    assert len(taken) == 53
    assert all_content(quick) == sorted([*written.values(), PDF])


@pytest.mark.parametrize("polling", [False, True])
def test_a_change_in_the_folder_rings(inbox: ScannerFolder, polling: bool):
    rang = threading.Event()
    watch = FolderWatch(inbox.folder, rang.set, polling=polling)
    try:
        (inbox.folder / "a.pdf").write_bytes(PDF)
        assert rang.wait(10)
    finally:
        watch.close()


def test_a_folder_that_is_away_is_told_and_taken_up_again_when_it_is_back(tmp_path: Path):
    share = tmp_path / "share"
    inbox = ScannerFolder(share / "scans", settle_seconds=0.0)
    (share / "scans" / "paper.pdf").write_bytes(b"%PDF-1.7\n%%EOF\n")
    share.rename(tmp_path / "unplugged")
    assert inbox.sweep(AT) == []
    assert inbox.away
    (tmp_path / "unplugged").rename(share)
    inbox.sweep(AT)
    assert not inbox.away
    assert [one.name for one in inbox.sweep(AT)] == ["paper.pdf"]


def test_a_folder_that_was_deleted_is_made_again(tmp_path: Path):
    inbox = ScannerFolder(tmp_path / "scans", settle_seconds=0.0)
    (tmp_path / "scans").rmdir()
    assert inbox.sweep(AT) == []
    assert not inbox.away
    assert (tmp_path / "scans").is_dir()
