"""The received list on paper (交接单): counts both ways, what was not accepted, the county's code, and both signatures."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from desktop.services.received_lists import Given
from desktop.ui.paper.pen import INK, SOFT, Box, Pen
from desktop.ui.paper.ruled import RuledColumn, RuledTable
from desktop.ui.paper.volume_tables import A4_MM, TableSheet
from desktop.ui.words import Words

LEFT, WIDE = 20.0, 170.0
TABLE: Final = Box(LEFT, 112, WIDE, 96)
WIDTHS_MM: Final = (12.0, 52.0, 82.0, 24.0)
COUNTS_TOP_MM, COUNTS_MM = 62.0, 24.0
CODE_TOP_MM, CODE_MM = 222.0, 44.0
COUNTS: Final = ("received", "accepted", "returned", "conflicts", "set_aside", "open")


class ReceivedSheet(TableSheet):
    """The same head and foot on every page; the table of what was not accepted goes on."""

    def __init__(self, words: Words, family: str, given: Given) -> None:
        heads = ("place", "number", "piece", "standing")
        columns = [
            RuledColumn(words(f"received.{head}"), width, middle=head in ("place", "standing"))
            for head, width in zip(heads, WIDTHS_MM, strict=True)
        ]
        rows = [
            (str(place), one.number or "—", one.title or "—", words.find(f"received.stands_{one.standing.value}") or one.standing.value)
            for place, one in enumerate(given.rows, start=1)
        ]  # fmt: skip
        table = RuledTable(family, columns, rows or [("—", "—", words("received.all_accepted"), "—")], TABLE)
        super().__init__(words, A4_MM, table, words("received.sheet"), (), False)
        self.given = given

    def paint(self, pen: Pen, page: int) -> None:
        words, told = self.words, self.given.told
        pen.say(Box(LEFT, 16, WIDE, 11), self.title, 7.0, weight=700, across="middle")
        names = words("received.between", township=told.township_name, county=told.county)
        pen.say(Box(LEFT, 30, WIDE, 7), names, 4.2, across="middle")
        lines = (
            words("received.of_batch", number=f"{told.sequence:04d}", code=told.township, at=_time(told.received_at)),
            words("received.made", at=_time(told.made_at), by=told.by),
        )
        for number, line in enumerate(lines):
            pen.say(Box(LEFT, 42 + number * 7, WIDE, 7), line, 3.6)
        self._counts(pen)
        pen.say(Box(LEFT, 103, WIDE, 7), words("received.not_accepted", count=len(self.given.rows)), 3.8, weight=700)
        self.table.paint(pen, page)
        self._foot(pen)
        foot = words("print.page", page=page, pages=self.pages)
        pen.say(Box(0, self.size_mm[1] - 13, self.size_mm[0], 6), foot, 3.0, across="middle", tone=SOFT)

    def _counts(self, pen: Pen) -> None:
        words, told = self.words, self.given.told
        wide = WIDE / len(COUNTS)
        pen.frame(Box(LEFT, COUNTS_TOP_MM, WIDE, COUNTS_MM), 0.5)
        for place, name in enumerate(COUNTS):
            left = LEFT + place * wide
            if place:
                sign = "＝" if place == 1 else "＋"
                pen.say(Box(left - 4, COUNTS_TOP_MM + 9.5, 8, 8), sign, 4.0, across="middle", tone=SOFT)
            count: int = getattr(told, name)
            said = Box(left + 4, COUNTS_TOP_MM + 2, wide - 8, 6)
            pen.say(said, words(f"received.{name}"), 3.4, across="middle", tone=SOFT)
            figure = Box(left + 4, COUNTS_TOP_MM + 8, wide - 8, 13)
            pen.say(figure, str(count), 7.0, weight=700, across="middle", tone=INK if count else SOFT)
        both = words("received.both", sent=told.sent, received=told.received)
        pen.say(Box(LEFT, COUNTS_TOP_MM + COUNTS_MM + 3, WIDE, 7), both, 3.8)

    def _foot(self, pen: Pen) -> None:
        words, told = self.words, self.given.told
        pen.code(Box(LEFT, CODE_TOP_MM, CODE_MM, CODE_MM), self.given.code)
        left = LEFT + CODE_MM + 10
        for number, (side, office) in enumerate((("giving", told.township_name), ("taking", told.county))):
            x = left + number * 59
            for row, what in enumerate(("office", "person", "date")):
                y = CODE_TOP_MM - 2 + row * 10
                pen.say(Box(x, y, 19, 8), words(f"received.{side}_{what}"), 3.2)
                if what == "office":
                    pen.say(Box(x + 20, y, 36, 8), office, 3.2)
                pen.rule(x + 19, y + 8, x + 57, y + 8, 0.2)
        told_how = words("received.how_to_check")
        pen.say(Box(left, CODE_TOP_MM + 29, WIDE - CODE_MM - 10, 8), told_how, 2.8, tone=SOFT)
        digest = words("received.digest", batch=told.batch, digest=told.digest)
        pen.say(Box(left, CODE_TOP_MM + 37, WIDE - CODE_MM - 10, 8), digest, 2.4, tone=SOFT)


def _time(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone():%Y-%m-%d %H:%M}" if text else "—"
