"""Records and their revisions as the desk keeps them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from sqlalchemy.engine import Connection, Row
from sqlalchemy.exc import IntegrityError

from desktop.archive import bodies, places
from desktop.archive.archive import Act
from desktop.archive.snapshot import Snapshot, read_rows
from sync.contract.errors import BadRequest, HeadMoved, NumberTaken
from sync.contract.numbers import Series
from sync.contract.numbers import read as read_number
from sync.contract.revisions import (
    ChangeKind,
    RecordId,
    RecordState,
    Revision,
    RevisionId,
    may_step,
    read_body,
)
from sync.vault.engine import driver

IN_ORDER_BY_SCAN: Final = 20_000  # rows from which going through the whole column beats looking each one up

A_DAYS_FILING: Final = 2_000  # more than a desk can file by hand; after a bulk the count stops there

_COLUMNS = (
    "id, uid, kind, number, title, year, case_date, state, head, accepted, filed_at, filed_by, grounds, set_aside"
)


@dataclass(frozen=True, slots=True)
class Ground:
    """Why the county returned a record: a field, a reason from the list, a sentence (退回理由)."""

    field: str
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class RecordLine:
    """A filed record as a list shows it; `head` is what the desk last filed, `accepted` what the county last accepted."""

    id: int
    uid: RecordId
    kind: str
    number: str
    title: str
    year: int
    case_date: str
    state: RecordState
    head: RevisionId
    accepted: str
    filed_at: str
    filed_by: str
    grounds: tuple[Ground, ...]
    set_aside: str


def _line(row: Row[Any]) -> RecordLine:
    values = dict(row._mapping)
    values["state"] = RecordState(values["state"])
    values["grounds"] = tuple(Ground(**ground) for ground in json.loads(values["grounds"]))
    return RecordLine(**values)


def by_uid(connection: Connection, uid: str) -> RecordLine | None:
    """Return the record, or None when this desk has not filed it."""
    row = connection.exec_driver_sql(f"SELECT {_COLUMNS} FROM record WHERE uid = :uid", {"uid": uid}).first()
    return _line(row) if row else None


def by_ids(connection: Connection, ids: Iterable[int]) -> list[RecordLine]:
    """Return the records of these rows in the order asked for."""
    wanted = list(ids)
    rows = connection.exec_driver_sql(
        f"SELECT {_COLUMNS} FROM record WHERE id IN (SELECT value FROM json_each(:ids))",
        {"ids": json.dumps(wanted)},
    )
    found = {line.id: line for line in map(_line, rows)}
    return [found[one] for one in wanted if one in found]


def in_state(connection: Connection, *states: RecordState) -> list[RecordLine]:
    """Return the records that stand in one of these states, newest first."""
    rows = connection.exec_driver_sql(
        f"SELECT {_COLUMNS} FROM record WHERE state IN (SELECT value FROM json_each(:states)) ORDER BY id DESC",
        {"states": json.dumps([state.value for state in states])},
    )
    return [_line(row) for row in rows]


def rows(connection: Connection, kind: str = "") -> list[int]:
    """Return the rows of all records, or of those of a kind, in the order they were filed in."""
    asked = "SELECT id FROM record WHERE ? IN ('', kind) ORDER BY id"
    return [int(row[0]) for row in connection.exec_driver_sql(asked, (kind,))]


def every(connection: Connection) -> list[RecordLine]:
    """Return all records, in the order they were filed in."""
    return [_line(row) for row in connection.exec_driver_sql(f"SELECT {_COLUMNS} FROM record ORDER BY id")]


def in_order(connection: Connection, rows: Snapshot, column: str) -> Snapshot:
    """Return the rows in the order of a column: number or title."""
    if column not in ("number", "title"):
        raise ValueError(f"no order by {column}")
    with driver(connection) as raw:
        if len(rows) > IN_ORDER_BY_SCAN:
            asked = raw.execute(f"SELECT group_concat(id) FROM (SELECT id FROM record ORDER BY {column})")
            every = read_rows(asked.fetchone()[0])
            wanted = np.zeros(int(every.max(initial=0)) + 1, bool)
            wanted[rows.rows] = True
            return Snapshot(every[wanted[every]])
        listed = json.dumps(rows[:])
        asked = raw.execute(
            f"SELECT id FROM record WHERE id IN (SELECT value FROM json_each(?)) ORDER BY {column}", (listed,)
        )
        return Snapshot(row for (row,) in asked)


def count(connection: Connection) -> dict[str, int]:
    """Return how many records stand in each state."""
    rows = connection.exec_driver_sql("SELECT state, count(*) FROM record GROUP BY state")
    return {str(state): int(number) for state, number in rows}


def count_unsent(connection: Connection) -> int:
    """Return how many filed records are not at the county."""
    unsent = (RecordState.FILED.value, RecordState.QUEUED.value)
    return int(connection.exec_driver_sql("SELECT count(*) FROM record WHERE state IN (?, ?)", unsent).scalar_one())


def count_filed_since(connection: Connection, moment: str) -> int:
    """Return how many records were filed at that moment or later, at most as many as are looked through: the newest rows."""
    asked = "SELECT count(*) FROM (SELECT filed_at FROM record ORDER BY id DESC LIMIT ?) WHERE filed_at >= ?"
    return int(connection.exec_driver_sql(asked, (A_DAYS_FILING, moment)).scalar_one())


def count_looks_since(connection: Connection, moment: str) -> int:
    """Return how many looks behind masks were registered at that moment or later."""
    return int(connection.exec_driver_sql("SELECT count(*) FROM look WHERE at >= ?", (moment,)).scalar_one())


def revision(connection: Connection, revision_id: str) -> Revision | None:
    """Return the revision, or None when its bytes are not here."""
    row = connection.exec_driver_sql(
        "SELECT record_uid, parents, change, body FROM revision WHERE id = :id", {"id": revision_id}
    ).first()
    if row is None or not row.body:  # a tombstone: destroyed
        return None
    parents = tuple(RevisionId(parent) for parent in row.parents.split())
    return Revision(RecordId(row.record_uid), parents, ChangeKind(row.change), bodies.unpack(row.body))


def body(connection: Connection, revision_id: str) -> dict[str, Any] | None:
    """Return what a revision says, or None when it is not here."""
    raw = connection.exec_driver_sql("SELECT body FROM revision WHERE id = :id", {"id": revision_id}).scalar()
    return read_body(bodies.unpack(raw)) if raw else None


def bodies_of(connection: Connection, revision_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return what these revisions say, by id, those that are here."""
    rows = connection.exec_driver_sql(
        "SELECT id, body FROM revision WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(revision_ids)),)
    )
    return {row.id: read_body(bodies.unpack(row.body)) for row in rows if row.body}


