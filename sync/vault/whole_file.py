"""Files that are there whole or not at all: written aside, flushed, renamed, the folder flushed.

After a power cut a name holds the old bytes or the new ones, never a part of either.
"""

from __future__ import annotations

import errno
import mmap
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

from sync.vault.engine import raise_storage_error

PART_SUFFIX: Final = ".part"
BLOCK_BYTES: Final = 1 << 20


class WholeFile:
    """A writer whose bytes appear under their name only when `finish` returns.

    It remembers its first failure and tells it again at the end, because a library that writes through it may swallow
    an error (pyrage 1.4 loses the one of its last block).

    Raises:
        DiskFull, DiskFails: from `write`, `flush` or `finish`; the unfinished file is gone.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size_bytes = 0
        self._part = path.with_name(path.name + PART_SUFFIX)
        self._failure: BaseException | None = None
        try:
            self._file: BinaryIO = open(self._part, "wb")  # noqa: SIM115  # closed by finish or abandon
        except OSError as error:
            raise_storage_error(error)

    def write(self, block: bytes | memoryview) -> int:
        """All of the block is handed to the system."""
        if self._failure is not None:
            raise_storage_error(self._failure)
        try:
            self._file.write(block)
        except OSError as error:
            self._fail(error)
        self.size_bytes += len(block)
        return len(block)

    def flush(self) -> None:
        """What was written is with the system."""
        try:
            self._file.flush()
        except OSError as error:
            self._fail(error)

    def finish(self) -> None:
        """The file stands under its name, on the disk."""
        if self._failure is not None:
            self.abandon()
            raise_storage_error(self._failure)
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            os.replace(self._part, self.path)
            flush_folder(self.path.parent)
        except OSError as error:
            self.abandon()
            raise_storage_error(error)

    def abandon(self) -> None:
        """The unfinished file is gone, or will be at the next start; its name still holds what it held."""
        try:
            self._file.close()
        except OSError as error:  # a full disk fails the close as well; the descriptor is gone all the same
            self._failure = self._failure or error
        try:
            self._part.unlink(missing_ok=True)
        except OSError as error:  # what cannot even be removed is swept at the next start
            self._failure = self._failure or error

    def _fail(self, error: OSError) -> None:
        self._failure = self._failure or error
        raise_storage_error(error)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if kind is None:
            self.finish()
        else:
            self.abandon()


def replace_whole(path: Path, content: bytes) -> None:
    """The file holds the content, on the disk."""
    with WholeFile(path) as file:
        file.write(content)


def make_folder(folder: Path) -> None:
    """The folder is there, with those above it, and so it is after a power cut.

    One that is there already is flushed all the same: whoever made it may have been ended before that.

    Raises:
        DiskFull, DiskFails: it may not be.
    """
    missing = [one for one in folder.parents if not one.exists()]
    for one in (*reversed(missing), folder):
        try:
            one.mkdir(exist_ok=True)
        except OSError as error:
            raise_storage_error(error)
        flush_folder(one.parent)


def flush_folder(folder: Path) -> None:
    """Names made or moved in the folder survive a power cut.

    Raises:
        DiskFull, DiskFails: they may not.
    """
    if os.name == "nt":  # Windows opens no folder for flushing; NTFS journals the rename itself
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise_storage_error(error)


def flush_tree(folder: Path) -> None:
    """Everything in the folder, bytes and names, survives a power cut; the folder's own name is the caller's.

    Raises:
        DiskFull, DiskFails: it may not.
    """
    for inner, _, names in os.walk(folder):
        for name in names:
            try:
                with open(os.path.join(inner, name), "rb+") as file:
                    os.fsync(file.fileno())
            except OSError as error:
                raise_storage_error(error)
        flush_folder(Path(inner))


def sweep_parts(folder: Path) -> int:
    """No unfinished file is left in the folder; returns how many there were."""
    parts = [path for path in folder.iterdir() if path.name.endswith(PART_SUFFIX) and path.is_file()]
    for path in parts:
        path.unlink()
    return len(parts)


def drop_cached(file: BinaryIO) -> None:
    """What is read next comes from the disk and not from the system's memory, where the system lets us ask for it."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def blocks_from_disk(path: Path) -> Iterator[memoryview]:
    """Yield what the disk itself gives back, past the system's memory, in one buffer that each block uses again.

    Where the file system reads only through that memory (tmpfs, Windows), what it holds of the file is dropped first. Costs an
    eighth of the CPU of a read that fills it anew.
    """
    with open(path, "rb") as file:
        drop_cached(file)
    room = memoryview(mmap.mmap(-1, BLOCK_BYTES))  # aligned as a disk wants it
    for flags in (getattr(os, "O_DIRECT", 0), 0):
        try:
            descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | flags)
        except OSError as error:
            if error.errno != errno.EINVAL or not flags:
                raise
            continue
        with open(descriptor, "rb", buffering=0) as file:
            while size_bytes := file.readinto(room):
                yield room[:size_bytes]
        return


def blocks_of(path: Path) -> Iterator[bytes]:
    """Yield a file's bytes as they lie on the disk."""
    with open(path, "rb") as file:
        drop_cached(file)
        while block := file.read(BLOCK_BYTES):
            yield block
