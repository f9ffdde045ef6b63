"""Attachments as encrypted files (密封文件): written once, whole or not at all, each under a key of its own.

The form stands in docs/vault.md, section 7. The caller keeps id and key in the encrypted database, after `write` returns:
a crash in between leaves a file without a row, which `sweep` removes, never a row without its file.
"""

from __future__ import annotations

import errno
import hashlib
import os
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sync.contract.errors import ArchiveTooNew, SealBroken
from sync.vault.engine import raise_storage_error
from sync.vault.whole_file import PART_SUFFIX, WholeFile, flush_folder, make_folder

CHUNK_BYTES: Final = 1 << 20
FILE_ID_BYTES: Final = 16
KEY_BYTES: Final = 32
_MAGIC: Final = b"LTSF"
_VERSION: Final = 1
_HEADER_BYTES: Final = len(_MAGIC) + 1 + FILE_ID_BYTES
_TAG_BYTES: Final = 16
_SEALED_CHUNK_BYTES: Final = CHUNK_BYTES + _TAG_BYTES


@dataclass(frozen=True, slots=True)
class SealedFile:
    """What the caller keeps of a file that is on the disk."""

    file_id: bytes
    key: bytes = field(repr=False)
    sha256: bytes  # of the content, not of the sealed bytes
    size_bytes: int  # of the content