def keep_revision(connection: Connection, made: Revision) -> None:
    """The revision's bytes are kept; keeping it again changes nothing."""
    keep_revisions(connection, [made])


def keep_heard_revision(connection: Connection, made: Revision) -> None:
    """The bytes of a revision that the county told of are kept, and that it did; another desk's, or one's own before a restore."""
    keep_revisions(connection, [made])
    connection.exec_driver_sql("UPDATE revision SET heard = 1 WHERE id = ?", (made.id,))


def keep_revisions(connection: Connection, several: Iterable[Revision]) -> None:
    """The bytes of these revisions are kept, parents before children as they are given."""
    connection.exec_driver_sql(
        "INSERT INTO revision (id, record_uid, parents, change, body, arrived) VALUES (?, ?, ?, ?, ?,"
        " (SELECT coalesce(max(arrived), 0) + 1 FROM revision)) ON CONFLICT (id) DO NOTHING",
        [
            (made.id, made.record_id, " ".join(made.parents), made.kind_of_change.value, bodies.pack(made.body))
            for made in several
        ],
    )


def set_line(act: Act, made: Revision, said: Mapping[str, Any], state: RecordState, case_date: str) -> int:
    """The record's line says what the revision says, in this state; its row is returned.

    Raises:
        NumberTaken: another record holds the archive number.
    """
    holder = act.connection.exec_driver_sql("SELECT uid FROM record WHERE number = ?", (said["number"],)).scalar()
    if holder is not None and holder != made.record_id:
        raise NumberTaken("archive number", number=said["number"], holder=holder)
    row = act.connection.exec_driver_sql(
        f"{_INSERT_LINE} ON CONFLICT (uid) DO UPDATE SET kind = excluded.kind, number = excluded.number,"
        " title = excluded.title, year = excluded.year, retention = excluded.retention,"
        " case_date = excluded.case_date, state = excluded.state, head = excluded.head, filed_at = excluded.filed_at,"
        " filed_by = excluded.filed_by, village = excluded.village, custodian = excluded.custodian, grounds = '[]',"
        " set_aside = '' RETURNING id",
        (*_line_values(None, made, said, state, case_date), 0),
    )
    return int(row.scalar_one())


