"""Workbooks (电子表格) as rows of text: .xlsx, .xls, .ods. Runs in the sheet reader's process only."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
    XmlError,
    ZipError,
)

from desktop.documents.sheet_rows import COLUMNS_MAX, CannotReadTable, RawRow, RawSheet, told_of_text

UNPACKED_BYTES_MAX: Final = 1 << 30
MERGES_MAX: Final = 200_000
HEADER_ROWS: Final = 40  # merged cells above here may belong to the header and are told
_DIGITS_KEPT: Final = 1e15  # Excel keeps 15 digits: from here on the last ones are gone
_REFERENCE: Final = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
_ERROR_CELL: Final = re.compile(rb'<(?:\w+:)?c\b([^>]*\bt="e"[^>]*)>')
_EMPTY_FORMULA: Final = re.compile(
    rb"<(?:\w+:)?c\b([^>]*)>\s*<(?:\w+:)?f\b[^>]*?(?:/>|>[^<]*</(?:\w+:)?f>)\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*"
    rb"</(?:\w+:)?c>"
)
_BOOK_BEGINS: Final = b"\x09\x08\x10\x00\x00\x06\x05\x00"  # [MS-XLS] BOF of the globals
_FILE_PASS: Final = 0x2F  # [MS-XLS] FilePass: the records after it are encrypted
_RECORDS_LOOKED_AT: Final = 8
_FAULTS: Final = (CalamineError, XmlError, ZipError, OSError, ValueError, OverflowError)


def open_book(content: bytes) -> tuple[str, list[RawSheet]]:
    """Return the format and every visible table of a workbook.

    Raises:
        CannotReadTable: password, too_large, too_wide, no_table or broken.
    """
    packed = content.startswith(b"PK\x03\x04")
    members = _checked_members(content) if packed else {}
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        pages = [
            page
            for page in book.sheets_metadata
            if page.typ is SheetTypeEnum.WorkSheet and page.visible is SheetVisibleEnum.Visible
        ]
        flaws = _sheet_parts(content, members) if packed else {}
        sheets: list[RawSheet] = [
            BookSheet(book.get_sheet_by_name(page.name), flaws.get(page.name, b"")) for page in pages
        ]
    except PasswordError as error:
        raise CannotReadTable("password") from error
    except _FAULTS as error:
        raise CannotReadTable("broken" if packed else _why_unreadable(content)) from error
    if not sheets:
        raise CannotReadTable("no_table")
    return _format_of(content, members), sheets


def _why_unreadable(content: bytes) -> str:
    """Return why an old (compound) file is no workbook: the library names no reason."""
    if "EncryptedPackage".encode("utf-16-le") in content:
        return "password"
    start = content.find(_BOOK_BEGINS)
    for _ in range(_RECORDS_LOOKED_AT if start >= 0 else 0):
        kind, size = int.from_bytes(content[start : start + 2], "little"), content[start + 2 : start + 4]
        if kind == _FILE_PASS:
            return "password"
        start += 4 + int.from_bytes(size, "little")
    return "broken" if "Workbook".encode("utf-16-le") in content else "no_table"


def _format_of(content: bytes, members: dict[str, int]) -> str:
    if not members:
        return "xls"
    return "ods" if "content.xml" in members and "xl/workbook.xml" not in members else "xlsx"


def _checked_members(content: bytes) -> dict[str, int]:
    """Return the parts of a packed workbook with the size each says it has."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            members = {one.filename: one.file_size for one in packed.infolist()}
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise CannotReadTable("broken") from error
    if sum(members.values()) > UNPACKED_BYTES_MAX:
        raise CannotReadTable("too_large")
    if not {"xl/workbook.xml", "xl/workbook.bin", "content.xml"} & set(members):
        raise CannotReadTable("no_table")
    return members


def _sheet_parts(content: bytes, members: dict[str, int]) -> dict[str, bytes]:
    """Return the XML of each worksheet that holds formulas or errors, by the sheet's name.

    The library tells a formula that was never calculated, and an error, as an empty cell; the XML tells them apart.
    """
    if "xl/workbook.xml" not in members or "xl/_rels/workbook.xml.rels" not in members:
        return {}
    found: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            book, links = packed.read("xl/workbook.xml"), packed.read("xl/_rels/workbook.xml.rels")
            targets = dict(_targets(links))
            for name, link in _named(book):
                path = targets.get(link, "")
                part = packed.read(path) if path in members else b""
                if b"<f" in part or b":f>" in part or b'"e"' in part:
                    found[name] = part
    except (zipfile.BadZipFile, zlib.error, KeyError, RuntimeError, EOFError) as error:
        raise CannotReadTable("broken") from error
    return found


def _targets(links: bytes) -> Iterator[tuple[str, str]]:
    for tag in re.findall(rb"<(?:\w+:)?Relationship\b[^>]*>", links):
        link, target = re.search(rb'\bId="([^"]*)"', tag), re.search(rb'\bTarget="([^"]*)"', tag)
        if link and target:
            path = target[1].decode("utf-8", "replace").lstrip("/")
            yield link[1].decode("utf-8", "replace"), path if path.startswith("xl/") else "xl/" + path


