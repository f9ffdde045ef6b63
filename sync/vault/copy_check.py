"""The check of a sealed copy from the file alone (副本验证): signature first, then every name, size and hash inside.

Nothing is unpacked: the content flows from age through the tar reader into digests.
"""

from __future__ import annotations

import hashlib
import os
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, Any, BinaryIO, Final

import pyrage

from sync.contract.errors import SealBroken
from sync.vault.bag import BAGIT_TEXT, PAYLOAD_PREFIX, is_safe_name
from sync.vault.signing import SIGNATURE_SUFFIX, Digest, PublicKey, new_digest, verify_detached

_READ_BYTES: Final = 1 << 20
_TAG_BYTES_MAX: Final = 512 << 20  # a manifest of four million files


class CopyFlaw(StrEnum):
    """What a check of a sealed copy can find."""

    NO_SIGNATURE = "no_signature"  # the .minisig file is not beside it
    SIGNATURE = "signature"  # not signed by this key, or changed since: nothing inside was looked at
    NOT_OPENED = "not_opened"  # this identity is none of its recipients, or the age file is broken
    BROKEN_TAR = "broken_tar"
    UNSAFE_NAME = "unsafe_name"
    NOT_A_BAG = "not_a_bag"
    MISSING = "missing"  # in a manifest, not in the bag
    UNLISTED = "unlisted"  # in the bag, in no manifest
    CHANGED = "changed"  # not the hash of the manifest
    WRONG_TOTAL = "wrong_total"  # Payload-Oxum differs


@dataclass(frozen=True, slots=True)
class CopyFinding:
    """One flaw, and the file inside it was found at."""

    flaw: CopyFlaw
    name: str = ""


@dataclass(frozen=True, slots=True)
class CopyVerdict:
    """What a check found; `comment` is the signed line that came with the signature."""

    findings: tuple[CopyFinding, ...]
    comment: str = ""
    files: int = 0
    size_bytes: int = 0

    @property
    def ok(self) -> bool:
        """Whole, unchanged, and signed by the key's holder."""
        return not self.findings


def verify_copy(path: Path, *, public_key: str, identity: str) -> CopyVerdict:
    """Return what is to be said of the copy.

    Args:
        public_key: the text of a minisign public key file, from another hand than the copy.
        identity: the text of an age key file, or its secret line.
    Raises:
        SealBroken: the public key or the identity is not one.
    """
    public, opener = PublicKey.from_minisign(public_key), _read_identity(identity)
    signature_path = path.with_name(path.name + SIGNATURE_SUFFIX)
    if not signature_path.exists():
        return CopyVerdict((CopyFinding(CopyFlaw.NO_SIGNATURE),))
    try:
        comment = verify_detached(public, _digest_of(path), signature_path.read_text(encoding="utf-8"))
    except (SealBroken, UnicodeDecodeError):
        return CopyVerdict((CopyFinding(CopyFlaw.SIGNATURE),))
    contents = _Contents()
    with _opened(path, opener) as (stream, failures):
        try:
            contents.take_in(stream)
        except (tarfile.TarError, EOFError, ValueError):
            contents.find(CopyFlaw.BROKEN_TAR)
        while stream.read(_READ_BYTES):
            pass  # age proves its last chunk only when it is reached
    if failures:
        return CopyVerdict((CopyFinding(CopyFlaw.NOT_OPENED),), comment)
    contents.compare()
    return CopyVerdict(tuple(contents.findings), comment, contents.files, contents.size_bytes)


