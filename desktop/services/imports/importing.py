"""Importing (导入): a file is looked at, its columns are told, its entries tried and then filed in blocks."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Final

import uuid6

from desktop.archive import imports, search_index, settings
from desktop.archive.archive import Act, Archive
from desktop.archive.clock import Clock
from desktop.archive.imports import Run, RunState
from desktop.documents.sheets import FILE_BYTES_MAX, SheetFile, SheetReader, SheetRow
from desktop.services.changed import Progress
from desktop.services.imports.as_records import AsRecords
from desktop.services.imports.as_source import AsSource, find_source, source_labels
from desktop.services.imports.dry_run import DryRun, Sums
from desktop.services.imports.entries import Candidate
from desktop.services.imports.headers import Header, find_header, header_at, plain
from desktop.services.imports.proposing import known_labels, propose, propose_kind, shipped_template
from desktop.services.imports.taking import Taking
from desktop.services.imports.templates import Template, read_template
from desktop.services.imports.turns import Turn
from sync.contract.errors import BadRequest, Refused, UnreadableTable
from sync.contract.kinds import Kind
from sync.contract.sources import Source

BLOCK_ENTRIES: Final = 500  # one transaction: the desk's own saves wait no longer than one block
SAMPLE_ROWS: Final = 300


class Proposer(StrEnum):
    """Where a template came from: used here before, shipped with the program, or made from the labels; or it is a source."""

    KEPT = "kept"
    SHIPPED = "shipped"
    LABELS = "labels"
    SOURCE = "source"


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet of a file, with its header and the template that is to be used; `source` where its rows become no records."""

    name: str
    file: SheetFile
    sheet: int
    header: Header
    template: Template
    source: Source | None = None

    @property
    def sheet_name(self) -> str:
        return self.file.sheets[self.sheet].name


