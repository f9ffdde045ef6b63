"""A county data centre: its book, its authority, its devices; opened from a folder and a key file."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlmodel import Session

from sync.contract.certificates import Role, read_certificate, read_holder
from sync.contract.decisions import certificate_bytes
from sync.contract.enrolment import Code, EnrolReply, EnrolRequest
from sync.contract.errors import BadRequest, DiskFull, NotAllowed, Unavailable, WrongCode
from sync.contract.kind_files import load_kinds
from sync.contract.leases import NumbersTold
from sync.contract.messages import Hello
from sync.contract.revisions import DeviceId, TownshipId
from sync.contract.wire import PROTOCOL_NEWEST, PROTOCOL_OLDEST
from sync.contract.witnesses import AwaitedDesk, AwaitedDesks
from sync.county import registry
from sync.county.attachments import LARGEST_BYTES, RANGE_BYTES, Attachments
from sync.county.authority import Authority, new_authority, open_authority
from sync.county.background import HandingOver
from sync.county.board import read_board
from sync.county.catalogue import Catalogue
from sync.county.collisions import again
from sync.county.comparing import Comparing
from sync.county.editions import Editions
from sync.county.gauges import gauges
from sync.county.intake_checks import IntakeChecks
from sync.county.journal_entries import JournalDevice, JournalEntry
from sync.county.journaling import Journaling, Replayed, Replaying
from sync.county.judging import BodyJudge
from sync.county.log_keeping import LogKeeping
from sync.county.moving import keeper_of
from sync.county.patient_rules import PatientRules
from sync.county.rulings import Rulings
from sync.county.status_page import status_page
from sync.county.storage import DATABASE, Storage
from sync.county.tables import Device, KeptAuthority
from sync.ledger import Desk, seating
from sync.ledger.county_rules import Judge
from sync.vault.engine import raise_storage_error
from sync.vault.whole_file import PART_SUFFIX, flush_folder, make_folder

ATTACHMENTS = "attachments"
DATA_KEY_BYTES = 32
RESERVE_BYTES = 64 * 1024 * 1024

Clock = Callable[[], datetime]
_log = logging.getLogger(__name__)


def read_clock() -> datetime:
    """Return the county's time."""
    return datetime.now(UTC)


def create_county(folder: Path, name: str, key_file: Path, url: str | None, clock: Clock = read_clock) -> None:
    """A new county stands in the folder, with a key, an authority and an empty book.

    Its key gets its name last, so what a pulled plug leaves is no county and is begun again.

    Raises:
        BadRequest: there is one already. DiskFull, DiskFails.
    """
    make_folder(folder)
    unfinished = key_file.with_name(key_file.name + PART_SUFFIX)
    if key_file.exists() or ((folder / DATABASE).exists() and not unfinished.exists()):
        raise BadRequest("there is a county in this folder already")
    try:
        for ending in ("", "-wal", "-shm", "-journal"):
            (folder / (DATABASE + ending)).unlink(missing_ok=True)
        data_key = _begin_key(unfinished)
        _furnish(folder, name, data_key, url, clock)
        os.replace(unfinished, key_file)
    except OSError as error:
        raise_storage_error(error)
    flush_folder(key_file.parent)


def _begin_key(unfinished: Path) -> bytes:
    """A new key stands in the file, readable by its owner alone."""
    unfinished.unlink(missing_ok=True)
    data_key = secrets.token_bytes(DATA_KEY_BYTES)
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data_key)
        file.flush()
        os.fsync(handle)
    flush_folder(unfinished.parent)
    return data_key


def _furnish(folder: Path, name: str, data_key: bytes, url: str | None, clock: Clock) -> None:
    """The county's tables and its authority stand in the encrypted file."""
    with closing(Storage(folder, data_key, url, clock)) as storage:
        storage.create(secrets.token_hex(16))
        authority = new_authority(name, clock())
        kept = KeptAuthority(
            county=name, key=authority.key_bytes(), certificate=certificate_bytes(authority.certificate)
        )
        with storage.keeping(writing=True) as connection:
            KeptAuthority.metadata.tables["authority"].create(connection)
            with Session(connection) as session:
                session.add(kept)
                session.flush()


