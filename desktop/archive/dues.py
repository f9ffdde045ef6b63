"""What is due when (到期登记): made from the records like the search index, in the same transaction, and made again with it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.engine import Connection

from sync.contract import dues
from sync.contract.kinds import Kind


@dataclass(frozen=True, slots=True)
class DueLine:
    """Something due: of which record, by which rule of its kind."""

    due_on: date
    rule: str
    record_id: int
    uid: str
    kind: str
    title: str
    number: str


def put(connection: Connection, several: Iterable[tuple[int, Kind, Mapping[str, Any]]], *, new: bool = False) -> None:
    """What is due of these records is what their bodies say now.

    Args:
        new: they were not here before, so nothing of them has to be taken out first.
    """
    concerned = [(row, kind, said) for row, kind, said in several if kind.dues]
    if not concerned:
        return
    if not new:
        remove(connection, [row for row, _, _ in concerned])
    made = [(day.isoformat(), row, due.key) for row, kind, said in concerned for due, day in dues.of(kind, said)]
    if made:
        connection.exec_driver_sql("INSERT INTO due (due_on, record_id, rule) VALUES (?, ?, ?)", made)


def remove(connection: Connection, rows: Sequence[int]) -> None:
    """Nothing is due of these records."""
    connection.exec_driver_sql(
        "DELETE FROM due WHERE record_id IN (SELECT value FROM json_each(?))", (json.dumps(list(rows)),)
    )


def until(connection: Connection, last: date) -> list[DueLine]:
    """Return all that is due up to that day, the longest overdue first; of a voided record nothing is."""
    rows = connection.exec_driver_sql(
        "SELECT d.due_on, d.rule, d.record_id, r.uid, r.kind, r.title, r.number FROM due d JOIN record r ON r.id = d.record_id"
        " WHERE d.due_on <= ? AND r.state != 'voided' ORDER BY d.due_on, d.record_id",
        (last.isoformat(),),
    )
    return [DueLine(date.fromisoformat(day), rule, *rest) for day, rule, *rest in rows]
