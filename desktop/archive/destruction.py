"""Appraisals, lists and the register of what was destroyed (鉴定与销毁), and the destroying itself; docs/retention.md says what goes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy.engine import Connection, Row

from desktop.archive import bodies, dues, search_index, settings
from desktop.archive.archive import Act
from sync.contract.numbers import Series
from sync.contract.numbers import read as read_number
from sync.contract.revisions import RecordState, read_body

SETTLED: Final = (RecordState.ACCEPTED.value, RecordState.VOIDED.value)


class Verdict(StrEnum):
    """What was said of a record whose time is over."""

    KEEP = "keep"
    DESTROY = "destroy"


class ListState(StrEnum):
    """How far a list has come."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that may be listed: its line, and what its body says."""

    record: str
    kind: str
    number: str
    title: str
    year: int
    retention: str
    said: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Appraisal:
    """What a person said of a record; `until` is a year, `list` the list it stands on."""

    record: str
    verdict: Verdict
    until: int
    reason: str
    by: str
    at: str
    list: str


@dataclass(frozen=True, slots=True)
class DestructionList:
    """A list (销毁清单), and whose word it has."""

    id: str
    state: ListState
    proposed_by: str
    proposed_at: str
    approved_by: str
    approved_at: str
    done_by: str
    done_at: str


@dataclass(frozen=True, slots=True)
class Destroyed:
    """A line of the register (销毁清册)."""

    record: str
    number: str
    kind: str
    year: int
    retention: str
    head: str
    accepted: str
    revisions: int
    files: int
    list: str
    appraised_by: str
    reason: str
    at: str


_APPRAISAL: Final = 'record_uid AS record, verdict, until, reason, "by", at, list'
_LIST: Final = "id, state, proposed_by, proposed_at, approved_by, approved_at, done_by, done_at"
_LINE: Final = "record_uid AS record, number, kind, year, retention, head, accepted, revisions, files, list, appraised_by, reason, at"


def candidates(
    connection: Connection, years: dict[tuple[str, str], int], this_year: int, enrolled: bool
) -> Iterator[Candidate]:
    """Yield settled records that nobody appraised yet, of these kinds and retentions up to a year each, with their bodies.

    Args:
        enrolled: the office has a county; without one a filed record is settled.
    """
    states = SETTLED if enrolled else (*SETTLED, RecordState.FILED.value)
    for (kind, retention), year in years.items():
        rows = connection.exec_driver_sql(
            "SELECT r.uid, r.kind, r.number, r.title, r.year, r.retention, v.body FROM record r JOIN revision v ON v.id = r.head"
            " LEFT JOIN appraisal a ON a.record_uid = r.uid WHERE r.kind = ? AND r.retention = ? AND r.year <= ?"
            " AND r.state IN (SELECT value FROM json_each(?)) AND (a.record_uid IS NULL OR (a.verdict = 'keep' AND a.until < ?))"
            " AND NOT EXISTS (SELECT 1 FROM draft d WHERE d.uid = r.uid) ORDER BY r.number",
            (kind, retention, year, json.dumps(states), this_year),
        )
        for row in rows:
            said = read_body(bodies.unpack(row.body))
            yield Candidate(row.uid, row.kind, row.number, row.title, int(row.year), row.retention, said)


def appraise(act: Act, record: str, verdict: Verdict, until: int, reason: str) -> None:
    """What was said of the record stands; what was said before is replaced as long as it stands on no list."""
    act.connection.exec_driver_sql(
        "INSERT INTO appraisal (record_uid, verdict, until, reason, \"by\", at, list) VALUES (?, ?, ?, ?, ?, ?, '')"
        " ON CONFLICT (record_uid) DO UPDATE SET verdict = excluded.verdict, until = excluded.until,"
        ' reason = excluded.reason, "by" = excluded."by", at = excluded.at WHERE list = \'\'',
        (record, verdict.value, until, reason, act.by, act.moment),
    )
    act.note("appraised", record, verdict=verdict.value, until=until)


def withdraw_appraisal(act: Act, record: str) -> bool:
    """Nothing is said of the record any more; False when it stands on a list."""
    row = act.connection.exec_driver_sql(
        "DELETE FROM appraisal WHERE record_uid = ? AND list = '' RETURNING record_uid", (record,)
    ).first()
    if row is not None:
        act.note("appraisal-withdrawn", record)
    return row is not None


def appraisals(connection: Connection, verdict: Verdict, on_list: str = "") -> list[Appraisal]:
    """Return what was said so of records that stand on that list, or on none."""
    rows = connection.exec_driver_sql(
        f"SELECT {_APPRAISAL} FROM appraisal WHERE verdict = ? AND list = ? ORDER BY at, record_uid",
        (verdict.value, on_list),
    )
    return [Appraisal(**{**row._mapping, "verdict": Verdict(row.verdict)}) for row in rows]