@dataclass(frozen=True, slots=True)
class Look:
    """What is seen of a table before anything is judged."""

    table: Table
    samples: Mapping[str, tuple[str, ...]]
    proposer: Proposer


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import did: `sums` over the whole run, when it was read to the end; else how many entries it came to."""

    run_id: str
    state: RunState
    sums: Sums


class Importing:
    """Imports at one desk."""

    def __init__(self, archive: Archive, kinds: Mapping[str, Kind], person: str, clock: Clock) -> None:
        self._archive = archive
        self._kinds = kinds
        self._person = person
        self._clock = clock
        self._reader = SheetReader()
        self._turn = Turn()

    def read(self, path: Path) -> SheetFile:
        """Return the file with its sheets.

        Raises:
            UnreadableTable: as the reader says, or `gone` when the file is not there; ReaderStopped.
        """
        try:
            if path.stat().st_size > FILE_BYTES_MAX:
                raise UnreadableTable("sheet", reason="too_large")
            content = path.read_bytes()
        except OSError as error:
            raise UnreadableTable("sheet", reason="gone") from error
        return self.open(content)

    def open(self, content: bytes) -> SheetFile:
        """Return the file that these bytes are, with its sheets."""
        return self._reader.open(content)

    def look(self, name: str, file: SheetFile, sheet: int = 0, *, header_row: int = 0, kind: str = "") -> Look:
        """Return the header and what the table is: by the template used before, a shipped one, as a source, or by a proposal.

        Args:
            name: what the file is called; kept with the run.
            header_row: the lowest row of labels, when a person says so; 0 finds it.
            kind: propose records of this kind, whatever was used before and whatever table it is.
        Raises:
            UnreadableTable: `no_table`, the sheet has no rows.
        """
        head = self._reader.rows(file, sheet, 0, SAMPLE_ROWS)
        if not head:
            raise UnreadableTable("sheet", reason="no_table")
        header = self._header(file, sheet, head, header_row)
        rows = [row for row in head if row.number > header.last_row]
        samples = {
            label: tuple(dict.fromkeys(filter(None, (row.cell(column) for row in rows))))
            for column, label in enumerate(header.labels)
            if label
        }
        template, proposer = self._proposed(header, samples, Path(name).stem, file.sheets[sheet].name, kind)
        source = find_source(header) if proposer is Proposer.LABELS and not kind else None
        table = Table(name, file, sheet, header, template, source)
        return Look(table, samples, Proposer.SOURCE if source else proposer)

    def _header(self, file: SheetFile, sheet: int, head: Sequence[SheetRow], header_row: int) -> Header:
        if header_row:
            return header_at(file.sheets[sheet], head, header_row)
        known = known_labels(self._kinds) | source_labels()
        return find_header(file.sheets[sheet], head, lambda label: plain(label) in known)

    def _proposed(
        self, header: Header, samples: Mapping[str, Sequence[str]], stem: str, sheet: str, kind: str
    ) -> tuple[Template, Proposer]:
        if not kind:
            kept = self._kept(header)
            if kept is not None:
                return kept, Proposer.KEPT
            shipped = shipped_template(header)
            if shipped is not None:
                return shipped, Proposer.SHIPPED
        chosen = self._kinds[kind or propose_kind(self._kinds, header, stem + sheet)]
        return propose(chosen, header, samples, stem), Proposer.LABELS

    def _kept(self, header: Header) -> Template | None:
        with self._archive.reading() as connection:
            said = settings.get(connection, f"import.template.{header.fingerprint}")
        try:
            kept = read_template(json.loads(said)) if said else None
        except BadRequest:
            return None  # of a newer program: propose anew, nothing is lost by it
        fits = kept is not None and kept.labels <= set(header.labels)
        return kept if fits and all(part.kind in self._kinds for part in kept.parts) else None  # type: ignore[union-attr]

    def dry_run(self, table: Table, progress: Callable[[Progress], None], cancelled: Callable[[], bool]) -> DryRun:
        """Return what would become of every entry; nothing is written.

        Raises:
            Refused: cancelled, or the template has no part; UnreadableTable; ReaderStopped.
        """
        tried = DryRun()
        with self._archive.reading() as connection:
            judging = self._taking(table).judging(connection)
            for block in self._blocks(table):
                if cancelled():
                    raise Refused("cancelled")
                for entry in judging.judge(connection, block):
                    tried.add(entry)
                progress(Progress("import", block[-1].rows[-1].number, table.file.sheets[table.sheet].rows))
        return tried

    def file(
        self,
        table: Table,
        excuses: Mapping[str, str],
        progress: Callable[[Progress], None],
        cancelled: Callable[[], bool],
    ) -> Outcome:
        """The entries are filed, open, rejected or there (docs/imports.md, section 5), and the sum holds.

        Args:
            excuses: the reason for each sort of warning that may be filed.
        Raises:
            Refused: another import is under way.
        """
        taking = self._taking(table)
        with self._turn.taken(cancelled) as asked:
            with self._archive.reading() as connection:
                judging = taking.judging(connection)
            run = self._begin(table, taking)
            counts: Counter[str] = Counter()
            for block in self._blocks(table):
                if asked():
                    return self._end(taking, run, counts, RunState.CUT)
                with (
                    self._archive.reading() as connection
                ):  # judged before the write begins: saves of the desk wait less
                    judged = judging.judge(connection, block)
                with self._archive.act(self._person, self._clock()) as act:
                    taking.keep(act, run.id, judged, excuses, counts)
                progress(Progress("import", block[-1].rows[-1].number, table.file.sheets[table.sheet].rows))
            outcome = self._end(taking, run, counts, RunState.DONE)
            if table.source is None:
                self._merge_index(asked)
            return outcome

    def _merge_index(self, asked: Callable[[], bool]) -> None:
        """The index is in few pieces again, merged in short acts between which others save; stopping costs nothing."""
        merging = True
        while merging and not asked():
            with self._archive.act(self._person, self._clock()) as act:
                merging = search_index.tidy(act.connection, search_index.MERGE_PAGES)

    def close(self) -> None:
        """An import under way has stopped at its next block, to be gone on with; no child process is left."""
        self._turn.end()
        self._reader.close()

    def entries(self, table: Table, after: int = 0) -> Iterator[Candidate]:
        """Yield the entries of a table from the row behind `after` on."""
        return self.assembled(table, self._reader.every(table.file, table.sheet, max(after, table.header.last_row)))

    def assembled(self, table: Table, rows: Iterable[SheetRow]) -> Iterator[Candidate]:
        """Yield the entries that these rows are."""
        return self._taking(table).entries(rows)

    def rows(self, table: Table, number: int, count: int) -> list[SheetRow]:
        """Return rows of a table from that number on, blank ones left out."""
        return self._reader.rows(table.file, table.sheet, number - 1, count)

    def _taking(self, table: Table) -> Taking:
        workbook = table.file.format != "csv"
        if table.source is not None:
            return AsSource(table.source, table.header, f"{table.file.sha256}/{table.sheet_name}", workbook=workbook)
        return AsRecords(self._kinds, table.header, table.template, self._clock, workbook=workbook)

    def _blocks(self, table: Table) -> Iterator[list[Candidate]]:
        entries = self.entries(table)
        while block := list(islice(entries, BLOCK_ENTRIES)):
            yield block

    def _begin(self, table: Table, taking: Taking) -> Run:
        """The run stands as under way: a new one, or the one that was not read to the end."""
        now = self._clock()
        with self._archive.act(self._person, now) as act:
            if table.source is None:
                settings.put(act.connection, f"import.template.{table.header.fingerprint}", taking.said)
            run = imports.unfinished(act.connection, table.file.sha256, table.sheet_name, taking.said)
            if run is None:
                run = _new_run(table, taking.said, act)
                imports.begin(act, run)
            act.note("import-begun", run.id, sha256=run.sha256)
        return run

    def _end(self, taking: Taking, run: Run, counts: Mapping[str, int], state: RunState) -> Outcome:
        """The run's counts stand in the archive, and agree with what the archive holds of it.

        Raises:
            ArithmeticError: they do not, which is a fault of the program.
        """
        told = {name: counts.get(name, 0) for name in ("read", "filed", "rejected", "open", "there")}
        sums = Sums(**told)
        with self._archive.act(self._person, self._clock()) as act:
            held = taking.held(act.connection, run.id)
            if state is RunState.DONE and held != (sums.filed, sums.open):
                raise ArithmeticError(f"the archive holds {held}, counted were {sums}")
            imports.settle(act, run.id, state, told)
            act.note(f"import-{state.value}", run.id, **told)
        return Outcome(run.id, state, sums)


def _new_run(table: Table, template: str, act: Act) -> Run:
    return Run(
        id=str(uuid6.uuid7()),
        name=table.name,
        sheet=table.sheet_name,
        sha256=table.file.sha256,
        template=template,
        state=RunState.RUNNING,
        by=act.by,
        started_at=act.moment,
        ended_at="",
        read=0,
        filed=0,
        rejected=0,
        open=0,
        there=0,
        kept=0,
        source=table.source.name if table.source else "",
    )
