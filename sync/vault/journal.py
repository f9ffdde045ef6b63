"""A journal on a second disk (第二块盘上的流水): only ever added to, flushed entry by entry, sealed, each entry bound to the one before.

docs/county.md, section 3. Each run of a program begins a file of its own, so that what a power cut left at the end of one stays as
it is. What is cut off whole at the end of a file, or a file that is away, cannot be seen from the journal alone.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sync.contract.errors import PlaceUnavailable, SealBroken
from sync.vault.engine import raise_storage_error
from sync.vault.whole_file import flush_folder

MAGIC: Final = b"LTJN\x01"
SALT_BYTES, TAG_BYTES, LENGTH_BYTES, NONCE_BYTES = 32, 16, 4, 12
LARGEST_ENTRY_BYTES: Final = 64 * 1024 * 1024
_NAME: Final = re.compile(r"journal-([0-9]{6})\.ltj")


@dataclass(frozen=True, slots=True)
class Torn:
    """Where a file of the journal could not be read on: the last of it, as a power cut leaves it, or in its middle."""

    file: str
    entry: int
    at_the_end: bool


class Journal:
    """A file of the journal that is being added to.

    Args:
        folder: on another disk than what it speaks of; it must be there.
        data_key: of the county; each file has a key of its own, derived from it.
    Raises:
        PlaceUnavailable: the folder is not there. DiskFull, DiskFails.
    """

    def __init__(self, folder: Path, data_key: bytes) -> None:
        if not folder.is_dir():
            raise PlaceUnavailable("no such folder for the journal", reason="away")
        self._folder, self._data_key = folder, data_key
        self._before, self._number = b"", 0
        self._begin()

    def add(self, entries: Sequence[bytes]) -> None:
        """The entries are on the disk, one after another.

        Raises:
            DiskFull, DiskFails: none of them is.
        """
        if self._file.closed:
            self._begin()
        framed, before, number = bytearray(), self._before, self._number
        for entry in entries:
            sealed = self._key.encrypt(number.to_bytes(NONCE_BYTES, "big"), entry, before)
            framed += len(sealed).to_bytes(LENGTH_BYTES, "big") + sealed
            before, number = sealed[-TAG_BYTES:], number + 1
        try:
            _put(self._file, bytes(framed))
        except OSError as error:
            self._file.close()  # what was half written ends this file; the next entries go into another one
            raise_storage_error(error)
        self._before, self._number = before, number

    def close(self) -> None:
        """The file is closed; all that was added stays."""
        self._file.close()

    def _begin(self) -> None:
        """A new file stands in the folder, with nothing in it."""
        taken = [int(found[1]) for one in os.listdir(self._folder) if (found := _NAME.fullmatch(one))]
        head = MAGIC + secrets.token_bytes(SALT_BYTES)
        path = self._folder / f"journal-{max(taken, default=0) + 1:06}.ltj"
        try:
            file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", buffering=0)
            with ExitStack() as undoing:
                undoing.callback(path.unlink)
                undoing.callback(file.close)
                _put(file, head)
                flush_folder(self._folder)
                undoing.pop_all()
        except OSError as error:
            raise_storage_error(error)
        self._file: BinaryIO = file
        self._key, self._before, self._number = _file_key(self._data_key, head), _first(head), 0


def _put(file: BinaryIO, block: bytes) -> None:
    """The whole block is on the disk."""
    rest = memoryview(block)
    while rest:
        rest = rest[file.write(rest) :]
    os.fsync(file.fileno())


def read_journal(folder: Path, data_key: bytes) -> Iterator[bytes | Torn]:
    """Yield every entry in the order it was added, and where a file could not be read on.

    Raises:
        PlaceUnavailable: the folder is not there. SealBroken: a file of it is no journal, or another county's.
    """
    if not folder.is_dir():
        raise PlaceUnavailable("no such folder for the journal", reason="away")
    for name in sorted(one for one in os.listdir(folder) if _NAME.fullmatch(one)):
        with open(folder / name, "rb") as file:
            yield from _read_file(name, file, data_key)


def _read_file(name: str, file: BinaryIO, data_key: bytes) -> Iterator[bytes | Torn]:
    head = file.read(len(MAGIC) + SALT_BYTES)
    if len(head) < len(MAGIC) + SALT_BYTES:
        yield Torn(name, 0, at_the_end=True)  # a power cut in its first moment
        return
    if not head.startswith(MAGIC):
        raise SealBroken("not a journal", file=name)
    key, before, number = _file_key(data_key, head), _first(head), 0
    while led := file.read(LENGTH_BYTES):
        length = int.from_bytes(led, "big")
        sealed = file.read(length) if len(led) == LENGTH_BYTES and length <= LARGEST_ENTRY_BYTES else b""
        if len(sealed) < max(length, TAG_BYTES):
            yield Torn(name, number, at_the_end=length <= LARGEST_ENTRY_BYTES)
            return
        try:
            yield key.decrypt(number.to_bytes(NONCE_BYTES, "big"), sealed, before)
        except InvalidTag:
            yield Torn(name, number, at_the_end=False)
            return
        before, number = sealed[-TAG_BYTES:], number + 1


def _file_key(data_key: bytes, head: bytes) -> AESGCM:
    salt = head[len(MAGIC) :]
    return AESGCM(HKDF(hashes.SHA256(), 32, salt, b"lantai.journal.1").derive(data_key))


def _first(head: bytes) -> bytes:
    return hashlib.sha256(head).digest()[:TAG_BYTES]
