"""What the archive holds, as the checks of the four properties ask for it: records with their files, and the whole."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.engine import Connection

from desktop.archive import batches, bodies, numbering, records
from desktop.archive.archive import FILES, Archive
from sync.contract.batches import BatchSeal, batch_digest, check_shape, part_digest
from sync.contract.errors import BadRequest
from sync.contract.four_properties import Fault
from sync.contract.gaps import Block, Gap, Reason, explain
from sync.contract.numbers import Series
from sync.contract.record_checks import FileFacts, RecordFacts
from sync.contract.revisions import RevisionId
from sync.vault import audit
from sync.vault.sealed_files import sealed_size

YOUNG_SECONDS: Final = 3600.0  # a file's row is kept after the file
KNOWN_FILES: Final = (
    "archive.db", "archive.db-wal", "archive.db-shm", "archive.db-journal", "window.lock", "keys.json", "keys.copy.json",
    "keys.lock", "restored.json",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class HeldRecord:
    """A record's line, and what the checks ask of it; `facts` is None where its revision is not here."""

    id: int
    uid: str
    number: str
    title: str
    facts: RecordFacts | None


def rows_after(connection: Connection, after: int, most: int) -> list[int]:
    """Return the next rows of records."""
    asked = "SELECT id FROM record WHERE id > ? ORDER BY id LIMIT ?"
    return [int(row[0]) for row in connection.exec_driver_sql(asked, (after, most))]


def filed_rows(connection: Connection) -> list[int]:
    """Return the rows of the records that were filed and not sealed, the oldest first."""
    return [
        int(row[0]) for row in connection.exec_driver_sql("SELECT id FROM record WHERE state = 'filed' ORDER BY id")
    ]


def count_records(connection: Connection) -> int:
    """Return how many records there are."""
    return int(connection.exec_driver_sql("SELECT count(*) FROM record").scalar_one())


def count_series(connection: Connection) -> int:
    """Return in how many series numbers were given here."""
    return len({one.series for one in numbering.blocks(connection)})


def numbers_of(connection: Connection, subjects: Iterable[str]) -> dict[str, str]:
    """Return the archive number of each of these records, and of the record that each of these files belongs to."""
    asked = json.dumps(list(subjects))
    rows = connection.exec_driver_sql(
        "SELECT uid, number FROM record WHERE uid IN (SELECT value FROM json_each(:asked)) UNION ALL"
        " SELECT i.sha256, r.number FROM inbox_item i JOIN record r ON r.uid = i.record_uid"
        " WHERE i.sha256 IN (SELECT value FROM json_each(:asked))",
        {"asked": asked},
    )
    return {str(subject): str(number) for subject, number in rows}


def held(archive: Archive, connection: Connection, rows: Iterable[int]) -> list[HeldRecord]:
    """Return the records of these rows as they stand, each with the revision it stands by and what is held of its files."""
    found = connection.exec_driver_sql(
        "SELECT r.id, r.uid, r.number, r.kind || ' ' || r.title || ' ' || r.case_date AS title, r.head, v.parents, v.change,"
        " v.body, v.heard FROM record r LEFT JOIN revision v ON v.id = r.head"
        " WHERE r.id IN (SELECT value FROM json_each(?)) ORDER BY r.id",
        (json.dumps(list(rows)),),
    ).all()
    unpacked = [None if row.body is None else bodies.unpack(row.body) for row in found]
    named = {sha256 for body in unpacked if body is not None for sha256 in _named(body)}
    files = files_held(archive, connection, named)
    made = []
    for row, body in zip(found, unpacked, strict=True):
        facts = None
        if body is not None:
            elsewhere = bool(row.parents or row.heard)
            facts = RecordFacts(row.uid, row.head, tuple(row.parents.split()), row.change, body, files, elsewhere)
        made.append(HeldRecord(int(row.id), row.uid, row.number, row.title, facts))
    return made