def propose(act: Act, list_id: str) -> int:
    """Everything that is to be destroyed and stands on no list, stands on this one; how many, is returned."""
    act.connection.exec_driver_sql(
        f"INSERT INTO destruction ({_LIST}) VALUES (?, 'proposed', ?, ?, '', '', '', '')", (list_id, act.by, act.moment)
    )
    found = act.connection.exec_driver_sql(
        "UPDATE appraisal SET list = ? WHERE verdict = 'destroy' AND list = '' RETURNING record_uid", (list_id,)
    ).all()
    act.note("destruction-proposed", list_id, records=len(found))
    return len(found)


def lists(connection: Connection) -> list[DestructionList]:
    """Return all lists, the newest first."""
    rows = connection.exec_driver_sql(f"SELECT {_LIST} FROM destruction ORDER BY id DESC")
    return [DestructionList(**{**row._mapping, "state": ListState(row.state)}) for row in rows]


def set_approved(act: Act, list_id: str) -> None:
    """The list has a second person's word."""
    act.connection.exec_driver_sql(
        "UPDATE destruction SET state = 'approved', approved_by = ?, approved_at = ? WHERE id = ?",
        (act.by, act.moment, list_id),
    )
    act.note("destruction-approved", list_id)


def withdraw(act: Act, list_id: str) -> None:
    """The list is no more; its records are appraised as before."""
    act.connection.exec_driver_sql("UPDATE appraisal SET list = '' WHERE list = ?", (list_id,))
    act.connection.exec_driver_sql("DELETE FROM destruction WHERE id = ?", (list_id,))
    act.note("destruction-withdrawn", list_id)


def set_done(act: Act, list_id: str, gone: int) -> None:
    """The list is through."""
    act.connection.exec_driver_sql(
        "UPDATE destruction SET state = 'done', done_by = ?, done_at = ? WHERE id = ?", (act.by, act.moment, list_id)
    )
    act.note("destruction-done", list_id, records=gone)


def register(connection: Connection, on_list: str = "") -> list[Destroyed]:
    """Return the register of what was destroyed, or the part of it that one list made."""
    rows = connection.exec_driver_sql(
        f"SELECT {_LINE} FROM destroyed WHERE :list IN ('', list) ORDER BY at, number", {"list": on_list}
    )
    return [_line(row) for row in rows]


def find(connection: Connection, record: str) -> Destroyed | None:
    """Return the register's line of a record, None when it was not destroyed."""
    row = connection.exec_driver_sql(f"SELECT {_LINE} FROM destroyed WHERE record_uid = ?", (record,)).first()
    return _line(row) if row else None


def _line(row: Row[Any]) -> Destroyed:
    return Destroyed(**row._mapping)


def numbers(connection: Connection, series: Series) -> dict[int, Destroyed]:
    """Return the register's line of each item of a series."""
    rows = connection.exec_driver_sql(
        f"SELECT {_LINE} FROM destroyed WHERE number >= :low AND number < :high",
        {"low": series.stem, "high": series.stem + ":"},
    )
    found = ((read_number(row.number), _line(row)) for row in rows)
    return {one[1]: line for one, line in found if one and one[0] == series}


def may_go(connection: Connection, record: str, enrolled: bool) -> bool:
    """Whether a record is settled, and nobody has begun to change it."""
    states = SETTLED if enrolled else (*SETTLED, RecordState.FILED.value)
    return bool(
        connection.exec_driver_sql(
            "SELECT count(*) FROM record r WHERE uid = ? AND state IN (SELECT value FROM json_each(?))"
            " AND NOT EXISTS (SELECT 1 FROM draft d WHERE d.uid = r.uid)",
            (record, json.dumps(states)),
        ).scalar_one()
    )


@contextmanager
def overwriting(act: Act) -> Iterator[None]:
    """Within the block, what is deleted is overwritten where it stood."""
    act.connection.exec_driver_sql("PRAGMA secure_delete=ON")
    try:
        yield
    finally:
        act.connection.exec_driver_sql("PRAGMA secure_delete=OFF")


