"""The report of a comparison with the county on paper (对账报告): what each end holds, every record that differs, and both signatures."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from desktop.services.reconciling import Reconciled, Where
from desktop.ui.paper.pen import Box, Pen
from desktop.ui.paper.ruled import RuledColumn, RuledTable
from desktop.ui.paper.volume_tables import A4_MM, TableSheet
from desktop.ui.words import Words

TABLE: Final = Box(25, 56, 170, 190)
WIDTHS_MM: Final = (12.0, 52.0, 74.0, 32.0)
SUMS_TOP_MM: Final = 44.0
SIGNED_TOP_MM: Final = 250.0


class ReconcileSheet(TableSheet):
    """The table; over it the sums, under it room for who compared at each end. Where all agrees one row says so."""

    def __init__(self, words: Words, family: str, office: str, found: Reconciled) -> None:
        heads = ("place", "number", "piece", "where")
        columns = [
            RuledColumn(words(f"reconcile.{head}"), width, middle=head == "place")
            for head, width in zip(heads, WIDTHS_MM, strict=True)
        ]
        rows = [
            (str(place), one.number or one.record[-12:], one.title or words("reconcile.not_here"),
             words(f"reconcile.{one.where.value}"))
            for place, one in enumerate(found.lines, start=1)
        ]  # fmt: skip
        at = datetime.fromisoformat(found.at).astimezone()
        parts = (words("print.of_office", office=office), f"{at:%Y-%m-%d %H:%M}")
        none = [("—", "—", words("reconcile.equal"), "—")]
        table = RuledTable(family, columns, rows or none, TABLE)
        super().__init__(words, A4_MM, table, words("reconcile.sheet"), parts, False)
        self._office, self._found = office, found

    def paint(self, pen: Pen, page: int) -> None:
        super().paint(pen, page)
        words, found = self.words, self._found
        counts = {where.value: found.count(where) for where in Where}
        told = "reconcile.sheet_differ" if found.lines else "reconcile.sheet_agree"
        pen.say(Box(TABLE.left, SUMS_TOP_MM - 4, TABLE.width, 6), words(told, heads=found.heads, **counts), 3.6)
        digest = words("reconcile.sheet_digest", digest=found.digest)
        pen.say(Box(TABLE.left, SUMS_TOP_MM + 3, TABLE.width, 5), digest, 2.4)
        for left, side in ((TABLE.left, "desk"), (TABLE.left + 87, "county")):
            for number, what in enumerate(("office", "person", "date")):
                y = SIGNED_TOP_MM + number * 8
                pen.say(Box(left, y, 26, 7), words(f"reconcile.{side}_{what}"), 3.6)
                pen.say(Box(left + 27, y, 54, 7), self._office if (side, what) == ("desk", "office") else "", 3.6)
                pen.rule(left + 26, y + 7, left + 82, y + 7, 0.2)