def _named(body: bytes) -> list[str]:
    """The hashes a body names; of one that cannot be read, none."""
    try:
        return [one["sha256"] for one in json.loads(body).get("attachments", [])]
    except (ValueError, AttributeError, KeyError, TypeError):
        return []


def files_held(archive: Archive, connection: Connection, several: Iterable[str]) -> dict[str, FileFacts]:
    """Return what is held of each of these files that is here."""
    rows = connection.exec_driver_sql(
        "SELECT a.sha256, a.file_id, a.size_bytes, a.media, a.pages, c.opened_at, c.faults, c.virus"
        " FROM attachment a LEFT JOIN checked_file c ON c.sha256 = a.sha256"
        " WHERE a.sha256 IN (SELECT value FROM json_each(?))",
        (json.dumps(list(several)),),
    )
    found = {}
    for row in rows:
        faults = tuple((item, code, grave) for item, code, grave in json.loads(row.faults)) if row.opened_at else None
        whole = _is_whole(archive, row.file_id, int(row.size_bytes))
        found[row.sha256] = FileFacts(int(row.size_bytes), row.media, int(row.pages), whole, faults, row.virus or "")
    return found


def _is_whole(archive: Archive, file_id: str, size_bytes: int) -> bool:
    try:
        return archive.files.place_of(bytes.fromhex(file_id)).stat().st_size == sealed_size(size_bytes)
    except OSError:
        return False


# of the whole archive


def doubles(connection: Connection) -> Iterator[Fault]:
    """Yield numbers that two records bear, and titles that stand twice on the same day."""
    for number, uid, other in connection.exec_driver_sql(
        "SELECT number, min(uid), max(uid) FROM record GROUP BY number HAVING count(*) > 1 ORDER BY number"
    ):
        yield Fault("Z8", "number_double", str(uid), str(other) or str(number))
    for uid, other in connection.exec_driver_sql(
        "SELECT min(uid), max(uid) FROM record WHERE state != 'voided' GROUP BY kind, title, case_date HAVING count(*) > 1"
        " ORDER BY min(uid)"
    ):
        yield Fault("Z8", "title_double", str(uid), str(other), grave=False)


def miscounted(connection: Connection) -> Iterator[Fault]:
    """Yield records whose revision is away, revisions whose record is, and records that the search index does not have."""
    for (uid,) in connection.exec_driver_sql(
        "SELECT uid FROM record r WHERE NOT EXISTS (SELECT 1 FROM revision v WHERE v.id = r.head)"
    ):
        yield Fault("W1", "revision_away", str(uid))
    for (uid,) in connection.exec_driver_sql(
        "SELECT DISTINCT record_uid FROM revision v WHERE v.heard = 0 AND v.body != x''"
        " AND NOT EXISTS (SELECT 1 FROM record r WHERE r.uid = v.record_uid)"
    ):
        yield Fault("W1", "record_away", str(uid))
    lines = connection.exec_driver_sql("SELECT count(*) FROM record").scalar_one()
    found = connection.exec_driver_sql("SELECT count(*) FROM fulltext_docsize").scalar_one()
    if lines != found:
        yield Fault("W1", "index_differs", "", str(found - lines))


def unexplained(connection: Connection, series: Series) -> list[Gap]:
    """Return the numbers that were given here and are on no record."""
    seat = numbering.seat(connection)
    own = [
        Block(one.first, one.last, one.next - 1, one.seat or seat, one.closed, one.note)
        for one in numbering.blocks(connection, series)
    ]
    others = [Block(one.first, one.last, one.last, one.seat) for one in numbering.taken(connection, series)]
    gaps = explain(
        records.borne(connection, series).keys(), [*own, *others], None, numbering.withdrawn(connection, series)
    )
    ours = [(one.first, one.given) for one in own]
    return [
        gap for gap in gaps
        if gap.reason is Reason.NOT_HERE and any(first <= gap.first <= given for first, given in ours)
    ]  # fmt: skip


