"""Rows of the audit log on paper (审计日志摘录): what was asked for, the rows, and the digits of the log they are taken from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from desktop.services.log_checking import LogDigits
from desktop.services.log_reading import LogRow, details_of
from desktop.ui.paper.pen import Box
from desktop.ui.paper.register_table import digits_words
from desktop.ui.paper.ruled import RuledColumn, RuledTable
from desktop.ui.paper.volume_tables import A4_ACROSS_MM, TableSheet
from desktop.ui.words import Words

PLACE: Final = Box(20, 34, 257, 158)
HEADS: Final = ("sequence", "at", "who", "act", "record", "details")
WIDTHS_MM: Final = (20.0, 34.0, 26.0, 36.0, 51.0, 90.0)


def log_sheet(
    words: Words, family: str, office: str, asked: str, lines: Sequence[LogRow], log: LogDigits
) -> TableSheet:
    """Return the rows as they are printed."""
    columns = [RuledColumn(words(f"log.{head}"), width) for head, width in zip(HEADS, WIDTHS_MM, strict=True)]
    rows = [
        (f"{one.sequence:,}", f"{datetime.fromisoformat(one.at).astimezone():%Y-%m-%d %H:%M:%S}", one.who,
         act_words(words, one), one.number or one.subject, details_of(one))
        for one in lines
    ]  # fmt: skip
    parts = (office, words("log.asked", asked=asked), digits_words(words, log))
    return TableSheet(words, A4_ACROSS_MM, RuledTable(family, columns, rows, PLACE), words("log.title"), parts, False)


def act_words(words: Words, one: LogRow) -> str:
    """Return what was done in words; of an act that this program does not know, the word that stands in the log."""
    return words.find(f"act.{one.act}") or one.act
