"""What imports (导入) left behind: each run, and each entry by its key, so that a row comes in once (docs/imports.md)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy.engine import Connection, Row

from desktop.archive import dues, numbering, search_index
from desktop.archive.archive import Act
from sync.contract.folding import fold


class RunState(StrEnum):
    """running: under way, or ended by a power cut. cut: stopped by a person. done: read to the end. undone: taken back."""

    RUNNING = "running"
    CUT = "cut"
    DONE = "done"
    UNDONE = "undone"


class EntryState(StrEnum):
    """filed: became a record. open: became a draft. undone: taken back. kept: could not be taken back."""

    FILED = "filed"
    OPEN = "open"
    UNDONE = "undone"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Run:
    """One file imported by one template. The counts are entries; `read` is 0 until it was read to the end."""

    id: str
    name: str
    sheet: str
    sha256: str
    template: str
    state: RunState
    by: str
    started_at: str
    ended_at: str
    read: int
    filed: int
    rejected: int
    open: int
    there: int
    kept: int
    source: str = ""  # of a table that another office handed over, whose rows become no records


@dataclass(frozen=True, slots=True)
class KeptEntry:
    """An entry that became a record or a draft."""

    key: str
    content: str
    run_id: str
    record_uid: str
    number: str
    state: EntryState


_RUN = "id, name, sheet, sha256, template, state, by, started_at, ended_at, read, filed, rejected, open, there, kept, source"


def begin(act: Act, run: Run) -> None:
    """The run stands as under way."""
    act.connection.exec_driver_sql(
        f"INSERT INTO import_run ({_RUN}) VALUES ({', '.join(':' + name for name in _RUN.split(', '))})",
        {name: getattr(run, name) for name in _RUN.split(", ")} | {"state": run.state.value},
    )


def unfinished(connection: Connection, sha256: str, sheet: str, template: str) -> Run | None:
    """Return the run of this file and template that was not read to the end, or None."""
    row = connection.exec_driver_sql(
        f"SELECT {_RUN} FROM import_run WHERE sha256 = :sha256 AND sheet = :sheet AND template = :template"
        " AND state IN ('running', 'cut') ORDER BY id DESC LIMIT 1",
        {"sha256": sha256, "sheet": sheet, "template": template},
    ).first()
    return _run(row) if row else None


def find(connection: Connection, run_id: str) -> Run | None:
    """Return the run, or None."""
    row = connection.exec_driver_sql(f"SELECT {_RUN} FROM import_run WHERE id = :id", {"id": run_id}).first()
    return _run(row) if row else None


def runs(connection: Connection) -> list[Run]:
    """Return all runs, the newest first."""
    return [_run(row) for row in connection.exec_driver_sql(f"SELECT {_RUN} FROM import_run ORDER BY id DESC")]


def _run(row: Row[Any]) -> Run:
    return Run(**{**row._mapping, "state": RunState(row.state)})


def settle(act: Act, run_id: str, state: RunState, counts: Mapping[str, int]) -> None:
    """The run stands in that state with these counts (read, filed, rejected, open, there, kept)."""
    said = ", ".join(f"{name} = :{name}" for name in counts)
    act.connection.exec_driver_sql(
        f"UPDATE import_run SET state = :state, ended_at = :at{', ' + said if said else ''} WHERE id = :id",
        {**counts, "state": state.value, "at": act.moment, "id": run_id},
    )


def keep(act: Act, entries: Sequence[KeptEntry]) -> None:
    """The entries are known by their keys; one that had been taken back belongs to its new run."""
    if not entries:
        return
    act.connection.exec_driver_sql(
        "INSERT INTO import_entry (key, content, run_id, record_uid, number, state)"
        " VALUES (:key, :content, :run_id, :record_uid, :number, :state) ON CONFLICT (key) DO UPDATE SET"
        " content = :content, run_id = :run_id, record_uid = :record_uid, number = :number, state = :state",
        [
            {
                "key": one.key,
                "content": one.content,
                "run_id": one.run_id,
                "record_uid": one.record_uid,
                "number": one.number,
                "state": one.state.value,
            }
            for one in entries
        ],
    )


def known(connection: Connection, keys: Iterable[str]) -> dict[str, KeptEntry]:
    """Return, by key, the entries that are in the archive: filed, or open with a draft or record still there."""
    rows = connection.exec_driver_sql(
        "SELECT key, content, run_id, record_uid, number, state FROM import_entry e"
        " WHERE key IN (SELECT value FROM json_each(:keys)) AND (state IN ('filed', 'kept') OR (state = 'open' AND ("
        " EXISTS (SELECT 1 FROM draft d WHERE d.uid = e.record_uid)"
        " OR EXISTS (SELECT 1 FROM record r WHERE r.uid = e.record_uid))))",
        {"keys": json.dumps(list(keys))},
    )
    return {row.key: _entry(row) for row in rows}


def entries(connection: Connection, run_id: str, state: EntryState, after: str, limit: int) -> list[KeptEntry]:
    """Return entries of a run in one state by their keys, after the given key."""
    rows = connection.exec_driver_sql(
        "SELECT key, content, run_id, record_uid, number, state FROM import_entry"
        " WHERE run_id = :run AND state = :state AND key > :after ORDER BY key LIMIT :limit",
        {"run": run_id, "state": state.value, "after": after, "limit": limit},
    )
    return [_entry(row) for row in rows]


def _entry(row: Row[Any]) -> KeptEntry:
    return KeptEntry(row.key, row.content, row.run_id, row.record_uid, row.number, EntryState(row.state))


def count(connection: Connection, run_id: str) -> dict[EntryState, int]:
    """Return how many entries of a run stand in each state."""
    rows = connection.exec_driver_sql(
        "SELECT state, count(*) FROM import_entry WHERE run_id = :run GROUP BY state", {"run": run_id}
    )
    found = {EntryState(state): int(number) for state, number in rows}
    return {state: found.get(state, 0) for state in EntryState}


def filed_days(connection: Connection, kind: str) -> set[int]:
    """Return what tells a possible double of a record of this kind: a hash of its day and its folded title."""
    rows = connection.exec_driver_sql("SELECT case_date, title FROM record WHERE kind = :kind", {"kind": kind})
    return {double_mark(kind, day, title) for day, title in rows}


def double_mark(kind: str, day: str, title: str) -> int:
    """Return the mark that two records of one kind, one day and one title share."""
    return hash((kind, day, fold(title).replace(" ", "")))


def take_back(act: Act, entry: KeptEntry) -> bool:
    """The record is gone if it stands as the import filed it, and its number is never given again; else False.

    Its revision never left this desk: it is in no batch, nothing follows it, no draft is begun on it, and it stands in no volume.
    """
    row = act.connection.exec_driver_sql(
        "SELECT id, head FROM record r WHERE uid = :uid AND state = 'filed' AND accepted = ''"
        " AND (SELECT count(*) FROM revision v WHERE v.record_uid = r.uid) = 1"
        " AND NOT EXISTS (SELECT 1 FROM batch_revision b WHERE b.revision_id = r.head)"
        " AND NOT EXISTS (SELECT 1 FROM decision c WHERE c.record_uid = r.uid)"
        " AND NOT EXISTS (SELECT 1 FROM draft d WHERE d.uid = r.uid)"
        " AND NOT EXISTS (SELECT 1 FROM volume_item i WHERE i.record_uid = r.uid)",
        {"uid": entry.record_uid},
    ).first()
    if row is None:
        return False
    search_index.remove(act.connection, int(row.id))
    dues.remove(act.connection, [int(row.id)])
    act.connection.exec_driver_sql("DELETE FROM record WHERE id = :id", {"id": row.id})
    act.connection.exec_driver_sql("DELETE FROM revision WHERE id = :id", {"id": row.head})
    numbering.withdraw(act, entry.number, entry.run_id)
    act.note("record-taken-back", entry.record_uid, number=entry.number, revision=row.head, run=entry.run_id)
    return True


def drop_untouched(act: Act, entry: KeptEntry) -> bool:
    """The draft is gone if nobody worked on it since the import; else False."""
    found = act.connection.exec_driver_sql(
        "DELETE FROM draft WHERE uid = :uid AND changed_at = started_at AND parent = '' RETURNING uid",
        {"uid": entry.record_uid},
    ).first()
    return found is not None


def mark(act: Act, keys: Iterable[str], state: EntryState) -> None:
    """The entries stand in that state."""
    act.connection.exec_driver_sql(
        "UPDATE import_entry SET state = :state WHERE key IN (SELECT value FROM json_each(:keys))",
        {"state": state.value, "keys": json.dumps(list(keys))},
    )