class County:
    """An open county.

    Args:
        folder, key_file, url: as given to `create_county`.
        reserve_bytes: room that must stay free on the disk; below it nothing more is taken in.
    """

    def __init__(
        self,
        folder: Path,
        key_file: Path,
        url: str | None = None,
        *,
        clock: Clock = read_clock,
        reserve_bytes: int = RESERVE_BYTES,
        judge: Judge | None = None,
    ) -> None:
        self.folder, self._clock, self._reserve_bytes = folder, clock, reserve_bytes
        self._data_key = key_file.read_bytes()
        self._journaling: Journaling | None = None
        self.storage = Storage(folder, self._data_key, url, clock)
        try:
            self.storage.bring_up()
            self.authority = self._open_authority()
        except BaseException:
            self.storage.close()  # whoever is refused leaves no connection open
            raise
        self.kinds = load_kinds()
        self.handing_over = HandingOver()
        self.comparing = Comparing(self.storage, self.kinds, clock, self.handing_over)
        self.catalogue = Catalogue(self.storage, self.kinds, self.handing_over)
        self.editions = Editions(self.storage, self.authority.certificate, self.authority.county, self.kinds, clock)
        judge = judge or BodyJudge(self.kinds, clock, self.editions.versions)
        self.ledger = PatientRules(
            self.storage, self.authority.certificate, judge, clock, IntakeChecks(self.kinds, clock)
        )
        self.attachments = Attachments(self.storage, folder / ATTACHMENTS, clock, keeper_of(self.storage))
        self.logs = LogKeeping(self.storage, self.authority, clock)
        self.rulings = Rulings(self.storage, self.logs, self.authority.certificate)

    def _open_authority(self) -> Authority:
        with self.storage.keeping() as connection, Session(connection) as session:
            kept = session.get(KeptAuthority, 1)
            if kept is None:
                raise BadRequest("no authority in this county's file")
            return open_authority(kept.key, kept.certificate, kept.county)

    def now(self) -> datetime:
        """Return the county's time."""
        return self._clock()

    def keep_journal(self, folder: Path) -> None:
        """What is decided, enrolled, ended or given from now on stands on another disk, too, before it is answered.

        Raises:
            PlaceUnavailable: there is no such folder. DiskFull, DiskFails.
        """
        self._journaling = Journaling(folder, self._data_key)
        self.storage.keep_journal(self._journaling)

    def replay_journal(self, folder: Path) -> Replayed:
        """Return what came back from the journal; raises as `Replaying.replay`."""
        return Replaying(self.storage, self.authority.certificate, self._clock).replay(folder, self._data_key)

    def close(self) -> None:
        """Nothing of the county is open, nothing is done behind its answers."""
        self.comparing.end()
        self.catalogue.end()
        self.storage.close()
        if self._journaling is not None:
            self._journaling.close()

    def sweep(self) -> int:
        """What a crash left on the disk is gone; in a store of objects that is away now, at the next start."""
        try:
            return self.attachments.sweep()
        except Unavailable as error:  # rows travel without it
            _log.warning("attachments not swept: %s", error)
            return 0

    # anybody

    def hello(self) -> Hello:
        der = certificate_bytes(self.authority.certificate)
        return Hello(
            self.authority.county, self.ledger.epoch, PROTOCOL_OLDEST, PROTOCOL_NEWEST, der,
            self.now().isoformat(timespec="seconds"), RANGE_BYTES, LARGEST_BYTES,
        )  # fmt: skip

    def enrol(self, asked: EnrolRequest) -> EnrolReply:
        """Return what the holder of a code is given; each try counts, also one that fails."""
        if not self._count_try(asked):
            raise WrongCode("code")
        device, told = self._enrol(asked)
        holder = registry.holder_of(device)
        return EnrolReply(
            holder.device, holder.role.value, holder.name, holder.township, self.authority.county, self.ledger.epoch,
            certificate_bytes(self.authority.certificate), device.line_certificate, device.signing_certificate,
            told,
        )  # fmt: skip

    @again
    def _count_try(self, asked: EnrolRequest) -> bool:
        with self.storage.connection(writing=True) as connection:
            return registry.count_try(connection, asked)

    @again
    def _enrol(self, asked: EnrolRequest) -> tuple[Device, NumbersTold | None]:
        with self.storage.writing(None) as book:
            device = registry.enrol(book.connection, self.authority, asked, self._clock())
            book.log("county", "device.enrolled", device.id, {"role": device.role, "township": device.township or ""})
            book.to_journal.append(JournalEntry(device=_journal_device(device, asked.code_id)))
            holder, told = registry.holder_of(device), None
            if holder.township is not None and asked.numbers is not None:
                self.storage.lock(book.connection, holder.township)
                desk = Desk(holder, registry.signer_of(device))
                seating.take_in(book, desk, asked.numbers, self._clock())
                told = seating.tell(book, desk, asked.numbers)
        return device, told

    # the keeper of the county

    @again
    def new_code(self, role: Role, name: str, township: TownshipId | None, hours: int) -> Code:
        """Return a fresh one-time code."""
        with self.storage.writing(None) as book:
            code = registry.add_code(book.connection, self.authority, role, name, township, hours, self._clock())
            book.log("county", "code.made", code.id, {"role": role.value, "township": township or ""})
        return code

    @again
    def end_enrolment(self, device: DeviceId) -> None:
        """The device is not served any more."""
        with self.storage.writing(None) as book:
            now = self._clock()
            registry.end_enrolment(book.connection, device, now)
            book.to_journal.append(JournalEntry(ended=device, ended_at=now.isoformat(timespec="seconds")))
            book.log("county", "device.ended", device, {})

    def awaited(self) -> AwaitedDesks:
        """Return the desks that have not witnessed since the store went back, township by township."""
        with self.storage.connection() as connection:
            townships = registry.list_townships(connection)
            contacts = registry.last_contacts(connection)
        return AwaitedDesks(
            tuple(
                AwaitedDesk(township, name, device, contacts.get(device, ""))
                for township, name in townships
                for device in self.ledger.awaited(township)
            ),
            self.ledger.epoch,
        )

    def check_room(self) -> None:
        """There is room to take something in.

        Raises:
            DiskFull: less than the reserve is free.
        """
        if shutil.disk_usage(self.folder).free < self._reserve_bytes:
            raise DiskFull("county")

    def gauges(self) -> str:
        """Return the county's figures for a watching system."""
        with self.storage.connection() as connection:
            return gauges(read_board(connection, self.now()), self.folder)

    def status(self) -> str:
        """Return how every township stands, as a page for a browser on this machine."""
        with self.storage.connection() as connection:
            return status_page(read_board(connection, self.now()), self.authority.county, self.folder)

    def device(self, line_certificate: bytes | None) -> Device:
        """Return the enrolled device that showed this certificate on the line.

        Raises:
            NotAllowed: none was shown, or it is not served.
        """
        if line_certificate is None:
            raise NotAllowed("enrol first")
        holder = read_holder(read_certificate(line_certificate))
        with self.storage.connection() as connection:
            return registry.find_device(connection, holder.device, line_certificate, self._clock())


def _journal_device(device: Device, code: str) -> JournalDevice:
    return JournalDevice(
        device.id, device.role, device.name, device.township, device.line_certificate, device.signing_certificate,
        device.enrolled_at, code,
    )  # fmt: skip
