"""The bag inside a sealed copy (档案包): BagIt 1.0 (RFC 8493) as one stream of a pax tar, payload first, manifests last."""

from __future__ import annotations

import hashlib
import re
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import zstandard
from cryptography.hazmat.primitives import hashes

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


Block = bytes | memoryview


@dataclass(frozen=True, slots=True)
class BagFile:
    """A file for the payload: its name under data/, its size, its content in blocks, taken once, each before the next.

    `digests` holds what is known already, in hex by algorithm. Its SHA-256 is compared with the content; the others are
    believed where the SHA-256 is right, for it says that these are the bytes they were taken of.
    """

    name: str
    size_bytes: int
    content: Iterable[Block]
    digests: Mapping[str, str] | None = None

    @classmethod
    def of(cls, name: str, content: bytes) -> BagFile:
        """Return a file whose content is at hand."""
        return cls(name, len(content), (content,))


class _Sm3:
    """SM3 by the library we ship: not every system's OpenSSL has it."""

    def __init__(self) -> None:
        self._hash = hashes.Hash(hashes.SM3())
        self.update = self._hash.update

    def hexdigest(self) -> str:
        return self._hash.finalize().hex()


_DIGESTS: Final[Mapping[str, Callable[[], Any]]] = {"sha256": hashlib.sha256, "sm3": _Sm3}
SUITE: Final = tuple(_DIGESTS)
Payload = Iterable[BagFile]
TagFiles = Callable[[], Mapping[str, bytes]]


def sm3_of(content: bytes) -> str:
    """Return the SM3 (GB/T 32905) of the bytes, in hex."""
    digest = _Sm3()
    digest.update(content)
    return digest.hexdigest()


def is_safe_name(name: str) -> bool:
    """Tell whether a file of this name can be unpacked on any system, and only inside its folder."""
    parts = name.split("/")
    return 0 < len(name) <= NAME_CHARACTERS_MAX and all(
        _PART.fullmatch(part) and not part.endswith(".") and part.split(".")[0].lower() not in _DEVICES
        for part in parts
    )


class Gathered:
    """A text that grows to any length and is kept small until its size is known (汇集): compressed as it comes."""

    def __init__(self) -> None:
        self.size_bytes = 0
        self._packer = zstandard.ZstdCompressor(level=1).compressobj()
        self._packed: list[bytes] = []

    def add(self, text: str | bytes) -> None:
        """The text goes on with this."""
        block = text.encode() if isinstance(text, str) else text
        self.size_bytes += len(block)
        if packed := self._packer.compress(block):
            self._packed.append(packed)

    def blocks(self) -> Iterator[bytes]:
        """Yield the whole text; nothing is added any more."""
        self._packed.append(self._packer.flush())
        unpacker = zstandard.ZstdDecompressor().decompressobj()
        for packed in self._packed:
            yield unpacker.decompress(packed)

    def as_file(self, name: str) -> BagFile:
        """Return it as a file of a payload."""
        return BagFile(name, self.size_bytes, self.blocks())


