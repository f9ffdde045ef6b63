"""Hand-over batches (移交批次) at the desk: sealing what was filed, and the parts in which it travels."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.engine import Connection, Row

from desktop.archive import bodies, records, settings
from desktop.archive.archive import Act
from sync.contract import wire
from sync.contract.batches import PART_TARGET_BYTES, BatchId, BatchSeal, cut_parts, seal
from sync.contract.messages import BatchState, SentPart, SentRevision
from sync.contract.revisions import DeviceId, RecordId, RecordState, Revision, TownshipId, may_step
from sync.vault.engine import driver

KNOWN_SEQUENCE: Final = "line.sequence"
ENROLMENT: Final = "enrolment.desk"
ASKS_FIRST: Final = "line.restored"  # set: nothing is sealed before the county has said how far this desk had come


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A sealed batch as the desk's list shows it."""

    seal: BatchSeal
    state: BatchState
    want: int
    sealed_at: str
    received_at: str


def seal_filed(
    act: Act,
    township: TownshipId,
    device: DeviceId,
    key: Ed25519PrivateKey,
    batch_id: BatchId,
    target_bytes: int = PART_TARGET_BYTES,
    only: Collection[RecordId] | None = None,
) -> BatchSeal | None:
    """Everything filed since the last batch stands sealed and signed, oldest first; None when there was nothing.

    Args:
        only: of what was filed, these records; the others wait.
    """
    filed = [one for one in records.in_state(act.connection, RecordState.FILED) if only is None or one.uid in only]
    revisions = [found for line in filed if (found := records.revision(act.connection, line.head))]
    if not revisions:
        return None
    revisions.sort(key=lambda made: _arrived(act.connection, made))
    parts = list(cut_parts(_with_unsent_parents(act.connection, revisions), target_bytes))
    sequence = 1 + last_sequence(act.connection)
    made = seal(batch_id, township, device, sequence, [[one.id for one in part] for part in parts], key)
    act.connection.exec_driver_sql(
        "INSERT INTO batch (id, sequence, seal, state, want, sealed_at, received_at)"
        " VALUES (:id, :sequence, :seal, 'open', 0, :at, '')",
        {"id": made.batch_id, "sequence": sequence, "seal": wire.pack(made), "at": act.moment},
    )
    rows = [
        {"batch": made.batch_id, "part": part, "place": place, "revision": one.id}
        for part, several in enumerate(parts)
        for place, one in enumerate(several)
    ]
    act.connection.exec_driver_sql(
        "INSERT INTO batch_revision (batch_id, part, place, revision_id, problem)"
        " VALUES (:batch, :part, :place, :revision, '')",
        rows,
    )
    for line in filed:
        records.move(act.connection, line.uid, RecordState.QUEUED)
    act.note("batch-sealed", made.batch_id, revisions=made.revisions, sequence=sequence)
    return made


def last_sequence(connection: Connection) -> int:
    """Return the highest sequence used here, or known to the county from before this archive was put back from a backup."""
    used = int(connection.exec_driver_sql("SELECT coalesce(max(sequence), 0) FROM batch").scalar_one())
    return max(used, int(settings.get(connection, KNOWN_SEQUENCE, "0")))


def know_sequence(connection: Connection, sequence: int) -> None:
    """The county holds a batch of this desk with this sequence: none below it is used any more."""
    if sequence > last_sequence(connection):
        settings.put(connection, KNOWN_SEQUENCE, str(sequence))
    if settings.get(connection, ASKS_FIRST):
        settings.put(connection, ASKS_FIRST, "")


def _arrived(connection: Connection, made: Revision) -> int:
    return int(connection.exec_driver_sql("SELECT arrived FROM revision WHERE id = :id", {"id": made.id}).scalar_one())


def _with_unsent_parents(connection: Connection, revisions: list[Revision]) -> list[Revision]:
    """A record filed twice since it was last sent travels with all its revisions, parents first: no gap is ever sealed."""
    ordered: dict[str, Revision] = {}

    def add(made: Revision) -> None:
        for parent in made.parents:
            older = records.revision(connection, parent)
            if older is not None and not _was_sealed_or_came(connection, parent):
                add(older)
        ordered.setdefault(made.id, made)

    for made in revisions:
        add(made)
    return list(ordered.values())


def _was_sealed_or_came(connection: Connection, revision_id: str) -> bool:
    sealed = connection.exec_driver_sql(
        "SELECT count(*) FROM batch_revision r JOIN batch b ON b.id = r.batch_id"
        " WHERE r.revision_id = :id AND b.state != 'rejected'",
        {"id": revision_id},
    ).scalar_one()
    came = connection.exec_driver_sql(
        "SELECT count(*) FROM record WHERE accepted = :id", {"id": revision_id}
    ).scalar_one()
    return bool(sealed or came)


def every(connection: Connection) -> list[BatchLine]:
    """Return all batches, the newest first."""
    return [_line(row) for row in connection.exec_driver_sql("SELECT * FROM batch ORDER BY sequence DESC")]


def next_open(connection: Connection) -> BatchLine | None:
    """Return the earliest batch that the county has not received."""
    row = connection.exec_driver_sql("SELECT * FROM batch WHERE state = 'open' ORDER BY sequence LIMIT 1").first()
    return _line(row) if row else None


def _line(row: Row[Any]) -> BatchLine:
    return BatchLine(
        wire.unpack(BatchSeal, bytes(row.seal)), BatchState(row.state), int(row.want), row.sealed_at, row.received_at
    )


