"""A county data centre: everything it can be asked, without a word about HTTP."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlmodel import Session

from sync.contract.batches import BatchId
from sync.contract.certificates import Holder, Role, read_certificate, read_holder
from sync.contract.decisions import certificate_bytes
from sync.contract.enrolment import Code, EnrolReply, EnrolRequest
from sync.contract.errors import BadRequest, DiskFull, LantaiError, NotAllowed, WrongCode
from sync.contract.kind_files import load_kinds
from sync.contract.messages import (
    BucketDigest,
    DigestReply,
    Hashes,
    HeadDigest,
    Hello,
    SyncReply,
    SyncRequest,
    bucket_of,
)
from sync.contract.review import (
    MOST_PROPOSALS,
    BatchDetail,
    BatchList,
    Bearer,
    Challenge,
    Login,
    Outcome,
    Outcomes,
    Proposals,
    RecordDetail,
    SentProposal,
)
from sync.contract.revisions import DeviceId, RecordId, TownshipId
from sync.contract.wire import PROTOCOL_NEWEST, PROTOCOL_OLDEST
from sync.county import registry, reviewing
from sync.county.attachments import LARGEST_BYTES, RANGE_BYTES, Attachments
from sync.county.authority import Authority, new_authority, open_authority
from sync.county.book import SqlBook
from sync.county.judging import BodyJudge
from sync.county.signing_in import BEARER_S, SigningIn
from sync.county.storage import Storage
from sync.county.tables import Device, KeptAuthority
from sync.ledger import Desk, Proposal
from sync.ledger.county_rules import CountyRules, Judge

DATA_KEY_BYTES = 32
RESERVE_BYTES = 64 * 1024 * 1024

Clock = Callable[[], datetime]


def read_clock() -> datetime:
    """Return the county's time."""
    return datetime.now(UTC)


