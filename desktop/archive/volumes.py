"""Volumes (案卷) as the archive keeps them: what each is, which records stand in it and in which order, and what befell it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy.engine import Connection, Row

from desktop.archive.archive import Act
from sync.contract.revisions import RecordState


class VolumeState(StrEnum):
    """Whether a volume still changes (组卷中、已结卷)."""

    OPEN = "open"
    CLOSED = "closed"


class VolumeEvent(StrEnum):
    """What befell a volume and stands on its 备考表 for good."""

    CLOSED = "closed"
    REOPENED = "reopened"
    PRINTED = "printed"


@dataclass(frozen=True, slots=True)
class Volume:
    """A volume as it stands; its records are all of one series: fonds, kind, year, retention."""

    uid: str
    fonds: str
    kind: str
    year: int
    retention: str
    number: int
    title: str
    box: str
    thickness_mm: int
    state: VolumeState
    checker: str
    note: str
    made_by: str
    made_at: str
    closed_by: str = ""
    closed_at: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """A record in its place in a volume; `pages` 0: not known."""

    record_uid: str
    pages: int


@dataclass(frozen=True, slots=True)
class Totals:
    """How many items a volume holds, their known pages, how many have unknown ones, and whether it was printed since it was closed."""

    items: int = 0
    pages: int = 0
    unknown: int = 0
    printed: bool = False


@dataclass(frozen=True, slots=True)
class Befell:
    """One line of a volume's life."""

    event: VolumeEvent
    by: str
    at: str
    note: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many records of a series stand in no volume yet."""

    fonds: str
    kind: str
    year: int
    retention: str
    records: int


_COLUMNS: Final = "uid, fonds, kind, year, retention, number, title, box, thickness_mm, state, checker, note, made_by, made_at, closed_by, closed_at"
_SERIES: Final = "fonds = :fonds AND kind = :kind AND year = :year AND retention = :retention"
_FREE: Final = (  # the fonds stands in the archive number; a voided record is put into no volume
    "substr(number, 1, 4) = :fonds AND kind = :kind AND year = :year AND retention = :retention AND state != :voided"
    " AND NOT EXISTS (SELECT 1 FROM volume_item i WHERE i.record_uid = record.uid)"
)


def every(connection: Connection) -> list[tuple[Volume, Totals]]:
    """Return all volumes with their totals, the newest year first, each series in the order of its numbers."""
    asked = f"SELECT {_COLUMNS} FROM volume ORDER BY year DESC, kind, fonds, retention, number"
    totals = _totals(connection)
    return [(one, totals.get(one.uid, Totals())) for one in map(_volume, connection.exec_driver_sql(asked))]


def find(connection: Connection, uid: str) -> Volume | None:
    """Return the volume, or None when there is none of that id."""
    row = connection.exec_driver_sql(f"SELECT {_COLUMNS} FROM volume WHERE uid = ?", (uid,)).first()
    return _volume(row) if row else None


def members(connection: Connection, uid: str) -> list[Member]:
    """Return the records of a volume in their order."""
    asked = "SELECT record_uid, pages FROM volume_item WHERE volume_uid = ? ORDER BY place"
    return [Member(row.record_uid, int(row.pages)) for row in connection.exec_driver_sql(asked, (uid,))]


def volume_of(connection: Connection, record_uid: str) -> str:
    """Return the volume a record stands in, or nothing."""
    asked = "SELECT volume_uid FROM volume_item WHERE record_uid = ?"
    return str(connection.exec_driver_sql(asked, (record_uid,)).scalar() or "")


def waiting(connection: Connection) -> list[Waiting]:
    """Return each series with records that stand in no volume, the newest year first."""
    asked = (
        "SELECT substr(number, 1, 4) AS fonds, kind, year, retention, count(*) AS records FROM record"
        " WHERE state != :voided AND NOT EXISTS (SELECT 1 FROM volume_item i WHERE i.record_uid = record.uid)"
        " GROUP BY 1, 2, 3, 4 ORDER BY year DESC, kind, fonds, retention"
    )
    rows = connection.exec_driver_sql(asked, {"voided": RecordState.VOIDED.value})
    return [Waiting(**row._mapping) for row in rows]


def free(connection: Connection, series: Waiting, most: int) -> list[int]:
    """Return the first rows of a series that stand in no volume, in the order of their numbers."""
    rows = connection.exec_driver_sql(
        f"SELECT id FROM record WHERE {_FREE} ORDER BY length(number), number LIMIT :most",
        {**_series_of(series), "voided": RecordState.VOIDED.value, "most": most},
    )
    return [int(row.id) for row in rows]


def next_number(connection: Connection, series: Volume | Waiting) -> int:
    """Return the number the next volume of the series has."""
    asked = f"SELECT coalesce(max(number), 0) + 1 FROM volume WHERE {_SERIES}"
    return int(connection.exec_driver_sql(asked, _series_of(series)).scalar_one())


def put(act: Act, volume: Volume) -> None:
    """The volume stands as given."""
    columns = _COLUMNS.split(", ")
    values = ", ".join(f":{name}" for name in columns)
    changed = ", ".join(f"{name} = excluded.{name}" for name in columns[1:])
    act.connection.exec_driver_sql(
        f"INSERT INTO volume ({_COLUMNS}) VALUES ({values}) ON CONFLICT (uid) DO UPDATE SET {changed}",
        {name: getattr(volume, name) for name in columns} | {"state": volume.state.value},
    )


def put_members(act: Act, uid: str, several: Sequence[Member]) -> None:
    """These records stand in the volume in this order, and no others."""
    act.connection.exec_driver_sql("DELETE FROM volume_item WHERE volume_uid = ?", (uid,))
    rows = [(one.record_uid, uid, place, one.pages) for place, one in enumerate(several, start=1)]
    if rows:
        act.connection.exec_driver_sql(
            "INSERT INTO volume_item (record_uid, volume_uid, place, pages) VALUES (?, ?, ?, ?)", rows
        )


def drop(act: Act, uid: str) -> None:
    """The volume is no more; its records stand in none, its number is free."""
    for table, key in (("volume_item", "volume_uid"), ("volume_event", "volume_uid"), ("volume", "uid")):
        act.connection.exec_driver_sql(f"DELETE FROM {table} WHERE {key} = ?", (uid,))


def befall(act: Act, uid: str, event: VolumeEvent, note: str = "") -> None:
    """What befell the volume stands in its life."""
    act.connection.exec_driver_sql(
        "INSERT INTO volume_event (volume_uid, event, by, at, note) VALUES (?, ?, ?, ?, ?)",
        (uid, event.value, act.by, act.moment, note),
    )


def life(connection: Connection, uid: str) -> list[Befell]:
    """Return what befell a volume, the first first."""
    asked = "SELECT event, by, at, note FROM volume_event WHERE volume_uid = ? ORDER BY id"
    return [
        Befell(VolumeEvent(row.event), row.by, row.at, row.note) for row in connection.exec_driver_sql(asked, (uid,))
    ]


def still_filed(connection: Connection, uids: Iterable[str]) -> bool:
    """Whether every one of these records is here."""
    asked = "SELECT 1 FROM record WHERE uid = ?"
    return all(connection.exec_driver_sql(asked, (uid,)).first() is not None for uid in uids)


def _totals(connection: Connection) -> dict[str, Totals]:
    rows = connection.exec_driver_sql(
        "SELECT volume_uid, count(*) AS items, sum(pages) AS pages, sum(pages = 0) AS unknown FROM volume_item GROUP BY 1"
    )
    last = connection.exec_driver_sql(  # what befell it last: SQLite gives the row of the greatest id
        "SELECT volume_uid, event, max(id) FROM volume_event GROUP BY 1"
    )
    printed = {row.volume_uid for row in last if row.event == VolumeEvent.PRINTED}
    return {
        row.volume_uid: Totals(int(row.items), int(row.pages), int(row.unknown), row.volume_uid in printed)
        for row in rows
    }


def _series_of(one: Volume | Waiting) -> dict[str, Any]:
    return {"fonds": one.fonds, "kind": one.kind, "year": one.year, "retention": one.retention}


def _volume(row: Row[Any]) -> Volume:
    return Volume(**{**row._mapping, "state": VolumeState(row.state)})
