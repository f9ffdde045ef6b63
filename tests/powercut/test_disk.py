"""What the simulated disk may hold after a cut: what was flushed always, anything else of what was not."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.powercut import tap
from tests.powercut.disk import Disk, Image, Weather
from tests.powercut.journal import Call, UnknownCall, What, read_journal

OPEN = Call(What.OPEN, 1, 1, "a.part")
FOLDER = Call(What.OPEN, 2, 0, "")


def write(place: int, data: bytes, file: int = 1) -> Call:
    return Call(What.WRITE, file, place, data=data)


def flush(file: int) -> Call:
    return Call(What.FLUSH, file)


def images(tmp_path: Path, calls: list[Call], count: int = 400) -> list[Image]:
    """Return what the disk may hold after these calls, drawn many times in all weathers."""
    disk = Disk(tmp_path)
    for call in calls:
        disk.play(call)
    return [disk.image(weather, random.Random(seed)) for seed in range(count // len(Weather)) for weather in Weather]


def contents(tmp_path: Path, calls: list[Call]) -> set[tuple[tuple[str, bytes], ...]]:
    return {tuple(sorted(image.files.items())) for image in images(tmp_path, calls)}


def test_a_file_flushed_without_its_folder_may_have_no_name(tmp_path: Path) -> None:
    assert contents(tmp_path, [OPEN, write(0, b"x"), flush(1)]) == {(), (("a.part", b"x"),)}


def test_a_name_flushed_without_its_bytes_may_stand_for_nothing(tmp_path: Path) -> None:
    assert contents(tmp_path, [OPEN, write(0, b"x"), FOLDER, flush(2)]) == {(("a.part", b""),), (("a.part", b"x"),)}


def test_bytes_and_name_flushed_are_safe(tmp_path: Path) -> None:
    calls = [OPEN, write(0, b"x"), flush(1), Call(What.RENAME, path="a.part", to="a"), FOLDER, flush(2)]
    assert contents(tmp_path, calls) == {(("a", b"x"),)}


def test_a_rename_that_was_not_flushed_leaves_the_old_name_or_the_new_never_both_or_neither(tmp_path: Path) -> None:
    calls = [OPEN, write(0, b"x"), flush(1), FOLDER, flush(2), Call(What.RENAME, path="a.part", to="a")]
    assert contents(tmp_path, calls) == {(("a.part", b"x"),), (("a", b"x"),)}


def test_a_file_renamed_over_another_is_the_old_one_or_the_new_one(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    calls = [OPEN, write(0, b"new"), flush(1), Call(What.RENAME, path="a.part", to="a")]
    found = {dict(one).get("a") for one in contents(tmp_path, calls)}
    assert found == {b"old", b"new"}


def test_two_writes_that_were_not_flushed_may_come_in_any_selection(tmp_path: Path) -> None:
    (tmp_path / "a.part").write_bytes(b"....")
    calls = [Call(What.OPEN, 1, 0, "a.part"), write(0, b"1"), write(2, b"2")]
    assert {dict(one)["a.part"] for one in contents(tmp_path, calls)} == {b"....", b"1...", b"..2.", b"1.2."}


def test_a_write_over_two_sectors_may_come_by_half(tmp_path: Path) -> None:
    (tmp_path / "a.part").write_bytes(bytes(1024))
    calls = [Call(What.OPEN, 1, 0, "a.part"), write(0, b"1" * 1024)]
    halves = {
        (one[:512].strip(b"\0"), one[512:].strip(b"\0"))
        for one in (dict(found)["a.part"] for found in contents(tmp_path, calls))
    }
    assert halves == {(first, last) for first in (b"", b"1" * 512) for last in (b"", b"1" * 512)}


def test_a_file_emptied_and_not_flushed_may_hold_what_it_held(tmp_path: Path) -> None:
    (tmp_path / "a.part").write_bytes(b"old")
    found = {dict(one)["a.part"] for one in contents(tmp_path, [Call(What.OPEN, 1, 2, "a.part"), write(0, b"n")])}
    assert found == {b"old", b"", b"n", b"nld"}


def test_what_was_removed_may_come_back_until_the_folder_is_flushed(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    removed = Call(What.REMOVE, path="a")
    assert contents(tmp_path, [removed]) == {(), (("a", b"old"),)}
    assert contents(tmp_path, [removed, FOLDER, flush(2)]) == {()}


def test_a_folder_that_was_not_flushed_may_take_all_that_is_in_it_along(tmp_path: Path) -> None:
    calls = [Call(What.MAKE_FOLDER, path="d"), Call(What.OPEN, 1, 1, "d/a"), write(0, b"x"), flush(1)]
    inner = [*calls, Call(What.OPEN, 3, 0, "d"), flush(3)]
    assert contents(tmp_path, inner) == {(), (("d/a", b"x"),)}
    assert contents(tmp_path, [*inner, FOLDER, flush(2)]) == {(("d/a", b"x"),)}


NOTHING_ODD = """
import os
os.mkdir("d"); f = open("d/a.part", "wb"); f.write(b"12345"); f.flush(); os.fsync(f.fileno()); f.close()
os.rename("d/a.part", "d/a"); d = os.open("d", os.O_RDONLY); os.fsync(d); os.close(d)
g = open("d/a", "r+b", buffering=0); g.seek(3); g.write(b"xy"); g.truncate(4); os.unlink("d/a")
"""
CALLS = [
    Call(What.MAKE_FOLDER, path="d"), Call(What.OPEN, 1, 3, "d/a.part"), Call(What.WRITE, 1, 0, data=b"12345"), flush(1),
    Call(What.RENAME, path="d/a.part", to="d/a"), Call(What.OPEN, 2, 0, "d"), flush(2), Call(What.OPEN, 3, 0, "d/a"),
    Call(What.WRITE, 3, 3, data=b"xy"), Call(What.CUT_TO, 3, 4), Call(What.REMOVE, path="d/a"),
]  # fmt: skip


@pytest.fixture
def shim(tmp_path: Path) -> Path:
    if tap.compiler() is None:
        pytest.skip("the power-cut simulator needs Linux and a C compiler (cc)")
    return tap.built(tmp_path)


def journal_of(shim: Path, folder: Path, program: str) -> list[Call]:
    """Return what a Python program does below the folder it is started in."""
    folder.mkdir()
    begin = f"from pathlib import Path; from tests.powercut.tap import Tap; Tap().begin(Path({str(folder)!r}), Path({str(folder) + '.j'!r}))"
    env = {**os.environ, "LD_PRELOAD": str(shim), "LANTAI_TAP": str(shim), "PYTHONPATH": str(tap.PROJECT)}
    subprocess.run([sys.executable, "-c", f"{begin}\n{program}"], cwd=folder, env=env, check=True)
    return read_journal(folder.with_name(folder.name + ".j"), folder)


def test_the_journal_holds_every_call_in_order(shim: Path, tmp_path: Path) -> None:
    assert journal_of(shim, tmp_path / "work", NOTHING_ODD) == CALLS


@pytest.mark.parametrize(
    "call",
    [
        "import mmap; f = open('a', 'w+b'); f.truncate(4096); mmap.mmap(f.fileno(), 4096)",
        "import os; f = open('a', 'wb'); os.posix_fallocate(f.fileno(), 0, 10)",
        "import os; f = open('a', 'wb'); os.writev(f.fileno(), [b'1', b'2'])",
        "import shutil; open('a', 'wb').write(b'1'); shutil.copyfile('a', 'b')",
    ],
)
def test_a_call_that_the_simulator_does_not_know_is_refused_and_not_overlooked(
    shim: Path, tmp_path: Path, call: str
) -> None:
    with pytest.raises(UnknownCall):
        journal_of(shim, tmp_path / "work", call)
