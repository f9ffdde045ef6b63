"""Trying rules over what a county holds (谁会变): which records would get a finding, or lose one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, select

from sync.contract.editions import Tried, WhoChanges
from sync.contract.histories import OPEN_STANDINGS
from sync.contract.kinds import Kind
from sync.contract.revisions import read_body
from sync.contract.validation import Origin, judge
from sync.county import tables
from sync.county.statements import in_runs
from sync.county.tables import table

MOST_LOOKED_AT: Final = 20_000
SHOWN: Final = 5
_RECORD, _REVISION, _TOWNSHIP = table(tables.Record), table(tables.RevisionRow), table(tables.Township)


@dataclass(slots=True)
class _Line:
    gained: int = 0
    lost: int = 0
    gained_numbers: list[str] = field(default_factory=list)
    lost_numbers: list[str] = field(default_factory=list)

    def count(self, number: str, *, gained: bool, lost: bool) -> None:
        self.gained, self.lost = self.gained + gained, self.lost + lost
        if gained and len(self.gained_numbers) < SHOWN:
            self.gained_numbers.append(number)
        if lost and len(self.lost_numbers) < SHOWN:
            self.lost_numbers.append(number)


def try_kinds(
    connection: Connection, before: Mapping[str, Kind], after: Mapping[str, Kind], changed: Sequence[str], today: date
) -> Tried:
    """Return how the newest records of the changed kinds would be judged by the rules after, beside those before."""
    old = {key for key in changed if key in before}
    records, newest = _newest_of(connection, old) if old else (0, [])
    names = {row.code: row.name for row in connection.execute(select(_TOWNSHIP.c.code, _TOWNSHIP.c.name))}
    lines: dict[tuple[str, str], _Line] = {}
    for township, body in newest:
        key = str(body["kind"])
        was, now = (_findings(kind, body, today) for kind in (before[key], after[key]))
        if was != now:
            line = lines.setdefault((township, key), _Line())
            line.count(str(body.get("number", "")), gained=bool(now - was), lost=bool(was - now))
    told = tuple(
        WhoChanges(
            township, names.get(township, ""), key, line.gained, line.lost, tuple(line.gained_numbers),
            tuple(line.lost_numbers),
        )
        for (township, key), line in sorted(lines.items())
    )  # fmt: skip
    return Tried(tuple(changed), told, len(newest), records)


def _newest_of(connection: Connection, kinds: set[str]) -> tuple[int, list[tuple[str, Mapping[str, Any]]]]:
    """Return how many records of these kinds there are, and the newest of them: heads, and what waits to be decided on."""
    heads = connection.execute(select(_RECORD.c.head).where(_RECORD.c.head.is_not(None))).scalars().all()
    open_ones = _REVISION.c.standing.in_([one.value for one in OPEN_STANDINGS])
    waiting = connection.execute(select(_REVISION.c.id).where(tables.UNSETTLED, open_ones)).scalars().all()
    marks = [f'"kind":"{kind}"'.encode() for kind in sorted(kinds)]
    found: list[tuple[str, str, bytes]] = []
    for run in in_runs([*heads, *waiting]):
        columns = (_REVISION.c.record, _REVISION.c.township, _REVISION.c.body)
        for row in connection.execute(select(*columns).where(_REVISION.c.id.in_(run))):
            if any(mark in row.body for mark in marks):
                found.append((row.record, row.township, row.body))
    found.sort(key=lambda one: one[0], reverse=True)  # ids are in the order of their making
    read = ((township, read_body(body)) for _, township, body in found[:MOST_LOOKED_AT])
    return len(found), [
        (township, body)
        for township, body in read
        if body.get("kind") in kinds and isinstance(body.get("fields"), dict)
    ]


def _findings(kind: Kind, body: Mapping[str, Any], today: date) -> set[tuple[str, str]]:
    papers = Counter(str(one.get("paper")) for one in body.get("papers", ()))
    origin = Origin(body["origin"]) if body.get("origin") in list(Origin) else Origin.NEW
    judged = judge(kind, body["fields"], origin=origin, today=today, papers=papers)
    return {(one.field, one.code) for one in judged.unexcused(body.get("reasons", {}))}