def sealed_size(size_bytes: int) -> int:
    """Return how many bytes a content of that size takes sealed."""
    return _HEADER_BYTES + size_bytes + _TAG_BYTES * max(1, -(-size_bytes // CHUNK_BYTES))


class Sink(Protocol):
    """Takes sealed bytes in their order."""

    def write(self, content: bytes) -> object: ...


class Sealed(ABC):
    """Sealed bytes wherever they lie: a folder, or a store of objects. What is written and read here is the form alone."""

    @abstractmethod
    def _writing(self, file_id: bytes) -> AbstractContextManager[Sink]:
        """What the block writes lies under that id when it ends, and nothing if it raises; what lay there before stays."""

    @abstractmethod
    def _opened(self, file_id: bytes) -> BinaryIO:
        """Return the sealed bytes as a file that seeks. Raises SealBroken: they are away."""

    @abstractmethod
    def remove(self, file_id: bytes) -> None:
        """The file is gone. Destroying its key in the database is what makes it unreadable everywhere."""

    @abstractmethod
    def sweep(self, known_ids: Collection[bytes], *, before: datetime) -> int:
        """No unfinished file and no file without a row is left; returns how many were removed.

        Args:
            known_ids: every id the database holds.
            before: files written later are left alone: their row may not be kept yet.
        """

    @abstractmethod
    def ids(self) -> frozenset[bytes]:
        """Return the id of every file that lies here."""

    def write(self, source: BinaryIO) -> SealedFile:
        """The content stands sealed on the disk; nothing of it if this raises.

        Raises:
            DiskFull: no room left.
        """
        file_id, key, digest = os.urandom(FILE_ID_BYTES), os.urandom(KEY_BYTES), hashlib.sha256()
        header, cipher, size_bytes = _header(file_id), AESGCM(key), 0
        with self._writing(file_id) as file:
            file.write(header)
            for counter, (chunk, final) in enumerate(_chunks(source)):
                digest.update(chunk)
                size_bytes += len(chunk)
                file.write(cipher.encrypt(_nonce(counter, final=final), chunk, header))
        return SealedFile(file_id, key, digest.digest(), size_bytes)

    def read(self, file_id: bytes, key: bytes) -> bytes:
        """Return the whole content.

        Raises:
            SealBroken: the file is away, cut, changed, on a bad sector, or the key is another's.
            ArchiveTooNew: a newer program sealed it.
            DiskFails: the disk does not let it be read.
        """
        return b"".join(self.blocks(file_id, key))

    def blocks(self, file_id: bytes, key: bytes) -> Iterator[bytes]:
        """Yield the content in blocks of at most 1 MiB; the last is known to be the last. Raises as `read` does."""
        with _naming(file_id), self._opened(file_id) as file:
            header, cipher, counter = _checked_header(file, file_id), AESGCM(key), 0
            sealed = file.read(_SEALED_CHUNK_BYTES)
            while True:
                following = file.read(_SEALED_CHUNK_BYTES)
                yield _unseal(cipher, header, sealed, counter, file_id, final=not following)
                if not following:
                    return
                sealed, counter = following, counter + 1

    def flow(self, file_id: bytes, key: bytes, rooms: Rooms) -> Iterator[memoryview]:
        """Yield the content as `blocks` does, each block good only until the next is asked for: half the CPU. Raises as `read` does."""
        with _naming(file_id), self._opened(file_id) as file:
            header, cipher, counter = _checked_header(file, file_id), AESGCM(key), 0
            here, there = (memoryview(one) for one in rooms.sealed)
            sealed = here[: _read_into(file, here)]
            while True:
                following = there[: _read_into(file, there)]
                plain = memoryview(rooms.plain)[: max(0, len(sealed) - _TAG_BYTES)]
                try:
                    cipher.decrypt_into(_nonce(counter, final=not following), sealed, header, plain)
                except (InvalidTag, ValueError) as error:
                    raise SealBroken("attachment", file_id=file_id.hex(), chunk=counter) from error
                yield plain
                if not following:
                    return
                sealed, here, there, counter = following, there, here, counter + 1

    def read_range(self, file_id: bytes, key: bytes, start: int, size_bytes: int) -> bytes:
        """Return that many bytes of the content from `start`, fewer at its end, reading no more chunks than needed.

        Raises as `read` does, for the chunks that were read.
        """
        with _naming(file_id), self._opened(file_id) as file:
            header, cipher = _checked_header(file, file_id), AESGCM(key)
            sealed_bytes = file.seek(0, os.SEEK_END) - _HEADER_BYTES
            last = max(0, (sealed_bytes - 1) // _SEALED_CHUNK_BYTES)
            first, until = start // CHUNK_BYTES, min(last, (start + max(size_bytes, 1) - 1) // CHUNK_BYTES)
            file.seek(_HEADER_BYTES + first * _SEALED_CHUNK_BYTES)
            found = b"".join(
                _unseal(cipher, header, file.read(_SEALED_CHUNK_BYTES), counter, file_id, final=counter == last)
                for counter in range(first, until + 1)
            )
        return found[start - first * CHUNK_BYTES :][:size_bytes]

    def check(self, file_id: bytes, key: bytes, sha256: bytes) -> None:
        """Nothing happens if the content is what was written.

        Raises:
            SealBroken: it is not.
        """
        digest = hashlib.sha256()
        for block in self.blocks(file_id, key):
            digest.update(block)
        if digest.digest() != sha256:
            raise SealBroken("attachment", file_id=file_id.hex())

    def bring(self, source: Sealed, file_id: bytes) -> None:
        """The sealed bytes lie here as they do in the other place; nothing is opened. Raises SealBroken: they are away there."""
        with _naming(file_id), source._opened(file_id) as original, self._writing(file_id) as copy:
            for block in iter(partial(original.read, CHUNK_BYTES), b""):
                copy.write(block)


class SealedFiles(Sealed):
    """The folder of one archive's attachments."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._shelves: set[str] = set()  # inner folders that are known to be safe from a power cut
        if not folder.exists():
            make_folder(folder)

    def remove(self, file_id: bytes) -> None:
        place = self._place(file_id)
        place.unlink(missing_ok=True)
        flush_folder(place.parent)

    def sweep(self, known_ids: Collection[bytes], *, before: datetime) -> int:
        swept, limit_seconds = 0, before.timestamp()
        for path in self._folder.glob("??/*"):
            unfinished = path.name.endswith(PART_SUFFIX)
            stray = _id_from_name(path.name) not in known_ids if not unfinished else False
            if (unfinished or stray) and path.stat().st_mtime < limit_seconds:
                path.unlink()
                swept += 1
        return swept

    def ids(self) -> frozenset[bytes]:
        return frozenset(_id_from_name(path.name) for path in self._folder.glob("??/*"))

    def place_of(self, file_id: bytes) -> Path:
        """Return where the sealed bytes stand, for a backup that copies them as they are."""
        return self._folder / file_id.hex()[:2] / file_id.hex()

    def _place(self, file_id: bytes) -> Path:
        place = self.place_of(file_id)
        if not self._shelves:
            make_folder(self._folder)
        if place.parent.name not in self._shelves:
            make_folder(place.parent)
            self._shelves.add(place.parent.name)
        return place

    def _writing(self, file_id: bytes) -> WholeFile:
        return WholeFile(self._place(file_id))

    def _opened(self, file_id: bytes) -> BinaryIO:
        try:
            return open(self.place_of(file_id), "rb")
        except FileNotFoundError as error:
            raise SealBroken("attachment away", file_id=file_id.hex()) from error


class Rooms:
    """Buffers for reading file after file: fresh ones for every chunk would cost more than opening it."""

    def __init__(self) -> None:
        self.sealed = (bytearray(_SEALED_CHUNK_BYTES), bytearray(_SEALED_CHUNK_BYTES))
        self.plain = bytearray(CHUNK_BYTES)


def _read_into(file: BinaryIO, room: memoryview) -> int:
    return int(file.readinto(room))  # type: ignore[attr-defined]  # BinaryIO does not say so, every file can


@contextmanager
def _naming(file_id: bytes) -> Iterator[None]:
    """A file on a bad sector is broken like one whose bytes changed; any other refusal is the disk's."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.EIO:
            raise SealBroken("attachment cannot be read", file_id=file_id.hex()) from error
        raise_storage_error(error)


def _chunks(source: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """The source in full chunks, each with whether it is the last; one empty chunk for an empty source."""
    chunk = _read_fully(source)
    while True:
        following = _read_fully(source)
        yield chunk, not following
        if not following:
            return
        chunk = following


def _read_fully(source: BinaryIO) -> bytes:
    # a pipe or a socket gives less than it is asked for
    block = source.read(CHUNK_BYTES)
    while 0 < len(block) < CHUNK_BYTES and (more := source.read(CHUNK_BYTES - len(block))):
        block += more
    return block


def _header(file_id: bytes) -> bytes:
    return _MAGIC + bytes([_VERSION]) + file_id


def _nonce(counter: int, *, final: bool) -> bytes:
    return bytes([final]) + bytes(7) + counter.to_bytes(4, "big")


def _checked_header(file: BinaryIO, file_id: bytes) -> bytes:
    header = file.read(_HEADER_BYTES)
    if header[: len(_MAGIC)] == _MAGIC and len(header) == _HEADER_BYTES and header[len(_MAGIC)] > _VERSION:
        raise ArchiveTooNew("attachment", file_id=file_id.hex(), version=header[len(_MAGIC)], known=_VERSION)
    if header != _header(file_id):
        raise SealBroken("attachment", file_id=file_id.hex())
    return header


def _unseal(cipher: AESGCM, header: bytes, sealed: bytes, counter: int, file_id: bytes, *, final: bool) -> bytes:
    try:
        return cipher.decrypt(_nonce(counter, final=final), sealed, header)
    except (InvalidTag, ValueError) as error:
        raise SealBroken("attachment", file_id=file_id.hex(), chunk=counter) from error


def _id_from_name(name: str) -> bytes:
    try:
        return bytes.fromhex(name)
    except ValueError:
        return name.encode()  # not one of ours: known to nobody
