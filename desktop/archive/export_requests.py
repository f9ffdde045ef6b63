"""Requests to export and what a second person said of them (导出复核); docs/approval.md says when one is good."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy.engine import Connection

from desktop.archive.archive import Act

_COLUMNS: Final = "id, terms, state, asked_by, asked_at, until, said_by, said_at, reason, done_at"


class RequestState(StrEnum):
    """How far a request has come."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request as it is kept; `terms` is canonical JSON, `said_by` empty where nobody else had the right."""

    id: str
    terms: str
    state: RequestState
    asked_by: str
    asked_at: str
    until: str
    said_by: str
    said_at: str
    reason: str
    done_at: str


def put(act: Act, request: str, terms: str, until: str) -> None:
    """The request stands, asked by whoever acts."""
    act.connection.exec_driver_sql(
        f"INSERT INTO export_request ({_COLUMNS}) VALUES (?, ?, 'asked', ?, ?, ?, '', '', '', '')",
        (request, terms, act.by, act.moment, until),
    )
    act.note("export-asked", request)


def all_of_them(connection: Connection) -> list[RequestRow]:
    """Return every request, the newest first."""
    rows = connection.exec_driver_sql(f"SELECT {_COLUMNS} FROM export_request ORDER BY id DESC")
    return [RequestRow(**{**row._mapping, "state": RequestState(row.state)}) for row in rows]


def find(connection: Connection, request: str) -> RequestRow | None:
    """Return a request, None where there is none of that id."""
    row = connection.exec_driver_sql(f"SELECT {_COLUMNS} FROM export_request WHERE id = ?", (request,)).first()
    return RequestRow(**{**row._mapping, "state": RequestState(row.state)}) if row else None


def say(act: Act, request: str, state: RequestState, by: str, reason: str = "") -> None:
    """What was said of the request stands with it."""
    act.connection.exec_driver_sql(
        "UPDATE export_request SET state = ?, said_by = ?, said_at = ?, reason = ? WHERE id = ?",
        (state.value, by, act.moment, reason, request),
    )


def set_done(act: Act, request: str) -> None:
    """The request was carried out, and is good for nothing more."""
    act.connection.exec_driver_sql(
        "UPDATE export_request SET state = 'done', done_at = ? WHERE id = ?", (act.moment, request)
    )
