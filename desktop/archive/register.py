"""The register of use (利用登记): looks behind masks, extracts and visits to the reading desk, read as one list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.engine import Connection

from desktop.archive.archive import Act

MOST: Final = 2_000  # lines that are listed at once; the newest

_EVERY: Final = """
SELECT 'look' AS what, CAST(l.id AS TEXT) AS key, l.at, l.person, '' AS applicant, '' AS relation, '' AS document, l.purpose,
  '' AS result, l.record_uid, '' AS undone_by, '' AS code FROM look l
UNION ALL
SELECT 'extract', e.number, e.at, e.person, e.applicant, '', '', e.purpose, '', e.record_uid, '', e.code FROM extract e
UNION ALL
SELECT 'visit', CAST(v.id AS TEXT), v.at, v.person, v.applicant, v.relation, v.document, v.purpose, v.result, v.record_uid,
  v.undone_by, '' FROM visit v
"""
_LISTED: Final = f"""
SELECT u.*, coalesce(r.number, '') AS number, coalesce(r.title, '') AS title, coalesce(r.kind, '') AS kind
FROM ({_EVERY}) u LEFT JOIN record r ON r.uid = u.record_uid
WHERE u.at >= :since AND u.at < :until AND (:record = '' OR u.record_uid = :record)
"""
_HOLDS: Final = (
    " AND (instr(u.person, :w{n}) OR instr(u.applicant, :w{n}) OR instr(u.purpose, :w{n}) OR instr(coalesce(r.number, ''), :w{n})"
    " OR instr(u.key, :w{n}) OR (coalesce(r.kind, '') NOT IN (SELECT value FROM json_each(:closed)) AND instr(coalesce(r.title, ''), :w{n})))"
)


@dataclass(frozen=True, slots=True)
class UseLine:
    """One use of the archive: `what` is look, extract or visit; `code` is an extract's, `undone_by` a visit's."""

    what: str
    key: str
    at: str
    person: str
    applicant: str
    relation: str
    document: str
    purpose: str
    result: str
    record_uid: str
    undone_by: str
    code: str
    number: str
    title: str
    kind: str


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody who came to look something up (查档登记), as typed; the codes of document and result stand in the messages."""

    applicant: str
    relation: str
    document: str
    purpose: str
    result: str
    record_uid: str = ""


def lines(
    connection: Connection, words: Sequence[str], since: str, until: str, record: str, closed: str
) -> list[UseLine]:
    """Return the uses that hold every word, in that time and of that record, the newest first, `MOST` at most.

    Args:
        closed: JSON list of the kinds whose titles nobody may search by.
    """
    asked = _LISTED + "".join(_HOLDS.replace("{n}", str(n)) for n in range(len(words)))
    facts = {"since": since, "until": until, "record": record, "closed": closed, "most": MOST}
    facts |= {f"w{n}": word for n, word in enumerate(words)}
    rows = connection.exec_driver_sql(asked + " ORDER BY u.at DESC, u.key DESC LIMIT :most", facts)
    return [UseLine(**row._mapping) for row in rows]


def add_visit(act: Act, visit: Visit) -> int:
    """The visit stands in the register; its number is returned."""
    made = act.connection.exec_driver_sql(
        "INSERT INTO visit (applicant, relation, document, purpose, result, record_uid, person, at, undone_by, undone_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', '')",
        (
            visit.applicant, visit.relation, visit.document, visit.purpose, visit.result, visit.record_uid, act.by, act.moment,
        ),
    )  # fmt: skip
    return int(made.lastrowid)


def undo_visit(act: Act, visit: int) -> bool:
    """The visit counts no longer; it stays in the register with who took it back and when. False if it was taken back before."""
    done = act.connection.exec_driver_sql(
        "UPDATE visit SET undone_by = ?, undone_at = ? WHERE id = ? AND undone_by = ''", (act.by, act.moment, visit)
    )
    return done.rowcount == 1


def uses_by_day(connection: Connection, since: str, until: str) -> list[tuple[str, str, str, str]]:
    """Return (what, moment, purpose, result) of every use in that time that was not taken back."""
    asked = f"SELECT what, at, purpose, result FROM ({_EVERY}) WHERE at >= ? AND at < ? AND undone_by = '' ORDER BY at"
    return [
        (str(what), str(at), str(purpose), str(result))
        for what, at, purpose, result in connection.exec_driver_sql(asked, (since, until))
    ]
