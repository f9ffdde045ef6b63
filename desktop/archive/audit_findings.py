"""An auditor's findings (审计意见): notes about records and their pages, added to and withdrawn, never changed; docs/auditor.md."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy.engine import Connection

from desktop.archive.archive import Act

_COLUMNS: Final = 'id, record, sha256, page, gravity, text, "by", at, withdrawn_at'


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """One finding; `sha256` and `page` are "" and 0 where it is about the record as a whole; `gravity`: 1 note, 2 flaw, 3 grave."""

    id: str
    record: str
    sha256: str
    page: int
    gravity: int
    text: str
    by: str
    at: str
    withdrawn_at: str = ""


def add(act: Act, one: AuditFinding) -> None:
    """The finding stands, by whoever acts."""
    act.connection.exec_driver_sql(
        f"INSERT INTO audit_finding ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, '')",
        (one.id, one.record, one.sha256, one.page, one.gravity, one.text, one.by, one.at),
    )
    act.note("finding-noted", one.record, finding=one.id, gravity=one.gravity)


def withdraw(act: Act, finding: str) -> bool:
    """The finding is withdrawn, and stays; False if it is none of this person's that stands."""
    row = act.connection.exec_driver_sql(
        "UPDATE audit_finding SET withdrawn_at = ? WHERE id = ? AND \"by\" = ? AND withdrawn_at = '' RETURNING record",
        (act.moment, finding, act.by),
    ).first()
    if row is not None:
        act.note("finding-withdrawn", row.record, finding=finding)
    return row is not None


def everything(connection: Connection) -> list[AuditFinding]:
    """Return all findings, the newest first."""
    rows = connection.exec_driver_sql(f"SELECT {_COLUMNS} FROM audit_finding ORDER BY id DESC")
    return [AuditFinding(**row._mapping) for row in rows]


def of_records(connection: Connection, records: Collection[str]) -> list[AuditFinding]:
    """Return the findings about these records, the oldest first."""
    rows = connection.exec_driver_sql(
        f"SELECT {_COLUMNS} FROM audit_finding WHERE record IN (SELECT value FROM json_each(?)) ORDER BY id",
        (json.dumps(list(records)),),
    )
    return [AuditFinding(**row._mapping) for row in rows]
