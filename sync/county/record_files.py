"""Reading all that the county holds of some records, in a few statements whatever their number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from sync.contract.decisions import Decision, SignedDecision
from sync.contract.histories import History, RevisionStanding
from sync.contract.revisions import ChangeKind, RecordId, RevisionId
from sync.contract.wire import unpack
from sync.county import tables
from sync.county.statements import in_runs
from sync.county.tables import table
from sync.ledger import RecordFile

_REVISION, _RECORD, _DECISION = table(tables.RevisionRow), table(tables.Record), table(tables.DecisionRow)
_NAMED, _ATTACHMENT = table(tables.RevisionAttachment), table(tables.Attachment)
_KINDS = [kind.value for kind in ChangeKind]


def read_record_files(connection: Connection, records: Collection[RecordId]) -> dict[RecordId, RecordFile]:
    """Return the file of each known record; revisions still hidden in open batches are left out."""
    files: dict[RecordId, RecordFile] = {}
    for run in in_runs(records):
        files |= _read_run(connection, run)
    return files


def _read_run(connection: Connection, records: Sequence[RecordId]) -> dict[RecordId, RecordFile]:
    known = connection.execute(select(_RECORD).where(_RECORD.c.id.in_(records))).all()
    revisions = _revisions(connection, records)
    decisions = _decisions(connection, records)
    named, missing = _attachments(connection, records)
    return {row.id: _file(row, revisions[row.id], tuple(decisions[row.id]), named, missing[row.id]) for row in known}


def _file(
    record: Row[Any],
    revisions: list[Row[Any]],
    decisions: tuple[Decision, ...],
    named: dict[RevisionId, list[str]],
    missing: set[str],
) -> RecordFile:
    ours = [row for row in revisions if row.township == record.township]
    history = History(
        {row.id: _split(row.parents) for row in ours}, {row.id: ChangeKind(row.kind) for row in ours}, decisions
    )
    standings = {row.id: RevisionStanding(row.standing) for row in ours}
    attachments = {row.id: tuple(named[row.id]) for row in ours}
    return RecordFile(record.id, record.township, record.head, history, standings, attachments, frozenset(missing))


def _revisions(connection: Connection, records: Sequence[RecordId]) -> dict[RecordId, list[Row[Any]]]:
    light = [column for column in _REVISION.c if column.name != "body"]
    shown = _REVISION.c.standing != RevisionStanding.STAGED.value
    wanted = _REVISION.c.record.in_(records) & shown & _REVISION.c.kind.in_(_KINDS)
    grouped: dict[RecordId, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(select(*light).where(wanted)):
        grouped[row.record].append(row)
    return grouped


def _decisions(connection: Connection, records: Sequence[RecordId]) -> dict[RecordId, list[Decision]]:
    grouped: dict[RecordId, list[Decision]] = defaultdict(list)
    for row in connection.execute(select(_DECISION).where(_DECISION.c.record.in_(records))):
        grouped[row.record].append(unpack(SignedDecision, row.packed).decision)
    return grouped


def _attachments(
    connection: Connection, records: Sequence[RecordId]
) -> tuple[dict[RevisionId, list[str]], dict[RecordId, set[str]]]:
    """Return what each revision names, and for each record what of it its township has not sent."""
    joined = _NAMED.join(_REVISION, _NAMED.c.revision == _REVISION.c.id)
    ours = (_NAMED.c.sha256 == _ATTACHMENT.c.sha256) & (_REVISION.c.township == _ATTACHMENT.c.township)
    joined = joined.outerjoin(_ATTACHMENT, ours)
    columns = (_NAMED.c.revision, _NAMED.c.sha256, _REVISION.c.record, _ATTACHMENT.c.sha256.label("held"))
    named: dict[RevisionId, list[str]] = defaultdict(list)
    missing: dict[RecordId, set[str]] = defaultdict(set)
    for row in connection.execute(select(*columns).select_from(joined).where(_REVISION.c.record.in_(records))):
        named[row.revision].append(row.sha256)
        if row.held is None:
            missing[row.record].add(row.sha256)
    return named, missing


def _split(joined: bytes) -> tuple[RevisionId, ...]:
    return tuple(RevisionId(joined[start : start + 32].hex()) for start in range(0, len(joined), 32))
