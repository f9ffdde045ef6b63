"""Statistics (统计表): records by kind, year and village, with nothing told from which a small group can be reckoned."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from desktop.services.sealing.tables import safe_cell
from sync.contract.suppression import protect

HEADS: Final = ("kind", "year", "village", "count")
TOTAL: Final = "*"
NOT_TOLD: Final = "*"
NO_VILLAGE: Final = "—"
Counted = tuple[str, int, str]  # kind, year, village


def statistics_csv(records: Iterable[Counted], label: Callable[[str], str], village: Callable[[str], str]) -> bytes:
    """Return the tables of docs/statistics.md over these records.

    Args:
        label: how a kind is called. village: how a village is called; villages of one name are counted together.
    """
    counts: dict[str, Counter[tuple[int, str]]] = {}
    for kind, year, place in records:
        counts.setdefault(kind, Counter())[year, village(place) or NO_VILLAGE] += 1
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(HEADS)
    for kind in sorted(counts):
        writer.writerows([safe_cell(label(kind)), *map(safe_cell, line)] for line in _lines(counts[kind]))
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _lines(counts: Counter[tuple[int, str]]) -> Iterator[tuple[str, str, str]]:
    years, villages = sorted({year for year, _ in counts}), sorted({place for _, place in counts})
    told = protect([[counts[year, place] for place in villages] for year in years])
    for year, line in zip((*map(str, years), TOTAL), told, strict=True):
        for place, count in zip((*villages, TOTAL), line, strict=True):
            yield year, place, NOT_TOLD if count is None else str(count)
