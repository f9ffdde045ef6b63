"""The other sheets of a volume: 案卷封面, 备考表, 盒脊, 盒面, 归档章 (docs/volumes.md §4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from desktop.services.volume_lists import ListRow, VolumeList
from desktop.ui.paper.pen import SOFT, Box, Pen, Type
from desktop.ui.paper.volume_tables import A4_MM, volume_code
from desktop.ui.words import Words
from sync.contract.kinds import Print

COVER: Final = Box(25, 25, 165, 247)
NOTE: Final = Box(25, 40, 170, 232)
NOTE_SIGNED_MM: Final = 44.0  # the room for who arranged and who checked
SPINE_LEFT_MM, SPINE_TOP_MM, SPINE_HIGH_MM = 20.0, 8.0, 280.0
STAMP_MM: Final = (45.0, 16.0)  # DA/T 22-2015 fig. B.1
STAMP_TOP_MM: Final = 6.0
HEAVY_MM: Final = 0.5


class _OnePage:
    """A sheet of one A4 page about one volume."""

    def __init__(self, words: Words, found: VolumeList) -> None:
        self.words, self.found = words, found

    @property
    def size_mm(self) -> tuple[float, float]:
        return A4_MM

    @property
    def pages(self) -> int:
        return 1

    def _draft(self, pen: Pen) -> None:
        if not self.found.closed:
            pen.across(self.size_mm, self.words("print.draft"))


class CoverSheet(_OnePage):
    """案卷封面: whose, of what class, what it holds, from when to when, how long it is kept, how much, and its number."""

    def paint(self, pen: Pen, page: int) -> None:
        found, box = self.found, COVER
        self._draft(pen)
        pen.frame(box, HEAVY_MM)
        pen.say(Box(box.left + 8, 36, box.width - 16, 20), found.office, 9, weight=700, across="middle")
        pen.rule(box.left + 30, 58, box.right - 30, 58, HEAVY_MM)
        pen.say(Box(box.left + 8, 64, box.width - 16, 12), found.kind.label, 6.4, across="middle")
        pen.say(Box(box.left + 14, 96, box.width - 28, 70), found.volume.title, 8, weight=700, across="middle")
        self._facts(pen)
        self._numbers(pen)

    def _facts(self, pen: Pen) -> None:
        words, found = self.words, self.found
        facts = (
            (words("print.time"), words("print.from_to", first=_days(found)[0], last=_days(found)[1])),
            (words("print.retention"), found.retention),
            (words("print.amount"), words("print.items_pages", items=len(found.rows), pages=found.pages)),
            (words("print.box_number"), found.volume.box or "—"),
        )
        for number, (name, said) in enumerate(facts):
            y = 180.0 + number * 11
            pen.say(Box(COVER.left + 12, y, 28, 10), name, 4.4, tone=SOFT)
            pen.say(Box(COVER.left + 42, y, 111, 10), said, 4.6)
            pen.rule(COVER.left + 42, y + 10, COVER.right - 12, y + 10, 0.2)

    def _numbers(self, pen: Pen) -> None:
        one, words = self.found.volume, self.words
        cells = (
            (words("print.fonds"), one.fonds), (words("print.class"), f"{self.found.kind.category}·{one.year}-{one.retention}"),
            (words("print.volume_number"), f"{one.number:03}"),
        )  # fmt: skip
        left = COVER.right - 12 - 114
        for number, (name, said) in enumerate(cells):
            cell = Box(left + number * 38, 240, 38, 20)
            pen.frame(cell)
            pen.rule(cell.left, cell.top + 8, cell.right, cell.top + 8, 0.2)
            pen.say(Box(cell.left + 1, cell.top, 36, 8), name, 3.6, across="middle", tone=SOFT)
            pen.say(Box(cell.left + 1, cell.top + 8, 36, 12), said, 4.8, across="middle")


class NoteSheet:
    """备考表: what there is to say of the volume, every reopening with its reason, who arranged it and who checked it, when."""

    def __init__(self, words: Words, family: str, found: VolumeList) -> None:
        self.words, self.found = words, found
        self._bound = Print.CONTENTS in found.kind.prints
        self._type = Type(family, 4.2)
        lines = [
            line for part in self._parts() for line in self._type.lines(part, NOTE.width - 16)
        ]  # fmt: skip
        room = int((NOTE.height - 16 - NOTE_SIGNED_MM) / self._line_mm)
        self._pages = [lines[first : first + room] for first in range(0, len(lines), room)]

    @property
    def _line_mm(self) -> float:
        return self._type.leading_mm * 1.25

    @property
    def size_mm(self) -> tuple[float, float]:
        return A4_MM

    @property
    def pages(self) -> int:
        return len(self._pages)

    def paint(self, pen: Pen, page: int) -> None:
        words, box = self.words, NOTE
        if not self.found.closed:
            pen.across(A4_MM, words("print.draft"))
        title = words("print.note_volume" if self._bound else "print.note_box")
        pen.say(Box(box.left, 16, box.width, 12), title, 7, weight=700, across="middle")
        pen.say(Box(box.left, 30, box.width, 7), words("print.of_volume", code=volume_code(self.found)), 3.6)
        pen.frame(box, HEAVY_MM)
        told = words("print.note_told_volume" if self._bound else "print.note_told_box")
        pen.say(Box(box.left + 8, box.top + 3, box.width - 16, 9), told, 4.2, weight=700)
        for number, line in enumerate(self._pages[page - 1]):
            pen.write(box.left + 8, box.top + 14 + number * self._line_mm, line, self._type)
        self._signed(pen)
        if self.pages > 1:
            foot = words("print.page", page=page, pages=self.pages)
            pen.say(Box(box.left, 282, box.width, 6), foot, 3.0, across="middle", tone=SOFT)

    def _parts(self) -> list[str]:
        words, found = self.words, self.found
        parts = [words("print.note_amount", items=len(found.rows), pages=found.pages)]
        parts += [found.volume.note] if found.volume.note else []
        parts += [
            words("print.note_reopened", day=_local_day(words, one.at), person=one.by, reason=one.note)
            for one in found.reopened
        ]
        return parts

    def _signed(self, pen: Pen) -> None:
        words, one = self.words, self.found.volume
        arranged = "print.bound" if self._bound else "print.arranged"
        lines = (
            (words(f"{arranged}_by"), one.closed_by), (words(f"{arranged}_on"), _local_day(words, one.closed_at)),
            (words("print.checked_by"), one.checker), (words("print.checked_on"), ""),
        )  # fmt: skip
        for number, (name, said) in enumerate(lines):
            y = NOTE.bottom - NOTE_SIGNED_MM + number * 10
            pen.say(Box(NOTE.right - 84, y, 28, 8), name, 4.2, across="right")
            pen.say(Box(NOTE.right - 54, y, 46, 8), said, 4.2)
            pen.rule(NOTE.right - 55, y + 8, NOTE.right - 8, y + 8, 0.2)


class SpineSheet(_OnePage):
    """盒脊: a label as wide as the box is thick, the first item's number above the last one's."""

    def paint(self, pen: Pen, page: int) -> None:
        one, words, rows = self.found.volume, self.words, self.found.rows
        self._draft(pen)
        items = (_item(rows[0]), _item(rows[-1])) if rows else ("—", "—")
        cells = (
            (words("print.fonds"), one.fonds, 34.0), (words("print.year"), str(one.year), 34.0),
            (words("print.retention"), self.found.retention, 44.0), (words("print.kind"), self.found.kind.short, 56.0),
            (words("print.items"), "\n".join(items), 68.0), (words("print.box"), one.box or "—", 44.0),
        )  # fmt: skip
        wide, y = float(one.thickness_mm), SPINE_TOP_MM
        for name, said, high in cells:
            pen.rule(SPINE_LEFT_MM, y, SPINE_LEFT_MM + wide, y, 0.25)
            pen.say(Box(SPINE_LEFT_MM + 1, y + 1, wide - 2, 9), name, 3.8, across="middle", tone=SOFT)
            pen.rule(SPINE_LEFT_MM, y + 11, SPINE_LEFT_MM + wide, y + 11, 0.2)
            pen.say(Box(SPINE_LEFT_MM + 1, y + 12, wide - 2, high - 13), said, 6.4, weight=700, across="middle")
            y += high
        pen.frame(Box(SPINE_LEFT_MM, SPINE_TOP_MM, wide, SPINE_HIGH_MM), HEAVY_MM)
        note = words("print.spine_note", thickness=one.thickness_mm)
        pen.say(Box(SPINE_LEFT_MM + wide + 8, SPINE_TOP_MM, 180 - wide - 20, 20), note, 3.4, tone=SOFT, down="top")


class FaceSheet(_OnePage):
    """盒面: the fonds' name with two lines under it, the registry where there is one, what is in the box."""

    def paint(self, pen: Pen, page: int) -> None:
        found, words = self.found, self.words
        self._draft(pen)
        pen.say(Box(20, 70, 170, 24), found.office, 12, weight=700, across="middle", down="bottom")
        pen.rule(30, 98, 180, 98, HEAVY_MM)
        pen.rule(30, 100, 180, 100, HEAVY_MM)
        pen.say(Box(20, 106, 170, 14), found.registry, 6, across="middle")
        pen.say(Box(20, 150, 170, 14), found.kind.label, 8, across="middle")
        said = words("print.face_what", year=found.volume.year, retention=found.retention)
        pen.say(Box(20, 168, 170, 12), said, 5.4, across="middle")
        pen.say(Box(20, 250, 170, 10), words("print.of_box", box=found.volume.box or "—"), 5, across="middle")


