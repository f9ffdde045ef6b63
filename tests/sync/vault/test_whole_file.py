"""Files that are there whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.contract.errors import DiskFull
from sync.vault.whole_file import WholeFile, replace_whole, sweep_parts

full_disk = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")


def onto_a_full_disk(path: Path) -> None:
    """What is written for the path goes to a device without room."""
    path.with_name(path.name + ".part").symlink_to("/dev/full")


def test_the_new_content_replaces_the_old_and_nothing_else_is_left(tmp_path: Path):
    replace_whole(tmp_path / "a", b"old")
    replace_whole(tmp_path / "a", b"new")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"new")]


def test_a_writer_that_stops_in_the_middle_leaves_the_old_content(tmp_path: Path):
    replace_whole(tmp_path / "a", b"old")

    def half() -> None:
        with WholeFile(tmp_path / "a") as file:
            file.write(b"ne")
            raise RuntimeError("power")

    with pytest.raises(RuntimeError):
        half()
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"old")]


@full_disk
@pytest.mark.parametrize("size", [10, 1 << 20])
def test_a_full_disk_is_named_and_leaves_the_old_content(tmp_path: Path, size: int):
    replace_whole(tmp_path / "a", b"old")
    onto_a_full_disk(tmp_path / "a")
    with pytest.raises(DiskFull):
        replace_whole(tmp_path / "a", bytes(size))
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"old")]


@full_disk
def test_a_failure_that_somebody_swallowed_is_told_again_at_the_end(tmp_path: Path):
    onto_a_full_disk(tmp_path / "a")
    file = WholeFile(tmp_path / "a")
    with pytest.raises(DiskFull):
        file.write(bytes(1 << 20))
    with pytest.raises(DiskFull):
        file.write(b"more")
    with pytest.raises(DiskFull):
        file.finish()
    assert not (tmp_path / "a").exists()


def test_unfinished_files_of_an_earlier_run_are_swept(tmp_path: Path):
    (tmp_path / "a.part").write_bytes(b"half")
    (tmp_path / "b").write_bytes(b"whole")
    assert sweep_parts(tmp_path) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["b"]
