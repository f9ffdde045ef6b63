"""The bag inside a sealed copy (档案包): BagIt 1.0 (RFC 8493) as one stream of a pax tar, payload first, manifests last."""

from __future__ import annotations

import hashlib
import re
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from sync.contract.errors import SealBroken

NAME_CHARACTERS_MAX: Final = 200
BAGIT_TEXT: Final = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
PAYLOAD_PREFIX: Final = "data/"
_BLOCK_BYTES: Final = 512
_PART: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
# Windows takes these for devices whatever their ending
_DEVICES: Final = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
)

Payload = Iterable[tuple[str, int, Iterable[bytes]]]  # name under data/, size in bytes, content in blocks


def is_safe_name(name: str) -> bool:
    """Tell whether a file of this name can be unpacked on any system, and only inside its folder."""
    parts = name.split("/")
    return 0 < len(name) <= NAME_CHARACTERS_MAX and all(
        _PART.fullmatch(part) and not part.endswith(".") and part.split(".")[0].lower() not in _DEVICES
        for part in parts
    )


class BagStream:
    """One bag, made while it is read: nothing but the block at hand and a line of the manifest per file is kept."""

    def __init__(self, root: str, payload: Payload, bag_info: Mapping[str, str], told: Callable[[int], None]) -> None:
        """
        Args:
            root: the one folder in the tar; a safe name.
            bag_info: lines for bag-info.txt, which also gets Payload-Oxum.
            told: called with the number of payload files done, before each file and after the last.
        """
        if not is_safe_name(root) or "/" in root:
            raise ValueError("the folder of a bag has a plain name")
        self.files = 0
        self.size_bytes = 0
        self._root = root
        self._payload = payload
        self._bag_info = bag_info
        self._told = told
        self._manifest: list[tuple[str, str]] = []
        self._tag_manifest: list[tuple[str, str]] = []
        self._seen: set[str] = set()

    def blocks(self) -> Iterator[bytes]:
        """Yield the whole tar.

        Raises:
            SealBroken: a payload file is shorter or longer than was said.
            ValueError: a payload name is not safe, not under data/, or there twice.
        """
        yield from self._tag_file("bagit.txt", BAGIT_TEXT)
        for name, size_bytes, content in self._payload:
            self._told(self.files)
            yield from self._payload_file(name, size_bytes, content)
        self._told(self.files)
        yield from self._tag_file("bag-info.txt", self._info().encode())
        yield from self._tag_file("manifest-sha256.txt", _spell(self._manifest))
        yield from _member(f"{self._root}/tagmanifest-sha256.txt", _spell(self._tag_manifest))
        yield bytes(2 * _BLOCK_BYTES)

    def _payload_file(self, name: str, size_bytes: int, content: Iterable[bytes]) -> Iterator[bytes]:
        if not (name.startswith(PAYLOAD_PREFIX) and is_safe_name(name)) or name.casefold() in self._seen:
            raise ValueError("a payload name must be safe, under data/ and new")
        self._seen.add(name.casefold())
        yield _header(f"{self._root}/{name}", size_bytes)
        digest, found_bytes = hashlib.sha256(), 0
        for block in content:
            digest.update(block)
            found_bytes += len(block)
            yield block
        if found_bytes != size_bytes:
            raise SealBroken("payload", name=name, size_bytes=found_bytes, expected_bytes=size_bytes)
        yield _padding(size_bytes)
        self._manifest.append((digest.hexdigest(), name))
        self.files += 1
        self.size_bytes += size_bytes

    def _tag_file(self, name: str, content: bytes) -> Iterator[bytes]:
        self._tag_manifest.append((hashlib.sha256(content).hexdigest(), name))
        yield from _member(f"{self._root}/{name}", content)

    def _info(self) -> str:
        lines = {**self._bag_info, "Payload-Oxum": f"{self.size_bytes}.{self.files}"}
        if any(not word.isprintable() for line in lines.items() for word in line):
            raise ValueError("a line of bag-info.txt is one printable line")
        return "".join(f"{label}: {value}\n" for label, value in lines.items())


def _member(name: str, content: bytes) -> Iterator[bytes]:
    yield _header(name, len(content))
    yield content
    yield _padding(len(content))


def _header(name: str, size_bytes: int) -> bytes:
    entry = tarfile.TarInfo(name)
    entry.size = size_bytes
    entry.mode = 0o644
    return entry.tobuf(tarfile.PAX_FORMAT)


def _padding(size_bytes: int) -> bytes:
    return bytes(-size_bytes % _BLOCK_BYTES)


def _spell(manifest: list[tuple[str, str]]) -> bytes:
    return "".join(f"{sha256}  {name}\n" for sha256, name in manifest).encode()