def destroy(act: Act, one: Appraisal) -> list[bytes]:
    """The record is gone but for its tombstone and its line in the register; the ids of the sealed files to remove are returned."""
    connection = act.connection
    row = connection.exec_driver_sql("SELECT * FROM record WHERE uid = ?", (one.record,)).one()
    said = _bodies(connection, one.record)
    files = _own_files(connection, one.record, said)
    _forget_carried(connection, {str(text) for each in said for text in each.get("fields", {}).values()})
    search_index.remove(connection, int(row.id))
    dues.remove(connection, [int(row.id)])
    revisions = connection.exec_driver_sql(
        "UPDATE revision SET body = x'' WHERE record_uid = ? RETURNING id", (one.record,)
    ).all()
    sealed = _drop_files(connection, files)
    for statement in _TRACES:
        connection.exec_driver_sql(statement, (one.record,))
    connection.exec_driver_sql("DELETE FROM record WHERE id = ?", (row.id,))
    line = Destroyed(
        one.record, row.number, row.kind, int(row.year), row.retention, row.head, row.accepted, len(revisions), len(sealed),
        one.list, one.by, one.reason, act.moment,
    )  # fmt: skip
    _keep_line(connection, line)
    first = connection.exec_driver_sql(
        "SELECT id FROM revision WHERE record_uid = ? ORDER BY arrived LIMIT 1", (one.record,)
    ).scalar_one()
    act.note("record-destroyed", one.record, number=row.number, revision=first, list=one.list)
    return sealed


_TRACES: Final = (
    "UPDATE inbox_item SET name = '', sha256 = '' WHERE record_uid = ?",
    "DELETE FROM volume_item WHERE record_uid = ?",
    "UPDATE import_entry SET content = '' WHERE record_uid = ?",
    "UPDATE extract SET code = '' WHERE record_uid = ?",
)


def _keep_line(connection: Connection, line: Destroyed) -> None:
    values = (
        line.record, line.number, line.kind, line.year, line.retention, line.head, line.accepted, line.revisions, line.files,
        line.list, line.appraised_by, line.reason, line.at,
    )  # fmt: skip
    connection.exec_driver_sql(
        "INSERT INTO destroyed (record_uid, number, kind, year, retention, head, accepted, revisions, files, list, appraised_by,"
        " reason, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        values,
    )


def _bodies(connection: Connection, record: str) -> list[dict[str, Any]]:
    rows = connection.exec_driver_sql("SELECT body FROM revision WHERE record_uid = ? AND body != x''", (record,))
    return [read_body(bodies.unpack(row[0])) for row in rows]


def _forget_carried(connection: Connection, texts: set[str]) -> None:
    """What the next record of a kind would begin with is not what this one said."""
    kept = connection.exec_driver_sql("SELECT key FROM setting WHERE key LIKE 'carry.%'").scalars().all()
    for key in kept:
        table = settings.get_table(connection, key)
        left = {name: text for name, text in table.items() if name not in texts and text not in texts}
        if left != table:
            settings.put_table(connection, key, left)


def _own_files(connection: Connection, record: str, said: Iterable[dict[str, Any]]) -> list[str]:
    """Return the files that the record's revisions name and no other record, draft or waiting scan does."""
    named = {str(one["sha256"]) for each in said for one in each.get("attachments", [])}
    shared = connection.exec_driver_sql(
        "SELECT sha256 FROM inbox_item WHERE sha256 IN (SELECT value FROM json_each(?)) AND record_uid != ?",
        (json.dumps(sorted(named)), record),
    )
    return sorted(named - {str(row[0]) for row in shared} - set(_drafted(connection)))


def _drafted(connection: Connection) -> Iterator[str]:
    for (content,) in connection.exec_driver_sql("SELECT content FROM draft"):
        yield from json.loads(content).get("attachments", ())


def _drop_files(connection: Connection, files: Iterable[str]) -> list[bytes]:
    listed = json.dumps(list(files))
    rows = connection.exec_driver_sql(
        "SELECT file_id FROM attachment WHERE sha256 IN (SELECT value FROM json_each(?))", (listed,)
    ).all()
    for table in ("attachment", "page_text", "checked_file"):
        connection.exec_driver_sql(f"DELETE FROM {table} WHERE sha256 IN (SELECT value FROM json_each(?))", (listed,))
    gone = [str(row[0]) for row in rows]
    connection.exec_driver_sql(
        "DELETE FROM fixity WHERE file_id IN (SELECT value FROM json_each(?))", (json.dumps(gone),)
    )
    return [bytes.fromhex(one) for one in gone]


def note_accepted(connection: Connection, record: str, accepted: str) -> str:
    """The county's head of a destroyed record stands on its line; the one before is returned."""
    before = connection.exec_driver_sql("SELECT accepted FROM destroyed WHERE record_uid = ?", (record,)).scalar_one()
    connection.exec_driver_sql("UPDATE destroyed SET accepted = ? WHERE record_uid = ?", (accepted, record))
    return str(before)
