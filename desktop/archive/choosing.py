"""Which records a scope means (选取): by kind, year and village, and what the rules of risk measure of them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Final

from sqlalchemy.engine import Connection

from desktop.archive import bodies
from sync.contract.revisions import read_body
from sync.contract.risks import Measure

_REVISIONS: Final = "SELECT record_uid, count(*) FROM revision GROUP BY record_uid"
_RETURNS: Final = (
    "SELECT subject, count(*) FROM audit WHERE act = 'decision-received' AND json_extract(details, '$.kind') = 'returned'"
    " GROUP BY subject"
)
_DAYS: Final = (
    "SELECT uid, CAST(julianday(filed_at) - julianday(case_date) AS INTEGER) FROM record WHERE length(case_date) = 10"
)


def matching(
    connection: Connection, kinds: Collection[str], first: int, last: int, villages: Collection[str]
) -> list[str]:
    """Return the records of these kinds (none: of all), from year to year, of a village that holds one of these words (none: of all)."""
    found = connection.exec_driver_sql(
        "SELECT uid FROM record WHERE (:kinds = '[]' OR kind IN (SELECT value FROM json_each(:kinds))) AND year BETWEEN :first"
        " AND :last AND (:villages = '[]' OR EXISTS (SELECT 1 FROM json_each(:villages) WHERE instr(village, value))) ORDER BY uid",
        {
            "kinds": json.dumps(sorted(kinds)), "first": first, "last": last,
            "villages": json.dumps(sorted(villages), ensure_ascii=False),
        },
    )  # fmt: skip
    return [str(row[0]) for row in found]


def measured(connection: Connection, measure: Measure, least: int) -> Iterator[str]:
    """Yield the records of which the measure is at least so much."""
    if measure is Measure.REASONS:
        yield from _excused(connection, least)
        return
    asked = {Measure.REVISIONS: _REVISIONS, Measure.RETURNS: _RETURNS, Measure.DAYS_TO_FILING: _DAYS}[measure]
    for record, found in connection.exec_driver_sql(asked):
        if found is not None and found >= least:
            yield str(record)


def _excused(connection: Connection, least: int) -> Iterator[str]:
    rows = connection.exec_driver_sql("SELECT r.uid, v.body FROM record r JOIN revision v ON v.id = r.head")
    for record, body in rows:
        said = bodies.unpack(body)
        if b'"reasons"' in said and len(read_body(said).get("reasons", {})) >= least:
            yield str(record)


def counted(connection: Connection, records: Collection[str]) -> list[tuple[str, int, str]]:
    """Return kind, year and village of each of these records."""
    found = connection.exec_driver_sql(
        "SELECT kind, year, village FROM record WHERE uid IN (SELECT value FROM json_each(?)) ORDER BY uid",
        (json.dumps(list(records)),),
    )
    return [(str(row[0]), int(row[1]), str(row[2])) for row in found]


def uids(connection: Connection, ids: Collection[int]) -> set[str]:
    """Return the records of these rows."""
    found = connection.exec_driver_sql(
        "SELECT uid FROM record WHERE id IN (SELECT value FROM json_each(?))", (json.dumps([int(one) for one in ids]),)
    )
    return {str(row[0]) for row in found}