class BagStream:
    """One bag, made while it is read: nothing but the block at hand and a line of the manifests per file is kept."""

    def __init__(
        self,
        root: str,
        payload: Payload,
        bag_info: Mapping[str, str],
        told: Callable[[int], None],
        *,
        suite: Sequence[str] = ("sha256",),
        tag_files: TagFiles = dict,
    ) -> None:
        """
        Args:
            root: the one folder in the tar; a safe name.
            bag_info: lines for bag-info.txt, which also gets Payload-Oxum.
            told: called with the number of payload files done, before each file and after the last.
            suite: the digests of the manifests, of SUITE; sha256 is one of them.
            tag_files: asked after the payload for further files beside data/.
        """
        if not is_safe_name(root) or "/" in root:
            raise ValueError("the folder of a bag has a plain name")
        if "sha256" not in suite or not set(suite) <= set(SUITE):
            raise ValueError("a bag has a manifest by SHA-256, and others that we know")
        self.files = 0
        self.size_bytes = 0
        self.found: dict[str, dict[str, str]] = {}  # of files that came with their SHA-256: what else was taken of them
        self._root = root
        self._payload = payload
        self._bag_info = bag_info
        self._told = told
        self._tag_files = tag_files
        self._manifests = {algorithm: Gathered() for algorithm in suite}
        self._tag_manifest: list[str] = []
        self._seen: set[str] = set()

    def blocks(self) -> Iterator[Block]:
        """Yield the whole tar, each block good only until the next is asked for.

        Raises:
            SealBroken: a payload file is shorter or longer than was said, or has another SHA-256.
            ValueError: a payload name is not safe, not under data/, or there twice.
        """
        yield from self._tag_file("bagit.txt", (BAGIT_TEXT,), len(BAGIT_TEXT))
        for file in self._payload:
            self._told(self.files)
            yield from self._payload_file(file)
        self._told(self.files)
        info = self._info().encode()
        for name, content in {"bag-info.txt": info, **self._tag_files()}.items():
            yield from self._tag_file(name, (content,), len(content))
        for algorithm, manifest in self._manifests.items():
            yield from self._tag_file(f"manifest-{algorithm}.txt", manifest.blocks(), manifest.size_bytes)
        listed = "".join(self._tag_manifest).encode()
        yield _header(f"{self._root}/tagmanifest-sha256.txt", len(listed))
        yield listed
        yield _padding(len(listed))
        yield bytes(2 * _BLOCK_BYTES)

    def _payload_file(self, file: BagFile) -> Iterator[Block]:
        name = file.name
        if not (name.startswith(PAYLOAD_PREFIX) and is_safe_name(name)) or name.casefold() in self._seen:
            raise ValueError("a payload name must be safe, under data/ and new")
        self._seen.add(name.casefold())
        yield _header(f"{self._root}/{name}", file.size_bytes)
        known = dict(file.digests or {})
        running = {one: _DIGESTS[one]() for one in self._manifests if one == "sha256" or one not in known}
        found_bytes = 0
        for block in file.content:
            for digest in running.values():
                digest.update(block)
            found_bytes += len(block)
            yield block
        if found_bytes != file.size_bytes:
            raise SealBroken("payload", name=name, size_bytes=found_bytes, expected_bytes=file.size_bytes)
        found = {algorithm: digest.hexdigest() for algorithm, digest in running.items()}
        if known.get("sha256", found["sha256"]) != found["sha256"]:
            raise SealBroken("a file is not what was filed", sha256=known["sha256"])
        if "sha256" in known and len(found) > 1:
            self.found[found["sha256"]] = found
        yield _padding(file.size_bytes)
        for algorithm, manifest in self._manifests.items():
            manifest.add(f"{found.get(algorithm) or known[algorithm]}  {name}\n")
        self.files += 1
        self.size_bytes += file.size_bytes

    def _tag_file(self, name: str, content: Iterable[bytes], size_bytes: int) -> Iterator[bytes]:
        digest = hashlib.sha256()
        yield _header(f"{self._root}/{name}", size_bytes)
        for block in content:
            digest.update(block)
            yield block
        yield _padding(size_bytes)
        self._tag_manifest.append(f"{digest.hexdigest()}  {name}\n")

    def _info(self) -> str:
        lines = {**self._bag_info, "Payload-Oxum": f"{self.size_bytes}.{self.files}"}
        if any(not word.isprintable() for line in lines.items() for word in line):
            raise ValueError("a line of bag-info.txt is one printable line")
        return "".join(f"{label}: {value}\n" for label, value in lines.items())


def _header(name: str, size_bytes: int) -> bytes:
    entry = tarfile.TarInfo(name)
    entry.size = size_bytes
    entry.mode = 0o644
    return entry.tobuf(tarfile.PAX_FORMAT)


def _padding(size_bytes: int) -> bytes:
    return bytes(-size_bytes % _BLOCK_BYTES)
