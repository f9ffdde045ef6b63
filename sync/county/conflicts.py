"""Conflicts (冲突) as staff see them: revisions that are not fast-forward, and how many of their values clash."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, select

from sync.contract import merging
from sync.contract.histories import RevisionStanding
from sync.contract.review import ConflictLine, ConflictList
from sync.contract.revisions import RevisionId, TownshipId, read_body
from sync.county import tables
from sync.county.record_files import read_record_files
from sync.county.statements import in_runs
from sync.county.tables import table
from sync.ledger import RecordFile

MOST_CONFLICTS = 200

_REVISION, _TOWNSHIP = table(tables.RevisionRow), table(tables.Township)


def list_conflicts(connection: Connection, township: TownshipId | None, skip: int) -> ConflictList:
    """Return records in conflict from the `skip`-th on, at most 200, each by its last revision that is; of one township if it is given."""
    wanted: ColumnElement[bool] = and_(tables.UNSETTLED, _REVISION.c.standing == RevisionStanding.CONFLICT.value)
    if township is not None:
        wanted &= _REVISION.c.township == township
    total = connection.execute(select(func.count(_REVISION.c.record.distinct())).where(wanted)).scalar_one()
    listed = select(_REVISION.c.record).where(wanted).distinct().order_by(_REVISION.c.record)
    run = list(connection.execute(listed.offset(skip).limit(MOST_CONFLICTS)).scalars())
    light = [column for column in _REVISION.c if column.name != "body"]
    found = connection.execute(
        select(*light).where(wanted & _REVISION.c.record.in_(run)).order_by(_REVISION.c.id)
    ).all()
    files = read_record_files(connection, run)
    rows = [_last(files[record], [row for row in found if row.record == record]) for record in run]
    bases = {row.id: _bases(files[row.record], row.id) for row in rows}
    needed = {one for row in rows for one in (row.id, files[row.record].head, *bases[row.id]) if one}
    bodies = _bodies(connection, needed)
    named = {row.code: row.name for row in connection.execute(select(_TOWNSHIP.c.code, _TOWNSHIP.c.name))}
    lines = tuple(_line(row, files[row.record], bases[row.id], bodies, named) for row in rows)
    return ConflictList(lines, total)


def _last(file: RecordFile, several: Sequence[Row[Any]]) -> Row[Any]:
    """Return the one that no other follows; of several desks' work the first by its id, the others come after it."""
    followed = {parent for row in several for parent in file.history.parents[row.id]}
    return next(row for row in several if row.id not in followed)


def _bases(file: RecordFile, revision: RevisionId) -> tuple[RevisionId, ...]:
    return merging.common_ancestors(file.history, file.head, revision) if file.head else ()


def _bodies(connection: Connection, wanted: set[RevisionId]) -> dict[RevisionId, dict[str, Any]]:
    found: dict[RevisionId, dict[str, Any]] = {}
    for run in in_runs(wanted):
        rows = connection.execute(select(_REVISION.c.id, _REVISION.c.body).where(_REVISION.c.id.in_(run)))
        found |= {row.id: read_body(row.body) for row in rows}
    return found


def _line(
    row: Row[Any],
    file: RecordFile,
    bases: Sequence[RevisionId],
    bodies: Mapping[RevisionId, Mapping[str, Any]],
    named: Mapping[str, str],
) -> ConflictLine:
    sent = bodies[row.id]
    held: Mapping[str, Any] = bodies[file.head] if file.head else {"fields": {}}
    found = merging.differences([bodies[one] for one in bases], held, sent)
    shown = sent if "fields" in sent else held
    return ConflictLine(
        row.record, row.id, row.township, named.get(row.township, ""),
        kind=str(shown.get("kind", "")),
        number=str(shown.get("number", "")),
        title=str(shown.get("title", "")),
        clashes=sum(one.clashes for one in found),
    )  # fmt: skip
