"""The county's end of the stick (优盘): packets of desks are taken in, and the answers lie beside them (docs/protocol.md, section 12)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import uuid6
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from sync.contract.certificates import check_signature, read_certificate
from sync.contract.enrolment import pin_of
from sync.contract.errors import ArchiveTooNew, BadRequest, LantaiError, NotAllowed, SealBroken
from sync.contract.messages import SyncRequest
from sync.contract.packets import FOLDER, SUFFIX, Answered, Direction, DownMessage, PacketHeader, PacketPage, UpMessage
from sync.contract.revisions import DeviceId
from sync.contract.wire import pack, unpack
from sync.county import registry
from sync.county.desk_calls import DeskCalls
from sync.county.service import County
from sync.county.tables import Device
from sync.vault.packets import Packet, PacketWriter


@dataclass(slots=True)
class TakenPackets:
    """What became of one desk's packets, or of a packet that was not taken: then `refused` is the code of the reason."""

    names: list[str]
    township: str = ""
    device: str = ""
    requests: int = 0
    pages: int = 0
    events: int = 0
    problems: list[str] = field(default_factory=list)
    refused: str = ""
    answer: str = ""


class StickOffice:
    """Takes in what desks sent on sticks."""

    def __init__(self, county: County) -> None:
        self._county, self._calls = county, DeskCalls(county)
        self._pin = pin_of(county.authority.certificate)

    def take(self, stick: Path) -> list[TakenPackets]:
        """Every packet up on the stick is taken in, in the order of writing, and each desk's answer lies beside it.

        Raises:
            DiskFull, DiskFails, CountyBusy: what was taken in until then stays; the same stick may come again.
        """
        folder = stick / FOLDER
        told: list[TakenPackets] = []
        ours: dict[DeviceId, list[tuple[Packet, Device]]] = defaultdict(list)
        for path in sorted(folder.glob(f"UP-*{SUFFIX}")):
            try:
                packet, device = self._look(path)
            except LantaiError as error:
                told.append(TakenPackets([path.name], refused=error.code))
                continue
            ours[packet.header.device].append((packet, device))
        for several in ours.values():
            told.append(self._take_desk(folder, several))
        return told

    def _look(self, path: Path) -> tuple[Packet, Device]:
        """Return a packet for this county, and the enrolled desk that signed it.

        Raises:
            NotAllowed: for another county, or from no desk of ours. SealBroken: changed or cut short.
        """
        packet = Packet.look(path)
        if (packet.header.direction, packet.header.county) != (Direction.UP, self._pin):
            raise NotAllowed("packet for another county")
        with self._county.storage.connection() as connection:
            device = registry.enrolled_desk(connection, packet.header.device)
        return packet, device

    def _take_desk(self, folder: Path, several: list[tuple[Packet, Device]]) -> TakenPackets:
        device = several[0][1]
        told = TakenPackets([packet.path.name for packet, _ in several], device.township or "", device.id)
        answers = tuple(packet.header.packet for packet, _ in several)
        header = PacketHeader(Direction.DOWN, self._pin, DeviceId(device.id), uuid6.uuid7().bytes, answers)
        reader = read_certificate(device.line_certificate).public_key()
        if not isinstance(reader, ec.EllipticCurvePublicKey):
            raise SealBroken("a line certificate is for a P-256 key")
        with PacketWriter(folder, header, reader, self._sign) as writer:
            exchange = _DeskExchange(self._calls, device, told, writer)
            for packet, _ in several:
                try:
                    for message in self._messages(packet, device):
                        exchange.take(message)
                except (SealBroken, ArchiveTooNew) as error:
                    told.problems.append(f"{packet.path.name} {error.code}")
            exchange.finish()
        told.answer = header.name
        return told

    def _messages(self, packet: Packet, device: Device) -> Iterator[UpMessage]:
        checking = partial(check_signature, read_certificate(device.signing_certificate))
        for message in packet.messages(self._county.authority.key, checking):
            yield unpack(UpMessage, message)

    def _sign(self, digest: bytes) -> bytes:
        return self._county.authority.key.sign(digest, ec.ECDSA(hashes.SHA256()))


class _DeskExchange:
    """One desk's messages, and the replies to them, each from where the one before ended."""

    def __init__(self, calls: DeskCalls, device: Device, told: TakenPackets, writer: PacketWriter) -> None:
        self._calls, self._device, self._told, self._writer = calls, device, told, writer
        self._last: SyncRequest | None = None  # whose cursor goes on where the last reply ended
        self._more = False
        self._another_epoch = False
        self._held: list[bytes] = []

    def take(self, message: UpMessage) -> None:
        """The message is taken in, or why not stands among the problems."""
        try:
            if message.request is not None and not self._another_epoch:
                self._ask(self._going_on(message.request))
            if message.page is not None:
                self._take_page(message.page)
        except (BadRequest, NotAllowed, SealBroken) as error:
            self._told.problems.append(error.code)

    def finish(self) -> None:
        """The rest of the feed, and what is held, are in the answer."""
        while self._more and self._last is not None:
            self._ask(replace(self._last, batch=None, witness=None, numbers=None))
        if self._held:
            self._writer.add(pack(DownMessage(held=tuple(self._held))))

    def _going_on(self, request: SyncRequest) -> SyncRequest:
        last = self._last
        if last is None or last.epoch != request.epoch or last.after < request.after:
            return request
        return replace(request, after=last.after, feed_hash=last.feed_hash)

    def _ask(self, request: SyncRequest) -> None:
        reply = self._calls.sync(self._device, request)
        witness = None if request.witness is None else replace(request.witness, revisions=(), decisions=())
        asked = replace(request, batch=None, witness=witness)
        self._writer.add(pack(DownMessage(answered=Answered(asked, reply))))
        self._told.requests += 1
        self._told.events += len(reply.events)
        self._another_epoch, self._more = reply.epoch != request.epoch, reply.more
        self._last = asked
        if reply.events:
            end = reply.events[-1]
            self._last = replace(asked, after=end.sequence, feed_hash=end.feed_hash)

    def _take_page(self, page: PacketPage) -> None:
        sha256 = page.sha256.hex()
        _, whole = self._calls.take_attachment(self._device, sha256, page.start, page.total, page.content)
        if whole and page.sha256 not in self._held:
            self._held.append(page.sha256)
            self._told.pages += 1
