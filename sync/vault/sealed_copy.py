"""Sealed copies (密封副本): a bag in a tar in an age file, with a minisign signature beside it.

Written in one pass with constant memory; opened and proved by anyone with minisign, age, tar and bagit. The form stands
in docs/sealed-copy.md.
"""

from __future__ import annotations

import io
import secrets
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyrage

from sync.contract.errors import Refused, SealBroken
from sync.vault.bag import SUITE, BagStream, Block, Payload, TagFiles
from sync.vault.engine import raise_storage_error
from sync.vault.signing import SIGNATURE_SUFFIX, SigningKey, new_digest, sign_detached
from sync.vault.whole_file import PART_SUFFIX, WholeFile, blocks_from_disk, replace_whole

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

COPY_SUFFIX: Final = ".tar.age"
READ_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class SealedCopy:
    """A copy that is on the disk and was read back."""

    path: Path
    signature_path: Path
    blake2b: str  # hex, of the file as it lies there; what `b2sum` says
    files: int  # in the payload
    size_bytes: int  # of the payload
    found: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # digests taken on the way, by SHA-256


def new_passphrase() -> str:
    """Return six groups of five digits (99 bits): told by telephone without a mistake, and chosen by nobody."""
    return "-".join(f"{secrets.randbelow(100_000):05d}" for _ in range(6))


def locked_identity(secret: str, passphrase: str) -> bytes:
    """Return the secret line as a file that stock age opens with the passphrase: `age -d -i KEY.age`."""
    return bytes(pyrage.passphrase.encrypt(f"{secret}\n".encode(), passphrase))


def opened_identity(content: bytes, passphrase: str) -> str:
    """Return the text of a key file, unlocked if it is locked.

    Raises:
        SealBroken: another passphrase.
    """
    if not content.startswith(b"age-encryption.org/"):
        return content.decode("ascii", "replace")
    try:
        return str(pyrage.passphrase.decrypt(content, passphrase).decode("ascii", "replace"))
    except pyrage.DecryptError:
        raise SealBroken("identity") from None


