"""Twenty desks of one township in all weathers: no number twice, every gap explained; and bugs planted to show it would be seen."""

from __future__ import annotations

from collections import Counter

import pytest

from sync.contract.errors import LantaiError
from tests.sync.numbering import planted
from tests.sync.numbering.memory import MemoryCounty, MemoryDesk
from tests.sync.numbering.world import Numbering, is_clean, play

HISTORIES, DESKS, RECORDS = 30, 20, 600
FLOOR = {
    "desk came": 300, "enrolled twice": 20, "county restored, declared": 20, "county restored in silence": 20,
    "desk restored": 10, "line: no reply": 300, "line: cut before": 300, "line: cut after": 300, "county restarted": 80,
    "no number yet": 10, "withdrawn": 200, "given back": 80, "gap: not_here": 8, "gap: restored": 20,
}  # fmt: skip


FAR = 5_200  # more than the first seat leases


def run(seed: int, county=MemoryCounty, desk=MemoryDesk, alone: int = 30) -> Numbering:
    return play(Numbering(seed, county(), desk, DESKS, RECORDS + alone, alone))


def test_no_number_is_given_twice_and_every_gap_is_explained():
    seen: Counter[str] = Counter()
    for seed in range(HISTORIES):
        world = run(seed)
        assert (world.doubles, world.refused(), world.missing()) == ([], [], [])
        assert world.unexplained() == []
        seen += world.seen
    thin = {what: seen[what] for what, least in FLOOR.items() if seen[what] < least}
    assert not thin, seen


def test_what_an_office_gave_alone_is_given_by_nobody_who_comes_later():
    world = run(7, alone=FAR)
    assert is_clean(world)
    assert any(number.endswith(("-6000", "-5200")) for number in world.bearer)


@pytest.mark.parametrize("made", planted.OF_TAKEN_BLOCKS, ids=lambda made: next(iter(made.values())).__name__)
def test_a_bug_about_what_was_given_alone_is_found(made):
    assert found(most_histories=3, alone=FAR, **made)


@pytest.mark.parametrize("county", planted.COUNTIES, ids=lambda kind: kind.__name__)
def test_a_bug_planted_in_the_county_is_found(county):
    assert found(county=county)


@pytest.mark.parametrize("desk", planted.DESKS, ids=lambda kind: kind.__name__)
def test_a_bug_planted_at_the_desk_is_found(desk):
    assert found(desk=desk)


def found(most_histories: int = 40, **made) -> bool:
    """Return whether a history comes out wrong."""
    for seed in range(most_histories):
        try:
            if not is_clean(run(1000 + seed, **made)):
                return True
        except (AssertionError, LantaiError):
            return True
    return False
