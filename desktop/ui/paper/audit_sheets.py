"""What an auditor takes along on paper (审计清单、审计意见): the records of a scope with its seed, and the findings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from desktop.ui.paper.pen import Box
from desktop.ui.paper.ruled import RuledColumn, RuledTable
from desktop.ui.paper.volume_tables import A4_ACROSS_MM, TableSheet
from desktop.ui.words import Words

PLACE: Final = Box(20, 34, 257, 158)
LIST: Final = (("order", 12.0), ("number", 58.0), ("kind", 34.0), ("year", 16.0), ("what", 97.0), ("why", 40.0))
FINDINGS: Final = (("number", 52.0), ("place", 24.0), ("gravity", 16.0), ("text", 97.0), ("by", 28.0), ("at", 40.0))


def audit_sheet(
    words: Words, family: str, view: str, parts: Sequence[str], rows: Sequence[Sequence[str]]
) -> TableSheet:
    """Return the list (`records`) or the findings as a sheet, their cells in words."""
    heads = LIST if view == "records" else FINDINGS
    columns = [RuledColumn(words(f"audit_desk.{head}"), width, middle=width <= 16) for head, width in heads]
    table = RuledTable(family, columns, rows, PLACE)
    return TableSheet(words, A4_ACROSS_MM, table, words(f"audit_desk.title_{view}"), parts, False)
