"""Rotation keeps the last two good generations whatever the clock says and whichever of them are bad."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from desktop.archive.rotation import Dated, to_prune

FIRST = datetime(2026, 1, 1, tzinfo=UTC)


def dated(number: int, at: datetime, good: bool = True) -> Dated:
    moment = f"{at:%Y%m%dT%H%M%SZ}"
    return Dated(f"{number:06d}-{moment}", number, moment, good)


def live(steps: list[tuple[timedelta, bool]]) -> list[Dated]:
    """Return what is left after a life of backups, each rotated when it was made."""
    left: list[Dated] = []
    at = FIRST
    for number, (step, good) in enumerate(steps, start=1):
        at += step
        left.append(dated(number, at, good))
        gone = to_prune(left)
        left = [one for one in left if one.name not in gone]
    return left


# minutes to weeks on; sometimes back by years, as when the battery of the clock is empty
steps = st.timedeltas(timedelta(minutes=1), timedelta(days=20)) | st.timedeltas(timedelta(days=-3000), timedelta(0))


@given(st.lists(st.tuples(steps, st.booleans()), max_size=60))
def test_the_two_newest_good_ones_are_never_let_go(life: list[tuple[timedelta, bool]]) -> None:
    numbers = {one.number for one in live(life)}
    good = [number for number, (_, was_good) in enumerate(life, start=1) if was_good]
    assert set(good[-2:]) <= numbers


@given(st.lists(st.tuples(steps, st.booleans()), min_size=1, max_size=60))
def test_nothing_goes_while_the_newest_is_bad(life: list[tuple[timedelta, bool]]) -> None:
    before = live(life)
    after = [*before, dated(len(life) + 1, FIRST, good=False)]
    assert to_prune(after) == []


@given(st.lists(st.tuples(steps, st.booleans()), max_size=120))
def test_what_is_left_stays_within_the_rule(life: list[tuple[timedelta, bool]]) -> None:
    left = live([*life, (timedelta(hours=1), True)])
    assert len([one for one in left if one.good]) <= 24 + 14 + 12 + 2


def test_an_hourly_life_of_two_years_keeps_hours_days_and_months() -> None:
    left = live([(timedelta(hours=1), True)] * (24 * 730))
    hours = {one.made_at[:11] for one in left}
    days = {one.made_at[:8] for one in left}
    months = {one.made_at[:6] for one in left}
    assert len(left) <= 50
    assert len(hours) >= 24
    assert len(days) >= 14
    assert len(months) == 12


def test_bad_ones_go_once_two_good_ones_are_newer() -> None:
    left = live([(timedelta(hours=1), good) for good in (False, True, False, True, True)])
    assert [one.number for one in left] == [2, 4, 5]
