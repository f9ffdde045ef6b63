"""Many histories of a line in all weathers; whatever happens, nobody's work is lost and both ends agree."""

from __future__ import annotations

from contextlib import closing

import pytest

from tests.simulation.campaign import SEEDS, hunt, play_many, thin
from tests.simulation.planted import PLANTED
from tests.simulation.real_books import RealStore, parts_on

EXAMPLES = 1000
REAL_SEEDS = (1, 3)


def test_in_all_weathers_nobodys_work_is_lost_and_both_ends_agree():
    seen, wrong = play_many(range(EXAMPLES))
    assert wrong == []
    assert thin(seen, EXAMPLES) == {}, "the histories did not meet enough of what they are for"


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_bug_is_found(name):
    assert hunt(PLANTED[name], SEEDS[0]), "a simulation that does not find this could not find anything"


def test_the_same_histories_come_out_right_in_an_encrypted_file(tmp_path):
    with closing(RealStore(tmp_path, None)) as store:
        seen, wrong = play_many(REAL_SEEDS, parts_on(store))
    assert wrong == []
    assert seen["line: fine"] > 50


def test_the_same_histories_come_out_right_in_postgresql(tmp_path, postgres_database):
    with closing(RealStore(tmp_path, postgres_database)) as store:
        seen, wrong = play_many(REAL_SEEDS, parts_on(store))
    assert wrong == []
    assert seen["line: fine"] > 50
