"""The county's book in SQL, inside one transaction: explicit bulk statements, no decision of its own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, bindparam, delete, func, literal, select, update

from sync.contract.batches import BatchId, BatchSeal
from sync.contract.decisions import SignedDecision
from sync.contract.errors import BadRequest
from sync.contract.histories import RevisionStanding
from sync.contract.messages import BatchState, Head, Problem, SentRevision, read_digest
from sync.contract.revisions import DeviceId, RecordId, RevisionId, TownshipId
from sync.contract.taking_back import SignedTakeBack
from sync.contract.wire import pack
from sync.county import tables
from sync.county.check_book import SqlChecks
from sync.county.feed_book import SqlFeed
from sync.county.journal_entries import JournalEntry, JournalSeat
from sync.county.number_book import NumberBook
from sync.county.record_files import read_record_files
from sync.county.statements import in_runs, insert_ignoring, insert_rows
from sync.county.tables import table
from sync.county.witness_book import SqlWitnesses
from sync.ledger import KeptSeat, RecordFile
from sync.ledger.county_book import KeptBatch, KeptPart, KeptRevision, LogDetail, TownshipRow

_BATCH, _PART, _PLACED = table(tables.Batch), table(tables.BatchPart), table(tables.BatchRevision)
_PROBLEM, _REVISION, _RECORD = table(tables.BatchProblem), table(tables.RevisionRow), table(tables.Record)
_DECISION, _TOWNSHIP = table(tables.DecisionRow), table(tables.Township)
_SETTING, _ATTACHMENT = table(tables.Setting), table(tables.Attachment)


# asked with each request of each desk: built once
_EPOCH = select(_SETTING.c.value).where(_SETTING.c.key == "epoch")
_TOWNSHIP_ROW = select(_TOWNSHIP).where(_TOWNSHIP.c.code == bindparam("of"))
_BATCH_ROW = select(_BATCH).where(_BATCH.c.id == bindparam("of"))
_OF_DESK = (_BATCH.c.township == bindparam("of")) & (_BATCH.c.device == bindparam("by"))
_LAST_SEQUENCE = select(func.max(_BATCH.c.sequence)).where(_OF_DESK)


@dataclass(frozen=True, slots=True)
class AuditLine:
    """A line for the audit log, written when the act is complete."""

    who: str
    act: str
    subject: str
    details: Mapping[str, LogDetail]


class SqlBook(NumberBook, SqlWitnesses, SqlChecks, SqlFeed):
    """A CountyBook over one connection in one transaction."""

    def __init__(self, connection: Connection, clock: Callable[[], datetime]) -> None:
        self.connection, self._clock = connection, clock
        self.lines: list[AuditLine] = []
        self.to_journal: list[JournalEntry] = []

    def epoch(self) -> str:
        return str(self.connection.execute(_EPOCH).scalar_one())

    def set_epoch(self, epoch: str, at: datetime) -> None:
        self.connection.execute(update(_SETTING).where(_SETTING.c.key == "epoch").values(value=epoch))
        self.connection.execute(delete(_SETTING).where(_SETTING.c.key == "epoch_began"))
        self.connection.execute(_SETTING.insert().values(key="epoch_began", value=at.isoformat(timespec="seconds")))

    def epoch_began(self) -> datetime | None:
        found = select(_SETTING.c.value).where(_SETTING.c.key == "epoch_began")
        began = self.connection.execute(found).scalar_one_or_none()
        return None if began is None else datetime.fromisoformat(began)

    def township(self, township: TownshipId) -> TownshipRow:
        row = self.connection.execute(_TOWNSHIP_ROW, {"of": township}).one_or_none()
        if row is None:
            return TownshipRow(0, b"", read_digest(b"", 0))
        return TownshipRow(row.feed_end, row.feed_hash, read_digest(row.digest, row.heads))

    def save_township(self, township: TownshipId, row: TownshipRow) -> None:
        values = {"feed_end": row.feed_end, "feed_hash": row.feed_hash}
        values |= {"digest": row.digest.value, "heads": row.digest.heads}
        self.connection.execute(update(_TOWNSHIP).where(_TOWNSHIP.c.code == township).values(values))

    # batches

    def batch(self, batch_id: BatchId) -> KeptBatch | None:
        row = self.connection.execute(_BATCH_ROW, {"of": batch_id}).one_or_none()
        return None if row is None else read_batch(row)

    def add_batch(self, seal: BatchSeal) -> None:
        values = {name: getattr(seal, name) for name in _SEAL_FIELDS}
        row = {"id": seal.batch_id, "state": BatchState.OPEN.value, **values}
        if not self.connection.execute(insert_ignoring(self.connection, tables.Batch), row).rowcount:
            raise BadRequest("another batch has this id", batch=seal.batch_id)  # of a township that nobody sees here

    def last_sequence(self, township: TownshipId, device: DeviceId) -> int:
        return int(self.connection.execute(_LAST_SEQUENCE, {"of": township, "by": device}).scalar_one() or 0)

    def set_batch_state(self, batch_id: BatchId, state: BatchState) -> None:
        at = self._clock().isoformat(timespec="seconds")
        self.connection.execute(update(_BATCH).where(_BATCH.c.id == batch_id).values(state=state.value, received_at=at))

    def part_digests(self, batch_id: BatchId) -> Mapping[int, tuple[bytes, int]]:
        rows = self.connection.execute(select(_PART).where(_PART.c.batch == batch_id))
        return {row.number: (row.digest, row.revisions) for row in rows}

    def add_parts(self, seal: BatchSeal, parts: Sequence[KeptPart]) -> None:
        batch = seal.batch_id
        told = [(batch, part.number, part.digest, len(part.revisions)) for part in parts]
        insert_rows(self.connection, tables.BatchPart, ("batch", "number", "digest", "revisions"), told)
        self._add_rows(seal.township, seal.device, [one for part in parts for one in part.revisions])
        placed = [
            (batch, part.number, place, one.id, one.record)
            for part in parts
            for place, one in enumerate(part.revisions)
        ]
        insert_rows(self.connection, tables.BatchRevision, ("batch", "part", "place", "revision", "record"), placed)
        self._add_problems(batch, [problem for part in parts for problem in part.problems])

    def claim_records(self, township: TownshipId, batch_id: BatchId) -> None:
        joined = _PLACED.join(_REVISION, _PLACED.c.revision == _REVISION.c.id)
        sound = (_PLACED.c.batch == batch_id) & (_REVISION.c.standing != RevisionStanding.SET_ASIDE.value)
        sound &= _REVISION.c.township == township
        found = select(_PLACED.c.record, literal(township)).distinct().select_from(joined).where(sound)
        claim = insert_ignoring(self.connection, tables.Record).from_select(["id", "township"], found)
        self.connection.execute(claim)

    def strangers(self, township: TownshipId, batch_id: BatchId) -> tuple[Problem, ...]:
        # What is another's is not seen here: sound ones were just claimed, so what is not ours is a stranger's. Asked for by
        # name in runs, not joined: of tables that have just grown PostgreSQL believes them empty, and joins row by row.
        placed = self.connection.execute(select(_PLACED).where(_PLACED.c.batch == batch_id)).all()
        ours = self._ours(_RECORD, township, {row.record for row in placed})
        rows = [row for row in placed if row.record not in ours]
        set_aside = _REVISION.c.standing == RevisionStanding.SET_ASIDE.value
        aside = self._ours(_REVISION, township, {row.revision for row in rows}, set_aside)
        detail = "record of another township"
        strange = (row for row in rows if row.revision not in aside)
        return tuple(Problem(row.part, row.place, row.record, row.revision, "not_allowed", detail) for row in strange)

    def _ours(
        self, where: Table, township: TownshipId, ids: Collection[str], also: ColumnElement[bool] | None = None
    ) -> set[str]:
        """Return those of the ids that are the township's, in a table of records or revisions."""
        found: set[str] = set()
        for run in in_runs(ids):
            wanted = where.c.id.in_(run) & (where.c.township == township)
            found.update(
                self.connection.execute(select(where.c.id).where(wanted if also is None else wanted & also)).scalars()
            )
        return found

    def set_aside(self, township: TownshipId, batch_id: BatchId, problems: Sequence[Problem]) -> None:
        self._add_problems(batch_id, problems)
        aside = [problem.revision for problem in problems if problem.revision is not None]
        self.set_standings(township, dict.fromkeys(aside, RevisionStanding.SET_ASIDE))

    def problems(self, batch_id: BatchId) -> tuple[Problem, ...]:
        ordered = select(_PROBLEM).where(_PROBLEM.c.batch == batch_id).order_by(_PROBLEM.c.part, _PROBLEM.c.place)
        rows = self.connection.execute(ordered)
        return tuple(Problem(row.part, row.place, row.record, row.revision, row.code, row.detail) for row in rows)

    def decided_records(self, batch_id: BatchId) -> frozenset[RecordId]:
        joined = _PLACED.join(_DECISION, _PLACED.c.record == _DECISION.c.record)
        found = select(_PLACED.c.record).distinct().select_from(joined).where(_PLACED.c.batch == batch_id)
        return frozenset(self.connection.execute(found).scalars())

    def release(self, batch_id: BatchId, standing: RevisionStanding) -> None:
        ours = _REVISION.c.id.in_(select(_PLACED.c.revision).where(_PLACED.c.batch == batch_id))
        hidden = ours & _REVISION.c.standing.in_([RevisionStanding.STAGED.value, RevisionStanding.HELD.value])
        self.connection.execute(update(_REVISION).where(hidden).values(standing=standing.value))
        self._compare_again(select(_PLACED.c.record).distinct().where(_PLACED.c.batch == batch_id))

    # records

    def record_files(self, records: Collection[RecordId]) -> Mapping[RecordId, RecordFile]:
        return read_record_files(self.connection, records)

    def add_revisions(self, township: TownshipId, revisions: Iterable[KeptRevision]) -> None:
        kept = tuple(revisions)
        self._add_rows(township, None, kept)
        for run in in_runs({one.record for one in kept}):
            self._compare_again(select(_RECORD.c.id).where(_RECORD.c.id.in_(run)))

    def set_standings(self, township: TownshipId, standings: Mapping[RevisionId, RevisionStanding]) -> None:
        if not standings:
            return
        ours = (_REVISION.c.id == bindparam("one")) & (_REVISION.c.township == township)
        statement = update(_REVISION).where(ours).values(standing=bindparam("now"))
        self.connection.execute(statement, [{"one": one, "now": now.value} for one, now in standings.items()])

    def add_decision(self, signed: SignedDecision) -> None:
        decision = signed.decision
        values: dict[str, object] = {"id": decision.id, "record": decision.record_id, "township": decision.township}
        values |= {"kind": decision.kind.value, "packed": pack(signed)}
        self.connection.execute(insert_ignoring(self.connection, tables.DecisionRow), values)
        self.to_journal.append(JournalEntry(decision=signed))

    def take_back_decisions(self, signed: SignedTakeBack, decisions: Sequence[SignedDecision], cut_at: int) -> None:
        rows = [
            {
                "decision": one.decision.id, "signature": signed.signature, "township": one.decision.township,
                "packed": pack(one), "said": pack(signed), "record": one.decision.record_id, "cut_at": cut_at,
                "followed": 0,
            }
            for one in decisions
        ]  # fmt: skip
        self.connection.execute(insert_ignoring(self.connection, tables.TakenBackRow), rows)
        for run in in_runs([one.decision.id for one in decisions]):
            self.connection.execute(delete(_DECISION).where(_DECISION.c.id.in_(run)))
        self.cut_feed(signed.said.township, cut_at)
        self.to_journal.append(JournalEntry(taken_back=signed))

    def add_seat(self, township: TownshipId, seat: KeptSeat) -> None:
        super().add_seat(township, seat)
        self.to_journal.append(JournalEntry(seat=JournalSeat(township, seat.seat, seat.device, seat.epoch)))

    def set_head(self, township: TownshipId, record: RecordId, head: RevisionId | None) -> None:
        self.connection.execute(update(_RECORD).where(_RECORD.c.id == record).values(head=head))

    def heads(self, township: TownshipId, bucket: int | None) -> tuple[Head, ...]:
        wanted = (_RECORD.c.township == township) & _RECORD.c.head.is_not(None)
        if bucket is not None:
            wanted &= func.substr(_RECORD.c.id, 35, 2) == f"{bucket:02x}"
        rows = self.connection.execute(select(_RECORD.c.id, _RECORD.c.head).where(wanted).order_by(_RECORD.c.id))
        return tuple(Head(row.id, row.head) for row in rows)

    def sent_revisions(
        self, revisions: Collection[RevisionId], unless_from: DeviceId | None
    ) -> Mapping[RevisionId, SentRevision]:
        found: dict[RevisionId, SentRevision] = {}
        for run in in_runs(revisions):
            rows = self.connection.execute(select(_REVISION).where(_REVISION.c.id.in_(run)))
            found |= {row.id: read_sent(row) for row in rows if unless_from is None or row.device != unless_from}
        return found

    # attachments and the log

    def missing_attachments(self, township: TownshipId, hashes: Collection[str]) -> frozenset[str]:
        held: set[str] = set()
        for run in in_runs(hashes):
            ours = _ATTACHMENT.c.sha256.in_(run) & (_ATTACHMENT.c.township == township)
            held.update(self.connection.execute(select(_ATTACHMENT.c.sha256).where(ours)).scalars())
        return frozenset(hashes) - held

    def add_attachment(self, township: TownshipId, sha256: str, size_bytes: int) -> None:
        self.keep_attachment(township, sha256, size_bytes, b"", b"")

    def keep_attachment(self, township: TownshipId, sha256: str, size_bytes: int, file_id: bytes, key: bytes) -> None:
        """The attachment is held for the township, in that sealed file; its pieces are forgotten."""
        values = {"sha256": sha256, "township": township, "size_bytes": size_bytes, "file_id": file_id, "key": key}
        self.connection.execute(insert_ignoring(self.connection, tables.Attachment), values)
        pieces = table(tables.AttachmentPiece)
        self.connection.execute(delete(pieces).where((pieces.c.sha256 == sha256) & (pieces.c.township == township)))

    def log(self, who: str, act: str, subject: str, details: Mapping[str, LogDetail]) -> None:
        self.lines.append(AuditLine(who, act, subject, details))

    # inside

    def _add_rows(self, township: TownshipId, device: DeviceId | None, kept: Sequence[KeptRevision]) -> None:
        """The revisions are kept; those of a batch take over what a witness brought before it."""
        rows = {
            one.id: (
                one.id, one.record, township, device, one.sent.kind, b"".join(one.sent.parents), one.sent.body,
                one.standing.value, one.number,
            )
            for one in kept
        }  # fmt: skip
        conflict = "DO NOTHING" if device is None else _TAKING_OVER_HELD
        insert_rows(self.connection, tables.RevisionRow, _REVISION_NAMES, list(rows.values()), conflict)
        named = [(one.id, name) for one in kept for name in one.attachments]
        insert_rows(self.connection, tables.RevisionAttachment, ("revision", "sha256"), named)

    def _compare_again(self, records: Select[tuple[str]]) -> None:
        """These records are compared with all others when there is time (docs/county.md, section 5)."""
        statement = insert_ignoring(self.connection, tables.ToCompare).from_select(["record"], records)
        self.connection.execute(statement)

    def _add_problems(self, batch_id: BatchId, problems: Sequence[Problem]) -> None:
        rows = [
            {
                "batch": batch_id, "part": problem.part, "place": problem.place, "record": problem.record,
                "revision": problem.revision, "code": problem.code, "detail": problem.detail,
            }
            for problem in problems
        ]  # fmt: skip
        if rows:
            self.connection.execute(insert_ignoring(self.connection, tables.BatchProblem), rows)


_REVISION_NAMES = ("id", "record", "township", "device", "kind", "parents", "body", "standing", "number")
# what a witness brought before its batch is the device's, and set aside if it is not sound
_TAKING_OVER_HELD = (
    "(id) DO UPDATE SET device = excluded.device, standing = CASE excluded.standing WHEN 'set_aside' THEN 'set_aside'"
    " ELSE revision.standing END WHERE revision.standing = 'held' AND revision.township = excluded.township"
)
_SEAL_FIELDS = ("township", "device", "sequence", "parts", "revisions", "digest", "signature")


def read_batch(row: Row[tuple[object, ...]]) -> KeptBatch:
    """Return a batch from its row."""
    named = row._mapping
    seal = BatchSeal(named["id"], *(named[name] for name in _SEAL_FIELDS))
    return KeptBatch(seal, BatchState(named["state"]))


def read_sent(row: Row[tuple[object, ...]]) -> SentRevision:
    """Return a revision as it travels, from its row."""
    named = row._mapping
    joined = named["parents"]
    parents = tuple(joined[start : start + 32] for start in range(0, len(joined), 32))
    return SentRevision(UUID(named["record"]).bytes, parents, named["kind"], named["body"])
