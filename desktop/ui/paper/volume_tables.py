"""The lists of a volume on paper: 归档文件目录 by item, 卷内目录 by volume (docs/volumes.md §4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from desktop.services.volume_lists import ListRow, VolumeList
from desktop.ui.paper.pen import SOFT, Box, Pen
from desktop.ui.paper.ruled import RuledColumn, RuledTable
from desktop.ui.words import Words

A4_MM: Final = (210.0, 297.0)
A4_ACROSS_MM: Final = (297.0, 210.0)
CATALOGUE: Final = Box(20, 34, 257, 158)
CATALOGUE_MM: Final = (12.0, 50.0, 38.0, 32.0, 67.0, 20.0, 12.0, 12.0, 14.0)
CONTENTS: Final = Box(25, 40, 170, 239)
CONTENTS_MM: Final = (12.0, 32.0, 27.0, 54.0, 18.0, 17.0, 10.0)


def volume_code(found: VolumeList) -> str:
    """Return the volume's own number: 全宗号-门类·年度-期限-案卷号."""
    one = found.volume
    return f"{one.fonds}-{found.kind.category}·{one.year}-{one.retention}-{one.number:03}"


class TableSheet:
    """A title, a line of what it is a list of, and the table; the foot of each page says which it is of how many."""

    def __init__(
        self, words: Words, size_mm: tuple[float, float], table: RuledTable, title: str, parts: Sequence[str], draft: bool
    ) -> None:  # fmt: skip
        self.words, self.table, self.title, self.parts, self.draft = words, table, title, parts, draft
        self._size_mm = size_mm

    @property
    def size_mm(self) -> tuple[float, float]:
        return self._size_mm

    @property
    def pages(self) -> int:
        return self.table.pages

    def paint(self, pen: Pen, page: int) -> None:
        place, wide = self.table.place, self.size_mm[0]
        if self.draft:
            pen.across(self.size_mm, self.words("print.draft"))
        pen.say(Box(place.left, place.top - 22, place.width, 10), self.title, 6.4, weight=700, across="middle")
        pen.say(Box(place.left, place.top - 9, place.width, 7), "　　".join(self.parts), 3.6)
        self.table.paint(pen, page)
        foot = self.words("print.page", page=page, pages=self.pages)
        pen.say(Box(0, self.size_mm[1] - 13, wide, 6), foot, 3.0, across="middle", tone=SOFT)


def catalogue(words: Words, family: str, found: VolumeList) -> TableSheet:
    """Return the 归档文件目录 of a volume that is kept by item: its columns after DA/T 22-2015."""
    heads = [
        words(f"print.{one}") for one in ("place", "number", "document", "author", "title", "day", "security", "pages")
    ]
    columns = _columns([*heads, words("print.remark")], CATALOGUE_MM)
    rows = [
        (str(row.place), row.number, row.document_number, row.author, row.title, row.day, row.security, _count(row.pages),
         _remark(words, row))
        for row in found.rows
    ]  # fmt: skip
    parts = (
        words("print.of_office", office=found.office), words("print.of_kind", kind=found.kind.label),
        words("print.of_year", year=found.volume.year), words("print.of_retention", retention=found.retention),
        words("print.of_box", box=found.volume.box or "—"),
    )  # fmt: skip
    table = RuledTable(family, columns, rows, CATALOGUE)
    return TableSheet(words, A4_ACROSS_MM, table, words("print.catalogue"), parts, not found.closed)


def contents(words: Words, family: str, found: VolumeList) -> TableSheet:
    """Return the 卷内目录 of a volume that is bound: pages are numbered through it, the last line tells the last page."""
    heads = [words(f"print.{one}") for one in ("order", "document", "author", "title", "day", "page_number", "remark")]
    listed = found.papers or found.rows
    last = len(listed)
    rows = [
        (str(row.place), row.document_number, row.author, row.title, row.day,
         _first_page(row, last=row.place == last), _remark(words, row))
        for row in listed
    ]  # fmt: skip
    parts = (words("print.of_volume", code=volume_code(found)), words("print.of_kind", kind=found.kind.label))
    table = RuledTable(family, _columns(heads, CONTENTS_MM), rows, CONTENTS)
    return TableSheet(words, A4_MM, table, words("print.contents"), parts, not found.closed)


def _columns(heads: Sequence[str], widths_mm: Sequence[float]) -> list[RuledColumn]:
    wordy = max(
        range(len(widths_mm)), key=lambda place: widths_mm[place]
    )  # the title; what else is long wraps from the left
    return [
        RuledColumn(head, width, middle=width <= 20 and place != wordy)
        for place, (head, width) in enumerate(zip(heads, widths_mm, strict=True))
    ]


def _count(pages: int) -> str:
    return str(pages) if pages else "—"


def _first_page(row: ListRow, last: bool) -> str:
    """GB/T 9705: each line tells the page it begins on, the last one also the page it ends on."""
    return f"{row.first_page}-{row.last_page}" if last and row.last_page > row.first_page else str(row.first_page)


def _remark(words: Words, row: ListRow) -> str:
    return words("print.voided") if row.voided else ""
