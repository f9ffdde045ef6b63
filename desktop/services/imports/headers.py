"""The header of a table (表头): found among titles, blank rows, merged cells and rows of units."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from desktop.documents.sheets import Sheet, SheetRow
from sync.contract.folding import fold

ROWS_LOOKED_AT: Final = 30
_TRIMMINGS: Final = re.compile(r"[\s*＊:：·.、,，_/\\-]+")
_BRACKETS: Final = re.compile(r"[（(【\[].*?[）)】\]]")
_UNIT: Final = re.compile(
    r"[（(【\[].*[）)】\]]|元|岁|人|户|年|月|日|年月日|平方米|㎡|万元|元/月|文本|日期|数字|数值|必填|选填|[甲乙丙丁]|\d{1,2}|yyyy.*"
)


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a table: `labels` by column from 0, each its own; the rows after `last_row` are data."""

    labels: tuple[str, ...]
    last_row: int

    @property
    def fingerprint(self) -> str:
        """Return what this header is remembered by: SHA-256 over its folded labels, in hex."""
        return hashlib.sha256("\x1f".join(plain(label) for label in self.labels).encode()).hexdigest()

    def column(self, label: str) -> int:
        """Return the column of a label, -1 where there is none."""
        return self.labels.index(label) if label in self.labels else -1


def plain(label: str) -> str:
    """Return a label as it is compared: folded, without blanks, stars and what stands in brackets."""
    folded = fold(label)
    bare = _TRIMMINGS.sub("", _BRACKETS.sub("", folded))
    return bare or _TRIMMINGS.sub("", folded)


def find_header(sheet: Sheet, rows: Sequence[SheetRow], known: Callable[[str], bool]) -> Header:
    """Return the header among the first rows: the row with the most labels that are `known`, else the first full one."""
    looked = [row for row in rows if row.number <= ROWS_LOOKED_AT + (rows[0].number if rows else 0)]
    if not looked:
        return Header((), 0)
    best = max(looked, key=lambda row: (_known(row, known), -row.number))
    if not _known(best, known):
        widest = max(len(set(filter(None, row.cells))) for row in looked)
        best = next(row for row in looked if len(set(filter(None, row.cells))) * 5 >= widest * 3)
    return header_at(sheet, looked, best.number)


def _known(row: SheetRow, known: Callable[[str], bool]) -> int:
    return len({cell for cell in row.cells if cell and known(cell)})


def header_at(sheet: Sheet, rows: Sequence[SheetRow], number: int) -> Header:
    """Return the header whose lowest row of labels has that number: with the group labels above and units below it."""
    place = next((n for n, row in enumerate(rows) if row.number == number), None)
    if place is None:
        return Header((), number)
    row, last = rows[place], number
    above = _spread(sheet, rows[place - 1]) if place and rows[place - 1].number == number - 1 else {}
    width = max(len(row.cells), max(above, default=-1) + 1)
    labels = [_joined(above.get(column, ""), row.cell(column)) for column in range(width)]
    while place + 1 < len(rows) and _is_units(rows[place + 1]):
        place += 1
        last = rows[place].number
    return Header(_each_its_own(labels), last)


def _joined(upper: str, lower: str) -> str:
    if not upper or plain(upper) == plain(lower):
        return lower
    return f"{upper}·{lower}" if lower else upper


def _spread(sheet: Sheet, row: SheetRow) -> dict[int, str]:
    """Return the labels of merged cells of a row over the columns they cover; a title over everything is none."""
    found: dict[int, str] = {}
    for top, left, bottom, right in sheet.merged:
        text = row.cell(left)
        if top <= row.number <= bottom and right > left and text and right - left + 1 < sheet.columns:
            found |= dict.fromkeys(range(left, right + 1), text)
    return found


def _is_units(row: SheetRow) -> bool:
    texts = [cell for cell in row.cells if cell]
    return bool(texts) and all(_UNIT.fullmatch(text) for text in texts) and not _is_data(texts)


def _is_data(texts: Sequence[str]) -> bool:
    """A row of bare numbers is a numbering of the columns only when it counts upwards from one."""
    numbers = [int(text) for text in texts if text.isdecimal()]
    return bool(numbers) and numbers != list(range(numbers[0], numbers[0] + len(numbers)))


def _each_its_own(labels: Sequence[str]) -> tuple[str, ...]:
    """Labels that stand twice get their number; a column without a label keeps none."""
    seen: dict[str, int] = {}
    own: list[str] = []
    for label in labels:
        seen[label] = seen.get(label, 0) + 1
        own.append(f"{label} ({seen[label]})" if label and seen[label] > 1 else label)
    return tuple(own)
