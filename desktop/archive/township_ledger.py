"""The desk's book as the exchange sees it: sync.ledger.TownshipLedger on the encrypted archive.

Each call is one transaction. Nothing the desk holds is ever deleted by what arrives; a reply is applied whole or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy.engine import Connection

from desktop.archive import (
    attachments,
    batches,
    check_reports,
    destruction,
    indexing,
    number_accounts,
    records,
    settings,
    witness,
)
from desktop.archive.archive import Act, Archive
from desktop.archive.batches import BatchLine
from desktop.archive.clock import Clock
from desktop.archive.records import Ground, RecordLine
from sync.contract import wire
from sync.contract.batches import BatchId
from sync.contract.decisions import Decision, DecisionKind, SignedDecision
from sync.contract.four_properties import Outcome, bits_of, found_counts
from sync.contract.histories import History, newest_after, record_state
from sync.contract.kinds import Kind
from sync.contract.messages import (
    BatchReceipt,
    BatchState,
    Event,
    Head,
    HeadDigest,
    SentPart,
    SyncReply,
    SyncRequest,
    Witness,
    bucket_of,
    read_digest,
)
from sync.contract.revisions import RecordId, RecordState, Revision, RevisionId
from sync.ledger import AttachmentSize, Outgoing, Place, TakenIn

BATCH_REJECTED: Final = "batch_rejected"
COUNTY: Final = "县数据中心"  # who stands in the audit log for what arrives


class ArchiveTownshipLedger:
    """One archive's side of the line."""

    def __init__(self, archive: Archive, kinds: Mapping[str, Kind], clock: Clock) -> None:
        self._archive = archive
        self._kinds = kinds
        self._clock = clock

    def place(self) -> Place:
        with self._archive.reading() as connection:
            return _place(connection)

    def outgoing(self) -> Outgoing | None:
        with self._archive.reading() as connection:
            line = batches.next_open(connection)
            return _outgoing(connection, line) if line else None

    def waiting(self) -> tuple[Outgoing, ...]:
        with self._archive.reading() as connection:
            lines = batches.every(connection)
            return tuple(_outgoing(connection, one) for one in reversed(lines) if one.state is BatchState.OPEN)

    def read_parts(self, batch_id: BatchId, first: int, most_bytes: int) -> tuple[SentPart, ...]:
        with self._archive.reading() as connection:
            return batches.read_parts(connection, batch_id, first, most_bytes)

    def witness(self, most_bytes: int, first: int | None = None, *, naming: bool = False) -> Witness | None:
        with self._archive.reading() as connection:
            return witness.run(connection, most_bytes, first, naming=naming)

    def take_in(self, asked: SyncRequest, reply: SyncReply) -> TakenIn:
        with self._archive.act(COUNTY, self._clock()) as act:
            if reply.epoch != asked.epoch:
                return self._begin_epoch(act, reply.epoch)
            witness.take_in(act, asked, reply)
            if asked.numbers is not None and reply.numbers is not None:
                number_accounts.take_in(act, reply.epoch, asked.numbers, reply.numbers)
            batches.know_sequence(act.connection, reply.last_sequence)
            changed: set[RecordId] = set()
            if reply.batch is not None:
                changed |= self._take_receipt(act, reply.batch)
            applied, missing = 0, False
            for event in reply.events:
                if not self._apply(act, event):
                    missing = True
                    break
                changed.add(event.record)
                applied += 1
                settings.put(act.connection, "line.after", str(event.sequence))
                settings.put(act.connection, "line.feed_hash", event.feed_hash.hex())
            settings.put(act.connection, "line.want_bodies", "1" if missing else "")
            left = witness.run(act.connection, 1) is not None
        return TakenIn(frozenset(changed), applied, reply.batch, bodies_missing=missing, witness_left=left)

    def digest(self) -> HeadDigest:
        with self._archive.reading() as connection:
            return _digest(connection)

    def heads(self, bucket: int | None = None) -> tuple[Head, ...]:
        with self._archive.reading() as connection:
            rows = connection.exec_driver_sql(
                "SELECT uid, accepted FROM record WHERE accepted != '' UNION ALL"
                " SELECT record_uid, accepted FROM destroyed WHERE accepted != '' ORDER BY 1"
            ).all()
        heads = (Head(RecordId(row.uid), RevisionId(row.accepted)) for row in rows)
        return tuple(head for head in heads if bucket is None or bucket_of(head.record) == bucket)

    def read_again(self, person: str) -> None:
        """The whole feed is read again at the next exchange, bodies included; what is held stays, and the digest is made anew.

        Harmless at any time: a decision is known by its id.
        """
        digest = HeadDigest()
        for head in self.heads():
            digest = digest.with_head(head.record, head.revision)
        with self._archive.act(person, self._clock()) as act:
            settings.put(act.connection, "line.digest", digest.value.hex())
            settings.put(act.connection, "line.heads", str(digest.heads))
            settings.put(act.connection, "line.after", "0")
            settings.put(act.connection, "line.feed_hash", "")
            settings.put(act.connection, "line.want_bodies", "1")
            act.note("feed-read-again", "line", heads=digest.heads)

    def unsent_attachments(self, most: int, *, of_waiting: bool = False) -> tuple[AttachmentSize, ...]:
        with self._archive.reading() as connection:
            rows = connection.exec_driver_sql(
                "SELECT DISTINCT a.sha256, a.size_bytes FROM attachment a JOIN inbox_item i ON i.sha256 = a.sha256"
                " WHERE a.sent = 0 AND EXISTS (SELECT 1 FROM revision v JOIN batch_revision r ON r.revision_id = v.id"
                " JOIN batch b ON b.id = r.batch_id WHERE v.record_uid = i.record_uid"
                " AND (b.state = 'received' OR (:waiting AND b.state = 'open')))"
                " ORDER BY a.added_at LIMIT :most",
                {"most": most, "waiting": of_waiting},
            ).all()
        return tuple(AttachmentSize(row.sha256, int(row.size_bytes)) for row in rows)

    def mark_attachments_sent(self, hashes: Iterable[str]) -> None:
        rows = [{"sha256": sha256} for sha256 in hashes]
        if rows:
            with self._archive.act(COUNTY, self._clock()) as act:
                act.connection.exec_driver_sql("UPDATE attachment SET sent = 1 WHERE sha256 = :sha256", rows)

    def read_attachment(self, sha256: str, offset: int, most_bytes: int) -> bytes:
        with self._archive.reading() as connection:
            return attachments.part(self._archive, connection, sha256, offset, most_bytes)

    def _begin_epoch(self, act: Act, epoch: str) -> TakenIn:
        """Batches and attachments are queued again and the feed is read from its start; nothing held is forgotten."""
        first = not settings.get(act.connection, "line.epoch")
        settings.put(act.connection, "line.epoch", epoch)
        settings.put(act.connection, "line.after", "0")
        settings.put(act.connection, "line.feed_hash", "")
        settings.put(act.connection, "line.last_batch", "")
        witness.fix_list(act, epoch)
        if not first:
            batches.reopen_all(act)
            number_accounts.begin_epoch(act.connection)
            act.connection.exec_driver_sql("UPDATE attachment SET sent = 0")
        act.note("line-epoch", epoch)
        return TakenIn(new_epoch=True)

    def _take_receipt(self, act: Act, receipt: BatchReceipt) -> set[RecordId]:
        batches.set_receipt(act.connection, receipt.batch_id, receipt.state, receipt.want, act.moment)
        if receipt.state is BatchState.REJECTED:
            return self._take_back(act, receipt)
        if receipt.state is not BatchState.RECEIVED:
            return set()
        settings.put(act.connection, "line.last_batch", receipt.batch_id)
        aside = {
            batches.set_problem(act.connection, receipt.batch_id, one.part, one.place, one.code): one.code
            for one in receipt.problems
        }
        batches.move_shown(act.connection, receipt.batch_id, RecordState.QUEUED, RecordState.RECEIVED)
        for revision_id, code in aside.items():
            line = _shown_by(act.connection, revision_id) if revision_id else None
            if line is not None:
                grounds = (Ground("", code, ""),)
                records.decided(act.connection, line.uid, RecordState.RETURNED, line.accepted, grounds)
        act.note("batch-received", receipt.batch_id, problems=len(receipt.problems))
        return batches.shown(act.connection, receipt.batch_id)

    def _take_back(self, act: Act, receipt: BatchReceipt) -> set[RecordId]:
        """The county refused a batch whole: its records come back to the clerk, who files them into another."""
        touched: set[RecordId] = set()
        for revision_id in batches.revisions_of(act.connection, receipt.batch_id):
            line = _shown_by(act.connection, revision_id)
            if line is not None and line.state is RecordState.QUEUED:
                grounds = (Ground("", BATCH_REJECTED, ""),)
                records.decided(act.connection, line.uid, RecordState.RETURNED, line.accepted, grounds)
                touched.add(line.uid)
        act.note("batch-rejected", receipt.batch_id, records=len(touched))
        return touched

    def _apply(self, act: Act, event: Event) -> bool:
        """Apply one event; False if it names a revision that is not held, and then nothing is changed."""
        if destruction.find(act.connection, event.record) is not None:
            self._decide_destroyed(act, event)
            return True
        sent = {made.id: made for made in (travelled.read() for travelled in event.revisions)}
        head = event.decision.decision.head if event.decision else None
        named = {event.revision} | ({head} if head else set())
        if not all(one in sent or records.revision(act.connection, one) for one in named):
            return False
        for made in sent.values():
            records.keep_heard_revision(act.connection, made)
        line = records.by_uid(act.connection, event.record)
        if event.decision is None:
            # queued: the reply that told of its receipt was lost, or this desk was restored from a backup
            waits = line is not None and line.state in (RecordState.QUEUED, RecordState.RECEIVED)
            if line is not None and waits and line.head == event.revision:
                records.move(act.connection, line.uid, RecordState.CONFLICT)
            return True
        self._decide(act, event.record, line, event.decision)
        return True

    def _decide_destroyed(self, act: Act, event: Event) -> None:
        """The county's word on a record that was destroyed here is kept, and nothing of the record comes back."""
        if event.decision is None:
            return
        decision = event.decision.decision
        act.connection.exec_driver_sql(
            "INSERT INTO decision (id, record_uid, packed) VALUES (:id, :record, :packed) ON CONFLICT (id) DO NOTHING",
            {"id": decision.id, "record": event.record, "packed": wire.pack(event.decision)},
        )
        if decision.head:
            before = destruction.note_accepted(act.connection, event.record, decision.head)
            _move_digest(act.connection, event.record, before, decision.head)

    def _decide(self, act: Act, record: RecordId, line: RecordLine | None, signed: SignedDecision) -> None:
        """The decision is kept, and the record stands where all decisions held put it."""
        decision = signed.decision
        act.connection.exec_driver_sql(
            "INSERT INTO decision (id, record_uid, packed) VALUES (:id, :record, :packed) ON CONFLICT (id) DO NOTHING",
            {"id": decision.id, "record": record, "packed": wire.pack(signed)},
        )
        history = _history(act.connection, record)
        before = line.accepted if line else ""
        accepted = history.head or ""
        newest = newest_after(history, line.head if line else None)
        if newest is None:
            return
        if line is None or newest != line.head:
            self._show(act, newest)
            line = records.by_uid(act.connection, record)
        if line is None:
            return
        state = record_state(history, newest, line.state)
        returned = decision.kind is DecisionKind.RETURNED and state is RecordState.RETURNED
        grounds = tuple(Ground(one.field, one.code, one.text) for one in decision.grounds) if returned else ()
        records.decided(act.connection, record, state, accepted, grounds)
        _move_digest(act.connection, record, before, accepted)
        act.note("decision-received", record, decision=decision.id, kind=decision.kind.value)

    def _show(self, act: Act, newest: RevisionId) -> None:
        """The desk shows this revision: line and index follow; a void keeps the last line."""
        made = records.revision(act.connection, newest)
        said = records.body(act.connection, newest)
        kind = self._kinds.get(str(said.get("kind"))) if said else None
        if made is None or said is None or kind is None or "fields" not in said:
            act.connection.exec_driver_sql(
                "UPDATE record SET head = :head WHERE uid = :uid",
                {"head": newest, "uid": made.record_id if made else ""},
            )
            return
        case = str(said["normal"].get(kind.case_date, {}).get("value", ""))
        row = records.set_line(act, made, said, RecordState.RECEIVED, case)
        indexing.index_record(act.connection, kind, row, said)