class StampSheet(_OnePage):
    """归档章 of one item: six equal cells at the top of a page, in the middle; `alone` on a sheet of the stamp's own size."""

    def __init__(self, words: Words, found: VolumeList, row: ListRow | None, alone: bool = False) -> None:
        super().__init__(words, found)
        self._row, self._alone = row, alone

    @property
    def size_mm(self) -> tuple[float, float]:
        return STAMP_MM if self._alone else A4_MM

    def paint(self, pen: Pen, page: int) -> None:
        one, row = self.found.volume, self._row
        left = 0.0 if self._alone else (A4_MM[0] - STAMP_MM[0]) / 2
        top = 0.0 if self._alone else STAMP_TOP_MM
        inset = HEAVY_MM / 2 if self._alone else 0.0  # the frame's whole thickness stays on the sheet
        width, height = STAMP_MM[0] / 3, STAMP_MM[1] / 2
        above = (one.fonds, str(one.year), _item(row) if row else "—")
        below = (self.found.kind.short, self.found.retention, str(row.pages) if row and row.pages else "—")
        for down, line in enumerate((above, below)):
            for across, said in enumerate(line):
                cell = Box(left + across * width, top + down * height, width, height)
                pen.say(Box(cell.left + 0.6, cell.top + 0.6, width - 1.2, height - 1.2), said, 3.6, across="middle")
        pen.frame(Box(left + inset, top + inset, STAMP_MM[0] - 2 * inset, STAMP_MM[1] - 2 * inset), HEAVY_MM)
        pen.rule(left, top + height, left + STAMP_MM[0], top + height)
        for across in (1, 2):
            pen.rule(left + across * width, top, left + across * width, top + STAMP_MM[1])


def _item(row: ListRow) -> str:
    return row.number.rpartition("-")[2]


def _days(found: VolumeList) -> tuple[str, str]:
    days: Sequence[str] = sorted(row.day for row in found.rows if row.day)
    return (_dotted(days[0]), _dotted(days[-1])) if days else ("—", "—")


def _dotted(day: str) -> str:
    """Return 2016.02.27 of 20160227, and 1983 of 19830000."""
    parts = [day[:4], day[4:6], day[6:8]]
    while len(parts) > 1 and parts[-1] in ("00", ""):
        parts.pop()
    return ".".join(parts)


def _local_day(words: Words, moment: str) -> str:
    """Return a moment, kept in UTC, as a day of this desk's calendar."""
    if not moment:
        return ""
    day = datetime.fromisoformat(moment).astimezone()
    return words("print.day_words", year=day.year, month=day.month, day=day.day)
