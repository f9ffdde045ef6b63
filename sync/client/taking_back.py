"""Undoing one's own decisions at the county, as far as no desk was told of them (docs/protocol.md, section 4)."""

from __future__ import annotations

from collections.abc import Collection

from sync.client.staff import Staff
from sync.contract.decisions import DecisionId
from sync.contract.review import Outcome, Outcomes
from sync.contract.revisions import TownshipId
from sync.contract.taking_back import MOST_TAKEN_BACK, TakeBack


def take_back(staff: Staff, township: TownshipId, decisions: Collection[DecisionId]) -> tuple[Outcome, ...]:
    """Return what became of each: no code if it stands no more, `fetched` if a desk was told of it and it stays."""
    named = sorted(decisions)
    outcomes: list[Outcome] = []
    for start in range(0, len(named), MOST_TAKEN_BACK):
        said = staff.sign_take_back(TakeBack(township, tuple(named[start : start + MOST_TAKEN_BACK])))
        outcomes += staff.ask("POST", "/v1/decisions/taken-back", Outcomes, said).outcomes
    return tuple(outcomes)
