"""Fixity (完整性核对): what was read again, when, and what it found; events after PREMIS (event type fixity check)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.engine import Connection

from desktop.archive.archive import Act
from desktop.archive.generations import PoolFile


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
