"""A process that opens a filled county and asks what staff ask: times in milliseconds and its largest resident memory, as JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select

from sync.contract.batches import BatchId
from sync.county import conflicts, reviewing
from sync.county.board import read_board
from sync.county.book import SqlBook
from sync.county.service import County
from sync.county.tables import RevisionRow, table
from tests.bench.search_child import largest_mib

ROUNDS = 5
_REVISION = table(RevisionRow)


def milliseconds(act: Callable[[], object]) -> float:
    """Return the median wall time of some rounds, the first left out."""
    act()
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        act()
        times.append((time.perf_counter() - began) * 1000)
    return sorted(times)[ROUNDS // 2]


def measure(folder: Path, batch: BatchId, revision: str) -> dict[str, float]:
    county = County(folder, folder / "county.key")
    with county.storage.connection() as connection:
        book = SqlBook(connection, county.now)

        def open_batch() -> object:
            first = reviewing.show_batch(book, connection, batch, 0)
            return first, reviewing.show_batch(book, connection, batch, len(first.records))

        figures = {
            "board_ms": milliseconds(lambda: read_board(connection, county.now())),
            "batch_open_ms": milliseconds(open_batch),
            "conflicts_ms": milliseconds(lambda: conflicts.list_conflicts(connection, None, 0)),
            "worklist_ms": milliseconds(lambda: reviewing.list_batches(connection, None)),
            "lookup_ms": milliseconds(
                lambda: connection.execute(select(_REVISION).where(_REVISION.c.id == revision)).one()
            ),
        }
    county.close()
    return {**figures, "rss_mib": largest_mib()}


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), BatchId(sys.argv[2]), sys.argv[3])))
