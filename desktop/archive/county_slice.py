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

_STATE, _HOLDERS, _WORDS = "county_slice", "county_slice.holders", "county_slice.words"
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
    gone = _take_out(act, list(dict.fromkeys(one.record for one in entries)))
    kept = [one for one in {one.record: one for one in entries}.values() if one.people]
    words = _words(act, [word for one in kept for word in (one.kind, one.township)])
    people = sorted(
        (person.key, one.year, one.record, person.born, person.span, words[one.kind], words[one.township])
        for one in kept
        for person in read_people(one.people)
    )
    _write(act, "INSERT INTO slice_person VALUES (?, ?, ?, ?, ?, ?, ?)", people)
    _write(act, "INSERT INTO slice_record VALUES (?, ?, ?)", [(one.record, one.year, one.people) for one in kept])
    return len(kept) - gone


def drop(act: Act) -> int:
    """At most 5,000 lines of the slice are gone; how many went is returned, 0 when it is empty."""
    for table, key in (("slice_person", _PERSON_KEY), ("slice_record", "record")):
        first = f"SELECT {key} FROM {table} LIMIT {DROPPED_AT_ONCE}"
        gone = act.connection.exec_driver_sql(f"DELETE FROM {table} WHERE ({key}) IN ({first})").rowcount
        if gone:
            return gone
    return 0


def find(connection: Connection, key: int, born: int | None, most: int) -> list[SliceHit]:
    """Return the records in which somebody is named under the key, the newest first, one line for each such person.

    Args:
        born: the year of birth; who may not be born in it is left out.
    """
    rows = connection.exec_driver_sql(
        "SELECT record, year, kind, township, born, span FROM slice_person WHERE name_key = :key"
        " AND (:born IS NULL OR born = 0 OR :born BETWEEN born AND born + span)"
        " ORDER BY year DESC, record DESC LIMIT :most",
        {"key": key, "born": born, "most": most},
    )
    words = _known_words(connection)
    return [
        SliceHit(
            _uuid(bytes(row.record)),
            words[row.kind],
            row.year,
            words[row.township],
            SlicePerson(key, row.born, row.span),
        )
        for row in rows
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


_PERSON_KEY: Final = "name_key, year, record, born, span"


def _take_out(act: Act, records: Sequence[bytes]) -> int:
    """Nothing of these records is in the slice; returns of how many there was."""
    asked = json.dumps([record.hex() for record in records])
    rows = act.connection.exec_driver_sql(
        "SELECT s.record, s.year, s.people FROM json_each(?) j CROSS JOIN slice_record s ON s.record = unhex(j.value)",
        (asked,),
    ).all()
    people = [
        (person.key, row.year, bytes(row.record), person.born, person.span)
        for row in rows
        for person in read_people(bytes(row.people))
    ]
    _write(act, f"DELETE FROM slice_person WHERE ({_PERSON_KEY}) = (?, ?, ?, ?, ?)", people)
    _write(act, "DELETE FROM slice_record WHERE record = ?", [(bytes(row.record),) for row in rows])
    return len(rows)


def _write(act: Act, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
    if rows:
        act.connection.exec_driver_sql(statement, list(rows))


def _words(act: Act, wanted: Iterable[str]) -> Mapping[str, int]:
    """Return the place of each word in the kept list; new ones are added to it: a row holds places, not words."""
    known = _known_words(act.connection)
    new = [word for word in dict.fromkeys(wanted) if word not in known]
    if new:
        settings.put(act.connection, _WORDS, json.dumps([*known, *new], ensure_ascii=False))
    return {word: place for place, word in enumerate([*known, *new])}


def _known_words(connection: Connection) -> list[str]:
    kept: list[str] = json.loads(settings.get(connection, _WORDS, "[]"))
    return kept


def _uuid(raw: bytes) -> str:
    plain = raw.hex()
    return f"{plain[:8]}-{plain[8:12]}-{plain[12:16]}-{plain[16:20]}-{plain[20:]}"
