"""Witnesses (见证): what desks still hold when a county was put back from a backup (docs/line.md, section 11)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sync.contract.revisions import DeviceId, TownshipId, hash_parts


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
