"""The slice of the county's catalogue (目录切片) as this archive holds it, and who looked at our records elsewhere. docs/one-window.md."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy.engine import Connection

from desktop.archive import settings
from desktop.archive.archive import Act
from sync.contract.one_window import Look, SliceEntry, SlicePerson, read_people

_STATE, _HOLDERS = "county_slice", "county_slice.holders"
DROPPED_AT_ONCE: Final = 5_000


@dataclass(frozen=True, slots=True)
class SliceState:
    """Where this archive's slice stands; `view` and `salt` in hex, `whole` once the county had nothing more, `fetched_at` then.

    `looks` is the number of the last look at our records that we heard of.
    """

    view: str = ""
    edition: int = 0
    salt: str = ""
    looks: int = 0
    records: int = 0
    whole: bool = False
    fetched_at: str = ""


@dataclass(frozen=True, slots=True)
class SliceHit:
    """A record of another township in which somebody is named under the key that was asked for."""

    record: str
    kind: str
    year: int
    township: str
    person: SlicePerson


@dataclass(frozen=True, slots=True)
class ElsewhereLook:
    """A record of ours that was opened in another township."""

    record: str
    at: str
    township_name: str
    person: str
    purpose: str


def state(connection: Connection) -> SliceState:
    """Return where the slice stands."""
    kept = settings.get(connection, _STATE)
    return SliceState(**json.loads(kept)) if kept else SliceState()


def put_state(act: Act, now: SliceState) -> None:
    """The slice stands there."""
    settings.put(act.connection, _STATE, json.dumps(asdict(now)))


def holders(connection: Connection) -> Mapping[str, str]:
    """Return the names of the townships that the slice names."""
    return settings.get_table(connection, _HOLDERS)


def put_holders(act: Act, names: Mapping[str, str]) -> None:
    """These townships are called so; others stay as they were."""
    known = holders(act.connection)
    if any(known.get(code) != name for code, name in names.items()):
        settings.put_table(act.connection, _HOLDERS, {**known, **names})


def put(act: Act, entries: Sequence[SliceEntry]) -> int:
    """The slice says of these records what the entries say; returns how many records it has more than before."""
    gone = _take_out(act, [one.record for one in entries])
    kept = [one for one in {one.record: one for one in entries}.values() if one.people]
    if kept:
        first = int(act.connection.exec_driver_sql("SELECT coalesce(max(id), 0) + 1 FROM slice_record").scalar() or 1)
        rows = [(first + place, *_columns(one)) for place, one in enumerate(kept)]
        names = sorted(
            (person.key, row[0]) for row, one in zip(rows, kept, strict=True) for person in _people(one.people)
        )
        act.connection.exec_driver_sql(
            "INSERT INTO slice_record (id, record, kind, year, township, people) VALUES (?, ?, ?, ?, ?, ?)", rows
        )
        _change_names(act, "INSERT OR IGNORE INTO slice_name (name_key, slice_id) VALUES (?, ?)", names)
    return len(kept) - gone


def drop(act: Act) -> int:
    """At most 5,000 lines of the slice are gone; how many went is returned, 0 when it is empty."""
    gone = 0
    for table, key in (("slice_name", "name_key, slice_id"), ("slice_record", "id")):
        first = f"SELECT {key} FROM {table} LIMIT {DROPPED_AT_ONCE - gone}"
        gone += act.connection.exec_driver_sql(f"DELETE FROM {table} WHERE ({key}) IN ({first})").rowcount
        if gone:
            return gone
    return gone


def find(connection: Connection, key: int, most: int) -> list[SliceHit]:
    """Return the records in which somebody is named under the key, the newest first, one line for each such person."""
    rows = connection.exec_driver_sql(
        "SELECT r.record, r.kind, r.year, r.township, r.people FROM slice_name n JOIN slice_record r ON r.id = n.slice_id"
        " WHERE n.name_key = ? ORDER BY r.year DESC, r.id DESC LIMIT ?",
        (key, most),
    )
    return [
        SliceHit(_uuid(bytes(row.record)), row.kind, row.year, row.township, person)
        for row in rows
        for person in read_people(bytes(row.people))
        if person.key == key
    ]


def put_looks(act: Act, looks: Iterable[Look]) -> list[Look]:
    """These looks are known here; those that were not before are returned."""
    fresh = []
    for one in looks:
        made = act.connection.exec_driver_sql(
            'INSERT OR IGNORE INTO county_look ("grant", record_uid, at, township, township_name, person, purpose)'
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (one.grant, str(one.record), one.at, one.township, one.township_name, one.person, one.purpose),
        )
        if made.rowcount:
            fresh.append(one)
    return fresh


def looks_since(connection: Connection, since: str, most: int) -> list[ElsewhereLook]:
    """Return who opened records of ours elsewhere since then, the newest first."""
    rows = connection.exec_driver_sql(
        "SELECT record_uid, at, township_name, person, purpose FROM county_look WHERE at >= ? ORDER BY at DESC LIMIT ?",
        (since, most),
    )
    return [ElsewhereLook(*row) for row in rows]


def _take_out(act: Act, records: Sequence[bytes]) -> int:
    """Nothing of these records is in the slice; returns of how many there was."""
    asked = json.dumps([record.hex() for record in records])
    rows = act.connection.exec_driver_sql(
        "SELECT s.id, s.people FROM json_each(?) j CROSS JOIN slice_record s ON s.record = unhex(j.value)", (asked,)
    ).all()
    names = [(person.key, row.id) for row in rows for person in _people(bytes(row.people))]
    _change_names(act, "DELETE FROM slice_name WHERE name_key = ? AND slice_id = ?", names)
    if rows:
        act.connection.exec_driver_sql("DELETE FROM slice_record WHERE id = ?", [(row.id,) for row in rows])
    return len(rows)


def _change_names(act: Act, statement: str, names: Sequence[tuple[int, int]]) -> None:
    if names:
        act.connection.exec_driver_sql(statement, list(names))


def _people(packed: bytes) -> tuple[SlicePerson, ...]:
    return read_people(packed)


def _columns(one: SliceEntry) -> tuple[bytes, str, int, str, bytes]:
    return one.record, one.kind, one.year, one.township, one.people


def _uuid(raw: bytes) -> str:
    plain = raw.hex()
    return f"{plain[:8]}-{plain[8:12]}-{plain[12:16]}-{plain[16:20]}-{plain[20:]}"
