"""Cuts the power at many moments of a recorded workflow and judges what the disk may hold then.

Every boundary is tried (before and after each flush, each change of a name, each thing told), with everything loose lost and
with everything loose kept; then random moments in random weather. States that were judged already are not judged again.
"""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.powercut.disk import Disk, Weather
from tests.powercut.journal import Call, What, read_journal, told
from tests.powercut.judging import Fault, Mark, Workflow, judged

EDGES = frozenset({What.FLUSH, What.REMOVE, What.RENAME, What.LINK, What.MAKE_FOLDER, What.TOLD})
RANDOM_WEATHER = (Weather.IN_ORDER, Weather.BY_FILE, Weather.ANY, Weather.ANY, Weather.TORN, Weather.TORN)
TURNS_MAX = 8
WORTH_ANOTHER_TURN = 0.2
Distort = Callable[[Sequence[Call]], list[Call]]


@dataclass(slots=True)
class Found:
    """What the states of one workflow came to."""

    name: str
    calls: int = 0
    told: int = 0
    seen: set[bytes] = field(default_factory=set)
    weather: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)  # states by the worst sort of fault
    examples: list[str] = field(default_factory=list)

    def add(self, other: Found) -> None:
        """What another worker found on the same journal stands here too."""
        self.seen |= other.seen
        self.weather.update(other.weather)
        self.faults.update(other.faults)
        self.examples = [*self.examples, *other.examples][:8]

    @property
    def states(self) -> int:
        """How many different ones were judged."""
        return len(self.seen)

    @property
    def bad(self) -> int:
        return sum(self.faults.values())

    def enough(self, bad: int | None) -> bool:
        """Return whether as many are bad as were asked for, if any number was."""
        return bad is not None and self.bad >= bad


@dataclass(frozen=True, slots=True)
class Recording:
    """A workflow's journal and the folder it began with."""

    home: Path
    calls: Sequence[Call]

    @classmethod
    def read(cls, home: Path, distort: Distort = list) -> Recording:
        """Return the recording; `distort` changes the journal, as a program with a fault would have written it."""
        return cls(home, distort(read_journal(home / "journal", Path((home / "folder").read_text()))))


def cut(
    workflow: Workflow,
    recording: Recording,
    states: int,
    seed: int,
    work: Path,
    *,
    part: tuple[int, int] = (0, 1),
    enough_bad: int | None = None,
) -> Found:
    """Return what up to so many states came to.

    Args:
        work: a folder to build the states in; best in memory.
        part: (n, m) for the n-th of m workers that share the states.
        enough_bad: no more are looked at once so many are bad: a planted bug need not be found again and again.
    """
    draw = random.Random(f"{seed} {workflow.name} {part}")
    found = Found(workflow.name, len(recording.calls), sum(one.what is What.TOLD for one in recording.calls))
    for turn in range(TURNS_MAX):
        before, wanted = found.states, states - found.states
        moments = _moments(recording.calls, wanted, draw, part if turn == 0 else None)
        _pass(workflow, recording, moments, draw, work, found, enough_bad)
        if found.enough(enough_bad) or found.states >= states or found.states - before < wanted * WORTH_ANOTHER_TURN:
            break  # enough, or there are hardly any others
    return found


def _pass(
    workflow: Workflow,
    recording: Recording,
    moments: Iterable[tuple[int, list[Weather]]],
    draw: random.Random,
    work: Path,
    found: Found,
    enough_bad: int | None,
) -> None:
    """The journal is played once, and at each of these moments the power goes."""
    disk, marks = Disk(recording.home / "base"), list[Mark]()
    for number, wanted in moments:
        while disk.played < number:
            call = recording.calls[disk.played]
            disk.play(call)
            if call.what is What.TOLD:
                marks.append(told(call))
        for weather in wanted:
            image = disk.image(weather, draw)
            key = image.key(len(marks))
            if key in found.seen:
                continue
            found.seen.add(key)
            state = work / "state"
            image.write(state)
            faults = judged(workflow, state, marks)
            shutil.rmtree(state)
            found.weather[weather.value] += 1
            _count(found, faults, number, weather)
            if found.enough(enough_bad):
                return


def _count(found: Found, faults: Sequence[Fault], number: int, weather: Weather) -> None:
    if not faults:
        return
    order = ("lost", "corrupt", "half", "stuck")
    worst = min(faults, key=lambda one: order.index(one.sort))
    found.faults[worst.sort.value] += 1
    if len(found.examples) < 8:
        said = {"workflow": found.name, "cut_after": number, "weather": weather.value, "fault": worst.what}
        found.examples.append(json.dumps(said, ensure_ascii=False))


def _moments(
    calls: Sequence[Call], states: int, draw: random.Random, part: tuple[int, int] | None
) -> Iterator[tuple[int, list[Weather]]]:
    """Yield, in order, after how many calls the power goes, and in which weathers."""
    wanted: dict[int, list[Weather]] = {}
    spoken = [at + 1 for at, call in enumerate(calls) if call.what is What.TOLD]
    edges = sorted({at + after for at, call in enumerate(calls) if call.what in EDGES for after in (0, 1)})
    mine = edges[part[0] :: part[1]] if part else []
    if 2 * len(mine) > states // 2:  # leave half to chance
        mine = sorted(draw.sample(mine, max(1, states // 4)))
    for number in mine:
        wanted[number] = [Weather.NOTHING, Weather.ALL]
    left = states - 2 * len(mine)
    for _ in range(left):
        # at an edge as often as anywhere: that is where the order of things matters
        chance = draw.random()
        number = (
            draw.choice(edges) if chance < 0.3 else draw.choice(spoken) if chance < 0.5 else draw.randint(0, len(calls))
        )
        wanted.setdefault(number, []).append(draw.choice(RANDOM_WEATHER))
    for number in sorted(wanted):
        yield number, wanted[number]
