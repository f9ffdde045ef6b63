"""The register of use on paper (档案利用登记簿): the lines that are listed, with the sums of the year above."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from desktop.services.log_checking import LogDigits
from desktop.services.register import UseLine, YearOfUse
from desktop.ui.paper.pen import Box
from desktop.ui.paper.ruled import RuledColumn, RuledTable
from desktop.ui.paper.volume_tables import A4_ACROSS_MM, TableSheet
from desktop.ui.words import Words

PLACE: Final = Box(20, 34, 257, 158)
HEADS: Final = ("order", "at", "what", "applicant", "relation", "document", "purpose", "record", "result", "by")
WIDTHS_MM: Final = (11.0, 30.0, 15.0, 30.0, 24.0, 20.0, 42.0, 47.0, 22.0, 16.0)


def register_sheet(
    words: Words, family: str, office: str, lines: Sequence[UseLine], year: YearOfUse, log: LogDigits
) -> TableSheet:
    """Return the register as it is printed: one line for each use, those that were taken back marked so, and how the log stands."""
    columns = [RuledColumn(words(f"register.{head}"), width) for head, width in zip(HEADS, WIDTHS_MM, strict=True)]
    rows = [
        (str(place), _moment(one.at), words(f"register.what_{one.what}"), one.applicant or "—", one.relation or "—",
         document_words(words, one), one.purpose, one.number or "—", result_words(words, one), one.person)
        for place, one in enumerate(lines, start=1)
    ]  # fmt: skip
    parts = (office, words("register.year_sum", year=year.year, **year.whole), digits_words(words, log))
    return TableSheet(
        words, A4_ACROSS_MM, RuledTable(family, columns, rows, PLACE), words("register.title"), parts, False
    )


def digits_words(words: Words, log: LogDigits) -> str:
    """Return where the audit log stands, as it is kept on paper."""
    return words("register.log", size=f"{log.size:,}", digits=log.digits)


def document_words(words: Words, one: UseLine) -> str:
    """Return by what somebody showed who they are."""
    return words(f"register.document_{one.document}") if one.document else "—"


def result_words(words: Words, one: UseLine) -> str:
    """Return what came of it: a visit's result, an extract's number, or that it was taken back."""
    if one.undone_by:
        return words("register.undone")
    if one.what == "extract":
        return one.key
    return words(f"register.result_{one.result}") if one.result else "—"


def _moment(at: str) -> str:
    """Return the day and the minute of this place, with the year: a register is kept."""
    return f"{datetime.fromisoformat(at).astimezone():%Y-%m-%d %H:%M}"
