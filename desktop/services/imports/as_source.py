"""Rows of a table that another office keeps (来源表): kept as they came, to be held against the files (docs/sources.md)."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from desktop.archive import source_rows
from desktop.archive.archive import Act, Connection
from desktop.archive.imports import EntryState, KeptEntry
from desktop.archive.mentions import seventeen
from desktop.archive.source_rows import NewRow
from desktop.documents.sheets import SheetRow
from desktop.services.imports.entries import Candidate, date_as_written, has_lost_digits
from desktop.services.imports.headers import Header, plain
from desktop.services.imports.judging import EntryJudgement, JudgedEntry
from sync.contract import dates, identity
from sync.contract.findings import Finding, Level, amount_of
from sync.contract.revisions import hash_parts
from sync.contract.sources import ColumnType, Source, SourceColumn, load_sources

LAYOUT: Final = 1
_NUMBER: Final = re.compile(r"-?\d{1,15}")
_MONTH: Final = re.compile(r"\d{4}[-/.年]?(0?[1-9]|1[0-2])月?")


def places_of(source: Source, header: Header) -> dict[str, int]:
    """Return in which column of the header each column of the source is found, by its name."""
    labels = {plain(label): place for place, label in reversed(list(enumerate(header.labels))) if label}
    found: dict[str, int] = {}
    for column in source.columns:
        words = (plain(word) for word in (column.name, column.label, *column.read))
        place = next((labels[word] for word in words if word in labels), None)
        if place is not None and place not in found.values():
            found[column.name] = place
    return found


def find_source(header: Header) -> Source | None:
    """Return the source whose table this header is, the one with the most columns here; None where it is none's."""
    fitting = [
        (len(places), one)
        for one in load_sources().values()
        if set(one.known_by) <= set(places := places_of(one, header))
    ]
    return max(fitting, key=lambda pair: pair[0])[1] if fitting else None


def source_labels() -> frozenset[str]:
    """Return every plain label that a column of a source may have."""
    columns = [column for source in load_sources().values() for column in source.columns]
    return frozenset(plain(word) for one in columns for word in (one.name, one.label, *one.read))


class AsSource:
    """A table taken in as one delivery of a source; `delivery` names the file and the sheet."""

    def __init__(self, source: Source, header: Header, delivery: str, *, workbook: bool) -> None:
        self.source, self._header, self._delivery, self._workbook = source, header, delivery, workbook
        self.places = places_of(source, header)

    @property
    def said(self) -> str:
        labels = list(self._header.labels)
        return json.dumps({"layout": LAYOUT, "source": self.source.name, "labels": labels}, ensure_ascii=False)

    def entries(self, rows: Iterable[SheetRow]) -> Iterator[Candidate]:
        for row in rows:
            said = (self.source.name, self._delivery, *row.cells)
            key = hash_parts(b"lantai.source.1", (one.encode() for one in said)).hex()
            yield Candidate((row,), None, {}, tuple(self._faults(row)), key, "")

    def _faults(self, row: SheetRow) -> Iterator[Finding]:
        for column in self.source.columns:
            place = self.places.get(column.name)
            text = row.cell(place) if place is not None else ""
            if place is not None and place in row.marks:
                code = row.marks[place]
            elif not text:
                code = "source_empty" if column.needed else ""
            else:
                code = _fault(column, text, workbook=self._workbook)
            if code:
                yield Finding(Level.ERROR, column.name, code, {"column": column.label})

    def judging(self, connection: Connection) -> JudgingRows:
        return JudgingRows()

    def held(self, connection: Connection, run_id: str) -> tuple[int, int]:
        return source_rows.count(connection, run_id), 0

    def keep(
        self, act: Act, run_id: str, judged: Sequence[JudgedEntry], excuses: Mapping[str, str], counts: Counter[str]
    ) -> None:
        new: list[NewRow] = []
        for entry in judged:
            became = "rejected"
            if entry.state is EntryJudgement.READY:
                became = "filed"
                new.append(self._row(entry.candidate))
            elif entry.state is EntryJudgement.THERE:
                became = "filed" if entry.known is not None and entry.known.run_id == run_id else "there"
            counts["read"] += 1
            counts[became] += 1
        source_rows.put(act, run_id, self.source.name, new)

    def _row(self, candidate: Candidate) -> NewRow:
        row = candidate.rows[0]
        place = self.places.get(self.source.person, -1)
        said = identity.read(row.cell(place)) if place >= 0 else None
        number = seventeen(said.number) if isinstance(said, identity.IdentityNumber) else 0
        cells = tuple(row.cell(place) for place in range(len(self._header.labels)))
        return NewRow(bytes.fromhex(candidate.key), number, cells)


class JudgingRows:
    """Judges the rows of one delivery in their order; two rows about one thing both stand, for that is what is looked for."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def judge(self, connection: Connection, candidates: Sequence[Candidate]) -> list[JudgedEntry]:
        """Return each row with its state: ready, rejected, or there because an earlier run, or this one, brought it."""
        there = source_rows.known(connection, [bytes.fromhex(one.key) for one in candidates])
        return [self._judge(one, there.get(bytes.fromhex(one.key), "")) for one in candidates]

    def _judge(self, one: Candidate, run_id: str) -> JudgedEntry:
        if one.key in self._seen:
            return JudgedEntry(one, EntryJudgement.THERE, ())
        self._seen.add(one.key)
        if run_id:
            known = KeptEntry(one.key, one.content, run_id, "", "", EntryState.FILED)
            return JudgedEntry(one, EntryJudgement.THERE, (), known=known)
        state = EntryJudgement.REJECTED if one.faults else EntryJudgement.READY
        return JudgedEntry(one, state, one.faults)


def _fault(column: SourceColumn, text: str, *, workbook: bool) -> str:
    """Return the code of what is wrong with a cell that is not empty, "" for nothing."""
    bare = identity.normalise(text)
    if column.type is ColumnType.IDENTITY and has_lost_digits(text):
        return "digits_lost"
    if column.type is ColumnType.DATE and dates.read(date_as_written(text, workbook=workbook)) is None:
        return "date_not_understood"
    if column.type is ColumnType.MONTH and not _MONTH.fullmatch(bare):
        return "date_not_understood"
    if column.type is ColumnType.AMOUNT and amount_of(bare.removeprefix("-")) is None:
        return "not_an_amount"
    if column.type is ColumnType.NUMBER and not _NUMBER.fullmatch(bare):
        return "not_a_number"
    return ""
