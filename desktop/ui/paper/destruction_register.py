"""The register of what was destroyed on paper (销毁清册), and a list before it is carried out (销毁清单): room for two signatures on every page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from desktop.ui.paper.pen import Box, Pen
from desktop.ui.paper.ruled import RuledColumn, RuledTable
from desktop.ui.paper.volume_tables import A4_ACROSS_MM, TableSheet
from desktop.ui.words import Words

PLACE: Final = Box(20, 34, 257, 146)
HEADS: Final = ("order", "number_head", "kind", "year", "term_head", "hash", "files", "two_words", "reason", "gone_at")
WIDTHS_MM: Final = (11.0, 50.0, 28.0, 14.0, 18.0, 32.0, 12.0, 30.0, 34.0, 28.0)
SIGNED_TOP_MM: Final = 183.0


class RegisterSheet(TableSheet):
    """The table, and under it the words of whoever approved and whoever stood by (监销)."""

    def __init__(
        self, words: Words, family: str, title: str, parts: Sequence[str], rows: Sequence[Sequence[str]]
    ) -> None:
        columns = [
            RuledColumn(words(f"retention.{head}"), width, middle=width < 15)
            for head, width in zip(HEADS, WIDTHS_MM, strict=True)
        ]
        super().__init__(words, A4_ACROSS_MM, RuledTable(family, columns, rows, PLACE, 2.9), title, parts, False)

    def paint(self, pen: Pen, page: int) -> None:
        super().paint(pen, page)
        pen.say(Box(PLACE.left, SIGNED_TOP_MM, PLACE.width, 7), self.words("retention.signed"), 3.6)


def moment(at: str) -> str:
    """Return the day and minute of this place, nothing for none."""
    return f"{datetime.fromisoformat(at).astimezone():%Y-%m-%d %H:%M}" if at else ""
