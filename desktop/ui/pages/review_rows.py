"""How a batch's records and a record's fields are shown to the reviewer: a sign beside every state, a word beside every tone."""

from __future__ import annotations

from collections.abc import Sequence

from desktop.services.reviewing import Compared
from desktop.ui.models.paged import Cell
from desktop.ui.words import Words
from sync.contract.findings import Level
from sync.contract.review import BatchRecord

SIGNS = {
    "accepted": ("ok", "ok"),
    "returned": ("back", "danger"),
    "conflict": ("warn", "warn"),
    "set_aside": ("warn", "warn"),
}
OPEN = ("received", "conflict")


def record_cells(one: BatchRecord) -> Sequence[Cell]:
    icon, tone = SIGNS.get(one.standing.value, ("clock", "ink_3"))
    return Cell(one.title or one.number), Cell("", "sign", tone, icon)


def field_cells(words: Words, one: Compared, first: bool) -> Sequence[Cell]:
    """Return the field, what was sent, and what the county holds; on a first submission, what is said against it."""
    grave = is_grave(one)
    changed = one.differs and not first
    if grave:
        sent = Cell(one.sent or "—", "sign", "warn", "warn")
    else:
        sent = Cell(one.sent or "—", "strong" if changed else "text", "accent" if changed else "ink")
    if first:
        held = Cell(sentence(words, one) if grave else "", "mute")
    else:
        held = Cell(one.held or "—" if changed else words("review.same"), "mute")
    return Cell(one.label, "mute"), sent, held


def is_grave(one: Compared) -> bool:
    """Whether something is said against the field, not merely told about it."""
    return any(found.level is not Level.INFO for found in one.findings)


def sentence(words: Words, one: Compared) -> str:
    """Return what is said against the field."""
    found = one.findings[0]
    facts: dict[str, object] = {"basis": "", **found.facts}
    return words(f"finding.{found.code}", **facts)
