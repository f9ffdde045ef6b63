"""What a packet on a stick (离线包) carries between a desk and its county (docs/protocol.md, section 12)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sync.contract.messages import SyncReply, SyncRequest
from sync.contract.revisions import DeviceId

FOLDER: Final = "LANTAI"
SUFFIX: Final = ".LTP"
PACKET_ID_BYTES: Final = 16


class Direction(StrEnum):
    """Where a packet goes."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class PacketHeader:
    """What stands open on a packet: the county by its authority's pin, the desk, and which packets it answers."""

    direction: Direction
    county: bytes
    device: DeviceId
    packet: bytes
    answers: tuple[bytes, ...] = ()

    @property
    def name(self) -> str:
        """The packet's file name: upper-case ASCII that every file system takes."""
        way = "UP" if self.direction is Direction.UP else "DN"
        return f"{way}-{self.device[-8:].upper()}-{self.packet.hex().upper()}{SUFFIX}"


@dataclass(frozen=True, slots=True)
class PacketPage:
    """A range of an attachment."""

    sha256: bytes
    start: int
    total: int
    content: bytes


@dataclass(frozen=True, slots=True)
class UpMessage:
    """One message of a packet up: a request, or a range of a page."""

    request: SyncRequest | None = None
    page: PacketPage | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """A request, without what it carried, and the county's reply."""

    asked: SyncRequest
    reply: SyncReply


@dataclass(frozen=True, slots=True)
class DownMessage:
    """One message of a packet down: a reply, or the hashes of pages that are held now."""

    answered: Answered | None = None
    held: tuple[bytes, ...] = ()
