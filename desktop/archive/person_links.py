"""Links between mentions (认定): a journal that is only added to, and the persons that follow from it.

A decision stands if no later one undoes its act. Persons are the connected groups of the links that stand, so undoing gives back
exactly what was there before, in whatever order. docs/persons.md, section 5.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import uuid6
from sqlalchemy.engine import Connection

from desktop.archive.archive import Act

Node = tuple[str, str]  # a record and the key of a mention in it
NOBODY: Final[Node] = ("", "")


class DecisionVerb(StrEnum):
    """What a person said of two mentions."""

    LINKED = "linked"
    APART = "apart"
    LATER = "later"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class Entry:
    """One answer about two mentions, with the reasons that were seen; `other` is nobody for one put off."""

    one: Node
    other: Node = NOBODY
    points: int = 0
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """An entry of the journal; `stands` is false once its act was undone."""

    act: str
    verb: DecisionVerb
    entry: Entry
    by: str
    at: str
    stands: bool


_SELECT: Final = (
    "SELECT d.*, NOT EXISTS (SELECT 1 FROM person_decision u WHERE u.undoes = d.act) AS stands FROM person_decision d"
)
_STANDS: Final = "NOT EXISTS (SELECT 1 FROM person_decision u WHERE u.undoes = d.act)"
_BESIDE: Final = (  # by each of the two indexes
    f"{_SELECT} WHERE d.one_record = :record AND d.one_key = :key AND {_STANDS}"
    f" UNION ALL {_SELECT} WHERE d.other_record = :record AND d.other_key = :key AND {_STANDS}"
)


def decide(act: Act, verb: DecisionVerb, entries: Sequence[Entry]) -> str:
    """The answers stand in the journal as one act, and the persons are what follows; the act's id is returned."""
    made = str(uuid6.uuid7())
    act.connection.exec_driver_sql(
        "INSERT INTO person_decision (act, verb, one_record, one_key, other_record, other_key, points, reasons, undoes, by, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?)",
        [
            (made, verb.value, *one.one, *one.other, one.points, " ".join(one.reasons), act.by, act.moment)
            for one in entries
        ],
    )
    if verb is DecisionVerb.LINKED:
        _settle_all(act.connection, [node for one in entries for node in (one.one, one.other)])
    return made


def undo(act: Act, undone: str) -> list[Entry]:
    """The act's answers no longer stand, which stands in the journal too; the answers are returned, none if it did not stand."""
    rows = act.connection.exec_driver_sql(f"{_SELECT} WHERE d.act = ?", (undone,)).all()
    decisions = [_decision(row) for row in rows]
    if not decisions or not decisions[0].stands or decisions[0].verb is DecisionVerb.UNDONE:
        return []
    act.connection.exec_driver_sql(
        "INSERT INTO person_decision (act, verb, one_record, one_key, other_record, other_key, points, reasons, undoes, by, at)"
        " VALUES (?, 'undone', '', '', '', '', 0, '', ?, ?, ?)",
        (str(uuid6.uuid7()), undone, act.by, act.moment),
    )
    entries = [one.entry for one in decisions]
    if decisions[0].verb is DecisionVerb.LINKED:
        _settle_all(act.connection, [node for one in entries for node in (one.one, one.other)])
    return entries


def newest(connection: Connection, by: str) -> str:
    """Return the newest act of this person that stands, "" where there is none."""
    found = connection.exec_driver_sql(
        f"SELECT d.act FROM person_decision d WHERE d.by = ? AND d.verb != 'undone' AND {_STANDS} ORDER BY d.id DESC LIMIT 1",
        (by,),
    ).scalar()
    return str(found or "")


def beside(connection: Connection, node: Node) -> list[Decision]:
    """Return every standing answer about a mention, in the order they were given."""
    rows = connection.exec_driver_sql(_BESIDE, {"record": node[0], "key": node[1]}).all()
    return sorted((_decision(row) for row in rows), key=lambda one: one.act)


def apart(connection: Connection, nodes: Iterable[Node]) -> set[Node]:
    """Return the mentions that stand kept apart from any of these."""
    mine = set(nodes)
    found = [one.entry for node in mine for one in beside(connection, node) if one.verb is DecisionVerb.APART]
    return {node for one in found for node in (one.one, one.other) if node not in mine}


def settle(connection: Connection, nodes: Iterable[Node]) -> None:
    """These mentions, new in the archive, belong to the persons that their standing links say; most have none."""
    _settle_all(connection, [node for node in nodes if _linked(connection, node)])


def _linked(connection: Connection, node: Node) -> bool:
    asked = "SELECT 1 FROM person_decision WHERE one_record = :record AND one_key = :key"
    other = "SELECT 1 FROM person_decision WHERE other_record = :record AND other_key = :key"
    found = connection.exec_driver_sql(f"{asked} UNION ALL {other} LIMIT 1", {"record": node[0], "key": node[1]})
    return found.first() is not None


def _settle_all(connection: Connection, nodes: Iterable[Node]) -> None:
    """Each group that these mentions are in bears the uid of its oldest standing link; one alone bears none."""
    left = dict.fromkeys(node for node in nodes if node != NOBODY)
    while left:
        group, links = _group(connection, next(iter(left)))
        uid = min((one.act for one in links), default="")
        if uid:
            oldest = min(links, key=lambda one: one.act)
            connection.exec_driver_sql(
                "INSERT INTO person (uid, made_at, made_by) VALUES (?, ?, ?) ON CONFLICT (uid) DO NOTHING",
                (uid, oldest.at, oldest.by),
            )
        connection.exec_driver_sql(
            "UPDATE person_mention SET person = ? WHERE key = ? AND record_id = (SELECT id FROM record WHERE uid = ?)",
            [(uid, key, record) for record, key in sorted(group)],
        )
        for node in group:
            left.pop(node, None)


def _group(connection: Connection, begun: Node) -> tuple[set[Node], list[Decision]]:
    """Return everybody connected with a mention by links that stand, and those links."""
    group, links, front = {begun}, {}, [begun]
    while front:
        for one in beside(connection, front.pop()):
            if one.verb is not DecisionVerb.LINKED:
                continue
            links[one.act, one.entry.one, one.entry.other] = one
            new = {one.entry.one, one.entry.other} - group
            group |= new
            front += new
    return group, list(links.values())


def links_of(connection: Connection, node: Node) -> list[Decision]:
    """Return the standing links of the person a mention belongs to, the newest first."""
    return sorted(_group(connection, node)[1], key=lambda one: one.act, reverse=True)


def _decision(row: Any) -> Decision:
    entry = Entry(
        (row.one_record, row.one_key), (row.other_record, row.other_key), row.points, tuple(row.reasons.split())
    )
    return Decision(row.act, DecisionVerb(row.verb), entry, row.by, row.at, bool(row.stands))
