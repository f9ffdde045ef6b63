"""Who may speak on the line: one-time codes, enrolled devices, and those whose enrolment was ended."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID

import uuid6
from cryptography import x509
from sqlalchemy import Connection
from sqlmodel import Session, col, select

from sync.contract.certificates import Holder, Role, read_certificate
from sync.contract.decisions import certificate_bytes
from sync.contract.enrolment import LONGEST_HOURS, MOST_TRIES, SECRET_BYTES, Code, EnrolRequest, is_proven, pin_of
from sync.contract.errors import BadRequest, NotAllowed, WrongCode
from sync.contract.revisions import DeviceId, TownshipId
from sync.county.authority import Authority
from sync.county.statements import insert_ignoring
from sync.county.tables import Contact, Device, EnrolmentCode, Township, table


def add_code(
    connection: Connection,
    authority: Authority,
    role: Role,
    name: str,
    township: TownshipId | None,
    hours: int,
    now: datetime,
) -> Code:
    """Return a fresh code for one device; a desk's code names the township, which is known from now on.

    Args:
        name: of the township for a desk, of the person for staff.
        hours: until the code expires, at most 72.
    """  # fmt: skip
    if (role is Role.DESK) is not (township is not None) or not 1 <= hours <= LONGEST_HOURS or not name:
        raise BadRequest("a desk has a township, a person has none; a code lives at most 72 hours")
    code = Code(secrets.token_bytes(SECRET_BYTES), pin_of(authority.certificate))
    expires = (now + timedelta(hours=hours)).isoformat(timespec="seconds")
    with Session(connection) as session:
        session.add(
            EnrolmentCode(
                id=code.id, secret=code.secret, role=role.value, name=name, township=township, expires_at=expires
            )
        )
        session.flush()
    if township is not None:
        name_township(connection, township, name)
    return code


def name_township(connection: Connection, township: TownshipId, name: str) -> None:
    """The township is known, under this name."""
    values = {"code": township, "name": name, "feed_end": 0, "feed_hash": b"", "digest": bytes(32), "heads": 0}
    connection.execute(insert_ignoring(connection, Township), values)
    row = table(Township)
    connection.execute(row.update().where(row.c.code == township).values(name=name))


def count_try(connection: Connection, asked: EnrolRequest) -> bool:
    """A try at the code is counted, if there is such a code; True if tries were left."""
    with Session(connection) as session:
        code = session.get(EnrolmentCode, asked.code_id, with_for_update=True)
        if code is None or code.tries >= MOST_TRIES:
            return False
        code.tries += 1
        session.add(code)
        session.flush()
        return True


def enrol(connection: Connection, authority: Authority, asked: EnrolRequest, now: datetime) -> Device:
    """Return the new device; its code is used up.

    Raises:
        WrongCode: unknown, used, expired, or not proven; which of them is not told.
    """
    with Session(connection) as session:
        code = session.get(EnrolmentCode, asked.code_id, with_for_update=True)
        usable = code is not None and code.used_by is None and datetime.fromisoformat(code.expires_at) > now
        if code is None or not usable or not is_proven(code.secret, asked):
            raise WrongCode("code")
        device = _new_device(authority, code, asked, now)
        code.used_by, code.secret = device.id, b""
        session.add_all([device, code])
        session.flush()
        session.refresh(device)
        session.expunge(device)
    return device


def _new_device(authority: Authority, code: EnrolmentCode, asked: EnrolRequest, now: datetime) -> Device:
    township = None if code.township is None else TownshipId(code.township)
    holder = Holder(DeviceId(str(UUID(int=uuid6.uuid7().int))), Role(code.role), code.name, township)
    return Device(
        id=holder.device,
        role=code.role,
        name=code.name,
        township=code.township,
        line_certificate=certificate_bytes(authority.issue_line(holder, asked.request, now)),
        signing_certificate=certificate_bytes(authority.issue_signing(holder, asked.signing_key, now)),
        enrolled_at=now.isoformat(timespec="seconds"),
    )


def find_device(connection: Connection, device: DeviceId, line_certificate: bytes, now: datetime) -> Device:
    """Return the device that showed this line certificate.

    Raises:
        NotAllowed: not enrolled here, enrolled anew since, ended, or expired.
    """
    with Session(connection) as session:
        found = session.get(Device, device)
        if found is None or found.line_certificate != line_certificate:
            raise NotAllowed("not enrolled here", device=device)
        if found.revoked_at is not None:
            raise NotAllowed("enrolment ended", device=device)
        session.expunge(found)
    if read_certificate(line_certificate).not_valid_after_utc < now:
        raise NotAllowed("certificate expired", device=device)
    return found


def enrolled_desk(connection: Connection, device: DeviceId) -> Device:
    """Return the desk of that id, known by what it signs where no line certificate is shown.

    Raises:
        NotAllowed: no desk of ours, or its enrolment was ended.
    """
    with Session(connection) as session:
        found = session.get(Device, device)
        if found is None or found.role != Role.DESK.value or found.revoked_at is not None:
            raise NotAllowed("not enrolled here", device=device)
        session.expunge(found)
    return found


def holder_of(device: Device) -> Holder:
    """Return whom a device belongs to."""
    township = None if device.township is None else TownshipId(device.township)
    return Holder(DeviceId(device.id), Role(device.role), device.name, township)


def signer_of(device: Device) -> x509.Certificate:
    """Return the certificate under which the device's holder signs."""
    return read_certificate(device.signing_certificate)


def end_enrolment(connection: Connection, device: DeviceId, now: datetime) -> None:
    """The device is not served any more.

    Raises:
        BadRequest: there is no such device.
    """
    with Session(connection) as session:
        found = session.get(Device, device)
        if found is None:
            raise BadRequest("unknown device", device=device)
        found.revoked_at = found.revoked_at or now.isoformat(timespec="seconds")
        session.add(found)
        session.flush()


def list_townships(connection: Connection) -> list[tuple[TownshipId, str]]:
    """Return all townships with their names, in order of their codes."""
    with Session(connection) as session:
        found = session.exec(select(Township).order_by(col(Township.code))).all()
        return [(TownshipId(one.code), one.name) for one in found]


def last_contacts(connection: Connection) -> dict[DeviceId, str]:
    """Return when each desk was here last, as far as that is kept."""
    with Session(connection) as session:
        return {DeviceId(one.device): one.at for one in session.exec(select(Contact))}


def list_devices(connection: Connection) -> list[Device]:
    """Return all devices, oldest enrolment first."""
    with Session(connection) as session:
        found = list(session.exec(select(Device).order_by(col(Device.enrolled_at))))
        session.expunge_all()
    return found
