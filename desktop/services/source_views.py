"""What other offices hold about a person (来源表), as it is shown beside their file (docs/sources.md, section 5)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from desktop.archive import source_rows
from desktop.archive.archive import Connection
from desktop.archive.source_rows import HeldRow
from desktop.services.imports.headers import plain
from desktop.services.person_views import SourceSeen
from sync.contract.sources import Delivers, Source, load_sources


def rows_about(connection: Connection, numbers: Iterable[int], now: datetime) -> tuple[SourceSeen, ...]:
    """Return the standing rows about these numbers (their first 17 digits), by office."""
    sources = load_sources()
    whole = [one.name for one in sources.values() if one.delivers is Delivers.WHOLE]
    held = source_rows.of_numbers(connection, {one for one in numbers if one}, whole)
    return tuple(_seen(row, sources[row.source], now) for row in held if row.source in sources)


def _seen(row: HeldRow, source: Source, now: datetime) -> SourceSeen:
    labels = {plain(word): one.label for one in source.columns for word in (one.name, one.label, *one.read)}
    own = {one.label for one in source.columns if one.name in (source.person, source.named)}
    cells = [(labels.get(plain(label), label), text) for label, text in row.cells.items()]
    old = now - datetime.fromisoformat(row.came_at) > timedelta(days=source.fresh_days)
    told = tuple(cell for cell in cells if cell[0] not in own)  # whom it is about stands above
    return SourceSeen(source.label, source.office, row.came_at[:10], source.fresh_days, old, told)
