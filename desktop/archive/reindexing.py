"""Indexing anew (重建索引): when this program or its kinds make other entries than the index holds, it is made again from the records.

In blocks, each one act, with how far it came kept in the archive: a pulled plug or a closed window costs one block, and the
next opening goes on. An archive whose index is not whole is not opened to anybody.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy.engine import Connection, Row

from desktop.archive import indexing, records, search_index, settings
from desktop.archive.archive import Archive
from sync.contract.kinds import Kind

INDEX_VERSION: Final = 1  # raised when search_entries makes other entries of the same record
FINGERPRINT: Final = "index.made_from"
MAKING: Final = "index.making"  # what it is being made from, and the last row that is in it
BLOCK_RECORDS: Final = 500

Told = Callable[[int, int], None]
"""Called with how many records are indexed, and how many there are."""


def bring_up(
    archive: Archive, kinds: Mapping[str, Kind], by: str, at: datetime, told: Told = lambda _done, _whole: None
) -> bool:
    """The index is what these kinds and this program make of the records; whether it had to be made again is returned."""
    wanted = _fingerprint(kinds)
    with archive.reading() as connection:
        if settings.get(connection, FINGERPRINT) == wanted:
            return False
        whole = sum(records.count(connection).values())
    last, done = _begin(archive, wanted, by, at)
    while block := _block(archive, last):
        with archive.act(by, at) as act:
            _index(act.connection, kinds, block)
            last = int(block[-1].id)
            settings.put(act.connection, MAKING, f"{wanted} {last}")
        done += len(block)
        told(done, whole)
    merging = True
    while merging:
        with archive.act(by, at) as act:
            merging = search_index.tidy(act.connection, search_index.MERGE_PAGES)
    with archive.act(by, at) as act:
        settings.put(act.connection, FINGERPRINT, wanted)
        settings.put(act.connection, MAKING, "")
        act.note("index-made-again", "archive")
    return True


def _begin(archive: Archive, wanted: str, by: str, at: datetime) -> tuple[int, int]:
    """Return the last row that the index to be made holds already, and how many it holds; it is emptied where it was another."""
    with archive.act(by, at) as act:
        making, _, last = settings.get(act.connection, MAKING).partition(" ")
        if making == wanted:
            held = act.connection.exec_driver_sql(
                "SELECT count(*) FROM record WHERE id <= ?", (int(last),)
            ).scalar_one()
            return int(last), int(held)
        search_index.clear(act.connection)
        settings.put(act.connection, FINGERPRINT, "")
        settings.put(act.connection, MAKING, f"{wanted} 0")
    return 0, 0


def _block(archive: Archive, last: int) -> list[Row[Any]]:
    with archive.reading() as connection:
        asked = "SELECT id, kind, head, number, title FROM record WHERE id > ? ORDER BY id LIMIT ?"
        return list(connection.exec_driver_sql(asked, (last, BLOCK_RECORDS)))


def _index(connection: Connection, kinds: Mapping[str, Kind], block: list[Row[Any]]) -> None:
    """The records of these rows are in the index, and count where they stand."""
    known = []
    for row in block:
        said = records.body(connection, row.head)
        if said is None or "fields" not in said:  # a void says nothing of its own
            said = {"number": row.number, "title": row.title, "fields": {}, "normal": {}, "attachments": []}
        if row.kind in kinds:
            known.append((int(row.id), kinds[row.kind], said))
        records.set_places(connection, row.id, said)
    indexing.index_new_records(connection, known)


def _fingerprint(kinds: Mapping[str, Kind]) -> str:
    """Return what the index depends on beside the records: how this program makes it, and what the kinds have searched."""
    told = [f"{kind.key} {one.key} {one.type} {one.search}" for kind in kinds.values() for _, one in kind.all_fields()]
    told += [f"{kind.key} {due!r}" for kind in kinds.values() for due in kind.dues]
    return f"{INDEX_VERSION}-{hashlib.sha256(chr(10).join(sorted(told)).encode()).hexdigest()[:16]}"