def _named(book: bytes) -> Iterator[tuple[str, str]]:
    for tag in re.findall(rb"<(?:\w+:)?sheet\b[^>]*>", book):
        name, link = re.search(rb'\bname="([^"]*)"', tag), re.search(rb'\br:id="([^"]*)"', tag)
        if name and link:
            yield _unescaped(name[1].decode("utf-8", "replace")), link[1].decode("utf-8", "replace")


def _unescaped(text: str) -> str:
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&")):
        text = text.replace(entity, character)
    return text


@dataclass(slots=True)
class _Merge:
    first: int
    last: int
    column: int
    text: str = ""


@dataclass(slots=True)
class BookSheet:
    """One worksheet; rows are counted from 1, as its own program shows them."""

    sheet: CalamineSheet
    part: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if self.columns > COLUMNS_MAX:
            raise CannotReadTable("too_wide")

    @property
    def name(self) -> str:
        return str(self.sheet.name)

    @property
    def row_count(self) -> int:
        return int(self.sheet.end[0]) + 1 if self.sheet.end else 0

    @property
    def columns(self) -> int:
        return int(self.sheet.end[1]) + 1 if self.sheet.end else 0

    @property
    def merged(self) -> list[tuple[int, int, int, int]]:
        """(first row, first column, last row, last column) near the top, rows from 1 and columns from 0."""
        ranges = self.sheet.merged_cell_ranges or []
        return [(top + 1, left, bottom + 1, right) for (top, left), (bottom, right) in ranges if top < HEADER_ROWS]

    def rows(self, after: int) -> Iterator[RawRow]:
        """Yield every row that is not blank and numbered above `after`."""
        flaws = dict(_flaws(self.part))
        waiting, active = self._upright_merges(), list[_Merge]()
        # the library begins with the first row of the sheet, however many blank ones there are
        for number, values in enumerate(self.sheet.iter_rows(), start=1):
            while waiting and waiting[-1].first <= number:
                active.append(waiting.pop())
            if number <= after and not active:
                continue  # a merge that began above must still be read
            cells, marks = _told(values)
            for column, flaw in flaws.get(number, ()):
                marks.append((column, flaw))
            if not any(cells) and not marks:
                continue
            active = _fill(active, number, cells)
            if number > after:
                yield number, cells, marks

    def _upright_merges(self) -> list[_Merge]:
        """Merges over several rows, the lowest first."""
        ranges = self.sheet.merged_cell_ranges or []
        if len(ranges) > MERGES_MAX:
            raise CannotReadTable("too_large")
        upright = [_Merge(top + 1, bottom + 1, left) for (top, left), (bottom, _right) in ranges if bottom > top]
        return sorted(upright, key=lambda one: one.first, reverse=True)


def _fill(active: list[_Merge], number: int, cells: list[str]) -> list[_Merge]:
    """The value of a merged cell stands in every row of it; the merges that go on below are returned."""
    for merge in active:
        if merge.first == number:
            merge.text = cells[merge.column] if merge.column < len(cells) else ""
        elif number <= merge.last and merge.text:
            cells.extend([""] * (merge.column + 1 - len(cells)))
            cells[merge.column] = cells[merge.column] or merge.text
    return [merge for merge in active if merge.last > number]


def _flaws(part: bytes) -> dict[int, list[tuple[int, str]]]:
    """Return, by row, the columns of errors and of formulas that were never calculated."""
    found: dict[int, list[tuple[int, str]]] = {}
    for pattern, mark in ((_ERROR_CELL, "formula_error"), (_EMPTY_FORMULA, "formula_empty")):
        for tag in pattern.finditer(part):
            place = _REFERENCE.search(tag[1])
            calculated_to_nothing = mark == "formula_empty" and b't="str"' in tag[1]
            if place and not calculated_to_nothing:
                found.setdefault(int(place[2]), []).append((_column(place[1]), mark))
    return found


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _told(values: list[Any]) -> tuple[list[str], list[tuple[int, str]]]:
    cells: list[str] = []
    marks: list[tuple[int, str]] = []
    for column, value in enumerate(values):
        text, mark = told_of_text(value) if isinstance(value, str) else _told_of_value(value)
        cells.append(text)
        if mark:
            marks.append((column, mark))
    while cells and not cells[-1]:
        cells.pop()
    return cells, marks


def _told_of_value(value: Any) -> tuple[str, str]:
    """Return a cell's value as its own program shows it, and what is wrong with it."""
    if value is None:
        return "", ""
    if isinstance(value, bool):
        return ("TRUE" if value else "FALSE"), ""
    if isinstance(value, int | float):
        if abs(value) >= _DIGITS_KEPT:
            return f"{value:.14E}", "digits_lost"
        return (str(int(value)) if float(value).is_integer() else f"{value:.15g}"), ""
    if isinstance(value, dt.datetime):
        whole_day = value.time() == dt.time()
        return (value.date().isoformat() if whole_day else value.isoformat(" ", "seconds")), ""
    if isinstance(value, dt.date | dt.time):
        return value.isoformat(), ""
    return str(value), ""
