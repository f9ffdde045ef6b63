"""Looks behind the masks (利用登记): each stands in the register with what for, and in the audit log with a hash of that."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from sqlalchemy.engine import Connection

from desktop.archive.archive import Act
from sync.vault import audit

SHOWN = "masked-fields-shown"


def note_look(act: Act, uid: str, purpose: str, fields: str) -> None:
    """Who looked behind the masks of a record, at which fields and what for, stands in the register and in the log.

    The log holds no typed word; what for is in it as a hash, so that it cannot be changed in the register unseen.
    """
    made = act.connection.exec_driver_sql(
        "INSERT INTO look (record_uid, person, purpose, at) VALUES (:uid, :person, :purpose, :at)",
        {"uid": uid, "person": act.by, "purpose": purpose, "at": act.moment},
    )
    act.note(SHOWN, uid, fields=fields, look=int(made.lastrowid), purpose=_hash(purpose))


def changed(connection: Connection) -> Iterator[int]:
    """Yield the row of the log of each look that the register does not tell as the log does."""
    told = {
        row.id: (row.record_uid, row.person, _hash(row.purpose))
        for row in connection.exec_driver_sql("SELECT id, record_uid, person, purpose FROM look")
    }
    for event in audit.of_act(connection, SHOWN):
        look = event.details.get("look")  # lines of before layout 17 do not name theirs
        if look is not None and told.get(look) != (event.subject, event.who, event.details["purpose"]):
            yield event.sequence


def _hash(purpose: str) -> str:
    return hashlib.sha256(purpose.encode()).hexdigest()
