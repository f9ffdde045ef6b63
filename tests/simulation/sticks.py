"""Sticks out and back: the desk's and the county's ends as they are, the packets unsealed in a list.

What seals a packet is tried with real files in tests/sync/client/test_stick.py; here sticks get lost, come twice, come late, and lie
about with packets of several desks and townships on them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.client.enrolment import Enrolment
from sync.client.stick import MOST_PAGES, StickPost, StickProgress, Taken, _Late, _Stale
from sync.contract.certificates import Holder
from sync.contract.decisions import certificate_bytes
from sync.contract.errors import BadRequest
from sync.contract.messages import SyncReply, SyncRequest
from sync.contract.packets import Direction, DownMessage, UpMessage
from sync.contract.revisions import DeviceId
from sync.contract.wire import unpack
from sync.county.stick import TakenPackets, _DeskExchange
from sync.ledger import Desk, TownshipLedger
from sync.ledger.county_rules import CountyRules
from tests.simulation.pages import CountyPages
from tests.sync.contract.office import Office

HERE = Path()


def never() -> bool:
    return False


def unseen(_: StickProgress) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class Packet:
    """What a packet holds, and whose it is."""

    direction: Direction
    device: DeviceId
    messages: tuple[bytes, ...]
    answers: tuple[Packet, ...] = ()


Stick = list[Packet]


@dataclass
class _Writer:
    messages: list[bytes] = field(default_factory=list)
    size_bytes: int = 0

    def add(self, message: bytes) -> None:
        self.messages.append(message)
        self.size_bytes += len(message)


class PlainPost(StickPost):
    """A desk's end, which finds and leaves its packets on a stick that is a list."""

    def __init__(
        self, ledger: TownshipLedger, holder: Holder, key: Ed25519PrivateKey, office: Office, stick: Stick
    ) -> None:
        authority = certificate_bytes(office.authority)
        enrolment = Enrolment(
            holder.device, holder.role, holder.name, holder.township, "", "", "", b"", b"", b"", authority
        )
        super().__init__(ledger, enrolment, key)
        self._stick, self._device = stick, holder.device

    @contextmanager
    def _open(self, folder: Path) -> Iterator[Any]:  # type: ignore[override]  # no file is written
        writer = _Writer()
        yield writer
        self._stick.append(Packet(Direction.UP, self._device, tuple(writer.messages)))

    def write_out(self) -> None:
        """Everything that waits lies on the stick, in place of what this desk wrote before."""
        older = [one for one in self._stick if (one.direction, one.device) == (Direction.UP, self._device)]
        self._know_epoch()
        tally = self._write_rows(HERE, StickProgress(0, 0, 0, 0), unseen, never)
        self._stick[:] = [one for one in self._stick if one not in older]
        pages = self._ledger.unsent_attachments(MOST_PAGES, of_waiting=True)
        self._write_pages(HERE, pages, tally, unseen, never)

    def read_back(self) -> Taken:
        """Every answer on the stick for this desk is taken in, or found stale or late."""
        taken = Taken()
        for packet in [one for one in self._stick if one.direction is Direction.DOWN]:
            if not self.is_ours(packet):
                continue
            try:
                for message in packet.messages:
                    taken = self._take(unpack(DownMessage, message), taken)
            except _Stale:
                taken = Taken(taken.packets, taken.stale + 1)
            except _Late:
                continue
            else:
                taken = Taken(taken.packets + 1, taken.stale)
            self._stick[:] = [one for one in self._stick if one is not packet and one not in packet.answers]
        return taken

    def is_ours(self, packet: Packet) -> bool:
        """True of an answer for this desk."""
        return packet.device == self._device


class _Calls:
    """The county's calls for desks, over its rules and its attachments."""

    def __init__(self, rules: CountyRules, pages: CountyPages) -> None:
        self._rules, self._pages = rules, pages

    def sync(self, desk: Desk, request: SyncRequest) -> SyncReply:
        return self._rules.sync(desk, request)

    def take_attachment(self, desk: Desk, sha256: str, start: int, total: int, content: bytes) -> tuple[int, bool]:
        if not self._pages.is_named(desk.township, sha256):
            raise BadRequest("no record names this attachment", sha256=sha256)
        return self._pages.take(desk.township, sha256, start, total, content, desk.holder.device)


def take_in(stick: Stick, desks: list[Desk], rules: CountyRules, pages: CountyPages) -> None:
    """Every packet of these desks is taken in, and each desk's answer lies beside it."""
    for desk in desks:
        ours = [one for one in stick if (one.direction, one.device) == (Direction.UP, desk.holder.device)]
        if not ours:
            continue
        writer = _Writer()
        calls: Any = _Calls(rules, pages)
        device: Any = desk
        exchange = _DeskExchange(calls, device, TakenPackets([]), writer)  # type: ignore[arg-type]  # no file is written
        for packet in ours:
            for message in packet.messages:
                exchange.take(unpack(UpMessage, message))
        exchange.finish()
        stick.append(Packet(Direction.DOWN, desk.holder.device, tuple(writer.messages), tuple(ours)))
