"""Drafts (草稿): what has been typed and not yet filed, saved at every change."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.engine import Connection, Row

from desktop.archive.archive import Act
from sync.contract.validation import Origin


@dataclass(frozen=True, slots=True)
class PaperPages:
    """Pages of one attachment that are one paper, counted from 1."""

    paper: str
    attachment: str
    first: int
    last: int

    @property
    def pages(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Draft:
    """A record being catalogued. `uid` is the record's id from the first key stroke on."""

    uid: str
    kind: str
    origin: Origin
    retention: str
    fields: Mapping[str, str]
    reasons: Mapping[str, str]
    papers: tuple[PaperPages, ...]
    attachments: tuple[str, ...]
    carried: frozenset[str]  # keys whose value came from the record before or the kind's default, untouched since
    item_id: str
    parent: str
    number: str
    started_at: str
    changed_at: str


def put(act: Act, draft: Draft) -> Draft:
    """The draft is on the disk as it stands."""
    kept = replace(draft, changed_at=act.moment, started_at=draft.started_at or act.moment)
    content = {
        "origin": kept.origin.value,
        "retention": kept.retention,
        "fields": dict(kept.fields),
        "reasons": dict(kept.reasons),
        "papers": [[one.paper, one.attachment, one.first, one.last] for one in kept.papers],
        "attachments": list(kept.attachments),
        "carried": sorted(kept.carried),
        "number": kept.number,
    }
    act.connection.exec_driver_sql(
        "INSERT INTO draft (uid, kind, content, item_id, parent, started_at, changed_at)"
        " VALUES (:uid, :kind, :content, :item, :parent, :started, :changed)"
        " ON CONFLICT (uid) DO UPDATE SET kind = :kind, content = :content, item_id = :item, changed_at = :changed",
        {
            "uid": kept.uid,
            "kind": kept.kind,
            "content": json.dumps(content, ensure_ascii=False),
            "item": kept.item_id,
            "parent": kept.parent,
            "started": kept.started_at,
            "changed": kept.changed_at,
        },
    )
    return kept


def _draft(row: Row[Any]) -> Draft:
    content = json.loads(row.content)
    return Draft(
        uid=row.uid,
        kind=row.kind,
        origin=Origin(content["origin"]),
        retention=content["retention"],
        fields=content["fields"],
        reasons=content["reasons"],
        papers=tuple(PaperPages(*one) for one in content["papers"]),
        attachments=tuple(content["attachments"]),
        carried=frozenset(content["carried"]),
        item_id=row.item_id,
        parent=row.parent,
        number=content["number"],
        started_at=row.started_at,
        changed_at=row.changed_at,
    )


def find(connection: Connection, uid: str) -> Draft | None:
    """Return the draft, or None when it was filed or put away."""
    row = connection.exec_driver_sql("SELECT * FROM draft WHERE uid = :uid", {"uid": uid}).first()
    return _draft(row) if row else None


def of_item(connection: Connection, item_id: str) -> Draft | None:
    """Return the draft that was begun with this inbox item, or None."""
    row = connection.exec_driver_sql("SELECT * FROM draft WHERE item_id = :item LIMIT 1", {"item": item_id}).first()
    return _draft(row) if row else None


def everyone(connection: Connection) -> list[Draft]:
    """Return all drafts, the one changed last first."""
    return [_draft(row) for row in connection.exec_driver_sql("SELECT * FROM draft ORDER BY changed_at DESC")]


def of_items(connection: Connection) -> dict[str, str]:
    """Return the draft of each inbox item that one was begun with."""
    rows = connection.exec_driver_sql("SELECT item_id, uid FROM draft WHERE item_id != '' ORDER BY changed_at")
    return {str(item): str(uid) for item, uid in rows}


def newest(connection: Connection) -> str:
    """Return the draft changed last, "" where there is none."""
    found = connection.exec_driver_sql("SELECT uid FROM draft ORDER BY changed_at DESC LIMIT 1").scalar()
    return str(found or "")


def count(connection: Connection) -> int:
    """Return how many drafts there are."""
    return int(connection.exec_driver_sql("SELECT count(*) FROM draft").scalar_one())


def drop(act: Act, uid: str) -> None:
    """The draft is gone; its attachments and inbox item stay."""
    act.connection.exec_driver_sql("DELETE FROM draft WHERE uid = :uid", {"uid": uid})
