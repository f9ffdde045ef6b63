"""Rows that other offices handed over (来源表), kept as they came and looked up by a person's number (docs/sources.md)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import Connection, Row

from desktop.archive.archive import Act


@dataclass(frozen=True, slots=True)
class NewRow:
    """A row to be kept; `person` is the first 17 digits of a valid identity number, else 0."""

    key: bytes
    person: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeldRow:
    """A row as it stands: of which source and run, when that began, and its cells by their labels."""

    source: str
    run_id: str
    came_at: str
    cells: Mapping[str, str]


def put(act: Act, run_id: str, source: str, rows: Sequence[NewRow]) -> None:
    """The rows stand in the archive as this run's."""
    if rows:
        act.connection.exec_driver_sql(
            "INSERT INTO source_row (key, run_id, source, person, cells) VALUES (?, ?, ?, ?, ?)",
            [(one.key, run_id, source, one.person, json.dumps(one.cells, ensure_ascii=False)) for one in rows],
        )


def known(connection: Connection, keys: Iterable[bytes]) -> dict[bytes, str]:
    """Return, by key, the run that brought each of these rows."""
    asked = json.dumps([key.hex() for key in keys])
    found = connection.exec_driver_sql(
        "SELECT s.key, s.run_id FROM json_each(?) j CROSS JOIN source_row s ON s.key = unhex(j.value)", (asked,)
    )
    return {bytes(key): str(run) for key, run in found}


def count(connection: Connection, run_id: str) -> int:
    """Return how many rows of a run stand."""
    found = connection.exec_driver_sql("SELECT count(*) FROM source_row WHERE run_id = ?", (run_id,)).scalar()
    return int(found or 0)


def drop(act: Act, run_id: str, most: int) -> int:
    """At most so many rows of a run are gone; how many went is returned."""
    gone = act.connection.exec_driver_sql(
        "DELETE FROM source_row WHERE id IN (SELECT id FROM source_row WHERE run_id = ? LIMIT ?)", (run_id, most)
    )
    return int(gone.rowcount)


def of_numbers(connection: Connection, numbers: Iterable[int], whole: Iterable[str]) -> list[HeldRow]:
    """Return the rows about these numbers that stand, by source, the newest delivery first.

    Args:
        whole: the sources whose newest delivery takes the place of the ones before it; one that brought no row (the same
            file again) takes nobody's.
    """
    rows = connection.exec_driver_sql(
        "SELECT s.source, s.run_id, r.started_at, r.template, s.cells FROM source_row s JOIN import_run r ON r.id = s.run_id"
        " WHERE s.person IN (SELECT value FROM json_each(:numbers) WHERE value > 0) AND r.state = 'done'"
        " AND (s.source NOT IN (SELECT value FROM json_each(:whole)) OR r.id = ("
        "SELECT max(n.id) FROM import_run n WHERE n.source = s.source AND n.state = 'done' AND n.filed > 0))"
        " ORDER BY s.source, r.id DESC, s.id",
        {"numbers": json.dumps(list(numbers)), "whole": json.dumps(list(whole))},
    )
    return [_held(row) for row in rows]


def _held(row: Row[Any]) -> HeldRow:
    labels = json.loads(row.template)["labels"]
    cells = {label: cell for label, cell in zip(labels, json.loads(row.cells), strict=False) if label and cell}
    return HeldRow(row.source, row.run_id, row.started_at, cells)