def _outgoing(connection: Connection, line: BatchLine) -> Outgoing:
    """Return a batch with what its checks said; one sealed by an older program has no report."""
    report = check_reports.last(connection, line.seal.batch_id)
    if report is None:
        return Outgoing(line.seal, line.want)
    ran = bits_of(one.item for one in report.results if one.outcome is not Outcome.NOT_CHECKED)
    return Outgoing(line.seal, line.want, ran, found_counts(report))


def _place(connection: Connection) -> Place:
    last = settings.get(connection, "line.last_batch")
    return Place(
        epoch=settings.get(connection, "line.epoch"),
        after=int(settings.get(connection, "line.after", "0")),
        feed_hash=bytes.fromhex(settings.get(connection, "line.feed_hash")),
        last_batch=BatchId(last) if last else None,
        witnessed=witness.is_complete(connection),
        want_bodies=bool(settings.get(connection, "line.want_bodies")),
        numbers=number_accounts.asked(connection),
    )


def _shown_by(connection: Connection, revision_id: str) -> RecordLine | None:
    uid = connection.exec_driver_sql("SELECT uid FROM record WHERE head = :head", {"head": revision_id}).scalar()
    return records.by_uid(connection, str(uid)) if uid else None


def _history(connection: Connection, record: RecordId) -> History:
    """Return all that is held of a record."""
    rows = connection.exec_driver_sql(
        "SELECT id FROM revision WHERE record_uid = :record ORDER BY arrived", {"record": record}
    )
    held: list[Revision] = [made for row in rows.all() if (made := records.revision(connection, row.id))]
    packed = connection.exec_driver_sql(
        "SELECT packed FROM decision WHERE record_uid = :record", {"record": record}
    ).all()
    decisions: tuple[Decision, ...] = tuple(wire.unpack(SignedDecision, bytes(row.packed)).decision for row in packed)
    return History({one.id: one.parents for one in held}, {one.id: one.kind_of_change for one in held}, decisions)


def _digest(connection: Connection) -> HeadDigest:
    value = bytes.fromhex(settings.get(connection, "line.digest", "00"))
    return read_digest(value, int(settings.get(connection, "line.heads", "0")))


def _move_digest(connection: Connection, record: RecordId, before: str, after: str) -> None:
    """The running digest follows the head, at the same price whatever the archive's size."""
    if before == after:
        return
    digest = _digest(connection)
    if before:
        digest = digest.without_head(record, RevisionId(before))
    if after:
        digest = digest.with_head(record, RevisionId(after))
    settings.put(connection, "line.digest", digest.value.hex())
    settings.put(connection, "line.heads", str(digest.heads))


def decisions_held(connection: Connection, record: str) -> list[SignedDecision]:
    """Return every decision held on a record, as it was signed."""
    rows = connection.exec_driver_sql(
        "SELECT packed FROM decision WHERE record_uid = :record", {"record": record}
    ).all()
    return [wire.unpack(SignedDecision, bytes(row.packed)) for row in rows]
