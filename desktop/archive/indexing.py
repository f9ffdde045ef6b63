"""Indexing (建索引): what a record is found by, from its body and the text of its pages; one way for all who change either."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy.engine import Connection

from desktop.archive import attachments, dues, records, search_index, settings
from desktop.archive.search_entries import Entry, entry
from sync.contract.kinds import Kind

INDEX_VERSION: Final = 1  # raised when search_entries makes other entries of the same record
FINGERPRINT: Final = "index.made_from"


def index_record(connection: Connection, kind: Kind, row: int, said: Mapping[str, Any]) -> None:
    """The record is found by what it says and by all text of its pages that is known by now; what is due of it is known."""
    (made,) = _entries(connection, [(row, kind, said)])
    search_index.put(connection, *made)
    dues.put(connection, [(row, kind, said)])


def index_new_records(connection: Connection, several: Iterable[tuple[int, Kind, Mapping[str, Any]]]) -> None:
    """Records that were not in the index are found; rows come in their order, which keeps the index in few pieces."""
    listed = list(several)
    search_index.add(connection, _entries(connection, listed))
    dues.put(connection, listed, new=True)


def bring_up(connection: Connection, kinds: Mapping[str, Kind]) -> bool:
    """The index is what these kinds and this program make of the records; whether it had to be made again is returned."""
    wanted = _fingerprint(kinds)
    if settings.get(connection, FINGERPRINT) == wanted:
        return False
    for row in connection.exec_driver_sql("SELECT id, kind, head, number, title FROM record ORDER BY id").all():
        said = records.body(connection, row.head)
        if said is None or "fields" not in said:  # a void says nothing of its own
            said = {"number": row.number, "title": row.title, "fields": {}, "normal": {}, "attachments": []}
        if row.kind in kinds:
            index_record(connection, kinds[row.kind], row.id, said)
        records.set_places(connection, row.id, said)
    search_index.optimise(connection)
    settings.put(connection, FINGERPRINT, wanted)
    return True


def _fingerprint(kinds: Mapping[str, Kind]) -> str:
    """Return what the index depends on beside the records: how this program makes it, and what the kinds have searched."""
    told = [f"{kind.key} {one.key} {one.type} {one.search}" for kind in kinds.values() for _, one in kind.all_fields()]
    told += [f"{kind.key} {due!r}" for kind in kinds.values() for due in kind.dues]
    return f"{INDEX_VERSION}-{hashlib.sha256(chr(10).join(sorted(told)).encode()).hexdigest()[:16]}"


def _entries(connection: Connection, several: Iterable[tuple[int, Kind, Mapping[str, Any]]]) -> list[tuple[int, Entry]]:
    """Return what the index holds of these records; the text of their pages is asked for once."""
    listed = list(several)
    files = {file["sha256"] for _, _, said in listed for file in said["attachments"]}
    words = attachments.words_of_all(connection, files) if files else {}
    return [
        (row, entry(kind, said, [text for file in said["attachments"] for text in words.get(file["sha256"], [])]))
        for row, kind, said in listed
    ]


def index_page_text(connection: Connection, kinds: Mapping[str, Kind], sha256: str) -> None:
    """Records that were filed with this file are found by the text that was read from it since."""
    filed = connection.exec_driver_sql(
        "SELECT record_uid FROM inbox_item WHERE sha256 = :sha256 AND record_uid != ''", {"sha256": sha256}
    ).all()
    for row in filed:
        line = records.by_uid(connection, row.record_uid)
        said = records.body(connection, line.head) if line else None
        if line is not None and said is not None and line.kind in kinds:
            index_record(connection, kinds[line.kind], line.id, said)
