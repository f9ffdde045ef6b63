"""What staff see: the worklist, a batch record by record, a record with all it has been through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, func, select

from sync.contract.batch_results import read_results
from sync.contract.batches import BatchId
from sync.contract.decisions import SignedDecision
from sync.contract.errors import BadRequest
from sync.contract.histories import OPEN_STANDINGS, RevisionStanding
from sync.contract.messages import BatchState
from sync.contract.review import (
    BatchDetail,
    BatchLine,
    BatchList,
    BatchRecord,
    BatchSummary,
    RecordDetail,
    ShownRevision,
)
from sync.contract.revisions import ChangeKind, RecordId, TownshipId, read_body
from sync.contract.wire import unpack
from sync.county import tables
from sync.county.book import SqlBook, read_sent
from sync.county.record_files import read_record_files
from sync.county.statements import in_runs
from sync.county.tables import table
from sync.ledger import RecordFile

MOST_RECORDS = 500
MOST_BATCHES = 500

_BATCH, _PLACED, _REVISION = table(tables.Batch), table(tables.BatchRevision), table(tables.RevisionRow)
_TOWNSHIP, _DECISION = table(tables.Township), table(tables.DecisionRow)


def list_batches(connection: Connection, township: TownshipId | None) -> BatchList:
    """Return the batches received, newest first; of one township if it is given."""
    wanted = _BATCH.c.state != BatchState.OPEN.value
    if township is not None:
        wanted &= _BATCH.c.township == township
    newest = select(_BATCH).where(wanted).order_by(_BATCH.c.received_at.desc(), _BATCH.c.id.desc()).limit(MOST_BATCHES)
    rows = connection.execute(newest).all()
    waiting = _count_waiting(connection, [row.id for row in rows])
    named = {row.code: row.name for row in connection.execute(select(_TOWNSHIP.c.code, _TOWNSHIP.c.name))}
    return BatchList(
        tuple(
            BatchLine(
                row.id, row.township, named.get(row.township, ""), row.sequence, row.state, row.received_at or "", row.revisions,
                waiting.get(row.id, 0),
            )
            for row in rows
        )
    )  # fmt: skip


def _count_waiting(connection: Connection, batches: Sequence[str]) -> dict[str, int]:
    """Return how many revisions of each batch wait, reading only those that do: most of a county's are long decided."""
    counts: Counter[str] = Counter()
    open_ones = [standing.value for standing in OPEN_STANDINGS]
    joined = _REVISION.join(_PLACED, _PLACED.c.revision == _REVISION.c.id)
    for run in in_runs(batches):
        wanted = and_(tables.UNSETTLED, _REVISION.c.standing.in_(open_ones), _PLACED.c.batch.in_(run))
        counted = select(_PLACED.c.batch, func.count().label("times")).select_from(joined).where(wanted)
        counts.update({row.batch: row.times for row in connection.execute(counted.group_by(_PLACED.c.batch))})
    return dict(counts)


def _summary(connection: Connection, row: Row[Any]) -> BatchSummary:
    joined = _PLACED.join(_REVISION, _PLACED.c.revision == _REVISION.c.id)
    grouped = (
        select(_REVISION.c.standing, func.count().label("times")).select_from(joined).where(_PLACED.c.batch == row.id)
    )
    counts = Counter({one.standing: one.times for one in connection.execute(grouped.group_by(_REVISION.c.standing))})
    named = connection.execute(select(_TOWNSHIP.c.name).where(_TOWNSHIP.c.code == row.township)).scalar_one()
    taken_in = RevisionStanding.ACCEPTED, RevisionStanding.MERGED, RevisionStanding.SUPERSEDED
    return BatchSummary(
        row.id, row.township, named, row.device, row.sequence, row.state, row.received_at or "", row.revisions,
        undecided=sum(counts[standing.value] for standing in OPEN_STANDINGS),
        accepted=sum(counts[standing.value] for standing in taken_in),
        returned=counts[RevisionStanding.RETURNED.value],
        conflicts=counts[RevisionStanding.CONFLICT.value],
        set_aside=counts[RevisionStanding.SET_ASIDE.value],
    )  # fmt: skip


def show_batch(book: SqlBook, connection: Connection, batch_id: BatchId, skip: int) -> BatchDetail:
    """Return a batch from its `skip`-th revision on, at most 500.

    Raises:
        BadRequest: there is none, or it is not whole yet.
    """
    row = connection.execute(select(_BATCH).where(_BATCH.c.id == batch_id)).one_or_none()
    if row is None or row.state == BatchState.OPEN.value:
        raise BadRequest("unknown batch", batch=batch_id)
    joined = _PLACED.join(_REVISION, _PLACED.c.revision == _REVISION.c.id)
    ordered = select(_REVISION).select_from(joined).where(_PLACED.c.batch == batch_id)
    ordered = ordered.order_by(_PLACED.c.part, _PLACED.c.place).offset(skip).limit(MOST_RECORDS + 1)
    rows = connection.execute(ordered).all()
    files = read_record_files(connection, [revision.record for revision in rows])
    shown = tuple(_batch_record(one, files.get(one.record)) for one in rows[:MOST_RECORDS])
    results = read_results(book.checks(batch_id)) if skip == 0 else None
    return BatchDetail(_summary(connection, row), shown, book.problems(batch_id), len(rows) > MOST_RECORDS, results)


def _batch_record(row: Row[Any], file: RecordFile | None) -> BatchRecord:
    missing = 0 if file is None else len(file.missing.intersection(file.attachments.get(row.id, ())))
    change = ChangeKind(row.kind) if row.kind in list(ChangeKind) else ChangeKind.PUT
    kind, number, title = _listed(row)
    return BatchRecord(row.record, row.id, RevisionStanding(row.standing), change, kind, number, title, missing)


def _listed(row: Row[Any]) -> tuple[str, str, str]:
    """Return what a list shows of a body; nothing of one that cannot be read."""
    if row.standing == RevisionStanding.SET_ASIDE.value:
        return "", "", ""
    body = read_body(row.body)
    return str(body.get("kind", "")), str(body.get("number", "")), str(body.get("title", ""))


def show_record(connection: Connection, record_id: RecordId) -> RecordDetail:
    """Return a record with its revisions, decisions and missing pages.

    Raises:
        BadRequest: there is none.
    """
    file = read_record_files(connection, [record_id]).get(record_id)
    if file is None:
        raise BadRequest("unknown record", record=record_id)
    rows = connection.execute(
        select(_REVISION).where(_REVISION.c.id.in_(list(file.standings))).order_by(_REVISION.c.id)
    )
    revisions = tuple(
        ShownRevision(row.id, read_sent(row), file.standings[row.id], _missing(file, row.id)) for row in rows
    )
    decided = connection.execute(select(_DECISION.c.packed).where(_DECISION.c.record == record_id)).scalars()
    decisions = tuple(unpack(SignedDecision, packed) for packed in decided)
    return RecordDetail(record_id, file.township, file.head, revisions, decisions)


def _missing(file: RecordFile, revision: Any) -> tuple[str, ...]:
    return tuple(name for name in file.attachments[revision] if name in file.missing)
