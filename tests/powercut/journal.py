"""The journal that the shim wrote, read: every call that changed something below the folder, in order, and what was told."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path, PurePosixPath

_LINE = struct.Struct("<cIqII")


class What(Enum):
    """What was asked of the disk."""

    OPEN = b"O"
    WRITE = b"W"
    CUT_TO = b"T"
    FLUSH = b"S"
    REMOVE = b"U"
    RENAME = b"R"
    MAKE_FOLDER = b"M"
    LINK = b"L"
    TOLD = b"A"
    UNKNOWN = b"X"


@dataclass(frozen=True, slots=True)
class Call:
    """One call. Paths are relative to the folder; "" is the folder itself, None a path outside it."""

    what: What
    file: int = 0  # which opening of a file it goes through
    place: int = 0  # offset of a write, length of a cut; of an opening 1 if it made the file, 2 if it emptied it
    path: str | None = None
    to: str | None = None
    data: bytes = b""


class UnknownCall(Exception):
    """Something was done to a file that the simulator does not know how to take back."""


def read_journal(journal: Path, folder: Path) -> list[Call]:
    """Return every call of the journal, in order.

    Raises:
        UnknownCall: a call that the shim only knows the name of.
    """
    return list(_calls(journal.read_bytes(), os.fspath(folder)))


def _calls(raw: bytes, root: str) -> Iterator[Call]:
    at = 0
    while at < len(raw):
        code, file, place, first, second = _LINE.unpack_from(raw, at)
        at += _LINE.size
        one, two = raw[at : at + first], raw[at + first : at + first + second]
        at += first + second
        what = What(code)
        if what is What.UNKNOWN:
            raise UnknownCall(one.decode())
        if what in (What.WRITE, What.TOLD):
            yield Call(what, file, place, data=one)
        else:
            yield Call(what, file, place, _below(one, root), _below(two, root))


def _below(path: bytes, root: str) -> str | None:
    if not path:
        return None
    return str(PurePosixPath(os.fsdecode(path)).relative_to(root)).removeprefix(".")


def told(call: Call) -> dict[str, object]:
    """Return what a mark says."""
    said: dict[str, object] = json.loads(call.data)
    return said