def new_identity() -> tuple[str, str]:
    """Return a fresh age key: the secret line, to be kept apart from any copy, and the public line to seal to."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity), str(identity.to_public())


def write_copy(
    destination: Path,
    payload: Payload,
    *,
    recipients: Sequence[str],
    signer: SigningKey,
    bag_info: Mapping[str, str],
    tag_files: TagFiles = dict,
    progress: Callable[[int, int], None],
    cancelled: Callable[[], bool],
) -> SealedCopy:
    """The copy and its signature stand at the destination, on the disk, and read back as written; or neither does.

    Args:
        destination: ends in .tar.age; the rest of its name becomes the folder inside and is plain ASCII.
        payload: names under data/, sizes and contents, taken once and in order.
        recipients: age public keys; whoever holds one of their secrets can open the copy.
        tag_files: asked after the payload for further files beside data/.
        progress: called with payload files done, and 0 for the whole, which is not known.
        cancelled: asked between blocks.
    Raises:
        Refused: with `reason`: cancelled, recipient (not an age public key) or exists (nothing is overwritten).
        DiskFull, DiskFails: no room left, or the disk does not take it.
        SealBroken: a payload file is not as long as was said, or the disk did not keep what was written.
    """
    if not destination.name.endswith(COPY_SUFFIX) or not recipients:
        raise ValueError(f"a copy is named *{COPY_SUFFIX} and has a recipient")
    if destination.exists():
        raise Refused("exists", reason="exists")
    keys = [_read_recipient(recipient) for recipient in recipients]
    for stale in destination.parent.glob(f"*{COPY_SUFFIX}{PART_SUFFIX}"):  # only ours: a stick holds other things too
        stale.unlink()
    bag = BagStream(
        destination.name.removesuffix(COPY_SUFFIX),
        payload,
        bag_info,
        lambda files_done: progress(files_done, 0),
        suite=SUITE,
        tag_files=tag_files,
    )
    signature_path = destination.with_name(destination.name + SIGNATURE_SUFFIX)
    written = GuardedWriter(WholeFile(destination))
    try:
        encrypt_blocks(bag.blocks(), written, keys, cancelled)
        blake2b = written.blake2b.digest().hex()
        comment = f"file:{destination.name} blake2b:{blake2b} files:{bag.files} bytes:{bag.size_bytes}"
        replace_whole(signature_path, sign_detached(signer, written.blake2b, comment).encode())
        written.file.finish()
        _read_back(destination, written.checks)
    except OSError as error:
        written.file.abandon()
        take_away(destination, signature_path)
        raise_storage_error(error)
    except BaseException:
        written.file.abandon()
        take_away(destination, signature_path)
        raise
    return SealedCopy(destination, signature_path, blake2b, bag.files, bag.size_bytes, bag.found)


def take_away(*paths: Path) -> None:
    """The files are gone, as far as the disk still answers."""
    for path in paths:
        with suppress(OSError):  # a stick that is gone gives nothing back; the first failure is what is told
            path.unlink(missing_ok=True)


class GuardedWriter:
    """The guarded writer that age writes to: it digests what passes and remembers the first failure.

    pyrage 1.4 swallows the error of its last block (1 kB onto a full disk: no exception, 0 bytes); `finish` tells it.
    """

    def __init__(self, file: WholeFile) -> None:
        self.file = file
        self.blake2b = new_digest()
        self.failure: BaseException | None = None
        self.checks = ReadBack()

    def write(self, block: bytes) -> int:
        try:
            self.file.write(block)
        except BaseException as error:
            self.failure = self.failure or error
            raise
        self.checks.update(block)
        self.blake2b.update(block)
        return len(block)

    def flush(self) -> None:
        """Nothing is held back here."""


class _Source(io.RawIOBase):
    """What age reads: the blocks end to end, and the first failure among them."""

    def __init__(self, blocks: Iterator[Block], cancelled: Callable[[], bool]) -> None:
        self.failure: BaseException | None = None
        self._blocks = blocks
        self._cancelled = cancelled
        self._left: memoryview = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, room: WriteableBuffer) -> int:
        """Fill the room as far as the block at hand goes; 0 at the end."""
        try:
            while not self._left:
                if self._cancelled():
                    raise Refused("cancelled", reason="cancelled")
                self._left = memoryview(next(self._blocks))
        except StopIteration:
            return 0
        except BaseException as error:
            self.failure = error
            raise
        taken = min(len(self._left), memoryview(room).nbytes)
        memoryview(room)[:taken], self._left = self._left[:taken], self._left[taken:]
        return taken


def encrypt_blocks(
    blocks: Iterator[Block], written: GuardedWriter, keys: list[object], cancelled: Callable[[], bool]
) -> None:
    """All blocks went through age into the writer; whether they reached the disk, its file's `finish` tells."""
    source = _Source(blocks, cancelled)
    try:
        pyrage.encrypt_io(io.BufferedReader(source, READ_BYTES), written, keys)  # it asks for 8 KiB at a time
    except (pyrage.EncryptError, OSError) as error:
        raise source.failure or written.failure or error from None
    if source.failure or written.failure:
        raise source.failure or written.failure or SealBroken("sealed_copy")


class ReadBack:
    """A CRC-32 of the whole (回读校验): tells whether the disk gives back what it was given. Against people there is the signature."""

    def __init__(self) -> None:
        self.size_bytes = self.sum = 0

    def update(self, block: bytes | memoryview) -> None:
        self.sum, self.size_bytes = zlib.crc32(block, self.sum), self.size_bytes + len(block)


def _read_back(path: Path, written: ReadBack) -> None:
    found = ReadBack()
    for block in blocks_from_disk(path):
        found.update(block)
    if (found.sum, found.size_bytes) != (written.sum, written.size_bytes):
        raise SealBroken("sealed_copy", name=path.name)


def _read_recipient(recipient: str) -> object:
    try:
        return pyrage.x25519.Recipient.from_str(recipient.strip())
    except pyrage.RecipientError as error:
        raise Refused("recipient", reason="recipient") from error
