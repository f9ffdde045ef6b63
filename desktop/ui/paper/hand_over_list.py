"""The hand-over list on paper (移交清单): the records of a batch, and room for both signatures on every page."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from desktop.services.hand_overs import HandOver
from desktop.ui.paper.pen import Box, Pen
from desktop.ui.paper.ruled import RuledColumn, RuledTable
from desktop.ui.paper.volume_tables import A4_MM, TableSheet
from desktop.ui.words import Words

LIST: Final = Box(25, 40, 170, 206)
LIST_MM: Final = (12.0, 50.0, 62.0, 20.0, 13.0, 13.0)
SIGNED_TOP_MM: Final = 250.0


class HandOverSheet(TableSheet):
    """The table, what the batch is over it, and who hands over and who takes over under it."""

    def __init__(self, words: Words, family: str, batch: HandOver) -> None:
        heads = ("place", "number", "title", "day", "pages", "remark")
        columns = [
            RuledColumn(words(f"print.{head}"), width, middle=width <= 20)
            for head, width in zip(heads, LIST_MM, strict=True)
        ]
        rows = [
            (str(place), row.number, row.title, row.day, str(row.pages or "—"), words("print.voids") if row.void else "")
            for place, row in enumerate(batch.rows, start=1)
        ]  # fmt: skip
        day = datetime.fromisoformat(batch.sealed_at).astimezone()
        parts = (
            words("print.of_office", office=batch.office),
            words("print.of_batch", number=f"{batch.sequence:04d}"),
            words("print.sealed_on", day=words("print.day_words", year=day.year, month=day.month, day=day.day)),
            words("print.items_pages", items=len(batch.rows), pages=batch.pages),
        )
        super().__init__(words, A4_MM, RuledTable(family, columns, rows, LIST), words("print.hand_over"), parts, False)
        self._batch = batch

    def paint(self, pen: Pen, page: int) -> None:
        super().paint(pen, page)
        words, batch = self.words, self._batch
        for column, side in ((LIST.left, "giving"), (LIST.left + 87, "taking")):
            for number, what in enumerate(("office", "person", "date")):
                y = SIGNED_TOP_MM + number * 8
                pen.say(Box(column, y, 26, 7), words(f"print.{side}_{what}"), 3.6)
                said = batch.office if side == "giving" and what == "office" else ""
                pen.say(Box(column + 27, y, 54, 7), said, 3.6)
                pen.rule(column + 26, y + 7, column + 82, y + 7, 0.2)
        digest = words("print.digest", batch=batch.batch, digest=batch.digest)
        pen.say(Box(LIST.left, SIGNED_TOP_MM + 25, LIST.width, 7), digest, 2.4)
