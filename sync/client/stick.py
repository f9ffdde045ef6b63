"""The desk's end of the stick (优盘): what waits goes out as sealed packets, the county's answers come back (docs/protocol.md, section 12)."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

import uuid6
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.client.edition_keeper import NO_EDITIONS, EditionKeeper
from sync.client.enrolment import Enrolment
from sync.client.log_keeper import NO_LOG, LogKeeper
from sync.contract.certificates import read_certificate, sign_bytes
from sync.contract.decisions import check_decision
from sync.contract.enrolment import pin_of
from sync.contract.errors import ArchiveTooNew, SealBroken
from sync.contract.messages import SentBatch, SyncReply, SyncRequest
from sync.contract.packets import (
    FOLDER,
    SUFFIX,
    Answered,
    Direction,
    DownMessage,
    PacketHeader,
    PacketPage,
    UpMessage,
)
from sync.contract.revisions import RecordId
from sync.contract.wire import pack, unpack
from sync.ledger import AttachmentSize, TownshipLedger
from sync.vault.engine import raise_storage_error
from sync.vault.packets import Packet, PacketWriter
from sync.vault.whole_file import flush_folder, make_folder, sweep_parts

RUN_BYTES: Final = 2 * 1024 * 1024
RANGE_BYTES: Final = 4 * 1024 * 1024
PACKET_BYTES: Final = 1 << 30  # far under the 4 GiB that FAT32 takes
SPARE_BYTES: Final = 1 << 20  # left free on the stick
MOST_PAGES: Final = 1 << 30


@dataclass(frozen=True, slots=True)
class StickProgress:
    """How far a stick has come: packets, messages and pages written or read, and bytes."""

    packets: int
    messages: int
    pages: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Written:
    """What lies on the stick now; `pages_left` had no room, or it was stopped before them."""

    packets: int
    batches: int
    revisions: int
    pages: int
    pages_left: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What a stick brought.

    Args:
        packets: answers taken in. stale: answers from before a restore, or older than what is here; nothing changed.
        foreign: of another desk or county; left where they are. broken: changed or cut short; nothing of them was taken.
        late: answers after one that was lost; the next packet asks again.
        digest_equal: both ends agree; None if the feed was not read to its end.
    """

    packets: int = 0
    stale: int = 0
    foreign: int = 0
    broken: int = 0
    late: int = 0
    events: int = 0
    batches: int = 0
    pages: int = 0
    new_epoch: bool = False
    digest_equal: bool | None = None
    records: frozenset[RecordId] = frozenset()


class _Stop(Exception):
    """Somebody asked to stop."""


class _Stale(Exception):
    """The answer is not for where this desk stands."""


class _Late(Exception):
    """An answer before this one was lost."""


Watch = Callable[[StickProgress], None]