def create_county(folder: Path, name: str, key_file: Path, url: str | None, clock: Clock = read_clock) -> None:
    """A new county stands in the folder, with a key, an authority and an empty book.

    Raises:
        BadRequest: there is one already.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "county.db").exists() or key_file.exists():
        raise BadRequest("there is a county in this folder already")
    handle = os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_bytes(DATA_KEY_BYTES))
        file.flush()
        os.fsync(handle)
    storage = Storage(folder, key_file.read_bytes(), url, clock)
    storage.create(secrets.token_hex(16))
    authority = new_authority(name, clock())
    kept = KeptAuthority(county=name, key=authority.key_bytes(), certificate=certificate_bytes(authority.certificate))
    with storage.keeping(writing=True) as connection:
        KeptAuthority.metadata.tables["authority"].create(connection)
        with Session(connection) as session:
            session.add(kept)
            session.flush()
    storage.close()


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
        self._folder, self._clock, self._reserve_bytes = folder, clock, reserve_bytes
        self.storage = Storage(folder, key_file.read_bytes(), url, clock)
        self.authority = self._open_authority()
        judge = judge or BodyJudge(load_kinds(), clock)
        self.ledger = CountyRules(self.storage, self.authority.certificate, judge, clock)
        self._attachments = Attachments(self.storage, folder / "attachments", clock)
        self._signing_in = SigningIn(time.monotonic)

    def _open_authority(self) -> Authority:
        with self.storage.keeping() as connection, Session(connection) as session:
            kept = session.get(KeptAuthority, 1)
            if kept is None:
                raise BadRequest("no authority in this county's file")
            return open_authority(kept.key, kept.certificate, kept.county)

    def now(self) -> datetime:
        """Return the county's time."""
        return self._clock()

    def close(self) -> None:
        """Nothing of the county is open."""
        self.storage.close()

    def sweep(self) -> int:
        """What a crash left on the disk is gone."""
        return self._attachments.sweep()

    # anybody

    def hello(self) -> Hello:
        der = certificate_bytes(self.authority.certificate)
        return Hello(
            self.authority.county, self.ledger.epoch, PROTOCOL_OLDEST, PROTOCOL_NEWEST, der, self._now(),
            RANGE_BYTES, LARGEST_BYTES,
        )  # fmt: skip

    def enrol(self, asked: EnrolRequest) -> EnrolReply:
        """Return what the holder of a code is given; each try counts, also one that fails."""
        with self.storage.connection(writing=True) as connection:
            tries_left = registry.count_try(connection, asked)
        if not tries_left:
            raise WrongCode("code")
        with self.storage.writing(None) as book:
            device = registry.enrol(book.connection, self.authority, asked, self._clock())
            book.log("county", "device.enrolled", device.id, {"role": device.role, "township": device.township or ""})
        holder = registry.holder_of(device)
        return EnrolReply(
            holder.device, holder.role.value, holder.name, holder.township, self.authority.county, self.ledger.epoch,
            certificate_bytes(self.authority.certificate), device.line_certificate, device.signing_certificate,
        )  # fmt: skip

    # the keeper of the county

    def new_code(self, role: Role, name: str, township: TownshipId | None, hours: int) -> Code:
        """Return a fresh one-time code."""
        with self.storage.writing(None) as book:
            code = registry.add_code(book.connection, self.authority, role, name, township, hours, self._clock())
            book.log("county", "code.made", code.id, {"role": role.value, "township": township or ""})
        return code

    def end_enrolment(self, device: DeviceId) -> None:
        """The device is not served any more."""
        with self.storage.writing(None) as book:
            registry.end_enrolment(book.connection, device, self._clock())
            book.log("county", "device.ended", device, {})

    # devices

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

    def sync(self, device: Device, request: SyncRequest) -> SyncReply:
        if request.batch is not None:
            self._check_room()
        return self.ledger.sync(_desk(device), request)

    def digest(self, device: Device, bucket: int | None) -> DigestReply:
        """Return the digests of a township's buckets, or the heads of one."""
        heads = self.ledger.heads(_desk(device).township, bucket)
        if bucket is not None:
            return DigestReply(heads=heads)
        digests: dict[int, HeadDigest] = {}
        for head in heads:
            place = bucket_of(head.record)
            digests[place] = digests.get(place, HeadDigest()).with_head(head.record, head.revision)
        return DigestReply(tuple(BucketDigest(place, one.value, one.heads) for place, one in sorted(digests.items())))

    def missing_attachments(self, device: Device, asked: Hashes) -> Hashes:
        _desk(device)
        missing = self.ledger.missing_attachments(name.hex() for name in asked.hashes)
        return Hashes(tuple(bytes.fromhex(name) for name in missing))

    def attachment_progress(self, device: Device, sha256: str) -> tuple[int, bool]:
        _desk(device)
        return self._attachments.progress(sha256)

    def take_attachment(self, device: Device, sha256: str, start: int, total: int, content: bytes) -> tuple[int, bool]:
        _desk(device)
        self._check_room()
        return self._attachments.take(sha256, start, total, content, device.id)

    def read_attachment(self, device: Device, token: str, sha256: str, start: int, size: int) -> tuple[bytes, int]:
        """Return a range and the whole length, for a desk of the township or for signed-in staff."""
        if device.role == Role.DESK.value:
            return self._attachments.read(sha256, start, size, _desk(device).township)
        holder = self._signing_in.check(device, token)
        content, total = self._attachments.read(sha256, start, size, None)
        if start == 0:
            with self.storage.writing(None) as book:
                book.log(holder.name, "attachment.viewed", sha256, {})
        return content, total

    # staff

    def challenge(self, device: Device) -> Challenge:
        return Challenge(self._signing_in.challenge(device))

    def sign_in(self, device: Device, login: Login) -> Bearer:
        token = self._signing_in.sign_in(device, login)
        with self.storage.writing(None) as book:
            book.log(device.name, "staff.signed_in", device.id, {})
        return Bearer(token, device.name, device.role, BEARER_S, self._now())

    def batches(self, device: Device, token: str, township: TownshipId | None) -> BatchList:
        self._signing_in.check(device, token)
        with self.storage.connection() as connection:
            return reviewing.list_batches(connection, township)

    def batch(self, device: Device, token: str, batch_id: BatchId, skip: int) -> BatchDetail:
        self._signing_in.check(device, token)
        with self.storage.connection() as connection:
            return reviewing.show_batch(SqlBook(connection, self._clock), connection, batch_id, skip)

    def record(self, device: Device, token: str, record_id: RecordId) -> RecordDetail:
        holder = self._signing_in.check(device, token)
        with self.storage.writing(None) as book:
            detail = reviewing.show_record(book.connection, record_id)
            book.log(holder.name, "record.viewed", record_id, {})
        return detail

    def decide(self, device: Device, token: str, asked: Proposals) -> Outcomes:
        """Return what became of each decision; one that is refused does not hold up the others."""
        holder = self._signing_in.check(device, token)
        if len(asked.proposals) > MOST_PROPOSALS:
            raise BadRequest("too many decisions at once", most=MOST_PROPOSALS)
        return Outcomes(tuple(self._decide_one(holder, proposal, device) for proposal in asked.proposals))

    def _decide_one(self, holder: Holder, proposal: SentProposal, device: Device) -> Outcome:
        decision = proposal.signed.decision
        try:
            if proposal.signed.signer != device.signing_certificate:
                raise NotAllowed("signed by another person", device=holder.device)
            self.ledger.decide(Proposal(proposal.signed, proposal.revisions))
        except LantaiError as error:
            return Outcome(decision.id, error.code, str(error.args[0]))
        return Outcome(decision.id, "", "")

    def _check_room(self) -> None:
        if shutil.disk_usage(self._folder).free < self._reserve_bytes:
            raise DiskFull("county")

    def _now(self) -> str:
        return self._clock().isoformat(timespec="seconds")


def _desk(device: Device) -> Desk:
    if device.role != Role.DESK.value:
        raise NotAllowed("for desks", role=device.role)
    return Desk(registry.holder_of(device), registry.signer_of(device))
