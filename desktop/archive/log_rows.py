"""Rows of the audit log by who, which records and when (日志查询); quick at a million rows without an index of its own."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.engine import Connection

SECOND: Final = len("2026-03-02T08:00:00")
DAY: Final = len("2026-03-02")
_ROW: Final = "SELECT sequence, at, who, act, subject, details FROM audit"
_WHEN: Final = " AND at >= :since AND at < :until AND (:who = '[]' OR who IN (SELECT value FROM json_each(:who)))"
_ACTS: Final = " AND (:acts = '[]' OR act IN (SELECT value FROM json_each(:acts)))"


@dataclass(frozen=True, slots=True)
class Sought:
    """What is sought: people, records (None: whatever it was about), acts (none: all), and the time as two moments."""

    who: Collection[str]
    subjects: Collection[str] | None
    acts: Collection[str]
    since: str
    until: str


@dataclass(frozen=True, slots=True)
class LogRow:
    """A row of the log, and number and kind of the record it is about, if it is about one."""

    sequence: int
    at: str
    who: str
    act: str
    subject: str
    details: dict[str, Any]
    number: str
    kind: str


def newest(connection: Connection, sought: Sought, most: int) -> list[LogRow]:
    """Return what is sought, the newest first, `most` rows at most."""
    facts: dict[str, object] = {
        "who": json.dumps(sorted(sought.who)), "acts": json.dumps(sorted(sought.acts)),
        "since": sought.since[:SECOND], "until": sought.until[:SECOND], "most": most,
    }  # fmt: skip
    if sought.subjects is not None:
        asked = f"{_ROW} WHERE subject IN (SELECT value FROM json_each(:subjects)){_WHEN}{_ACTS} ORDER BY sequence DESC LIMIT :most"
        facts["subjects"] = json.dumps(sorted(sought.subjects))
        return _rows(connection, connection.exec_driver_sql(asked, facts))
    found: list[LogRow] = []
    for first, end in reversed(_ranges(connection, sought.since[:DAY], sought.until[:DAY])):
        asked = f"{_ROW} WHERE sequence >= :first AND sequence < :end{_WHEN}{_ACTS} ORDER BY sequence DESC LIMIT :most"
        found += _rows(connection, connection.exec_driver_sql(asked, {**facts, "first": first, "end": end}))
        if len(found) >= most:
            break
    return sorted(found, key=lambda one: one.sequence, reverse=True)[:most]


def _ranges(connection: Connection, first_day: str, last_day: str) -> list[tuple[int, int]]:
    """Return the runs of rows that were written on these days, as the machine's clock told them then."""
    days = connection.exec_driver_sql(
        "SELECT first, day, lead(first, 1, 9223372036854775807) OVER (ORDER BY first) AS end FROM audit_day ORDER BY first"
    )
    return [(one.first, one.end) for one in days if first_day <= one.day <= last_day]


def _rows(connection: Connection, rows: Iterable[Any]) -> list[LogRow]:
    told = [tuple(row) for row in rows]
    known = _records(connection, [row[4] for row in told])
    return [
        LogRow(sequence, at, who, act, subject, json.loads(details), *known.get(subject, ("", "")))
        for sequence, at, who, act, subject, details in told
    ]


def _records(connection: Connection, subjects: Sequence[str]) -> dict[str, tuple[str, str]]:
    found = connection.exec_driver_sql(
        "SELECT uid, number, kind FROM record WHERE uid IN (SELECT value FROM json_each(?))", (json.dumps(subjects),)
    )
    return {row.uid: (row.number, row.kind) for row in found}


def purposes(connection: Connection, looks: Sequence[int]) -> dict[int, str]:
    """Return what each of these looks was for, as the register of use tells it."""
    found = connection.exec_driver_sql(
        "SELECT id, purpose FROM look WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(looks),)
    )
    return {row.id: row.purpose for row in found}


def has_any(connection: Connection, acts: Collection[str], *, again: bool) -> bool:
    """Whether the log has a row of one of these acts; with `again` one that tells a revision before it."""
    asked = "SELECT 1 FROM audit WHERE act IN (SELECT value FROM json_each(?))"
    later = " AND json_extract(details, '$.before') IS NOT NULL" if again else ""
    return connection.exec_driver_sql(f"{asked}{later} LIMIT 1", (json.dumps(list(acts)),)).first() is not None
