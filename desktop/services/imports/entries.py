"""Entries (条): rows of a table put together by a template into what is judged as one record."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Final

from desktop.documents.sheets import SheetRow
from desktop.services.imports.headers import Header
from desktop.services.imports.templates import EACH_ROW, ColumnUse, Part, Template
from sync.contract import dates, identity
from sync.contract.findings import Finding, Level
from sync.contract.kinds import Field, FieldType, Kind
from sync.contract.revisions import hash_parts

ENTRY_ROWS_MAX: Final = 200  # a household is smaller: beyond it the group columns do not tell entries apart
_SERIAL: Final = re.compile(r"\d{5}")
_SERIAL_DAYS: Final = (10_000, 73_050)  # 1927 to 2099
_SERIAL_START: Final = date(1899, 12, 30)
_MIDNIGHT: Final = re.compile(r"[ T]0?0:00(:00(\.0+)?)?$")


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry as it would be filed: its fields, and what reading alone says against it."""

    rows: tuple[SheetRow, ...]
    part: Part | None
    fields: Mapping[str, str]
    faults: tuple[Finding, ...]
    key: str
    content: str

    @property
    def number(self) -> int:
        """The number of its first row."""
        return self.rows[0].number


class Assembly:
    """Puts entries together by one template over one header. `workbook` tells whether bare serials are dates."""

    def __init__(self, kinds: Mapping[str, Kind], header: Header, template: Template, *, workbook: bool) -> None:
        self._kinds = kinds
        self._header = header
        self._template = template
        self._workbook = workbook
        self._places = {label: header.column(label) for label in template.labels}

    @cached_property
    def _defaults(self) -> dict[int, dict[str, str]]:
        """What stands in every entry of a part, by the part: the kind's defaults where no column speaks, and what is fixed."""
        made: dict[int, dict[str, str]] = {}
        for part in self._template.parts:
            spoken = {key for use in part.columns.values() for key in (use.field, *use.also)}
            kind = self._kinds[part.kind]
            given = {
                field.key: field.default
                for group, field in kind.all_fields()
                if field.default and field.key not in spoken and not group.repeated
            }
            made[id(part)] = given | {key: text for key, text in part.fixed.items() if text}
        return made

    def entries(self, rows: Iterable[SheetRow]) -> Iterator[Candidate]:
        """Yield every entry of the rows, in their order."""
        gathered: list[SheetRow] = []
        for row in rows:
            if gathered and not self._goes_on(gathered[0], row):
                yield self._candidate(tuple(gathered))
                gathered = []
            gathered.append(row)
            if len(gathered) > ENTRY_ROWS_MAX:
                yield self._candidate(tuple(gathered))
                gathered = []
        if gathered:
            yield self._candidate(tuple(gathered))

    def _goes_on(self, first: SheetRow, row: SheetRow) -> bool:
        if not self._template.group:
            return False
        group = [row.cell(self._places[label]) for label in self._template.group]
        return not any(group) or group == [first.cell(self._places[label]) for label in self._template.group]

    def _candidate(self, rows: tuple[SheetRow, ...]) -> Candidate:
        part = next((one for one in self._template.parts if self._holds(one.when, rows[0])), None)
        key, content = self._key(rows)
        if part is None:
            return Candidate(rows, None, {}, (Finding(Level.ERROR, "", "no_part"),), key, content)
        filled = _Filled(self._kinds[part.kind], self._workbook, dict(self._defaults[id(part)]))
        members = 0
        for row in rows:
            leads = bool(part.lead_when) and self._holds(part.lead_when, row)
            for label, use in part.columns.items():
                filled.take(use, row, self._places[label], members, leads=leads)
            members += not leads
        if len(rows) > ENTRY_ROWS_MAX:
            filled.faults.append(Finding(Level.ERROR, "", "too_many_rows", {"most": str(ENTRY_ROWS_MAX)}))
        return Candidate(rows, part, filled.fields, tuple(filled.faults), key, content)

    def _holds(self, when: Mapping[str, tuple[str, ...]], row: SheetRow) -> bool:
        return all(row.cell(self._places[label]) in texts for label, texts in when.items())

    def _key(self, rows: tuple[SheetRow, ...]) -> tuple[str, str]:
        """Return the key of docs/imports.md, section 4, and the digest of the content beside key columns."""
        whole = [cell for row in rows for cell in (*row.cells, "\x1e")]
        named = [rows[0].cell(self._places[label]) for label in self._template.key]
        if not any(named):
            return _hashed(self._template.source, whole), ""
        return _hashed(self._template.source, named), _hashed("content", whole)


def _hashed(source: str, texts: Iterable[str]) -> str:
    return hash_parts(b"lantai.import.1", (source.encode(), *(text.encode() for text in texts))).hex()


class _Filled:
    """The fields of one entry while its rows are read."""

    def __init__(self, kind: Kind, workbook: bool, fields: dict[str, str]) -> None:
        self.kind, self.workbook, self.fields = kind, workbook, fields
        self.faults: list[Finding] = []
        self._from_rows: set[str] = set()

    def take(self, use: ColumnUse, row: SheetRow, place: int, member: int, *, leads: bool) -> None:
        """The column's cell of this row stands in its fields, or is told as faulty."""
        target = use.lead if leads else use.field
        if not target:
            return
        key = target.replace(f".{EACH_ROW}.", f".{member}.")
        if place in row.marks:
            self.faults.append(Finding(Level.ERROR, key, row.marks[place]))
        text = row.cell(place)
        text = use.values.get(text, text)
        if not text:
            return
        field = self.kind.field(key)
        if field is not None:
            text = self._as_written(field, key, text)
            if use.otherwise and field.type is FieldType.DATE and dates.read(text) is None:
                key = use.otherwise
        for one in (key, *use.also):
            if one in self._from_rows and self.fields[one] != text:
                self.faults.append(Finding(Level.ERROR, one, "rows_differ"))
            self._from_rows.add(one)
            self.fields[one] = text

    def _as_written(self, field: Field, key: str, text: str) -> str:
        if field.type is FieldType.DATE:
            return date_as_written(text, workbook=self.workbook)
        if field.type is FieldType.IDENTITY and has_lost_digits(text):
            self.faults.append(Finding(Level.ERROR, key, "digits_lost"))
        return text


def date_as_written(text: str, *, workbook: bool) -> str:
    """Return the text of a cell with a date: a workbook's bare serial as the day it is, without a midnight behind it."""
    if workbook and _SERIAL.fullmatch(text) and _SERIAL_DAYS[0] <= int(text) <= _SERIAL_DAYS[1]:
        return (_SERIAL_START + timedelta(int(text))).isoformat()
    return _MIDNIGHT.sub("", text)


def has_lost_digits(text: str) -> bool:
    """Whether a spreadsheet, which keeps 15 digits, wrote zeros for the others; a right number ends so once in ten thousand."""
    zeros = len(text) == 18 and text.isdecimal() and text.endswith("000")
    return zeros and not isinstance(identity.read(text), identity.IdentityNumber)
