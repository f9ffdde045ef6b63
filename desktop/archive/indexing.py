"""Indexing (建索引): what a record is found by, from its body and the text of its pages; one way for all who change either."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.engine import Connection

from desktop.archive import attachments, records, search_index
from sync.contract.kinds import Kind


def index_record(connection: Connection, kind: Kind, row: int, said: Mapping[str, Any]) -> None:
    """The record is found by what it says and by all text of its pages that is known by now."""
    texts = [one for file in said["attachments"] for one in attachments.words(connection, file["sha256"])]
    search_index.put(connection, row, search_index.entry(kind, said, texts))


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