class StickPost:
    """One desk's packets.

    Args:
        key: the desk's own, which signs its batches.
    """

    def __init__(
        self,
        ledger: TownshipLedger,
        enrolment: Enrolment,
        key: Ed25519PrivateKey,
        log: LogKeeper = NO_LOG,
        editions: EditionKeeper = NO_EDITIONS,
    ) -> None:
        self._ledger, self._enrolment, self._key, self._log = ledger, enrolment, key, log
        self._editions = editions
        self._authority = read_certificate(enrolment.authority)
        self._pin = pin_of(self._authority)

    # out

    def write(self, stick: Path, watch: Watch, cancelled: Callable[[], bool]) -> Written:
        """Everything that waits lies on the stick, the rows first, as far as there is room.

        Raises:
            DiskFull, DiskFails: not even the rows could be written; nothing is on the stick but what was.
        """
        folder = stick / FOLDER
        make_folder(folder)
        sweep_parts(folder)
        before = list(folder.glob(f"UP-{self._enrolment.device[-8:].upper()}-*{SUFFIX}"))
        self._know_epoch()
        waiting = self._ledger.waiting()
        tally = StickProgress(0, 0, 0, 0)
        try:
            tally = self._write_rows(folder, tally, watch, cancelled)
        except _Stop:
            return Written(0, 0, 0, 0, self._count_pages(), 0)
        for older in before:  # all that was in them is in the new one
            older.unlink(missing_ok=True)
        flush_folder(folder)
        pages = self._ledger.unsent_attachments(MOST_PAGES, of_waiting=True)
        tally = self._write_pages(folder, pages, tally, watch, cancelled)
        revisions = sum(one.seal.revisions for one in waiting)
        left = len(pages) - tally.pages
        return Written(tally.packets, len(waiting), revisions, tally.pages, left, tally.size_bytes)

    def _count_pages(self) -> int:
        return len(self._ledger.unsent_attachments(MOST_PAGES, of_waiting=True))

    def _know_epoch(self) -> None:
        """A desk that never spoke to its county on the line knows the epoch from its enrolment."""
        if not self._ledger.place().epoch and self._enrolment.epoch:
            self._ledger.take_in(SyncRequest("", 0, b""), SyncReply(self._enrolment.epoch, ""))

    def _open(self, folder: Path) -> PacketWriter:
        packet = uuid6.uuid7().bytes
        header = PacketHeader(Direction.UP, self._pin, self._enrolment.device, packet)
        reader = self._authority.public_key()
        if not isinstance(reader, ec.EllipticCurvePublicKey):
            raise SealBroken("the authority's key is on P-256")
        return PacketWriter(folder, header, reader, partial(sign_bytes, self._key))

    def _write_rows(
        self, folder: Path, tally: StickProgress, watch: Watch, cancelled: Callable[[], bool]
    ) -> StickProgress:
        with self._open(folder) as writer:
            for request in self._requests():
                if cancelled():
                    raise _Stop
                writer.add(pack(UpMessage(request=request)))
                tally = replace(tally, messages=tally.messages + 1, size_bytes=writer.size_bytes)
                watch(tally)
        return replace(tally, packets=1, size_bytes=writer.size_bytes)

    def _requests(self) -> Iterator[SyncRequest]:
        """Yield the witness run by run, then every waiting batch; at least one request, so that decisions come back."""
        place = self._ledger.place()
        base = SyncRequest(
            place.epoch, place.after, place.feed_hash, last_batch=place.last_batch, witnessed=place.witnessed,
            want_bodies=place.want_bodies,
        )  # fmt: skip
        yield replace(base, numbers=place.numbers, log=self._log.said(), edition=self._editions.held())
        run = self._ledger.witness(RUN_BYTES)
        while run is not None:
            yield replace(base, witness=run)
            run = self._ledger.witness(RUN_BYTES, run.end) if run.end < run.total else None
        for waiting in self._ledger.waiting():
            number = waiting.want
            while number < waiting.seal.parts:
                parts = self._ledger.read_parts(waiting.seal.batch_id, number, RUN_BYTES)
                yield replace(base, batch=SentBatch(waiting.seal, parts, waiting.ran, waiting.found))
                number += len(parts)

    def _write_pages(
        self, folder: Path, pages: tuple[AttachmentSize, ...], tally: StickProgress, watch: Watch,
        cancelled: Callable[[], bool],
    ) -> StickProgress:  # fmt: skip
        waiting = list(pages)
        while waiting and not cancelled():
            fitting = _that_fit(waiting, min(PACKET_BYTES, _free_bytes(folder) - SPARE_BYTES))
            if not fitting:
                break
            try:
                with self._open(folder) as writer:
                    for page in fitting:
                        for message in self._ranges(page):
                            if cancelled():
                                raise _Stop
                            writer.add(pack(UpMessage(page=message)))
                            watch(replace(tally, size_bytes=tally.size_bytes + writer.size_bytes))
            except _Stop:
                break
            waiting = waiting[len(fitting) :]
            tally = StickProgress(
                tally.packets + 1, tally.messages, tally.pages + len(fitting), tally.size_bytes + writer.size_bytes
            )
            watch(tally)
        return tally

    def _ranges(self, page: AttachmentSize) -> Iterator[PacketPage]:
        for start in range(0, max(page.size_bytes, 1), RANGE_BYTES):
            content = self._ledger.read_attachment(page.sha256, start, RANGE_BYTES)
            yield PacketPage(bytes.fromhex(page.sha256), start, page.size_bytes, content)

    # and back

    def read(self, stick: Path, watch: Watch, cancelled: Callable[[], bool]) -> Taken:
        """Every answer on the stick for this desk is taken in, each reply whole; what was answered is off the stick.

        Raises:
            DiskFull, DiskFails: the stick was pulled, or this desk's disk; what was taken in until then stays.
            SealBroken: a decision in it is not signed by the county's people.
        """
        folder, taken = stick / FOLDER, Taken()
        for path in _names(folder, "DN"):
            if cancelled():
                break
            taken = self._read_one(path, taken)
            watch(StickProgress(taken.packets, taken.events, taken.pages, 0))
        return taken

    def _read_one(self, path: Path, taken: Taken) -> Taken:
        try:
            packet = Packet.look(path)
        except (SealBroken, ArchiveTooNew):
            return replace(taken, broken=taken.broken + 1)
        header = packet.header
        if (header.direction, header.county, header.device) != (Direction.DOWN, self._pin, self._enrolment.device):
            return replace(taken, foreign=taken.foreign + 1)
        key = self._enrolment.credentials.key
        try:
            for message in packet.messages(key, self._check_authority):
                taken = self._take(unpack(DownMessage, message), taken)
        except _Stale:
            taken = replace(taken, stale=taken.stale + 1)
        except _Late:
            return replace(taken, late=taken.late + 1)
        except SealBroken:
            return replace(taken, broken=taken.broken + 1)
        else:
            taken = replace(taken, packets=taken.packets + 1)
        _remove(packet, self._enrolment.device)
        return taken

    def _check_authority(self, signature: bytes, digest: bytes) -> None:
        key = self._authority.public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise SealBroken("the authority's key is on P-256")
        try:
            key.verify(signature, digest, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature as error:
            raise SealBroken("packet") from error

    def _take(self, message: DownMessage, taken: Taken) -> Taken:
        if message.held:
            self._ledger.mark_attachments_sent(name.hex() for name in message.held)
            taken = replace(taken, pages=taken.pages + len(message.held))
        if message.answered is None:
            return taken
        asked, reply = message.answered.asked, self._joined(message.answered)
        for event in reply.events:
            if event.decision is not None:
                check_decision(event.decision, self._authority)
        did = self._ledger.take_in(asked, reply)
        if asked.log is not None and reply.log is not None:
            self._log.hear(asked.log, reply.log)
        if reply.edition is not None:
            self._editions.hear(reply.edition)
        if did.bodies_missing:
            raise _Late
        digest, complete = self._ledger.digest(), not (reply.more or did.new_epoch)
        return replace(
            taken,
            events=taken.events + did.events,
            batches=taken.batches + (did.batch is not None and did.batch.state == "received"),
            new_epoch=taken.new_epoch or did.new_epoch,
            digest_equal=(digest.value, digest.heads) == (reply.digest, reply.heads) if complete else None,
            records=taken.records | did.records,
        )

    def _joined(self, answered: Answered) -> SyncReply:
        """Return the reply as far as it goes on from where this desk stands.

        Raises:
            _Stale: it was made for another epoch or another life of the feed. _Late: one before it was lost.
        """
        asked, reply, place = answered.asked, answered.reply, self._ledger.place()
        if asked.epoch != place.epoch:
            raise _Stale
        if reply.epoch != asked.epoch:
            return reply
        if asked.after > place.after:
            raise _Late
        here = next((event.feed_hash for event in reply.events if event.sequence == place.after), place.feed_hash)
        if here != place.feed_hash:
            raise _Stale
        waits = {waiting.seal.batch_id for waiting in self._ledger.waiting()}
        batch = reply.batch if reply.batch is not None and reply.batch.batch_id in waits else None
        return replace(reply, batch=batch, events=tuple(one for one in reply.events if one.sequence > place.after))


def _that_fit(pages: list[AttachmentSize], most_bytes: int) -> list[AttachmentSize]:
    fitting: list[AttachmentSize] = []
    for page in pages:
        most_bytes -= page.size_bytes + page.size_bytes // 64 + 4096
        if most_bytes < 0:
            break
        fitting.append(page)
    return fitting


def _free_bytes(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError as error:
        raise_storage_error(error)


def _names(folder: Path, way: str) -> list[Path]:
    try:
        return sorted(folder.glob(f"{way}-*{SUFFIX}")) if folder.is_dir() else []
    except OSError as error:
        raise_storage_error(error)


def _remove(packet: Packet, device: str) -> None:
    """The answer, and what it answered, are off the stick."""
    folder = packet.path.parent
    names = [f"UP-{device[-8:].upper()}-{one.hex().upper()}{SUFFIX}" for one in packet.header.answers]
    try:
        for path in (packet.path, *(folder / name for name in names)):
            path.unlink(missing_ok=True)
        flush_folder(folder)
    except OSError as error:
        raise_storage_error(error)