def read_parts(connection: Connection, batch_id: str, first: int, most_bytes: int) -> tuple[SentPart, ...]:
    """Return whole parts from `first` on, whose bodies fit into `most_bytes`; one at least if there is one.

    A revision travels as it is kept: read as bytes, and not judged again.
    """
    chosen: list[SentPart] = []
    size_bytes = 0
    with driver(connection) as raw, closing(raw.execute(_PARTS, (batch_id, first))) as rows:
        for number, several in groupby(rows, key=itemgetter(0)):
            part = SentPart(number, tuple(_sent(*row[1:]) for row in several))
            size_bytes += sum(len(one.body) for one in part.revisions)
            if number != first + len(chosen) or (chosen and size_bytes > most_bytes):
                break
            chosen.append(part)
    return tuple(chosen)


_PARTS: Final = (
    "SELECT r.part, v.record_uid, v.parents, v.change, v.body FROM batch_revision r JOIN revision v ON v.id = r.revision_id"
    " WHERE r.batch_id = ? AND r.part >= ? AND v.body != x'' ORDER BY r.part, r.place"
)


def _sent(record: str, parents: str, change: str, body: bytes) -> SentRevision:
    joined = tuple(map(bytes.fromhex, parents.split()))
    return SentRevision(bytes.fromhex(record.replace("-", "")), joined, change, bodies.unpack(body))


def revisions_of(connection: Connection, batch_id: str) -> list[str]:
    """Return the ids of a batch's revisions."""
    rows = connection.exec_driver_sql(
        "SELECT revision_id FROM batch_revision WHERE batch_id = :batch ORDER BY part, place", {"batch": batch_id}
    )
    return [str(row[0]) for row in rows]


def move_shown(connection: Connection, batch_id: str, old: RecordState, new: RecordState) -> None:
    """Of the records that stand by a revision of the batch, those in the old state stand in the new one."""
    if not may_step(old, new):
        raise ValueError(f"no step from {old} to {new}")
    connection.exec_driver_sql(
        "UPDATE record SET state = :new WHERE state = :old"
        " AND head IN (SELECT revision_id FROM batch_revision WHERE batch_id = :batch)",
        {"new": new.value, "old": old.value, "batch": batch_id},
    )


def shown(connection: Connection, batch_id: str) -> set[RecordId]:
    """Return the records that stand by a revision of the batch."""
    rows = connection.exec_driver_sql(
        "SELECT r.uid FROM batch_revision b JOIN revision v ON v.id = b.revision_id JOIN record r ON r.uid = v.record_uid"
        " WHERE b.batch_id = ? AND r.head = b.revision_id",
        (batch_id,),
    )
    return set(rows.scalars())


def set_receipt(connection: Connection, batch_id: str, state: BatchState, want: int, moment: str) -> None:
    """What the county last said of the batch stands with it."""
    connection.exec_driver_sql(
        "UPDATE batch SET state = :state, want = :want, received_at = CASE WHEN :state = 'received' THEN :at ELSE '' END"
        " WHERE id = :id",
        {"state": state.value, "want": want, "at": moment, "id": batch_id},
    )


def set_problem(connection: Connection, batch_id: str, part: int, place: int, code: str) -> str | None:
    """Why the county set a revision aside stands with it; its id is returned."""
    row = connection.exec_driver_sql(
        "UPDATE batch_revision SET problem = :code WHERE batch_id = :batch AND part = :part AND place = :place"
        " RETURNING revision_id",
        {"code": code, "batch": batch_id, "part": part, "place": place},
    ).first()
    return str(row[0]) if row else None


def reopen_all(act: Act) -> None:
    """Every batch is queued again: the county's store went back in time. Receiving one twice changes nothing.

    What was sealed under a former name of this desk is not taken from it any more: its undecided records are filed again.
    """
    _let_go(act, BatchState.OPEN, BatchState.RECEIVED)
    for row in act.connection.exec_driver_sql(
        _NOT_WHOLE
    ).all():  # something of it was destroyed: it cannot be sent as it was sealed
        _give_up(act, str(row[0]))
    act.connection.exec_driver_sql("UPDATE batch SET state = 'open', want = 0 WHERE state != 'rejected'")


def begin_under_another_name(act: Act) -> None:
    """This desk was enrolled anew: batches that wait under its former name are never received, and their records filed again."""
    _let_go(act, BatchState.OPEN)


def _let_go(act: Act, *states: BatchState) -> None:
    """Batches of another device in these states are given up, and their undecided records stand filed."""
    device = settings.get_table(act.connection, ENROLMENT).get("device")
    for line in every(act.connection):
        if device is None or line.seal.device == device or line.state not in states:
            continue
        _give_up(act, line.seal.batch_id)


_NOT_WHOLE: Final = (
    "SELECT DISTINCT b.id FROM batch b JOIN batch_revision r ON r.batch_id = b.id JOIN revision v ON v.id = r.revision_id"
    " WHERE b.state != 'rejected' AND v.body = x''"
)


def _give_up(act: Act, batch_id: str) -> None:
    values = {"batch": batch_id}
    act.connection.exec_driver_sql("UPDATE batch SET state = 'rejected' WHERE id = :batch", values)
    act.connection.exec_driver_sql(
        "UPDATE record SET state = 'filed' WHERE state IN ('queued', 'received', 'conflict')"
        " AND head IN (SELECT revision_id FROM batch_revision WHERE batch_id = :batch)",
        values,
    )
    act.note("batch-given-up", batch_id)