def borne(connection: Connection, series: Series) -> dict[int, str]:
    """Return each item of a series that a record here bears, or bore until it was destroyed, with the record."""
    rows = connection.exec_driver_sql(
        "SELECT number, uid FROM record WHERE number >= :low AND number < :high UNION ALL"
        " SELECT number, record_uid FROM destroyed WHERE number >= :low AND number < :high",
        {"low": series.stem, "high": series.stem + ":"},  # the character after 9
    )
    found = ((read_number(row.number), str(row.uid)) for row in rows)
    return {one[1]: uid for one, uid in found if one and one[0] == series}


def add_lines(connection: Connection, several: Iterable[tuple[Revision, Mapping[str, Any], str]]) -> range:
    """Records that were not here stand filed, each by its revision, its body's values and its case date; their rows are returned.

    Raises:
        NumberTaken: one of them is here already, or another record holds its archive number; nothing of the act is kept.
    """
    last, stamp = connection.exec_driver_sql(_LAST).one()
    first = last + 1
    lines = [
        (*_line_values(last + place, made, said, RecordState.FILED, case), stamp + place)
        for place, (made, said, case) in enumerate(several, start=1)
    ]
    try:
        connection.exec_driver_sql(_INSERT_LINE, lines)
    except IntegrityError as error:
        raise NumberTaken("archive number", count=len(lines)) from error
    return range(first, first + len(lines))


def set_places(connection: Connection, row: int, said: Mapping[str, Any]) -> None:
    """The record's line counts at the village and the custodian its body tells of."""
    connection.exec_driver_sql(
        "UPDATE record SET village = ?, custodian = ? WHERE id = ?", (*places.places_of(said), row)
    )


_LAST: Final = (  # each by its own index: two in one SELECT would read the whole table
    "SELECT (SELECT coalesce(max(id), 0) FROM record), (SELECT coalesce(max(touched), 0) FROM record)"
)
_INSERT_LINE: Final = (
    "INSERT INTO record (id, uid, kind, number, title, year, retention, case_date, state, head, accepted, filed_at,"
    " filed_by, grounds, set_aside, village, custodian, touched)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?, '[]', '', ?, ?, ?)"
)


def _line_values(
    row: int | None, made: Revision, said: Mapping[str, Any], state: RecordState, case_date: str
) -> tuple[Any, ...]:
    series = read_number(said["number"])
    if series is None:
        raise BadRequest("not an archive number", record=made.record_id)
    return (
        row,
        made.record_id,
        said["kind"],
        said["number"],
        said["title"],
        series[0].year,
        series[0].retention,
        case_date,
        state.value,
        made.id,
        said["filed"]["at"],
        said["filed"]["by"],
        *places.places_of(said),
    )


def move(connection: Connection, uid: str, state: RecordState) -> None:
    """The record stands in the new state.

    Raises:
        HeadMoved: no such step is allowed from where it stands.
    """
    line = by_uid(connection, uid)
    if line is None or not may_step(line.state, state):
        raise HeadMoved("state", record=uid, old=line.state if line else "none", new=state)
    connection.exec_driver_sql("UPDATE record SET state = :state WHERE uid = :uid", {"state": state.value, "uid": uid})


def decided(connection: Connection, uid: str, state: RecordState, accepted: str, grounds: Iterable[Ground]) -> None:
    """The county's word stands on the record: its state, what it accepts, why it returned it."""
    noted = json.dumps(
        [{"field": one.field, "code": one.code, "text": one.text} for one in grounds], ensure_ascii=False
    )
    connection.exec_driver_sql(
        "UPDATE record SET state = :state, accepted = :accepted, grounds = :grounds WHERE uid = :uid",
        {"state": state.value, "accepted": accepted, "grounds": noted, "uid": uid},
    )
