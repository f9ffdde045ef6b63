"""Fixity (完整性核对): what was read again, when, and what it found; events after PREMIS (event type fixity check)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.engine import Connection

from desktop.archive.archive import Act
from desktop.archive.manifests import PoolFile


class Target(StrEnum):
    """What was read."""

    DATABASE = "database"
    ATTACHMENT = "attachment"
    KEYSTORE = "keystore"
    BACKUP = "backup"
    POOL = "pool"


class Outcome(StrEnum):
    """What the reading found."""

    PASS = "pass"
    FAIL = "fail"
    REPAIRED = "repaired"


@dataclass(frozen=True, slots=True)
class Event:
    """One fixity event; a run over many objects is one, each finding is one more."""

    target: Target
    outcome: Outcome
    subject: str = ""
    detail: str = ""
    objects: int = 1
    size_bytes: int = 0
    at: str = ""


def note(act: Act, event: Event) -> None:
    """The event stands in its table; a finding stands in the audit log as well."""
    act.connection.exec_driver_sql(
        "INSERT INTO fixity_event (at, who, target, subject, outcome, detail, objects, size_bytes)"
        " VALUES (:at, :who, :target, :subject, :outcome, :detail, :objects, :size)",
        {
            "at": act.moment, "who": act.by, "target": event.target.value, "subject": event.subject,
            "outcome": event.outcome.value, "detail": event.detail, "objects": event.objects, "size": event.size_bytes,
        },
    )  # fmt: skip
    if event.outcome is not Outcome.PASS:
        act.note(f"fixity-{event.outcome.value}", event.subject or event.target.value, target=event.target.value,
                 detail=event.detail)  # fmt: skip


def events(connection: Connection, *, findings_only: bool = False, most: int = 100) -> list[Event]:
    """Return the newest events first."""
    rows = connection.exec_driver_sql(
        "SELECT * FROM fixity_event WHERE NOT :findings OR outcome != 'pass' ORDER BY id DESC LIMIT :most",
        {"findings": findings_only, "most": most},
    )
    return [
        Event(
            Target(row.target), Outcome(row.outcome), row.subject, row.detail, row.objects, row.size_bytes, row.at
        )
        for row in rows
    ]  # fmt: skip


def last_of(connection: Connection, target: Target) -> Event | None:
    """Return the newest event about a target, None before it was first read."""
    row = connection.exec_driver_sql(
        "SELECT * FROM fixity_event WHERE target = ? ORDER BY id DESC LIMIT 1", (target.value,)
    ).first()
    if row is None:
        return None
    return Event(target, Outcome(row.outcome), row.subject, row.detail, row.objects, row.size_bytes, row.at)


def mark_sound(act: Act, files: Iterable[PoolFile]) -> None:
    """These sealed files were read whole just now and are what was filed; what their sealed bytes are is known."""
    rows = [{"id": one.file_id, "size": one.size_bytes, "sha": one.sha256, "at": act.moment} for one in files]
    if rows:
        act.connection.exec_driver_sql(
            "INSERT INTO fixity (file_id, sealed_bytes, sealed_sha256, checked_at, sound)"
            " VALUES (:id, :size, :sha, :at, 1)"
            " ON CONFLICT (file_id) DO UPDATE SET sealed_bytes = :size, sealed_sha256 = :sha, checked_at = :at, sound = 1",
            rows,
        )


def mark_broken(act: Act, file_id: str) -> None:
    """The sealed file was read just now and is not what was filed."""
    act.connection.exec_driver_sql(
        "INSERT INTO fixity (file_id, sealed_bytes, sealed_sha256, checked_at, sound) VALUES (:id, 0, '', :at, 0)"
        " ON CONFLICT (file_id) DO UPDATE SET checked_at = :at, sound = 0",
        {"id": file_id, "at": act.moment},
    )


@dataclass(frozen=True, slots=True)
class Unread:
    """A sealed attachment, and when it was last read whole."""

    file_id: str
    key: bytes
    sha256: str
    size_bytes: int
    since: str


def longest_unread(connection: Connection, moment: str, most: int) -> list[Unread]:
    """Return the attachments that nobody has read for longest; one that claims to have been read in the future comes first."""
    rows = connection.exec_driver_sql(
        "SELECT a.file_id, a.file_key, a.sha256, a.size_bytes, coalesce(f.checked_at, a.added_at) AS since"
        " FROM attachment a LEFT JOIN fixity f ON f.file_id = a.file_id"
        " ORDER BY since <= :now, since, a.file_id LIMIT :most",
        {"now": moment, "most": most},
    )
    return [Unread(row.file_id, bytes(row.file_key), row.sha256, int(row.size_bytes), row.since) for row in rows]


def whole_bytes(connection: Connection) -> int:
    """Return how many bytes of attachments there are."""
    return int(connection.exec_driver_sql("SELECT total(size_bytes) FROM attachment").scalar_one())


def bytes_read_since(connection: Connection, moment: str) -> int:
    """Return how many bytes of attachments were read (or filed) since that moment."""
    return int(
        connection.exec_driver_sql(
            "SELECT total(a.size_bytes) FROM attachment a LEFT JOIN fixity f ON f.file_id = a.file_id"
            " WHERE coalesce(f.checked_at, a.added_at) >= :moment",
            {"moment": moment},
        ).scalar_one()
    )


def broken_now(connection: Connection) -> list[str]:
    """Return the hashes of attachments that were broken when they were last read."""
    rows = connection.exec_driver_sql(
        "SELECT a.sha256 FROM attachment a JOIN fixity f ON f.file_id = a.file_id WHERE NOT f.sound ORDER BY a.sha256"
    )
    return [str(row[0]) for row in rows]


def pool_read(connection: Connection, place: str) -> dict[str, str]:
    """Return when each file of a place's pool was last read whole."""
    rows = connection.exec_driver_sql(
        "SELECT file_id, checked_at FROM pool_file WHERE place = :place", {"place": place}
    )
    return {row.file_id: row.checked_at for row in rows}


def mark_pool(act: Act, place: str, file_ids: Iterable[str]) -> None:
    """These files of the place's pool were read whole just now and are good."""
    rows = [{"place": place, "id": file_id, "at": act.moment} for file_id in file_ids]
    if rows:
        act.connection.exec_driver_sql(
            "INSERT INTO pool_file (place, file_id, checked_at) VALUES (:place, :id, :at)"
            " ON CONFLICT (place, file_id) DO UPDATE SET checked_at = :at",
            rows,
        )
