"""Tables as foreign programs write them, plain and hostile; made here, byte by byte where no program would make them."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import xlsxwriter
import xlwt

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
SHEET_PART = "xl/worksheets/sheet1.xml"
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_TYPES}"><Default Extension="xml" ContentType="application/xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_LINKS}"><Relationship Id="rId1" Type="{_OFFICE}/officeDocument"'
    ' Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets><sheet name="S" sheetId="1" r:id="rId1"/>'
    "</sheets></workbook>",
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_LINKS}"><Relationship Id="rId1" Type="{_OFFICE}/worksheet"'
    ' Target="worksheets/sheet1.xml"/></Relationships>',
}
Cell = str | int | float | date | None


def xlsx(folder: Path, rows: Iterable[Sequence[Cell]], merged: Iterable[tuple[str, str]] = ()) -> bytes:
    """Return a workbook with these rows; a date gets a date format."""
    path = folder / "made.xlsx"
    book = xlsxwriter.Workbook(str(path))
    page = book.add_worksheet("登记")
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for place, text in merged:
        page.merge_range(place, text)
    for line, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, date):
                page.write_datetime(line, column, value, day)  # type: ignore[arg-type]
            elif isinstance(value, str) and value.startswith("="):
                page.write_formula(line, column, value)
            elif value is not None:
                page.write(line, column, value)
    book.close()
    return path.read_bytes()


def xls(rows: Iterable[Sequence[str | float]]) -> bytes:
    """Return an old workbook with these rows."""
    book = xlwt.Workbook()
    page = book.add_sheet("登记")
    for line, row in enumerate(rows):
        for column, value in enumerate(row):
            page.write(line, column, value)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def bare_xlsx(rows: str, before: str = "") -> bytes:
    """Return a workbook whose only sheet has this XML for its rows; `before` stands in front of the root."""
    sheet = f'<?xml version="1.0"?>{before}<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>'
    return packed({**_PARTS, SHEET_PART: sheet})


def packed(parts: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return out.getvalue()


def text_row(number: int, text: str) -> str:
    return f'<row r="{number}"><c r="A{number}" t="inlineStr"><is><t>{text}</t></is></c></row>'


def bomb(size_bytes: int, *, says_bytes: int | None = None) -> bytes:
    """Return a small workbook that unpacks to about that size; it may say that it is smaller."""
    out = io.BytesIO()
    block = ("<row><c t='inlineStr'><is><t>" + "A" * 1000 + "</t></is></c></row>").encode() * 1000
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in _PARTS.items():
            made.writestr(name, content)
        with made.open(SHEET_PART, "w") as part:
            part.write(f'<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
            for _ in range(size_bytes // len(block)):
                part.write(block)
            part.write(b"</sheetData></worksheet>")
    content = out.getvalue()
    if says_bytes is None:
        return content
    true_size = zipfile.ZipFile(io.BytesIO(content)).getinfo(SHEET_PART).file_size
    return content.replace(struct.pack("<I", true_size), struct.pack("<I", says_bytes))


def with_password(content: bytes) -> bytes:
    """Return an old workbook that says its records are encrypted ([MS-XLS] FilePass behind the first record)."""
    start = content.find(b"\x09\x08\x10\x00\x00\x06\x05\x00") + 20
    return content[:start] + b"\x2f\x00" + content[start + 2 :]


def renamed_stream(content: bytes, name: str) -> bytes:
    """Return an old compound file whose stream of the workbook has another name, as in a .doc or an encrypted .xlsx."""
    place = content.find("Workbook".encode("utf-16-le"))
    said = name.encode("utf-16-le")
    return content[:place] + said.ljust(64, b"\0") + struct.pack("<H", len(said) + 2) + content[place + 66 :]
