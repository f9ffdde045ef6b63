"""The list of errors (错误清单) as a workbook: every entry that was not filed, its cells as read, and what is said against it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from desktop.archive.clock import Clock
from desktop.services.cataloguing import judged
from desktop.services.imports.as_source import places_of
from desktop.services.imports.dry_run import DryRun, Line, Said
from desktop.services.imports.entries import Candidate
from desktop.services.imports.importing import Importing, Table
from desktop.services.imports.judging import EntryJudgement, draft_of
from sync.contract.errors import CannotWrite, DiskFull, Refused
from sync.contract.findings import Finding, Level
from sync.contract.kinds import Kind
from sync.contract.sources import Source
from sync.vault.engine import name_storage_error
from sync.vault.whole_file import flush_folder, flush_tree

TOLD: Final = ("rejected", "open")
_GROUNDS: Final = {Level.ERROR: "#F6D5D0", Level.WARNING: "#FBEBC8"}  # the look's danger and warn, as print has them


@dataclass(frozen=True, slots=True)
class Detail:
    """One entry with its cells, and every finding with its facts."""

    line: Line
    candidate: Candidate
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of the list, in the person's language."""

    row: str
    state: str
    reasons: str
    states: Callable[[EntryJudgement], str]
    finding: Callable[[Kind | None, Finding], str]


class ErrorList:
    """What a dry run says against the entries of a table, with the entries themselves."""

    def __init__(
        self, importing: Importing, kinds: Mapping[str, Kind], clock: Clock, table: Table, tried: DryRun
    ) -> None:
        self._importing = importing
        self._kinds = kinds
        self._clock = clock
        self._table = table
        self.tried = tried

    @property
    def source(self) -> Source | None:
        """The source whose rows they are; None where they become records."""
        return self._table.source

    def details(self, places: Sequence[int]) -> list[Detail]:
        """Return the entries at these places, read again."""
        found: list[Detail] = []
        for place in places:
            line = self.tried.line(place)
            rows = self._importing.rows(self._table, line.number, line.rows)
            candidate = next(self._importing.assembled(self._table, rows))
            found.append(Detail(line, candidate, self._findings(candidate, self.tried.codes(place))))
        return found

    def kind_of(self, candidate: Candidate) -> Kind | None:
        """Return the kind an entry was judged by, None for one that fits none."""
        return self._kinds[candidate.part.kind] if candidate.part else None

    def save(
        self, path: Path, wording: Wording, cancelled: Callable[[], bool], excuses: Mapping[str, str] | None = None
    ) -> int:
        """The list of what is rejected or open stands in the file, whole or not at all; its entries are counted.

        Raises:
            DiskFull, DiskFails; CannotWrite: not there; Refused: cancelled. In each case no list stands there.
        """
        try:
            # the rows wait in a folder of their own, where the person chose to have them and nowhere else
            with tempfile.TemporaryDirectory(dir=path.parent, prefix=".lantai-") as room:
                written = self._write(Path(room) / "list.xlsx", wording, cancelled, excuses or {})
                flush_tree(Path(room))
                os.replace(Path(room) / "list.xlsx", path)
            flush_folder(path.parent)
        except OSError as error:
            named = name_storage_error(error)
            raise (named if isinstance(named, DiskFull) else CannotWrite("list", reason="not_writable")) from error
        return written

    def _write(self, path: Path, wording: Wording, cancelled: Callable[[], bool], excuses: Mapping[str, str]) -> int:
        import xlsxwriter  # 0.2 s that nobody waits for who saves no list

        options = {"constant_memory": True, "tmpdir": str(path.parent)}
        book = xlsxwriter.Workbook(str(path), options)
        page, header = book.add_worksheet(), self._table.header
        strong = book.add_format({"bold": True, "bg_color": "#EEF1F5", "bottom": 1})
        grounds = {level: book.add_format({"bg_color": colour}) for level, colour in _GROUNDS.items()}
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        heads = (wording.row, wording.state, wording.reasons, *header.labels)
        for column, head in enumerate(heads):
            page.write_string(0, column, head, strong)
        page.set_column(2, 2, 60)
        page.freeze_panes(1, 3)
        line = written = 0
        for place, candidate in enumerate(self._importing.entries(self._table)):
            if cancelled():
                book.close()
                raise Refused("cancelled")
            if self.tried.becomes(place, excuses) not in TOLD:
                continue
            written += 1
            findings = self._findings(candidate, self.tried.codes(place))
            kind = self.kind_of(candidate)
            said = "\n".join(wording.finding(kind, one) for one in findings)
            tones = self._tones(candidate, findings)
            for row in candidate.rows:
                line += 1
                page.write_string(line, 0, str(row.number))
                page.write_string(line, 1, wording.states(self.tried.line(place).state))
                page.write_string(line, 2, said, wrapped)
                for column, text in enumerate(row.cells):
                    page.write_string(line, column + 3, text, grounds.get(tones.get(column, Level.INFO)))
        page.autofilter(0, 0, max(line, 1), len(heads) - 1)
        try:
            book.close()
        except xlsxwriter.exceptions.FileCreateError as error:  # it wraps what the disk said
            raise error.args[0] if isinstance(error.args[0], OSError) else OSError(str(error)) from error
        return written

    def _findings(self, candidate: Candidate, said: Said) -> tuple[Finding, ...]:
        """What the dry run found, with the facts that it did not keep."""
        findings = list(candidate.faults)
        if candidate.part is not None and not any(code == "changed_since" for _, _, code in said):
            kind = self._kinds[candidate.part.kind]
            draft = draft_of(kind, candidate.part, candidate.fields)
            findings += [one for one in judged(kind, draft, self._clock()).findings if one.level is not Level.INFO]
        known = {(one.field, one.code) for one in findings}
        findings += [Finding(Level(level), field, code) for level, field, code in said if (field, code) not in known]
        return tuple(findings)

    def _tones(self, candidate: Candidate, findings: Sequence[Finding]) -> dict[int, Level]:
        """Return, by column, how bad what is said against its field is."""
        tones: dict[int, Level] = {}
        if self._table.source is not None:
            places = places_of(self._table.source, self._table.header)
            return {places[one.field]: one.level for one in findings if one.field in places}
        for column, label in enumerate(self._table.header.labels):
            use = candidate.part.columns.get(label) if candidate.part else None
            if use is None:
                continue
            fields = {use.field, use.lead, use.otherwise, *use.also}
            levels = {one.level for one in findings if _unplaced(one.field) in fields or one.field in fields}
            if levels:
                tones[column] = Level.ERROR if Level.ERROR in levels else Level.WARNING
        return tones


def _unplaced(key: str) -> str:
    """Return the key of a repeated group as a template writes it for each row: members.*.name."""
    return ".".join("*" if part.isdecimal() else part for part in key.split("."))
