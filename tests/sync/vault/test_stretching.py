"""From a password to a key, at a price between floor and ceiling."""

from __future__ import annotations

from sync.vault.stretching import FLOOR, MEMORY_KIB_MAX, StretchCost, calibrate, stretch


class Stopwatch:
    """Each stretching seems to take the next of the given seconds."""

    def __init__(self, *seconds: float) -> None:
        self.now, self.steps = 0.0, [step for spent in seconds for step in (0.0, spent)]

    def __call__(self) -> float:
        self.now += self.steps.pop(0)
        return self.now


def test_the_same_password_gives_the_same_key_and_another_salt_another():
    assert stretch("a password", b"\1" * 16, FLOOR) == stretch("a password", b"\1" * 16, FLOOR)
    assert stretch("a password", b"\1" * 16, FLOOR) != stretch("a password", b"\2" * 16, FLOOR)


def test_a_slow_machine_stays_at_the_floor():
    assert calibrate(1.0, Stopwatch(30.0)) == FLOOR


def test_a_quicker_machine_pays_in_memory_first_and_never_over_the_ceiling():
    assert calibrate(0.45, Stopwatch(0.1, 0.2, 0.4)) == StretchCost(MEMORY_KIB_MAX, FLOOR.passes, FLOOR.lanes)


def test_a_machine_that_would_miss_the_target_by_doubling_stays_where_it_is():
    assert calibrate(0.1, Stopwatch(0.06)) == FLOOR