def missing_numbers(connection: Connection) -> Iterator[Fault]:
    """Yield each run of numbers that was given here and is on no record."""
    for series in sorted({one.series for one in numbering.blocks(connection)}):
        for gap in unexplained(connection, series):
            detail = str(gap.last - gap.first + 1)
            yield Fault("W6", "number_missing", series.number(gap.first), detail)


def misfiled(archive: Archive, connection: Connection, now: datetime) -> tuple[int, int, list[Fault]]:
    """Return how many files there should be, their sealed bytes, and what is wrong with the folders: bytes, and strangers.

    The name of a stranger is told by its first 64 characters: it is a file that nobody of ours wrote.
    """
    wanted = {
        str(row[0]): sealed_size(int(row[1]))
        for row in connection.exec_driver_sql("SELECT file_id, size_bytes FROM attachment")
    }
    there: dict[str, int] = {}
    faults: list[Fault] = []
    for folder, _, names in os.walk(archive.folder / FILES):
        for name in names:
            told = os.stat(os.path.join(folder, name))
            if name in wanted or now.timestamp() - told.st_mtime > YOUNG_SECONDS:
                there[name] = told.st_size
    away = sorted(wanted.keys() - there.keys())
    total, held_bytes = sum(wanted.values()), sum(size for name, size in there.items() if name in wanted)
    if total != held_bytes:
        faults.append(Fault("W2", "bytes_differ", away[0] if away else "", str(held_bytes - total)))
    faults += [Fault("A2", "stray_file", name[:64]) for name in sorted(there.keys() - wanted.keys())]
    outside = {one.name for one in os.scandir(archive.folder)} - {FILES, *KNOWN_FILES}
    outside = {
        name for name in outside if not name.startswith("archive.")
    }  # the file's own log, or one under another key
    faults += [Fault("A2", "stray_file", name[:64]) for name in sorted(outside)]
    return len(wanted), total, faults


def unnamed_files(connection: Connection) -> Iterator[Fault]:
    """Yield files that came through no inbox and that nothing names any more; they are kept, and told."""
    rows = connection.exec_driver_sql(
        "SELECT sha256 FROM attachment a WHERE NOT EXISTS (SELECT 1 FROM inbox_item i WHERE i.sha256 = a.sha256)"
        " ORDER BY sha256"
    )
    for (sha256,) in rows:
        yield Fault("A2", "file_of_nothing", str(sha256), grave=False)


# batches


def check_batch(connection: Connection, seal: BatchSeal) -> Iterator[Fault]:
    """Yield what is wrong with a sealed batch: its shape, its count, its digest over what is kept."""
    try:
        check_shape(seal)
    except BadRequest:
        yield Fault("Z11", "seal_shape", seal.batch_id)
        return
    parts: dict[int, list[RevisionId]] = {}
    rows = connection.exec_driver_sql(
        "SELECT part, revision_id FROM batch_revision WHERE batch_id = ? ORDER BY part, place", (seal.batch_id,)
    )
    for part, revision in rows:
        parts.setdefault(int(part), []).append(RevisionId(revision))
    if sorted(parts) != list(range(seal.parts)):
        yield Fault("Z11", "parts_missing", seal.batch_id)
    if sum(map(len, parts.values())) != seal.revisions:
        yield Fault("W1", "count_differs", seal.batch_id)
    digests = [part_digest(parts[number]) for number in sorted(parts)]
    if batch_digest(seal.batch_id, seal.township, seal.device, seal.sequence, digests) != seal.digest:
        yield Fault("Z12", "digest_differs", seal.batch_id)


def seals(connection: Connection) -> list[BatchSeal]:
    """Return the seals of all batches that the county did not refuse, the newest first."""
    return [one.seal for one in batches.every(connection) if one.state.value != "rejected"]


def log_stands(connection: Connection) -> bool:
    """Whether the log ends where it says it does: its last row carries its head. The whole of it is read once a week."""
    head = audit.head(connection)
    last = connection.exec_driver_sql("SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1").first()
    return last is not None and (int(last[0]), bytes(last[1])) == (head.size, head.chain)
