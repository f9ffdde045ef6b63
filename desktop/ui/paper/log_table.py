"""Rows of the audit log on paper (审计日志摘录): what was asked for, the rows, and the digits of the log they are taken from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from desktop.services.log_checking import LogDigits
from desktop.ui.paper.pen import Box
from desktop.ui.paper.register_table import digits_words
from desktop.ui.paper.ruled import RuledColumn, RuledTable
from desktop.ui.paper.volume_tables import A4_ACROSS_MM, TableSheet
from desktop.ui.words import Words

PLACE: Final = Box(20, 34, 257, 158)
HEADS: Final = ("sequence", "at", "who", "act", "record", "details")
WIDTHS_MM: Final = (20.0, 34.0, 26.0, 36.0, 51.0, 90.0)


def log_sheet(
    words: Words, family: str, office: str, asked: str, rows: Sequence[Sequence[str]], log: LogDigits
) -> TableSheet:
    """Return rows as they are printed: their cells in words, in the order of `HEADS`."""
    columns = [RuledColumn(words(f"log.{head}"), width) for head, width in zip(HEADS, WIDTHS_MM, strict=True)]
    parts = (office, words("log.asked", asked=asked), digits_words(words, log))
    return TableSheet(words, A4_ACROSS_MM, RuledTable(family, columns, rows, PLACE), words("log.title"), parts, False)
