"""Answering (检索): the first rows of an answer at once, all of its rows as a snapshot, and what it counts.

The first rows are walked to and no further, so they cost the same whether ten records answer or a million.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from sqlalchemy.engine import Connection

from desktop.archive.search_question import Question
from desktop.archive.snapshot import Rows, Snapshot, read_rows
from sync.vault.engine import driver

RANKED_HITS_MAX: Final = 1_000  # ranking reads every hit; above this the newest say more than the best

_NUMBER = "SELECT record_id FROM lookup WHERE value = ? ORDER BY record_id DESC"
_BEGUN = "SELECT record_id FROM lookup WHERE value > ? AND value < ? ORDER BY value"
_NEWEST = "SELECT rowid FROM fulltext WHERE fulltext MATCH ? ORDER BY rowid DESC LIMIT ?"
_EVERY = "SELECT group_concat(rowid) FROM fulltext WHERE fulltext MATCH ?"
_RANKED = "SELECT rowid FROM fulltext WHERE fulltext MATCH ? ORDER BY rank"
_LAST_CHARACTER = "\U0010ffff"

Kept = Callable[[int], bool]


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows in the order to be shown; `tier` says how the first was found, empty when nothing was."""

    rows: Snapshot
    tier: str = ""


def first(connection: Connection, asked: Question, count: int, kept: Kept | None = None) -> Answer:
    """Return the first rows of the answer, at most `count`, of those that are to be kept."""
    found: dict[int, str] = {}
    with driver(connection) as raw:
        if asked.number:
            _take(found, "number", _by_number(raw, asked), count, kept)
        for tier in asked.tiers:
            if len(found) < count:
                limit = count if kept is None else -1  # `count` rows hold as many new ones as are still wanted, or all
                rows = (row for (row,) in raw.execute(_NEWEST, (tier.match, limit)))
                _take(found, tier.name, rows, count, kept)
    return Answer(Snapshot(found), next(iter(found.values()), ""))


def every(connection: Connection, asked: Question) -> Answer:
    """Return all rows of the answer, each once."""
    pieces: list[tuple[str, Rows]] = []
    with driver(connection) as raw:
        if asked.number:
            pieces.append(("number", np.fromiter(dict.fromkeys(_by_number(raw, asked)), np.int64)))
        for tier in asked.tiers:
            (joined,) = raw.execute(_EVERY, (tier.match,)).fetchone()
            pieces.append((tier.name, read_rows(joined)[::-1]))
    rows = _each_once([rows for _, rows in pieces])
    return Answer(Snapshot(rows), next((name for name, found in pieces if len(found)), ""))


def ranked(connection: Connection, asked: Question, found: Answer) -> Answer:
    """Return the rows of an answer, those that speak most of the words first (bm25); what only a number found comes last."""
    with driver(connection) as raw:
        best = np.fromiter((row for (row,) in raw.execute(_RANKED, (asked.tiers[-1].match,))), np.int64)
    best = best[np.isin(best, found.rows.rows)] if asked.fields else best
    return Answer(Snapshot(_each_once([best, found.rows.rows])), found.tier)


def _take(found: dict[int, str], tier: str, rows: Iterable[int], count: int, kept: Kept | None) -> None:
    """Take rows that are new and to be kept, until there are `count`."""
    for row in rows:
        if len(found) >= count:
            return
        if kept is None or kept(row):
            found.setdefault(row, tier)


def _by_number(raw: Any, asked: Question) -> Iterator[int]:
    yield from (row for (row,) in raw.execute(_NUMBER, (asked.number,)))
    if asked.begun:
        yield from (row for (row,) in raw.execute(_BEGUN, (asked.number, asked.number + _LAST_CHARACTER)))


def _each_once(pieces: list[Rows]) -> Rows:
    """Return the pieces one after another, each row where it stands first; within a piece each row stands once."""
    held = [rows for rows in pieces if len(rows)]
    if len(held) <= 1:
        return held[0] if held else np.empty(0, np.int64)
    seen = np.zeros(1 + max(int(rows.max()) for rows in held), bool)
    fresh = []
    for rows in held:
        fresh.append(rows[~seen[rows]])
        seen[rows] = True
    return np.concatenate(fresh)
