"""Indexing (建索引): what a record is found by, from its body and the text of its pages; one way for all who change either."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.engine import Connection

from desktop.archive import attachments, dues, records, search_index
from desktop.archive.search_entries import Entry, entry
from sync.contract.kinds import Kind


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
