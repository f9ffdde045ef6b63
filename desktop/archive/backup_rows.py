"""What the archive knows of its backups (备份登记): places, generations and their last check, and what changed since."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from desktop.archive import settings
from desktop.archive.archive import Act
from desktop.archive.generations import Label, PlaceKind

ARCHIVE_ID = "archive_id"
# acts of the keeping itself: they change nothing that a further backup would save
KEEPING = (
    "backup-made", "backup-failed", "backup-checked", "backup-drilled", "backup-place", "backup-pruned", "archive-opened",
    "fixity-fail", "fixity-repaired",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class KnownPlace:
    """A place that carries our label; `path` is where it was last seen."""

    id: str
    kind: PlaceKind
    path: str
    named_at: str
    change: str


@dataclass(frozen=True, slots=True)
class BackupLine:
    """A generation as its last check found it."""

    place: str
    name: str
    number: int
    made_at: str
    size_bytes: int
    files: int
    lost: int
    audit_size: int
    good: bool
    reason: str
    checked_at: str


def archive_id(act: Act) -> str:
    """Return the archive's own id, made at first need; labels and manifests carry it."""
    found = settings.get(act.connection, ARCHIVE_ID)
    if not found:
        found = str(uuid.uuid4())
        settings.put(act.connection, ARCHIVE_ID, found)
    return found


def change(connection: Connection) -> str:
    """Return a word that differs whenever somebody's work was kept in between; the keeping's own acts do not count."""
    marks = ", ".join(f"'{act}'" for act in KEEPING)
    facts = [
        connection.exec_driver_sql(
            f"SELECT max(sequence) FROM (SELECT sequence FROM audit WHERE act NOT IN ({marks})"
            " ORDER BY sequence DESC LIMIT 1)"
        ).scalar(),
        *connection.exec_driver_sql("SELECT count(*), max(changed_at), total(length(content)) FROM draft").one(),
        connection.exec_driver_sql("SELECT count(*) FROM page_text").scalar(),
    ]
    return json.dumps(facts)


def keep_place(act: Act, label: Label, path: str) -> None:
    """The place is known, and where it was seen."""
    act.connection.exec_driver_sql(
        "INSERT INTO backup_place (id, kind, path, named_at, change) VALUES (:id, :kind, :path, :at, '')"
        " ON CONFLICT (id) DO UPDATE SET kind = :kind, path = :path",
        {"id": label.place, "kind": label.kind.value, "path": path, "at": act.moment},
    )


def forget_folders(act: Act, but: str) -> None:
    """No other folder is the second folder any more; what lies there stays."""
    act.connection.exec_driver_sql("DELETE FROM backup_place WHERE kind = 'folder' AND id != :but", {"but": but})


def places(connection: Connection) -> list[KnownPlace]:
    """Return the known places: the second folder first, then the sticks in the order they were labelled."""
    rows = connection.exec_driver_sql("SELECT * FROM backup_place ORDER BY kind, named_at, id")
    return [KnownPlace(row.id, PlaceKind(row.kind), row.path, row.named_at, row.change) for row in rows]


def set_change(act: Act, place: str, held: str) -> None:
    """The newest good generation of the place holds this state."""
    act.connection.exec_driver_sql(
        "UPDATE backup_place SET change = :held WHERE id = :place", {"held": held, "place": place}
    )


def keep_backup(act: Act, line: BackupLine) -> None:
    """The generation stands in the register with what its check found."""
    act.connection.exec_driver_sql(
        "INSERT INTO backup (place, name, number, made_at, size_bytes, files, lost, audit_size, state, reason, checked_at)"
        " VALUES (:place, :name, :number, :made_at, :size, :files, :lost, :audit, :state, :reason, :checked)"
        " ON CONFLICT (place, name) DO UPDATE SET state = :state, reason = :reason, checked_at = :checked",
        {
            "place": line.place, "name": line.name, "number": line.number, "made_at": line.made_at,
            "size": line.size_bytes, "files": line.files, "lost": line.lost, "audit": line.audit_size,
            "state": "good" if line.good else "bad", "reason": line.reason, "checked": line.checked_at,
        },
    )  # fmt: skip


def drop_backup(act: Act, place: str, name: str) -> None:
    """The generation is not in the register any more."""
    act.connection.exec_driver_sql(
        "DELETE FROM backup WHERE place = :place AND name = :name", {"place": place, "name": name}
    )


def backups(connection: Connection, place: str | None = None) -> list[BackupLine]:
    """Return the generations in the register, of one place or of all, the newest moment first."""
    rows = connection.exec_driver_sql(
        "SELECT * FROM backup WHERE :place IS NULL OR place = :place ORDER BY made_at DESC, number DESC",
        {"place": place},
    )
    return [
        BackupLine(
            row.place, row.name, row.number, row.made_at, row.size_bytes, row.files, row.lost, row.audit_size,
            row.state == "good", row.reason, row.checked_at,
        )
        for row in rows
    ]  # fmt: skip
