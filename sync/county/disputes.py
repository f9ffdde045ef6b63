"""Disputes (决定不一致) as staff see them: records on which two decisions stand against each other."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from sync.contract.review import DisputeLine, DisputeList
from sync.contract.revisions import read_body
from sync.county import tables
from sync.county.record_files import read_record_files
from sync.county.tables import table
from sync.ledger import RecordFile

MOST_DISPUTES = 200

_REVISION, _TOWNSHIP = table(tables.RevisionRow), table(tables.Township)
_DECISION, _RECORD = table(tables.DecisionRow), table(tables.Record)


def list_disputes(connection: Connection) -> list[RecordFile]:
    """Return every record in dispute, in order of their ids."""
    joined = _DECISION.join(_RECORD, _DECISION.c.record == _RECORD.c.id)
    several = select(_RECORD.c.id).select_from(joined).where(_RECORD.c.head.is_(None))  # a dispute has no head
    several = several.group_by(_RECORD.c.id).having(func.count() > 1).order_by(_RECORD.c.id)
    files = read_record_files(connection, list(connection.execute(several).scalars()))
    return [file for _, file in sorted(files.items()) if file.history.in_dispute]


def tell_disputes(connection: Connection) -> DisputeList:
    """Return them as a list shows them."""
    found = list_disputes(connection)
    named = {row.code: row.name for row in connection.execute(select(_TOWNSHIP.c.code, _TOWNSHIP.c.name))}
    lines = tuple(_line(connection, file, named.get(file.township, "")) for file in found[:MOST_DISPUTES])
    return DisputeList(lines, len(found))


def _line(connection: Connection, file: RecordFile, name: str) -> DisputeLine:
    sides = [one for one in file.history.decisions if one.id in file.history.tips]
    said = {one.head or one.revision for one in sides}
    rows = connection.execute(select(_REVISION.c.body).where(_REVISION.c.id.in_(said)).order_by(_REVISION.c.id))
    bodies = [read_body(body) for body in rows.scalars()]
    shown = next((body for body in bodies if "fields" in body), {})  # a void says nothing of what it is about
    facts = {key: str(shown.get(key, "")) for key in ("kind", "number", "title")}
    return DisputeLine(file.record_id, file.township, name, **facts)
