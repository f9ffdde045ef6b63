"""Attachments as encrypted files: whole, unreadable without their key, and told when changed."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sync.contract.errors import ArchiveTooNew, DiskFull, SealBroken
from sync.vault.sealed_files import CHUNK_BYTES, SealedFiles

SIZES = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 3 * CHUNK_BYTES + 77]
PROJECT = Path(__file__).parents[3]


@pytest.fixture
def files(tmp_path: Path) -> SealedFiles:
    return SealedFiles(tmp_path / "pages")


class Dripping(io.RawIOBase):
    """A source that gives a few bytes at a time, as a pipe does."""

    def __init__(self, content: bytes) -> None:
        self._rest = io.BytesIO(content)

    def read(self, size: int = -1) -> bytes:
        return self._rest.read(min(size, 70_001))


@pytest.mark.parametrize("size", SIZES)
def test_what_was_written_is_read_back(files: SealedFiles, size: int):
    content = os.urandom(size)
    sealed = files.write(io.BytesIO(content))
    assert files.read(sealed.file_id, sealed.key) == content
    assert (sealed.size_bytes, sealed.sha256) == (size, hashlib.sha256(content).digest())
    files.check(sealed.file_id, sealed.key, sealed.sha256)


def test_a_source_that_drips_gives_the_same_file(files: SealedFiles):
    content = os.urandom(2 * CHUNK_BYTES + 5)
    sealed = files.write(Dripping(content))
    assert files.read(sealed.file_id, sealed.key) == content


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("start", [0, 1, CHUNK_BYTES - 3, CHUNK_BYTES, 2 * CHUNK_BYTES + 9, 9 * CHUNK_BYTES])
def test_any_range_can_be_read_alone(files: SealedFiles, size: int, start: int):
    content = os.urandom(size)
    sealed = files.write(io.BytesIO(content))
    for length in (0, 1, 10, CHUNK_BYTES + 10):
        assert files.read_range(sealed.file_id, sealed.key, start, length) == content[start : start + length]


def test_nothing_of_the_content_stands_on_the_disk(files: SealedFiles, tmp_path: Path):
    content = "身份证号码".encode() * 1000
    sealed = files.write(io.BytesIO(content))
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert written == [files.place_of(sealed.file_id)]
    assert content[:30] not in written[0].read_bytes()
    assert sealed.sha256.hex() not in written[0].name


def change(place: Path, how: str) -> None:
    content = bytearray(place.read_bytes())
    sealed_chunk = CHUNK_BYTES + 16
    if how == "bit":
        content[len(content) // 2] ^= 1
    elif how == "cut at a chunk":
        del content[21 + 2 * sealed_chunk :]
    elif how == "cut":
        del content[-1:]
    elif how == "cut to the header":
        del content[21:]
    elif how == "swapped chunks":
        one, two = content[21 : 21 + sealed_chunk], content[21 + sealed_chunk : 21 + 2 * sealed_chunk]
        content[21 : 21 + 2 * sealed_chunk] = two + one
    elif how == "longer":
        content += b"x"
    elif how == "another id":
        content[9] ^= 1
    place.write_bytes(content)


@pytest.mark.parametrize(
    "how", ["bit", "cut at a chunk", "cut", "cut to the header", "swapped chunks", "longer", "another id"]
)
def test_a_changed_file_is_never_given_out_as_whole(files: SealedFiles, how: str):
    sealed = files.write(io.BytesIO(os.urandom(3 * CHUNK_BYTES + 5)))
    change(files.place_of(sealed.file_id), how)
    with pytest.raises(SealBroken):
        files.read(sealed.file_id, sealed.key)


def test_another_key_and_a_file_that_is_away_are_told(files: SealedFiles):
    sealed = files.write(io.BytesIO(b"content"))
    with pytest.raises(SealBroken):
        files.read(sealed.file_id, bytes(32))
    files.remove(sealed.file_id)
    with pytest.raises(SealBroken):
        files.read(sealed.file_id, sealed.key)


def test_a_file_of_a_newer_program_is_said_to_be_newer(files: SealedFiles):
    sealed = files.write(io.BytesIO(b"content"))
    place = files.place_of(sealed.file_id)
    content = bytearray(place.read_bytes())
    content[4] = 2
    place.write_bytes(content)
    with pytest.raises(ArchiveTooNew):
        files.read(sealed.file_id, sealed.key)


def test_the_key_is_not_shown_when_a_file_is_printed(files: SealedFiles):
    sealed = files.write(io.BytesIO(b"content"))
    assert repr(sealed.key) not in repr(sealed)


def test_a_sweep_removes_strays_and_unfinished_files_and_nothing_else(files: SealedFiles):
    kept, stray = files.write(io.BytesIO(b"kept")), files.write(io.BytesIO(b"stray"))
    unfinished = files.place_of(kept.file_id).with_name("ab.part")
    unfinished.write_bytes(b"half")
    now = datetime.now(UTC)
    assert files.sweep({kept.file_id}, before=now - timedelta(hours=1)) == 0
    assert files.sweep({kept.file_id}, before=now + timedelta(hours=1)) == 2
    assert files.read(kept.file_id, kept.key) == b"kept"
    assert not files.place_of(stray.file_id).exists()
    assert not unfinished.exists()


def test_a_disk_that_fills_up_is_named_and_keeps_what_was_there(small_disk: Path):
    files = SealedFiles(small_disk / "pages")
    kept = files.write(io.BytesIO(b"kept"))
    with pytest.raises(DiskFull):
        files.write(io.BytesIO(os.urandom(3 * CHUNK_BYTES)))
    assert files.read(kept.file_id, kept.key) == b"kept"
    assert list(small_disk.rglob("*.part")) == []


WRITER = """
import io, os, sys
from pathlib import Path
from sync.vault.sealed_files import SealedFiles
files = SealedFiles(Path(sys.argv[1]))
while True:
    sealed = files.write(io.BytesIO(os.urandom(700_000)))
    print(sealed.file_id.hex(), sealed.key.hex(), sealed.sha256.hex(), flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is a POSIX signal")
def test_every_file_that_was_reported_is_whole_after_the_writer_was_killed(tmp_path: Path):
    files = SealedFiles(tmp_path)
    for wanted in (1, 3, 6):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, cwd=PROJECT)
        assert writer.stdout is not None
        lines = [writer.stdout.readline() for _ in range(wanted)]
        writer.send_signal(signal.SIGKILL)
        rest = writer.communicate()[0].splitlines(keepends=True)
        for line in [line for line in lines + rest if line.endswith(b"\n")]:
            file_id, key, sha256 = (bytes.fromhex(word) for word in line.decode().split())
            files.check(file_id, key, sha256)
