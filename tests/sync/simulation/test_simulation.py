"""Many histories of a line in all weathers; whatever happens, nobody's work is lost and both ends agree."""

from __future__ import annotations

from collections import Counter

import pytest

from sync.contract.errors import LantaiError
from tests.sync.simulation import planted
from tests.sync.simulation.checks import check
from tests.sync.simulation.world import FailingStore, World

HISTORIES, ACTS = 100, 80
FLOOR = {
    "decided: accepted": 300, "decided: returned": 60, "decided: merged": 8, "decided: county": 15,
    "decided: voided": 10, "decided: restored": 5, "amended: void": 10, "desk restored": 10, "epoch declared": 20,
    "old request replayed": 20, "line: cut within": 60, "line: cut before": 60, "line: cut after": 60, "line: no reply": 60, "decision cut": 5,
}  # fmt: skip


def run(seed, **made):
    world = World(seed, **made)
    world.play(ACTS)
    world.heal()
    check(world)
    return world.seen


def test_in_all_weathers_nobodys_work_is_lost_and_both_ends_agree():
    seen: Counter[str] = Counter()
    for seed in range(HISTORIES):
        seen += run(seed)
    thin = {what: seen[what] for what, least in FLOOR.items() if seen[what] < least}
    assert not thin, "the histories did not meet enough of what they are for"


@pytest.mark.parametrize("store", planted.STORES, ids=lambda kind: kind.__name__)
def test_a_bug_planted_in_the_county_is_found(store):
    assert found(make_store=store)


@pytest.mark.parametrize("ledger", planted.LEDGERS, ids=lambda kind: kind.__name__)
def test_a_bug_planted_at_the_desk_is_found(ledger):
    assert found(make_store=FailingStore, make_ledger=ledger)


def found(most_histories: int = 150, **made) -> bool:
    """Return whether a history comes out wrong."""
    for seed in range(most_histories):
        try:
            run(1000 + seed, **made)
        except (AssertionError, LookupError, LantaiError):
            return True
    return False
