"""A campaign: every workflow recorded once, cut at thousands of moments, and every planted bug looked for."""

from __future__ import annotations

import math
import multiprocessing
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.powercut.cuts import Found, Recording, cut
from tests.powercut.planted import PLANTED
from tests.powercut.tap import built, run_tapped
from tests.powercut.troubles import Tried
from tests.powercut.workflows import CARELESS, UNSAFE, WORKFLOWS

MEMORY = Path("/dev/shm")
STATES_FOR_A_BUG = 80
ENOUGH_FOR_A_BUG = 3
FAILURES_FOR_A_BUG = 5
MANY = 5_000
TURNS_MAX = 8
WORTH_ANOTHER_TURN = 0.3  # of what was asked for, new


@dataclass(slots=True)
class Result:
    """What a campaign found."""

    by_workflow: dict[str, Found] = field(default_factory=dict)
    planted: dict[str, Found] = field(default_factory=dict)
    cpu_seconds: float = 0.0

    @property
    def states(self) -> int:
        return sum(one.states for one in self.by_workflow.values())

    @property
    def missed(self) -> list[str]:
        """Planted bugs that were not found."""
        return [name for name, found in self.planted.items() if not found.bad]

    @property
    def ok(self) -> bool:
        return not self.missed and not any(one.bad for one in self.by_workflow.values())

    def as_json(self) -> dict[str, object]:
        """Return what the closing line says."""
        sorts = ("lost", "corrupt", "half", "stuck")
        counted = {sort: sum(one.faults[sort] for one in self.by_workflow.values()) for sort in sorts}
        return {
            "states": self.states,
            "by_workflow": {
                name: {"states": one.states, "calls": one.calls, "told": one.told, "bad": one.bad}
                for name, one in self.by_workflow.items()
            },
            **counted,
            "unsafe_caught": not self.missed,
            "unsafe": {name: f"{one.bad} of {one.states}" for name, one in self.planted.items()},
            "cpu_seconds": round(self.cpu_seconds, 1),
        }


@contextmanager
def room() -> Iterator[Path]:
    """Yield a folder in memory, where there is one, that is gone afterwards."""
    memory = MEMORY if os.access(MEMORY, os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="lantai-powercut-", dir=memory))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def record(folder: Path, names: Sequence[str], size: int = 1) -> None:
    """Each workflow's journal stands in the folder; those that can go on for longer do so many times as much."""
    run_tapped(built(folder), "tests.powercut.recording", [str(folder / "recorded"), str(size), *names])


def shares(states: int, names: Sequence[str]) -> dict[str, int]:
    """Return how many states each workflow gets."""
    weights = {name: WORKFLOWS[name]().share for name in names}
    return {name: math.ceil(states * weight / sum(weights.values())) for name, weight in weights.items()}


def try_workflow(folder: Path, name: str, states: int, seed: int, part: tuple[int, int] = (0, 1)) -> Found:
    """Return what that many states of a recorded workflow came to."""
    work = folder / f"{name}-{part[0]}-{os.getpid()}"
    work.mkdir()
    try:
        return cut(WORKFLOWS[name](), Recording.read(folder / "recorded" / name), states, seed, work, part=part)
    finally:
        shutil.rmtree(work)


def try_planted(folder: Path, bug: str, seed: int) -> Found:
    """Return what the states of a workflow with a bug came to: some must be bad."""
    work = folder / f"planted-{os.getpid()}"
    work.mkdir()
    try:
        if bug in UNSAFE:
            workflow, recording = UNSAFE[bug](), Recording.read(folder / "recorded" / bug)
        else:
            planted = PLANTED[bug]
            workflow = WORKFLOWS[planted.workflow]()
            recording = Recording.read(folder / "recorded" / planted.workflow, planted.distort)
        return cut(workflow, recording, STATES_FOR_A_BUG, seed, work, enough_bad=ENOUGH_FOR_A_BUG)
    finally:
        shutil.rmtree(work)


def run(states: int, seed: int, jobs: int, names: Sequence[str] = tuple(WORKFLOWS)) -> Result:
    """Return what at least that many states came to, and what became of every planted bug."""
    result = Result()
    with room() as folder, ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        began = time.process_time()
        bugs = [bug for bug in (*UNSAFE, *PLANTED) if bug in UNSAFE or PLANTED[bug].workflow in names]
        record(folder, [*names, *(bug for bug in bugs if bug in UNSAFE)], 1 if states < MANY else 4)
        result.cpu_seconds = time.process_time() - began
        wanted: Mapping[str, int] = shares(states, names)
        for turn in range(TURNS_MAX):
            gained = _turn(result, pool, folder, wanted, seed + turn, jobs)
            rich = {name: wanted[name] for name, gain in gained.items() if gain > WORTH_ANOTHER_TURN * wanted[name]}
            short = states - result.states
            if short <= 0 or not rich:
                break
            wanted = {name: math.ceil(short * share / sum(rich.values())) for name, share in rich.items()}
        for bug, task in [(bug, pool.submit(_timed, try_planted, folder, bug, seed)) for bug in bugs]:
            result.planted[bug], seconds = task.result()
            result.cpu_seconds += seconds
    return result


def fail(folder: Path, name: str, most: int, every: int = 1) -> Tried:
    """Return what became of a workflow whose calls fail one after the other, at most so many in every so manieth trouble."""
    return Tried.read(
        run_tapped(built(folder), "tests.powercut.failing", [name, str(most), str(every)]).splitlines()[-1]
    )


def fail_all(most: int, jobs: int, names: Sequence[str] = tuple(WORKFLOWS)) -> list[Tried]:
    """Return what became of every workflow, and last of the careless one."""
    with room() as folder, ThreadPoolExecutor(jobs) as pool:
        built(folder)
        tried = list(pool.map(lambda name: fail(folder, name, most), names))
        return [*tried, *(fail(folder, name, min(most, FAILURES_FOR_A_BUG)) for name in CARELESS)]


def _turn(
    result: Result, pool: Executor, folder: Path, wanted: Mapping[str, int], seed: int, jobs: int
) -> dict[str, int]:
    """So many states of each workflow were judged by all workers; how many of them were new is returned."""
    before = {name: found.states for name, found in result.by_workflow.items()}
    parts = [
        (name, pool.submit(_timed, try_workflow, folder, name, math.ceil(wanted[name] / jobs), seed, (part, jobs)))
        for name in wanted
        for part in range(jobs)
    ]
    for name, task in parts:
        found, seconds = task.result()
        result.cpu_seconds += seconds
        if name in result.by_workflow:
            result.by_workflow[name].add(found)
        else:
            result.by_workflow[name] = found
    return {name: result.by_workflow[name].states - before.get(name, 0) for name in wanted}


def _timed(work: object, *words: object) -> tuple[Found, float]:
    began = time.process_time()
    return work(*words), time.process_time() - began  # type: ignore[operator]
