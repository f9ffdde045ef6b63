"""Two thousand cuts of the power lose nothing that was told to be done, and every planted bug is found."""

from __future__ import annotations

import pytest

from tests.powercut import campaign, tap
from tests.powercut.workflows import WORKFLOWS

pytestmark = pytest.mark.skipif(
    tap.compiler() is None, reason="the power-cut simulator needs Linux and a C compiler (cc)"
)

STATES = 2_000
DRAWN = 2_200  # small workflows run out of states that differ, and only those are counted


@pytest.mark.timeout(900)
def test_two_thousand_cuts_lose_nothing_and_every_planted_bug_is_found() -> None:
    found = campaign.run(DRAWN, seed=20260302, jobs=2)
    examples = [example for one in found.by_workflow.values() for example in one.examples]
    assert not examples
    assert found.missed == []
    assert found.ok
    assert found.states >= STATES
    assert set(found.by_workflow) == set(WORKFLOWS)
    assert all(one.states >= 15 for one in found.by_workflow.values())
