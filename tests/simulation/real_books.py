"""The same histories on the county's real books: an encrypted file or PostgreSQL, with its real attachments.

What the checks look at is read out of the tables after each act into the book they know from memory; a backup is all the rows, and
putting the county back writes them again. A power cut within an act is one just before its commit: SQL keeps all of it or nothing.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from sync.contract.decisions import SignedDecision
from sync.contract.errors import DiskFull
from sync.contract.histories import RevisionStanding
from sync.contract.messages import BatchState, read_digest
from sync.contract.revisions import DeviceId, TownshipId
from sync.contract.wire import unpack
from sync.county import tables
from sync.county.attachments import Attachments
from sync.county.book import SqlBook, read_batch, read_sent
from sync.county.feed_book import read_event
from sync.county.patient_rules import PatientRules
from sync.county.storage import Storage
from sync.county.tables import TABLES, table
from sync.ledger.county_book import KeptBatch, KeptPart, KeptRevision, TownshipRow
from sync.ledger.memory_county import KeptRow
from sync.vault.sealed_files import SealedFiles
from tests.simulation.weather import Cut, WeatherBook
from tests.simulation.world import Parts
from tests.sync.contract.office import NOW

Rows = list[dict[str, Any]]


@dataclass(slots=True)
class Snapshot(WeatherBook):
    """What the tables held after an act; its rows are all that is needed to put the county back."""

    rows: dict[str, Rows] = field(default_factory=dict)

    def copy(self) -> Snapshot:
        return self


class _KeptFiles(SealedFiles):
    """Sealed files that stay: a county's backup has them, and here they come back with its rows."""

    def remove(self, file_id: bytes) -> None:
        return


class RealStore(Storage):
    """A county's book in SQL whose power may be cut just before a commit or just after, and whose disk may be full."""

    def __init__(self, folder: Path, url: str | None) -> None:
        super().__init__(folder, secrets.token_bytes(32), url, lambda: NOW)
        self.weather, self.folder = "fine", folder
        self.create("0" * 32)
        self.files = _KeptFiles(folder / "attachments")
        self.said: list[tuple[str, str, dict[str, str | int]]] = []
        self.lines: list[tuple[str, str, str]] = []
        self._contents: dict[bytes, bytes] = {}
        self._seen: Snapshot | None = None

    def begin(self, epoch: str) -> RealStore:
        """The county is a new one, in the given epoch."""
        self.book = Snapshot(epoch, rows={"setting": [{"key": "epoch", "value": epoch}]})
        return self

    def enrol(self, township: TownshipId, device: DeviceId) -> None:
        """The desk is one of the township's."""
        blank = {"line_certificate": b"", "signing_certificate": b"", "enrolled_at": "", "name": "", "role": "desk"}
        with self.connection(writing=True) as connection:
            connection.execute(insert(table(tables.Device)), {"id": device, "township": township, **blank})
        self._seen = None

    @contextmanager
    def writing(self, township: TownshipId | None) -> Iterator[SqlBook]:
        with super().writing(township) as book:
            yield book
            if self.weather == "county full":
                raise DiskFull("county")
            if self.weather.endswith(("cut before", "cut within")):
                raise Cut
        self.said += [(line.who, line.act, dict(line.details)) for line in book.lines]
        self.lines += [(line.who, line.act, line.subject) for line in book.lines]
        self._seen = None
        if self.weather.endswith("cut after"):
            raise Cut

    @contextmanager
    def connection(self, *, writing: bool = False, township: TownshipId | None = None) -> Iterator[Connection]:
        with super().connection(writing=writing, township=township) as connection:
            yield connection
        if writing:
            self._seen = None

    @property
    def book(self) -> Snapshot:
        """What the tables hold now."""
        if self._seen is None:
            with self.connection() as connection:
                rows = {it.name: [dict(row._mapping) for row in connection.execute(select(it))] for it in TABLES}
            self._seen = self._read(rows)
        return self._seen

    @book.setter
    def book(self, kept: Snapshot) -> None:
        with self.connection(writing=True) as connection:
            for one in reversed(TABLES):
                connection.execute(delete(one))
            for one in TABLES:
                if kept.rows.get(one.name):
                    connection.execute(insert(one), kept.rows[one.name])
        self.said, self.lines = list(kept.said), list(kept.lines)
        self._seen = None

    def _read(self, rows: dict[str, Rows]) -> Snapshot:
        epoch = next(row["value"] for row in rows["setting"] if row["key"] == "epoch")
        book = Snapshot(epoch, rows=rows, said=list(self.said), lines=list(self.lines))
        named: dict[str, list[str]] = defaultdict(list)
        for row in rows["revision_attachment"]:
            named[row["revision"]].append(row["sha256"])
        for row in rows["revision"]:
            standing = RevisionStanding(row["standing"])
            sent = read_sent(_Row(row))
            kept = KeptRevision(sent, row["id"], row["record"], standing, tuple(named[row["id"]]), row["number"])
            book.revisions[row["id"]] = KeptRow(kept, row["township"], row["device"], standing)
        for row in rows["batch"]:
            kept_batch = read_batch(_Row(row))
            book.batches[row["id"]] = KeptBatch(kept_batch.seal, BatchState(row["state"]))
            book.parts[row["id"]] = {}
        _read_parts(book, rows)
        for row in rows["township"]:
            digest = read_digest(row["digest"], row["heads"])
            book.townships[row["code"]] = TownshipRow(row["feed_end"], row["feed_hash"], digest)
        book.records = {row["id"]: (row["township"], row["head"]) for row in rows["record"]}
        packed = {row["id"]: row["packed"] for row in rows["decision"]}
        book.decisions = {name: unpack(SignedDecision, one) for name, one in packed.items()}
        for row in sorted(rows["feed"], key=lambda it: it["sequence"]):
            event = read_event(_Row({**row, "packed": packed.get(row["decision"] or "")}))
            book.feeds.setdefault(row["township"], []).append(event)
        for row in rows["attachment"]:
            book.attachments[row["township"], row["sha256"]] = row["size_bytes"]
            book.contents[row["township"], row["sha256"]] = self._content(row["file_id"], row["key"])
        return book

    def _content(self, file_id: bytes, key: bytes) -> bytes:
        if file_id not in self._contents:
            self._contents[file_id] = self.files.read(file_id, key)
        return self._contents[file_id]


def _read_parts(book: Snapshot, rows: dict[str, Rows]) -> None:
    placed = sorted(rows["batch_revision"], key=lambda row: (row["batch"], row["part"], row["place"]))
    for row in rows["batch_part"]:
        here = [it for it in placed if (it["batch"], it["part"]) == (row["batch"], row["number"])]
        kept = tuple(book.revisions[it["revision"]].kept for it in here)
        aside: Any = tuple(
            it for it in rows["batch_problem"] if (it["batch"], it["part"]) == (row["batch"], row["number"])
        )
        book.parts[row["batch"]][row["number"]] = KeptPart(row["number"], row["digest"], kept, aside)


class _Row:
    """A row of a table, as what reads rows expects it."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._mapping = values


def _attachments_of(store: Any) -> Attachments:
    made = Attachments(store, store.folder / "attachments", lambda: NOW, store.files)
    made._files = store.files
    return made


def parts_on(store: RealStore) -> Parts:
    """Return what a world on that store is made of; each world begins with an empty book."""
    begin: Any = partial(_begin, store)
    pages: Any = _attachments_of
    return Parts(store=begin, rules=PatientRules, pages=pages)


def _begin(store: RealStore, epoch: str) -> RealStore:
    return store.begin(epoch)
