"""Text files of separated values (CSV) as rows. Runs in the sheet reader's process only."""

from __future__ import annotations

import codecs
import csv
import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from desktop.documents.sheet_rows import COLUMNS_MAX, CannotReadTable, RawRow, told_of_text

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LINES_LOOKED_AT: Final = 20
_WEB_PAGES: Final = ("<!doctype", "<html", "<table", "<?xml", "<head", "<meta", "mime-version:")


def open_text(content: bytes) -> tuple[str, TextSheet]:
    """Return the encoding and the one table of a text file.

    Raises:
        CannotReadTable: web_page (a table saved as one), unknown_format or too_wide.
    """
    encoding, text = _decoded(content)
    start = text[:200].lstrip().lower()
    if start.startswith(_WEB_PAGES):
        raise CannotReadTable("web_page")
    if start.startswith(("%pdf-", "{\\rtf")) or sum(ord(one) < 9 for one in text[:4096]) > len(text[:4096]) // 4:
        raise CannotReadTable("unknown_format")
    sheet = TextSheet(text, _separator(text))
    if sheet.columns > COLUMNS_MAX:
        raise CannotReadTable("too_wide")
    return encoding, sheet


def _decoded(content: bytes) -> tuple[str, str]:
    """Return the first encoding that fits the bytes without an error, else the one with fewer errors."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return encoding, content.decode(encoding, "replace")
    guesses = ["utf-8", "gb18030"]
    zeros = content[:4096].count(0)
    if zeros * 4 >= len(content[:4096]):  # every other byte of plain letters in UTF-16 is zero
        first = content[1:4096:2].count(0) >= content[0:4096:2].count(0)
        guesses.insert(0, "utf-16-le" if first else "utf-16-be")
    for encoding in guesses:
        try:
            return encoding, content.decode(encoding)
        except UnicodeDecodeError:
            continue
    tries = {encoding: content.decode(encoding, "replace") for encoding in guesses[-2:]}
    best = min(tries, key=lambda one: tries[one].count("\ufffd"))
    return best, tries[best]


def _separator(text: str) -> str:
    head = text[:65_536].splitlines()[:_LINES_LOOKED_AT]
    return max(",\t;", key=lambda one: sum(line.count(one) for line in head))


@dataclass(slots=True)
class TextSheet:
    """The table of a text file; a row is one record, however many lines its cells have."""

    text: str = field(repr=False)
    separator: str
    name: str = ""
    columns: int = field(init=False)

    def __post_init__(self) -> None:
        csv.field_size_limit(sys.maxsize)  # a cell that is too long is told; it must not hide the rows after it
        head = [row for _, row in zip(range(_LINES_LOOKED_AT), self._read(), strict=False)]
        self.columns = max((len(row) for row in head), default=0)

    @property
    def row_count(self) -> int:
        return self.text.count("\n") + (not self.text.endswith("\n"))

    @property
    def merged(self) -> list[tuple[int, int, int, int]]:
        return []

    @property
    def quote_is_open(self) -> bool:
        """A quotation mark was never closed: rows may have run into one cell."""
        return self.text.count('"') % 2 == 1

    def rows(self, after: int) -> Iterator[RawRow]:
        """Yield every row that is not blank and numbered above `after`."""
        for number, values in enumerate(self._read(), start=1):
            if number <= after or not any(values):
                continue
            told = [told_of_text(value) for value in values[:COLUMNS_MAX]]
            marks = [(column, mark) for column, (_, mark) in enumerate(told) if mark]
            cells = [text for text, _ in told]
            while cells and not cells[-1]:
                cells.pop()
            if cells or marks:
                yield number, cells, marks

    def _read(self) -> Iterator[list[str]]:
        return csv.reader(io.StringIO(self.text, newline=""), delimiter=self.separator)
