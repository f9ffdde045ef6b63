"""What a sealed copy reads of the archive (封存): records by kind and year with the very bytes they were filed with, and the log's words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.engine import Connection

from desktop.archive import bodies
from desktop.archive.archive import Act
from sync.contract.errors import SealBroken
from sync.contract.revisions import read_body

ROWS_A_BLOCK: Final = 2000
_LOG: Final = "SELECT sequence, at, who, act, subject, details FROM audit WHERE sequence <= ? ORDER BY sequence"


@dataclass(frozen=True, slots=True, order=True)
class Shelf:
    """Records of one kind and year: how many there are."""

    kind: str
    year: int
    count: int


@dataclass(frozen=True, slots=True)
class Held:
    """A record as it is handed out: its line, its head revision byte for byte, and the first revision it was filed with."""

    uid: str
    number: str
    title: str
    year: int
    case_date: str
    state: str
    accepted: str
    filed_at: str
    filed_by: str
    head: str
    parents: tuple[str, ...]
    change: str
    body: bytes
    first: str


def shelves(connection: Connection) -> list[Shelf]:
    """Return all kinds and years there are records of, in the order of their bytes."""
    rows = connection.exec_driver_sql("SELECT kind, year, count(*) FROM record GROUP BY kind, year ORDER BY kind, year")
    return [Shelf(*row) for row in rows]


def heads(connection: Connection, shelf: Shelf) -> Iterator[tuple[str, str]]:
    """Yield record and head of a shelf, in the order of the records' ids."""
    rows = connection.exec_driver_sql(
        "SELECT uid, head FROM record WHERE kind = ? AND year = ? ORDER BY uid", (shelf.kind, shelf.year)
    )
    for row in rows:
        yield row.uid, row.head


def held(connection: Connection, shelf: Shelf, since: str, before: str, most: int) -> list[Held]:
    """Return the next records of a shelf whose id is `since` or above, and below `before` where that is not empty."""
    rows = connection.exec_driver_sql(
        "SELECT r.uid, r.number, r.title, r.year, r.case_date, r.state, r.accepted, r.filed_at, r.filed_by, r.head,"
        " v.parents, v.change, v.body,"
        " (SELECT f.id FROM revision f WHERE f.record_uid = r.uid ORDER BY f.arrived LIMIT 1) AS first"
        " FROM record r LEFT JOIN revision v ON v.id = r.head"
        " WHERE r.kind = ? AND r.year = ? AND r.uid >= ? AND (? = '' OR r.uid < ?) ORDER BY r.uid LIMIT ?",
        (shelf.kind, shelf.year, since, before, before, most),
    )
    several = []
    for row in rows:
        if row.body is None:
            raise SealBroken("a record's revision is away", record=row.uid)
        values = {**row._mapping, "parents": tuple(row.parents.split()), "body": bodies.unpack(row.body)}
        several.append(Held(**values))
    return several


def text_bytes(connection: Connection) -> int:
    """Return how many bytes the kept revisions and the log take, to plan by."""
    asked = "SELECT (SELECT coalesce(sum(length(body)), 0) FROM revision), (SELECT coalesce(sum(length(details)) + count(*) * 150, 0) FROM audit)"
    packed, log = connection.exec_driver_sql(asked).one()
    return int(packed) * 5 + int(log)


def log_words(connection: Connection, until: int) -> Iterator[bytes]:
    """Yield each row of the audit log up to one, as the words that its hash was taken over, with the end of a line."""
    for row in connection.exec_driver_sql(_LOG, (until,)):
        yield json.dumps(list(row), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def bulks(connection: Connection, until: int) -> Iterator[tuple[int, str, int, str]]:
    """Yield row, kind, how many and the digest over the revisions of every bulk that the log tells of, oldest first."""
    asked = "SELECT sequence, details FROM audit WHERE act = 'records-filed' AND sequence <= ? ORDER BY sequence"
    for row in connection.exec_driver_sql(asked, (until,)):
        told = json.loads(row.details)
        yield row.sequence, told["kind"], told["count"], told["revisions"]


def filed_in_bulk(connection: Connection, kind: str) -> list[str]:
    """Return the first revisions of records that no line of the log filed singly, in the order of the records' ids.

    Those that an import took back are among them, for the log still says which they were.
    """
    asked = (
        "SELECT uid, first FROM (SELECT r.uid AS uid, (SELECT f.id FROM revision f WHERE f.record_uid = r.uid"
        " ORDER BY f.arrived LIMIT 1) AS first FROM record r WHERE r.kind = ?) WHERE NOT EXISTS (SELECT 1 FROM audit a"
        " WHERE a.subject = uid AND a.act = 'record-filed' AND json_extract(a.details, '$.revision') = first)"
        " UNION ALL SELECT subject, json_extract(details, '$.revision') FROM audit WHERE act IN ('record-taken-back', 'record-destroyed')"
        " ORDER BY 1"
    )
    return [row[1] for row in connection.exec_driver_sql(asked, (kind,))]


def every_body(connection: Connection) -> Iterator[dict[str, Any]]:
    """Yield what every revision of every record says, those of former times too; tombstones say nothing."""
    for row in connection.exec_driver_sql("SELECT body FROM revision WHERE body != x''"):
        yield read_body(bodies.unpack(row.body))


def staff(connection: Connection) -> list[str]:
    """Return whoever acted, as the log names them, and whoever it says was added as a user."""
    asked = "SELECT DISTINCT who FROM audit UNION SELECT subject FROM audit WHERE act = 'person-added'"
    return [str(row[0]) for row in connection.exec_driver_sql(asked)]


def keep_sm3(act: Act, found: Mapping[str, str]) -> None:
    """The SM3 of these files, by their SHA-256, need not be taken again."""
    rows = [(sm3, sha256) for sha256, sm3 in found.items()]
    if rows:
        act.connection.exec_driver_sql("UPDATE attachment SET sm3 = ? WHERE sha256 = ?", rows)
