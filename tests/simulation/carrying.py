"""Sticks on their way in a world: written, carried, taken in, brought back, lost, copied, and found again when they are old."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from sync.contract.batches import BatchId
from sync.contract.errors import DiskFull
from tests.simulation.sticks import PlainPost, Stick, take_in
from tests.simulation.weather import AT_THE_COUNTY, AT_THE_DESK, Cut
from tests.simulation.world import CARDS, OFFICE, Clerk, World, watched
from tests.sync.contract.office import new_uuid

DESK_FAILS = (*AT_THE_DESK, "desk cut before", "desk cut after")


class Carrying:
    """The sticks of a world; two of them, which everybody uses."""

    def __init__(self, world: World) -> None:
        self._world, self._draw = world, world.draw
        self._sticks: list[Stick] = [[], []]
        self._kept: list[Stick] = []
        world.by_stick = self.trip

    def trip(self, clerk: Clerk) -> None:
        """A desk without a line sends its stick to the county; what comes back is read now, later or never."""
        place = self._draw.randrange(len(self._sticks))
        self._post_of(clerk, self._sticks[place], "fine").write_out()
        self._world.seen["stick: written"] += 1
        if self._draw.random() < 0.8:
            self._take_in(self._sticks[place])
        if self._draw.random() < 0.6:
            self._read(self._post_of(clerk, self._sticks[place], "fine"))

    def go_without_line(self) -> None:
        """The desk that has no line seals what it filed, and its stick goes."""
        clerk = self._world.without_line or self._world.clerk()
        clerk.ledger.seal(BatchId(new_uuid(self._draw)), target_bytes=70)
        self.trip(clerk)

    def leave_the_answer(self) -> None:
        """The county has answered on a stick that nobody brings back yet."""
        stick: Stick = []
        self._post_of(self._world.without_line or self._world.clerk(), stick, "fine").write_out()
        self._take_in(stick)
        self._kept.append(stick)

    def write(self) -> None:
        """A desk writes what waits on a stick."""
        self._post(self._draw.choice(self._sticks), "fine").write_out()
        self._world.seen["stick: written"] += 1

    def take_in(self) -> None:
        """The county takes a stick in; the power may go, and the stick may come again."""
        if stick := self._draw.choice(self._sticks):
            self._take_in(stick)

    def _take_in(self, stick: Stick) -> None:
        store = self._world.store
        if self._draw.random() < 0.3:
            self._kept.append(list(stick))
        store.weather = self._draw.choice(AT_THE_COUNTY) if self._draw.random() < 0.2 else "fine"
        try:
            take_in(stick, [clerk.desk for clerk in self._world.clerks], self._world.rules, self._world.pages)
            self._world.seen["stick: taken in"] += 1
            if self._draw.random() < 0.7:
                self._kept.append(list(stick))  # with the answer on it
        except (Cut, DiskFull):
            self._world.seen["stick: taken in, cut"] += 1
        finally:
            store.weather = "fine"

    def bring_back(self) -> None:
        """A desk reads what is for it on a stick; the power may go."""
        bad = self._draw.random() < 0.2
        self._read(self._post(self._draw.choice(self._sticks), self._draw.choice(DESK_FAILS) if bad else "fine"))

    def find_old(self) -> None:
        """A stick that was copied long ago goes round all desks."""
        if self._kept:
            stick = list(self._draw.choice(self._kept))
            for clerk in self._world.clerks:
                self._read(self._post_of(clerk, stick, "fine"))
            self._world.seen["stick: old, round all desks"] += 1

    def _read(self, post: PlainPost) -> None:
        try:
            taken = post.read_back()
            self._world.seen["stick: read"] += taken.packets
            self._world.seen["stick: stale"] += taken.stale
        except (Cut, DiskFull):
            self._world.seen["stick: read, cut"] += 1
        finally:
            for clerk in self._world.clerks:
                clerk.ledger.weather = "fine"

    def round_trip(self) -> None:
        """A stick goes out and comes back as it should."""
        self.write()
        self.take_in()
        self.bring_back()

    def lose(self) -> None:
        """A stick is lost, and an empty one is taken; or one is found that was copied long ago."""
        place = self._draw.randrange(len(self._sticks))
        if self._kept and self._draw.random() < 0.6:
            self._sticks[place] = list(self._draw.choice(self._kept))
            self._world.seen["stick: old or twice"] += 1
        else:
            self._world.seen["stick: lost"] += bool(self._sticks[place])
            self._sticks[place] = []

    def _post(self, stick: Stick, weather: str) -> PlainPost:
        return self._post_of(self._world.clerk(), stick, weather)

    def _post_of(self, clerk: Clerk, stick: Stick, weather: str) -> PlainPost:
        key = next(card[0] for card, one in zip(CARDS, self._world.clerks, strict=True) if one is clerk)
        line: Any = SimpleNamespace(weather=weather)
        ledger: Any = watched(self._world, clerk, line)
        return self._world.parts.post(ledger, clerk.desk.holder, key, OFFICE, stick)
