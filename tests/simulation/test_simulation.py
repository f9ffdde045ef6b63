"""Many histories of a line in all weathers; whatever happens, nobody's work is lost and both ends agree."""

from __future__ import annotations

import pytest

from tests.simulation.campaign import SEEDS, hunt, play_many, thin
from tests.simulation.planted import PLANTED

EXAMPLES = 1000


def test_in_all_weathers_nobodys_work_is_lost_and_both_ends_agree():
    seen, wrong = play_many(range(EXAMPLES))
    assert wrong == []
    assert thin(seen, EXAMPLES) == {}, "the histories did not meet enough of what they are for"


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_bug_is_found(name):
    assert hunt(PLANTED[name], SEEDS[0]), "a simulation that does not find this could not find anything"
