"""What this desk witnesses (见证) when its county was put back from a backup: a list fixed once in an epoch (docs/protocol.md, section 11)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy.engine import Connection

from desktop.archive import records, settings
from desktop.archive.archive import Act
from sync.contract import wire
from sync.contract.decisions import Decision, SignedDecision
from sync.contract.histories import order_of_reading
from sync.contract.messages import SentRevision, SyncReply, SyncRequest, Witness, send_revision
from sync.contract.revisions import Revision, RevisionId
from sync.contract.witnesses import MOST_NAMES, NAME_BYTES, NAMES_TO_TRY, names_of, witness_list_id

LIST: Final = "line.witness_list"
TOTAL: Final = "line.witness_total"
WANT: Final = "line.witness_want"
STATE: Final = "line.witnessed"  # "yes": the county has it all in this epoch; "unwanted": it asks for none
SURE: Final = "line.witness_sure"  # "no": the county has not had all that was named
MOST_THINGS: Final = 500


def fix_list(act: Act, epoch: str) -> None:
    """What was decided on, or heard of from the county, is listed with its ancestors: revisions first, then decisions.

    What nobody decided on goes with its batch alone: said here too, it would travel twice.
    """
    connection = act.connection
    connection.exec_driver_sql("DELETE FROM witness_item")
    decisions = order_of_reading(_decisions(connection))
    named = {name for one in decisions for name in (one.revision, one.head) if name}
    said = _with_ancestors(connection, named | _heard(connection))
    revisions = [
        str(row.id)
        for row in connection.exec_driver_sql("SELECT id FROM revision WHERE body != x'' ORDER BY arrived")
        if row.id in said
    ]
    names = [*revisions, *(one.id for one in decisions)]
    rows = [{"place": place, "ref": name, "decision": place >= len(revisions)} for place, name in enumerate(names)]
    if rows:
        connection.exec_driver_sql(
            "INSERT INTO witness_item (place, ref, decision) VALUES (:place, :ref, :decision)", rows
        )
    settings.put(connection, LIST, witness_list_id(epoch, names).hex())
    settings.put(connection, TOTAL, str(len(names)))
    settings.put(connection, WANT, "0")
    settings.put(connection, STATE, "")
    settings.put(connection, SURE, "yes")


def say_again(act: Act) -> None:
    """The county knows this desk by another name from now on: under that one it has said nothing yet."""
    settings.put(act.connection, WANT, "0")
    settings.put(act.connection, STATE, "")
    settings.put(act.connection, SURE, "yes")


def is_complete(connection: Connection) -> bool:
    """True if the county said in this epoch that it has the whole list."""
    return settings.get(connection, STATE) == "yes"


def run(connection: Connection, most_bytes: int, first: int | None = None, *, naming: bool = False) -> Witness | None:
    """Return the next run of the list, or the one from a place on; None if nothing is left to say.

    Args:
        naming: with the names of what follows, of which the county passes over what it has.
    """
    epoch = settings.get(connection, "line.epoch")
    if not epoch or settings.get(connection, STATE):
        return None
    # an archive from before there were witnesses has no list in its epoch: it says so with an empty one
    list_id = bytes.fromhex(settings.get(connection, LIST)) or witness_list_id(epoch, ())
    want = int(settings.get(connection, WANT, "0")) if first is None else first
    total = int(settings.get(connection, TOTAL, "0"))
    sure = settings.get(connection, SURE, "yes") == "yes"
    most_bytes = 1 if naming and sure else most_bytes
    rows = connection.exec_driver_sql(
        "SELECT ref, decision FROM witness_item WHERE place >= :want ORDER BY place LIMIT :most",
        {"want": want, "most": MOST_THINGS},
    ).all()
    revisions: list[SentRevision] = []
    decisions: list[SignedDecision] = []
    size_bytes = 0
    for row in rows:
        packed = _packed(connection, row.ref) if row.decision else b""
        made = None if row.decision else _revision(connection, row.ref)
        thing_bytes = len(packed) if made is None else len(made.body)
        if size_bytes and size_bytes + thing_bytes > most_bytes:
            break
        size_bytes += thing_bytes
        if made is None:
            decisions.append(wire.unpack(SignedDecision, packed))
        else:
            revisions.append(send_revision(made))
    end = want + len(revisions) + len(decisions)
    names = _named(connection, end, MOST_NAMES if sure else NAMES_TO_TRY) if naming else b""
    return Witness(list_id, want, total, tuple(revisions), tuple(decisions), names)


def take_in(act: Act, asked: SyncRequest, reply: SyncReply) -> None:
    """How far the county has the list stands with it."""
    listed = settings.get(act.connection, LIST)
    if asked.witness is None or (listed and asked.witness.list_id.hex() != listed):
        return
    if reply.witness_want is None:
        settings.put(act.connection, STATE, "unwanted")
        return
    passed = len(asked.witness.names) // NAME_BYTES
    sure = passed > 0 and reply.witness_want == asked.witness.end + passed
    settings.put(act.connection, SURE, "yes" if sure else "no")
    settings.put(act.connection, WANT, str(min(reply.witness_want, asked.witness.total)))
    if reply.witness_want >= asked.witness.total:
        settings.put(act.connection, STATE, "yes")
        act.note("line-witnessed", reply.epoch, held=asked.witness.total)


def _named(connection: Connection, place: int, most: int) -> bytes:
    rows = connection.exec_driver_sql(
        "SELECT ref FROM witness_item WHERE place >= :place ORDER BY place LIMIT :most", {"place": place, "most": most}
    )
    return names_of(list(rows.scalars()))


def _decisions(connection: Connection) -> Iterable[Decision]:
    rows = connection.exec_driver_sql("SELECT packed FROM decision ORDER BY rowid")
    return [wire.unpack(SignedDecision, bytes(row.packed)).decision for row in rows]


def _revision(connection: Connection, name: str) -> Revision:
    made = records.revision(connection, RevisionId(name))
    if made is None:
        raise LookupError("a revision on the list is not held")
    return made


def _packed(connection: Connection, decision: str) -> bytes:
    return bytes(
        connection.exec_driver_sql("SELECT packed FROM decision WHERE id = :id", {"id": decision}).scalar_one()
    )


def _heard(connection: Connection) -> set[str]:
    """Return the revisions that the county told of: one in conflict is named by no decision, and may be nowhere else."""
    return set(connection.exec_driver_sql("SELECT id FROM revision WHERE heard").scalars())


def _with_ancestors(connection: Connection, named: set[str]) -> set[str]:
    """Return the revisions and all their ancestors that are held."""
    parents = {str(row.id): row.parents for row in connection.exec_driver_sql("SELECT id, parents FROM revision")}
    seen: set[str] = set()
    open_ends = list(named)
    while open_ends:
        here = open_ends.pop()
        if here not in seen and here in parents:
            seen.add(here)
            open_ends.extend(parents[here].split())
    return seen
