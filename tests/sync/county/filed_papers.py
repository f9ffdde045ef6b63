"""Papers put straight into a county's book, as their batches would have brought them: for what is done with them afterwards."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, insert, select, update

from sync.contract.kinds import Kind
from sync.contract.revisions import canonical_bytes
from sync.contract.validation import Origin, judge
from sync.county import tables
from sync.county.service import County
from sync.county.statements import insert_ignoring
from sync.county.tables import table

TODAY = date(2026, 3, 2)


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper of one township, as written."""

    record: str
    township: str
    kind: str
    fields: Mapping[str, str]


def put(connection: Connection, kinds: Mapping[str, Kind], several: Iterable[Paper]) -> int:
    """The papers are received, and nobody has compared them yet; how many they are is returned."""
    rows, records = [], []
    for one in several:
        body = canonical_bytes(_body(kinds[one.kind], one))
        revision = hashlib.sha256(one.record.encode() + body).hexdigest()
        rows.append(
            {"id": revision, "record": one.record, "township": one.township, "device": "d", "kind": "put", "parents": b"",
             "body": body, "standing": "accepted", "number": ""}
        )  # fmt: skip
        records.append({"id": one.record, "township": one.township, "head": revision})
    townships = [
        {"code": code, "name": f"{code}镇", "feed_end": 0, "feed_hash": b"", "digest": bytes(32), "heads": 0}
        for code in sorted({one["township"] for one in records})
    ]
    connection.execute(insert_ignoring(connection, tables.Township), townships)
    connection.execute(insert(table(tables.RevisionRow)), rows)
    connection.execute(insert(table(tables.Record)), records)
    connection.execute(insert(table(tables.ToCompare)), [{"record": one["id"]} for one in records])
    return len(rows)


def put_void(county: County, record: str, township: str) -> None:
    """The record's head is a void, and its township's feed tells so."""
    revision, row = table(tables.RevisionRow), table(tables.Record)
    with county.storage.connection(writing=True) as connection:
        head = connection.execute(select(row.c.head).where(row.c.id == record)).scalar_one()
        made = hashlib.sha256(b"void" + bytes.fromhex(head)).hexdigest()
        body = canonical_bytes(
            {"layout": 1, "kind": "marriage", "number": "", "reason": "错录", "fields": {"wife.name": "陈思"}}
        )
        values = {"id": made, "record": record, "township": township, "device": None, "kind": "void", "number": ""}
        values |= {"parents": bytes.fromhex(head), "body": body, "standing": "accepted"}
        connection.execute(insert(revision), values)
        connection.execute(update(row).where(row.c.id == record).values(head=made))
        tell(connection, township, record, made)


def tell(connection: Connection, township: str, record: str, revision: str) -> None:
    """The township's feed has one more line, about the record."""
    feed, row = table(tables.FeedLine), table(tables.Township)
    end = connection.execute(select(row.c.feed_end).where(row.c.code == township)).scalar_one() + 1
    told = {"township": township, "sequence": end, "kind": "decision", "feed_hash": b"", "record": record}
    connection.execute(insert(feed), {**told, "revision": revision, "decision": None})
    connection.execute(update(row).where(row.c.code == township).values(feed_end=end))


def _body(kind: Kind, paper: Paper) -> dict[str, object]:
    judged = judge(kind, paper.fields, origin=Origin.PAPER, today=TODAY)
    normal = {
        key: {"value": one.value, "precision": one.precision} if one.precision else {"value": one.value}
        for key, one in judged.normal.items()
    }
    return {
        "layout": 1, "kind": kind.key, "kind_version": kind.version, "origin": "paper", "number": "", "title": judged.title,
        "fields": dict(paper.fields), "normal": normal, "reasons": {}, "papers": [], "attachments": [],
    }  # fmt: skip