class _Contents:
    """What flowed by: the hash of every file, and the tag files themselves."""

    def __init__(self) -> None:
        self.findings: list[CopyFinding] = []
        self.files = 0
        self.size_bytes = 0
        self._hashes: dict[str, str] = {}
        self._tags: dict[str, bytes] = {}
        self._folded: set[str] = set()
        self._root = ""

    def find(self, flaw: CopyFlaw, name: str = "") -> None:
        self.findings.append(CopyFinding(flaw, name))

    def take_in(self, stream: IO[bytes]) -> None:
        with tarfile.open(fileobj=stream, mode="r|", encoding="utf-8") as tar:
            for member in tar:
                root, _, name = member.name.partition("/")
                self._root = self._root or root
                if not member.isreg() or root != self._root or not self._is_new_and_safe(name):
                    self.find(CopyFlaw.UNSAFE_NAME, member.name)
                    continue
                content = tar.extractfile(member)
                if content is not None:
                    self._take_file(name, member.size, content)

    def compare(self) -> None:
        """Everything the manifests say was compared with what flowed by."""
        if self._tags.get("bagit.txt") != BAGIT_TEXT or "manifest-sha256.txt" not in self._tags:
            self.find(CopyFlaw.NOT_A_BAG)
            return
        payload = {name for name in self._hashes if name.startswith(PAYLOAD_PREFIX)}
        tags = self._hashes.keys() - payload - {"tagmanifest-sha256.txt"}
        self._compare("manifest-sha256.txt", payload)
        self._compare("tagmanifest-sha256.txt", set(tags))
        oxum = f"Payload-Oxum: {self.size_bytes}.{self.files}"
        if oxum not in self._tags.get("bag-info.txt", b"").decode("utf-8", "replace").splitlines():
            self.find(CopyFlaw.WRONG_TOTAL)

    def _compare(self, manifest: str, found: set[str]) -> None:
        listed: dict[str, str] = {}
        for line in self._tags.get(manifest, b"").decode("utf-8", "replace").splitlines():
            sha256, _, name = line.partition("  ")
            listed[name] = sha256
        for name in sorted(listed.keys() | found):
            if name not in found:
                self.find(CopyFlaw.MISSING, name)
            elif name not in listed:
                self.find(CopyFlaw.UNLISTED, name)
            elif listed[name] != self._hashes[name]:
                self.find(CopyFlaw.CHANGED, name)

    def _is_new_and_safe(self, name: str) -> bool:
        new = name.casefold() not in self._folded
        self._folded.add(name.casefold())
        return new and is_safe_name(name)

    def _take_file(self, name: str, size_bytes: int, content: IO[bytes]) -> None:
        digest, kept = hashlib.sha256(), []
        is_tag = "/" not in name and size_bytes <= _TAG_BYTES_MAX
        while block := content.read(_READ_BYTES):
            digest.update(block)
            if is_tag:
                kept.append(block)
        self._hashes[name] = digest.hexdigest()
        if is_tag:
            self._tags[name] = b"".join(kept)
        elif name.startswith(PAYLOAD_PREFIX):
            self.files += 1
            self.size_bytes += size_bytes


@contextmanager
def _opened(path: Path, identity: Any) -> Iterator[tuple[BinaryIO, list[BaseException]]]:
    """The plain tar as a pipe, and what went wrong with age, complete once the pipe is read to its end."""
    reading, writing = os.pipe()
    failures: list[BaseException] = []

    def decrypt() -> None:
        with path.open("rb") as sealed, os.fdopen(writing, "wb") as plain:
            try:
                pyrage.decrypt_io(sealed, plain, [identity])
            except (pyrage.DecryptError, OSError) as error:
                failures.append(error)

    thread = threading.Thread(target=decrypt, name="age")
    thread.start()
    with os.fdopen(reading, "rb") as stream:
        yield stream, failures
        thread.join()


def _digest_of(path: Path) -> Digest:
    digest = new_digest()
    with path.open("rb") as file:
        while block := file.read(_READ_BYTES):
            digest.update(block)
    return digest


def _read_identity(text: str) -> Any:
    secret = next((line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    try:
        return pyrage.x25519.Identity.from_str(secret)
    except pyrage.IdentityError:
        raise SealBroken("identity") from None  # the cause would carry the secret line
