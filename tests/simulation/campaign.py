"""Playing many histories: what they met, whether one came out wrong, and whether every planted bug is found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

from sync.contract.errors import LantaiError
from tests.simulation.carrying import Carrying
from tests.simulation.checks import check_in_the_end, check_now
from tests.simulation.planted import PLANTED
from tests.simulation.staff import Staff
from tests.simulation.world import SOUND, Parts, World

MOST_ACTS = 90
MOST_HISTORIES = 200
"""A planted bug is found within so many, from each of the seeds."""
SEEDS = (1, 2, 3, 4, 5)
WRONG = (AssertionError, LookupError, LantaiError, ValueError)

FLOOR = {
    "decided: accepted": 3.0, "decided: returned": 0.4, "decided: merged": 0.35, "decided: county": 0.3,
    "decided: voided": 0.15, "decided: restored": 0.05, "amended: void": 0.3, "desk restored": 0.15,
    "epoch declared": 0.3, "old request replayed": 0.2, "another's township": 0.2, "clock turned": 0.2,
    "county restored": 0.4, "county restored in silence": 0.2, "restore noticed by a receipt": 0.15, "waived": 0.3,
    "waited for a witness": 0.3, "witness: taken over": 0.35, "witness: late, a dispute": 0.02, "witness: forged": 0.1,
    "decided: settled": 0.02, "the same decision again": 0.1, "decision cut": 0.2, "decided too late": 0.03, "set aside": 0.1,
    "line: no request": 0.1, "line: no reply": 0.1, "line: twice": 0.1, "line: overtaken": 0.1,
    "line: request cut short": 0.1, "line: reply cut short": 0.1, "line: portal": 0.1,
    "line: county cut within": 0.1, "line: county cut before": 0.1, "line: county cut after": 0.1, "line: county full": 0.1,
    "filed with pages": 1.0, "page swapped": 0.1, "waited for pages": 0.02, "decided together": 0.05,
    "stick: written": 1.0, "stick: taken in": 1.0, "stick: taken in, cut": 0.05, "stick: read": 1.0, "stick: read, cut": 0.01,
    "stick: stale": 0.3, "stick: lost": 0.05, "stick: old or twice": 0.05, "stick: old, round all desks": 0.3,
    "taken back: gone": 0.05, "taken back: fetched": 0.05,
    "line: desk cut before": 0.1, "line: desk cut within": 0.1, "line: desk cut after": 0.1, "line: desk full": 0.1,
}  # fmt: skip
"""How often each must happen, a history: what hardly meets anything proves nothing."""


def play(seed: int, parts: Parts = SOUND) -> World:
    """Return the world after one whole history.

    Raises:
        AssertionError: something came out wrong.
    """
    world = World(seed, parts)
    staff, sticks = Staff(world), Carrying(world)
    before = None
    for act in _course(world, staff, sticks):
        act()
        if world.store.book is not before:
            check_now(world)
            before = world.store.book
    _heal(world, staff)
    check_in_the_end(world)
    for _, act, details in world.store.book.said:
        if act == "decision.witnessed":
            world.seen["witness: late, a dispute" if details["dispute"] else "witness: taken over"] += 1
        world.seen["witness: forged"] += act == "witness.refused"
    parts = (part for batch in world.store.book.parts.values() for part in batch.values())
    world.seen["set aside"] += sum(len(part.problems) for part in parts)
    return world


def _heal(world: World, staff: Staff) -> None:
    """The weather is fine, everybody sends, and staff decide until nothing is open."""
    for _ in range(20):
        world.drain()
        if not staff.open_revisions() and not staff.disputes():
            return
        staff.clear()
    raise AssertionError("the worklist never gets empty")


Act = Callable[[], None]


def _course(world: World, staff: Staff, sticks: Carrying) -> list[Act]:
    """Return the acts of a history: a bad line only, everything in any order, or the course of a county that is put back.

    In the last, where what was decided before and after meets, things happen that hardly come about by chance.
    """
    draw = world.draw
    everyday = _weighted(
        (world.file, 8), (world.amend, 5), (world.seal, 7), (world.sync, 26), (staff.decide, 10), (staff.change, 5),
        (staff.look, 4), (staff.send_late, 4), (world.replay, 4), (world.meddle, 1), (world.turn_clock, 1),
        (world.swap_page, 5), (staff.decide_together, 2), (sticks.write, 2), (sticks.take_in, 2), (sticks.bring_back, 2),
        (sticks.round_trip, 3), (sticks.lose, 2), (sticks.find_old, 1),
    )  # fmt: skip
    going_back = _weighted(
        (world.back_up_desk, 2), (world.restore_desk, 4), (world.forge, 2), (world.declare, 1), (staff.settle, 3),
        (world.back_up_county, 2), (world.restore_county, 2), (world.restore_county_in_silence, 1), (world.waive, 2),
    )  # fmt: skip
    style = draw.random()
    if style < 0.06:
        return _course_of_an_old_answer(world, staff, sticks)
    if style < 0.42:
        return draw.choices(everyday, k=draw.randint(20, MOST_ACTS))
    if style < 0.58:
        return draw.choices(everyday + going_back, k=draw.randint(20, MOST_ACTS))
    acts: list[Act] = []
    for _ in range(draw.randint(1, 3)):
        acts += _some(
            world, 4, 12, (world.file, 2), (world.hand_over, 4), (staff.decide, 4), (staff.change, 2), (world.sync, 4),
            (sticks.go_without_line, 5), (world.swap_page, 1),
        )  # fmt: skip
        acts += [world.back_up_county]
        acts += _some(
            world,
            4,
            14,
            (world.file, 2),
            (world.amend, 2),
            (world.hand_over, 4),
            (staff.decide, 5),
            (staff.change, 4),
            (world.back_up_desk, 1),
            (sticks.go_without_line, 5),
        )
        acts += _some(
            world,
            1,
            2,
            (world.restore_county, 3),
            (world.restore_county_in_silence, 2),
            (world.restore_desk, 2),
            (world.forge, 1),
        )
        acts += [world.waive] * draw.choice((0, 1, 2))
        acts += _some(
            world,
            3,
            12,
            (staff.decide, 4),
            (staff.change, 4),
            (world.sync, 5),
            (world.hand_over, 2),
            (staff.settle, 1),
            (world.amend, 2),
            (sticks.round_trip, 1),
            (sticks.bring_back, 1),
            (sticks.find_old, 3),
        )
        acts += _some(
            world,
            0,
            5,
            (world.hand_over, 2),
            (staff.settle, 3),
            (world.forge, 1),
            (world.restore_desk, 1),
            (staff.send_late, 1),
            (sticks.find_old, 1),
        )
    return acts


def _course_of_an_old_answer(world: World, staff: Staff, sticks: Carrying) -> list[Act]:
    """Return acts in which a desk reads an answer from before the county was put back, or after one that was lost."""
    going_back = world.draw.choice([world.restore_county, world.restore_county, world.restore_desk])
    acts = [*[world.file] * 4, *[sticks.go_without_line, world.hand_over] * 3, world.back_up_county, world.back_up_desk]
    acts += [*[staff.decide] * 6, sticks.leave_the_answer, going_back, world.waive, world.waive]
    return [*acts, *[sticks.go_without_line] * 2, *[staff.decide] * 3, sticks.leave_the_answer, *[sticks.find_old] * 3]


def _weighted(*acts: tuple[Act, int]) -> list[Act]:
    return [act for act, weight in acts for _ in range(weight)]


def _some(world: World, least: int, most: int, *acts: tuple[Act, int]) -> list[Act]:
    return world.draw.choices(_weighted(*acts), k=world.draw.randint(least, most))


@dataclass(frozen=True)
class Violation:
    """A history that came out wrong."""

    seed: int
    said: str


def play_many(seeds: Iterable[int], parts: Parts = SOUND) -> tuple[Counter[str], list[Violation]]:
    """Return what the histories met, and those that came out wrong."""
    seen: Counter[str] = Counter()
    wrong = []
    for seed in seeds:
        try:
            seen += play(seed, parts).seen
        except WRONG as error:
            wrong.append(Violation(seed, f"{type(error).__name__}: {error}"))
    return seen, wrong


def hunt(parts: Parts, seed: int, most: int = MOST_HISTORIES) -> int | None:
    """Return after how many histories the bug planted in the parts was found; None if it was not."""
    for count in range(most):
        try:
            play(seed * 1_000_003 + count, parts)
        except WRONG:
            return count + 1
    return None


def hunt_from_all_seeds(name: str) -> list[int | None]:
    """Return the same for the planted bug of that name, from each of the fixed seeds."""
    return [hunt(PLANTED[name], seed) for seed in SEEDS]


def thin(seen: Counter[str], examples: int) -> dict[str, int]:
    """Return what was met too seldom for so many histories."""
    return {what: seen[what] for what, share in FLOOR.items() if seen[what] < share * examples}


def spread(examples: int, seed: int, jobs: int) -> tuple[Counter[str], list[Violation]]:
    """Return the same as `play_many`, by several processes."""
    runs = [range(seed + start, seed + min(start + 250, examples)) for start in range(0, examples, 250)]
    if jobs == 1:
        return play_many(one for run in runs for one in run)
    seen: Counter[str] = Counter()
    wrong: list[Violation] = []
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for met, found in pool.map(play_many, runs):
            seen += met
            wrong += found
    return seen, wrong
