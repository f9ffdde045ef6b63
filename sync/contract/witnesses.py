"""Witnesses (见证): what desks still hold when a county was put back from a backup (docs/protocol.md, section 11)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sync.contract.revisions import DeviceId, TownshipId, hash_parts

NAME_BYTES: Final = 16
"""Of an id that is named: as hard to meet by design as SHA-256 cut to half can be."""
MOST_NAMES: Final = 2048
"""How many things a desk names behind a run as long as the county has had all it named; it carries one thing then."""
NAMES_TO_TRY: Final = 64
"""How many it names behind a run otherwise."""


def names_of(names: Sequence[str]) -> bytes:
    """Return ids of revisions and decisions as they are named on the line: by their beginnings."""
    return b"".join(bytes.fromhex(name)[:NAME_BYTES] for name in names)


def split_names(names: bytes) -> tuple[str, ...]:
    """Return the beginnings of ids that were named."""
    return tuple(names[start : start + NAME_BYTES].hex() for start in range(0, len(names), NAME_BYTES))


class Witnessing(StrEnum):
    """Why a desk is not waited for in an epoch."""

    WITNESSED = "witness"
    WAIVED = "waived"


def witness_list_id(epoch: str, names: Iterable[str]) -> bytes:
    """Return the id of a desk's list: of revisions and decisions by their ids, in its order."""
    return hash_parts(b"lantai.witness.1", (epoch.encode(), *(bytes.fromhex(name) for name in names)))


@dataclass(frozen=True, slots=True)
class AwaitedDesk:
    """A desk that has not witnessed since the county was put back; `last_contact` is "" if it was never here."""

    township: TownshipId
    township_name: str
    device: DeviceId
    last_contact: str = ""


@dataclass(frozen=True, slots=True)
class AwaitedDesks:
    """Whom the county waits for, none if nobody is waited for; and the epoch a waiver names."""

    desks: tuple[AwaitedDesk, ...]
    epoch: str = ""
