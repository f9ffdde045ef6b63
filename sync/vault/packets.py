"""Packets on a stick as files: sealed to one reader, signed by one writer, there whole or not at all (docs/protocol.md, section 12)."""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from sync.contract.errors import ArchiveTooNew, BadRequest, SealBroken
from sync.contract.packets import PacketHeader
from sync.contract.revisions import hash_parts
from sync.contract.wire import MOST_PACKED_BYTES, pack, unpack
from sync.vault.engine import raise_storage_error
from sync.vault.whole_file import BLOCK_BYTES, WholeFile

MAGIC: Final = b"LTPK"
VERSION: Final = 1
KEY_BYTES: Final = 32
LARGEST_HEADER_BYTES: Final = 64 * 1024
LARGEST_SIGNATURE_BYTES: Final = 256
_SUITE: Final = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_LENGTH: Final = struct.Struct(">I")
_TAG_BYTES: Final = 16

Signing = Callable[[bytes], bytes]
Checking = Callable[[bytes, bytes], None]
"""Takes signature and digest; raises SealBroken if they do not fit."""


class PacketWriter:
    """Writes one packet; it stands under its name when the block ends without an error.

    Raises:
        DiskFull, DiskFails: from any call; nothing is left under the name.
    """

    def __init__(self, folder: Path, header: PacketHeader, reader: ec.EllipticCurvePublicKey, signing: Signing) -> None:
        self._signing, self._digest = signing, hashlib.sha256()
        self._file = WholeFile(folder / header.name)
        head = pack(header)
        self._write(MAGIC + bytes([VERSION]) + _LENGTH.pack(len(head)) + head)
        key = os.urandom(KEY_BYTES)
        box = _SUITE.encrypt(key, reader, self._digest.copy().digest())
        self._write(_LENGTH.pack(len(box)) + box)
        self._cipher, self._meaning = AESGCM(key), self._digest.copy().digest()
        self._counter = 0
        self._waiting: bytes | None = None

    @property
    def size_bytes(self) -> int:
        """What was written so far."""
        return self._file.size_bytes

    def add(self, message: bytes) -> None:
        """The message is part of the packet."""
        if self._waiting is not None:
            self._seal(self._waiting, last=False)
        self._waiting = message

    def _seal(self, message: bytes, *, last: bool) -> None:
        sealed = self._cipher.encrypt(_nonce(self._counter, last=last), message, self._meaning)
        self._write(_LENGTH.pack(len(sealed)) + sealed)
        self._counter += 1

    def _write(self, block: bytes) -> None:
        self._digest.update(block)
        self._file.write(block)

    def _finish(self) -> None:
        self._seal(self._waiting or b"", last=True)
        self._write(_LENGTH.pack(0))
        signature = self._signing(packet_digest(self._digest.digest()))
        self._file.write(_LENGTH.pack(len(signature)) + signature)
        self._file.finish()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if kind is None:
            self._finish()
        else:
            self._file.abandon()


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet that lies on a stick; its header may be read, nothing of it is believed before `messages`."""

    path: Path
    header: PacketHeader

    @classmethod
    def look(cls, path: Path) -> Packet:
        """Return the packet at the path.

        Raises:
            SealBroken: it is none, or cut short. ArchiveTooNew: a newer program wrote it. DiskFull, DiskFails.
        """
        with _opened(path) as file:
            return cls(path, _read_header(file))

    def messages(self, key: ec.EllipticCurvePrivateKey, checking: Checking) -> Iterator[bytes]:
        """Yield the messages, once the signature over the whole packet has been checked.

        Raises:
            SealBroken: another signer or reader, a byte changed, or cut short.
        """
        self._check_signature(checking)
        with _opened(self.path) as file:
            _read_header(file)
            before = _hash_until(self.path, file.tell())
            box = _read_run(file, LARGEST_HEADER_BYTES)
            meaning = _hash_until(self.path, file.tell())
            cipher = AESGCM(_open_box(key, box, before))
            counter, sealed = 0, _read_run(file, MOST_PACKED_BYTES + _TAG_BYTES)
            while sealed:
                following = _read_run(file, MOST_PACKED_BYTES + _TAG_BYTES)
                try:
                    message = cipher.decrypt(_nonce(counter, last=not following), sealed, meaning)
                except InvalidTag as error:
                    raise SealBroken("packet") from error
                if message:
                    yield message
                sealed, counter = following, counter + 1

    def _check_signature(self, checking: Checking) -> None:
        with _opened(self.path) as file:
            _read_header(file)
            while _skip_run(file):
                continue
            end = file.tell()
            signature = _read_run(file, LARGEST_SIGNATURE_BYTES)
            if file.read(1):
                raise SealBroken("packet goes on behind its end")
        checking(signature, packet_digest(_hash_until(self.path, end)))


def packet_digest(content: bytes) -> bytes:
    """Return what is signed over the SHA-256 of a packet."""
    return hash_parts(b"lantai.packet.1", (content,))


def _nonce(counter: int, *, last: bool) -> bytes:
    return bytes([last]) + bytes(7) + counter.to_bytes(4, "big")


def _open_box(key: ec.EllipticCurvePrivateKey, box: bytes, before: bytes) -> bytes:
    try:
        opened = _SUITE.decrypt(box, key, before)
    except (InvalidTag, ValueError) as error:
        raise SealBroken("packet for another reader") from error
    if len(opened) != KEY_BYTES:
        raise SealBroken("packet")
    return opened


def _read_header(file: BinaryIO) -> PacketHeader:
    start = file.read(len(MAGIC) + 1)
    if start[: len(MAGIC)] != MAGIC or len(start) <= len(MAGIC):
        raise SealBroken("not a packet")
    if start[len(MAGIC)] > VERSION:
        raise ArchiveTooNew("packet", version=start[len(MAGIC)], known=VERSION)
    try:
        return unpack(PacketHeader, _read_run(file, LARGEST_HEADER_BYTES))
    except BadRequest as error:
        raise SealBroken("packet header") from error


def _read_run(file: BinaryIO, most_bytes: int) -> bytes:
    length = _read_length(file, most_bytes)
    content = file.read(length)
    if len(content) < length:
        raise SealBroken("packet cut short")
    return content


def _skip_run(file: BinaryIO) -> int:
    length = _read_length(file, MOST_PACKED_BYTES + _TAG_BYTES)
    file.seek(length, os.SEEK_CUR)
    return length


def _read_length(file: BinaryIO, most_bytes: int) -> int:
    content = file.read(_LENGTH.size)
    if len(content) < _LENGTH.size:
        raise SealBroken("packet cut short")
    length = int(_LENGTH.unpack(content)[0])
    if length > most_bytes:
        raise SealBroken("packet")
    return length


def _hash_until(path: Path, end: int) -> bytes:
    digest = hashlib.sha256()
    with _opened(path) as file:
        while end > 0 and (block := file.read(min(end, BLOCK_BYTES))):
            digest.update(block)
            end -= len(block)
    if end:
        raise SealBroken("packet cut short")
    return digest.digest()


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """A file of the stick; what the system says against it is told as the disk's failure."""
    try:
        with open(path, "rb") as file:
            yield file
    except OSError as error:
        raise_storage_error(error)
