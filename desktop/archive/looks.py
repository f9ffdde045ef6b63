"""Looks behind the masks (利用登记): each stands in the register with what for, and in the audit log with a hash of that."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from sqlalchemy.engine import Connection

from desktop.archive.archive import Act
from sync.vault import audit

SHOWN = "masked-fields-shown"
OPENED = "county-file-opened"
_REGISTERED = "INSERT INTO look (record_uid, person, purpose, at) VALUES (:uid, :person, :purpose, :at)"


def note_look(act: Act, uid: str, purpose: str, fields: str) -> None:
    """Who looked behind the masks of a record, at which fields and what for, stands in the register and in the log.

    The log holds no typed word; what for is in it as a hash, so that it cannot be changed in the register unseen.
    """
    made = act.connection.exec_driver_sql(_REGISTERED, _values(act, uid, purpose))
    act.note(SHOWN, uid, fields=fields, look=int(made.lastrowid), purpose=purpose_hash(purpose))


def note_county_look(act: Act, uid: str, purpose: str, grant: str, holder: str) -> None:
    """Who opened a record of another township, under which grant and what for, stands in the register and in the log."""
    made = act.connection.exec_driver_sql(_REGISTERED, _values(act, uid, purpose))
    look = int(made.lastrowid)
    act.note(OPENED, uid, grant=grant, holder=holder, look=look, purpose=purpose_hash(purpose))


def changed(connection: Connection) -> Iterator[int]:
    """Yield the row of the log of each look that the register does not tell as the log does."""
    told = {
        row.id: (row.record_uid, row.person, purpose_hash(row.purpose))
        for row in connection.exec_driver_sql("SELECT id, record_uid, person, purpose FROM look")
    }
    for event in (*audit.of_act(connection, SHOWN), *audit.of_act(connection, OPENED)):
        look = event.details.get("look")  # lines of before layout 17 do not name theirs
        if look is not None and told.get(look) != (event.subject, event.who, event.details["purpose"]):
            yield event.sequence


def _values(act: Act, uid: str, purpose: str) -> dict[str, str]:
    return {"uid": uid, "person": act.by, "purpose": purpose, "at": act.moment}


def purpose_hash(purpose: str) -> str:
    """Return what the log holds of a purpose."""
    return hashlib.sha256(purpose.encode()).hexdigest()
