"""Many desks of one township numbering offline, drawn from a seed: lost answers, a county that is killed or goes back in
time, desks that come late, desks put back from a backup.

The world keeps two books of its own that no part of the product sees: every number that was ever given, and to what.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Protocol

from sync.contract.batches import BatchId
from sync.contract.certificates import Holder, Role
from sync.contract.errors import LantaiError, NoNumberLeft
from sync.contract.gaps import Gap, Reason
from sync.contract.leases import LAST_SEAT, Closure, NumbersAsked, NumbersTold, seat_of
from sync.contract.messages import SentBatch, SyncReply, SyncRequest
from sync.contract.numbers import Series, read
from sync.contract.revisions import DeviceId, RecordId
from sync.contract.wire import pack, unpack
from sync.ledger import CountyLedger, Desk, TownshipLedger
from sync.ledger.seating import PASSED_OVER
from tests.sync.contract.office import TOWNSHIP, new_uuid

SERIES = [Series("J001", category, year, "D30") for category in ("HY", "DB", "WS") for year in (2025, 2026)]
WEATHERS = ["fine"] * 6 + ["no request", "no reply", "twice", "cut before", "cut after"]
MOST_ACTS = 5_000
OF_DESKS = 20  # seats that no restore of the county may use up


class Cut(Exception):
    """The line, or the county's power, was cut here."""


@dataclass(frozen=True, slots=True)
class Held:
    """A block as the desk itself holds it."""

    series: Series
    first: int
    last: int
    given: int
    closed: Closure


class NumberingDesk(Protocol):
    """A desk with what its clerk does to it."""

    desk: Desk

    @property
    def ledger(self) -> TownshipLedger: ...

    def seat(self) -> int: ...

    def statement(self) -> NumbersAsked:
        """Return what the desk says of its numbers when it enrols."""
        ...

    def enrol(self, said: NumbersAsked, told: NumbersTold, epoch: str) -> None:
        """The county knows the desk, and has given it a seat."""
        ...

    def file(self, series: Series, records: Iterable[RecordId]) -> list[str]:
        """Each record is filed under the next number of the series, in one act; NoNumberLeft: none is."""
        ...

    def withdraw(self, numbers: list[str]) -> list[str]:
        """Records that were not sealed are taken back; the numbers of those that were, are returned."""
        ...

    def give_back(self, series: Series) -> None: ...

    def seal(self, batch_id: BatchId) -> None: ...

    def blocks(self) -> list[Held]: ...

    def back_up(self) -> None: ...

    def go_back(self) -> None:
        """The desk is as it was when it was backed up last, and knows that it was put back."""
        ...

    def close(self) -> None: ...


class NumberingCounty(Protocol):
    """A county that may be killed, copied, and put back from a copy."""

    rules: CountyLedger

    def deliver(self, desk: Desk, request: SyncRequest, weather: str) -> SyncReply:
        """Answer, or raise Cut."""
        ...

    def enrol(self, desk: Desk, said: NumbersAsked) -> NumbersTold: ...

    def restart(self) -> None: ...

    def back_up(self) -> None: ...

    def go_back(self) -> None: ...

    def close(self) -> None: ...


@dataclass
class Clerk:
    """A desk in the world, and what only the world knows of it."""

    desk: NumberingDesk
    given: list[str] = field(default_factory=list)  # in the life it leads now
    at_backup: list[str] | None = None
    loose: list[str] = field(default_factory=list)  # filed, not sealed
    heard_in: str = ""
    seats: set[int] = field(default_factory=set)


class Numbering:
    """One history; `play` it, `heal` it, then look at `doubles` and `unexplained`."""

    def __init__(
        self, seed: int, county: NumberingCounty, make_desk: Callable[[int], NumberingDesk], desks: int, records: int,
        alone: int = 30, each: int = 0,
    ) -> None:  # fmt: skip
        self.draw = random.Random(seed)
        self.county, self._make_desk = county, make_desk
        self.most_desks, self.records, self.each = desks, records, each
        self.clerks: list[Clerk] = []
        self.bearer: dict[str, RecordId] = {}  # every number ever given, also in a life that was lost
        self.ghosts: set[int] = set()
        self.lost: set[str] = set()  # given in a life that was lost
        self.withdrawn: set[str] = set()
        self.doubles: list[str] = []
        self.seen: Counter[str] = Counter()
        self.filed = 0
        self._seats_at_backup = 0
        self._quiet_restore = ""  # the epoch in which a restore is not noticed yet
        self._forgotten = 0
        first = self._begin_desk()
        self._file(first)
        for _ in range(0, alone, 200):  # alone, in one series; beyond the first seat's lease if it is more than 5,000
            self._file_run(first, SERIES[0], 200)
        self._enrol(first)

    # people at work

    def play(self) -> None:
        acts = [
            (self._work, 40), (self._sync_one, 40), (self._come, 6), (self._seal_one, 6), (self._withdraw, 2),
            (self._give_back, 2), (self._restart, 2), (self._back_up_county, 3), (self._restore_county, 1),
            (self._back_up_desk, 3), (self._restore_desk, 1),
        ]  # fmt: skip
        names, weights = [act for act, _ in acts], [weight for _, weight in acts]
        for _ in range(MOST_ACTS + 4 * self.each):
            if self._enough() and len(self.clerks) == self.most_desks and self._fewest() >= self.each:
                return
            self.draw.choices(names, weights)[0]()
        raise AssertionError("the desks cannot work")

    def _enough(self) -> bool:
        return self.filed >= self.records

    def _fewest(self) -> int:
        return min(len(clerk.given) for clerk in self.clerks)

    def _begin_desk(self) -> Clerk:
        clerk = Clerk(self._make_desk(len(self.clerks)))
        self.clerks.append(clerk)
        return clerk

    def _enrol(self, clerk: Clerk) -> None:
        said = clerk.desk.statement()
        if self.draw.random() < 0.1:  # the answer to a first try was lost: a desk is enrolled that never speaks
            ghost = Holder(DeviceId(new_uuid(self.draw)), Role.DESK, "青石镇", TOWNSHIP)
            self.ghosts.add(self.county.enrol(Desk(ghost, clerk.desk.desk.signer), said).seat)
            self.seen["enrolled twice"] += 1
        clerk.desk.enrol(said, self.county.enrol(clerk.desk.desk, said), self.county.rules.epoch)
        clerk.seats.add(clerk.desk.seat())

    def _come(self) -> None:
        """A desk comes late; not while a restore that nobody declared is unnoticed (docs/protocol.md, section 9)."""
        if len(self.clerks) >= self.most_desks:
            return
        if not self._seats_are_safe():
            self.seen["a desk had to wait"] += 1
            return
        self._enrol(self._begin_desk())
        self.seen["desk came"] += 1

    def _seats_are_safe(self) -> bool:
        """Whether a new seat may be given, by what the document asks of the county's keeper."""
        known = {kept.seat for kept in self.county.rules.numbers(TOWNSHIP).seats}
        forgotten = {seat for clerk in self.clerks for seat in clerk.seats} - known
        if self._quiet_restore == self.county.rules.epoch:
            return not forgotten
        return max(forgotten, default=0) <= max(known, default=0) + PASSED_OVER

    def _seats_to_spare(self, kept: int = 0) -> bool:
        """Whether anything may still be put back: a township has 96 seats, and a restore of the county can cost it 16.

        A long history would otherwise end with desks that never get one and, as the document says, give no number.
        """
        highest = max(self.ghosts.union(*(clerk.seats for clerk in self.clerks)))
        return highest + 2 * (2 * PASSED_OVER) + self.most_desks - len(self.clerks) + kept <= LAST_SEAT

    def _work(self) -> None:
        """Half of the work is done where least was done so far, so that those who come late catch up; once there is enough, all of it."""
        if self.draw.random() < 0.5 or self._enough():
            self._file(min(self.clerks, key=lambda one: len(one.given)))
        else:
            self._file(self.draw.choice(self.clerks))

    def _file(self, clerk: Clerk) -> None:
        series = self.draw.choices(SERIES, [6, 3, 2, 1, 1, 1])[0]
        self._file_run(clerk, series, self.draw.randint(1, max(2, min(250, self.records // 80))))

    def _file_run(self, clerk: Clerk, series: Series, count: int) -> None:
        records = [RecordId(new_uuid(self.draw)) for _ in range(count)]
        try:
            numbers = clerk.desk.file(series, records)
        except NoNumberLeft:
            self.seen["no number yet"] += 1
            return
        for number, record in zip(numbers, records, strict=True):
            if number in self.bearer:
                self.doubles.append(number)
            self.bearer[number] = record
        clerk.given += numbers
        clerk.loose += numbers
        self.filed += len(numbers)

    def _withdraw(self) -> None:
        clerk = self.draw.choice(self.clerks)
        chosen = clerk.loose[-self.draw.randint(1, 9) :]
        if chosen:
            kept = clerk.desk.withdraw(chosen)
            gone = set(chosen) - set(kept)
            clerk.loose = [number for number in clerk.loose if number not in gone]
            self.withdrawn |= gone
            self.seen["withdrawn"] += len(gone)

    def _give_back(self) -> None:
        clerk = self.draw.choice(self.clerks)
        if clerk.given:
            clerk.desk.give_back(self.draw.choice(SERIES))
            self.seen["given back"] += 1

    def _seal_one(self) -> None:
        self._seal(self.draw.choice(self.clerks))

    def _seal(self, clerk: Clerk) -> None:
        if clerk.desk.seat():
            clerk.desk.seal(BatchId(new_uuid(self.draw)))
            clerk.loose = []

    # the line

    def _sync_one(self) -> None:
        clerk = self.draw.choice(self.clerks)
        for _ in range(self.draw.randint(1, 5)):
            weather = self.draw.choice(WEATHERS)
            self.seen[f"line: {weather}"] += 1
            if not self.exchange(clerk, weather):
                return

    def exchange(self, clerk: Clerk, weather: str = "fine") -> bool:
        """Exchange once; True if there is more to do."""
        ledger = clerk.desk.ledger
        request = self._request(ledger)
        if weather == "no request":
            return True
        try:
            reply = self.county.deliver(clerk.desk.desk, request, weather)
            if weather == "twice":
                reply = self.county.deliver(clerk.desk.desk, request, "fine")
        except Cut:
            return True
        if weather == "no reply":
            return True
        taken = ledger.take_in(request, unpack(SyncReply, pack(reply)))
        if clerk.desk.seat():
            clerk.seats.add(clerk.desk.seat())
        place = ledger.place()
        untold = place.numbers is not None and bool(place.numbers.accounts or place.numbers.withdrawn)
        return bool(reply.more or taken.new_epoch or taken.bodies_missing or ledger.outgoing() or untold)

    def _request(self, ledger: TownshipLedger) -> SyncRequest:
        place, outgoing = ledger.place(), ledger.outgoing()
        made = SyncRequest(
            place.epoch, place.after, place.feed_hash, last_batch=place.last_batch, numbers=place.numbers
        )
        if outgoing is not None and place.epoch:
            parts = ledger.read_parts(outgoing.seal.batch_id, outgoing.want, self.draw.choice([1, 1 << 20]))
            made = replace(made, batch=SentBatch(outgoing.seal, parts))
        return unpack(SyncRequest, pack(made))

    # going back

    def _restart(self) -> None:
        self.county.restart()
        self.seen["county restarted"] += 1

    def _back_up_county(self) -> None:
        self.county.back_up()
        self._seats_at_backup = len(self.county.rules.numbers(TOWNSHIP).seats)

    def _restore_county(self) -> None:
        if not self._seats_at_backup or not self._seats_to_spare(OF_DESKS):
            return
        declared = self.draw.random() < 0.5
        if not declared and not all(clerk.desk.seat() for clerk in self.clerks):
            return  # a desk that waits for a new seat would ask a county that nobody knows went back
        self.county.go_back()
        if declared:
            self.county.rules.take_new_epoch(self.draw.randbytes(16).hex())
            self.seen["county restored, declared"] += 1
        else:
            self._quiet_restore = self.county.rules.epoch
            self.seen["county restored in silence"] += 1

    def _back_up_desk(self) -> None:
        clerk = self.draw.choice(self.clerks)
        if clerk.desk.seat():
            clerk.desk.back_up()
            clerk.at_backup = list(clerk.given)

    def _restore_desk(self) -> None:
        clerk = self.draw.choice(self.clerks)
        if clerk.at_backup is not None and self._seats_are_safe() and self._seats_to_spare():
            clerk.desk.go_back()
            self.lost |= set(clerk.given) - set(clerk.at_backup)
            clerk.given, clerk.loose, clerk.at_backup = list(clerk.at_backup), [], None
            self.seen["desk restored"] += 1

    def heal(self) -> None:
        """The weather is fine, and everybody sends until nothing is left to tell."""
        for _ in range(4):
            for clerk in self.clerks:
                self._seal(clerk)
                for _ in range(2_000):
                    if not self.exchange(clerk):
                        break
                else:
                    raise AssertionError("the line never came to rest")

    # looking

    def unexplained(self) -> list[str]:
        """Return every number below the highest of its series that no record bears and for which no true reason is on file."""
        wrong: list[str] = []
        for series in SERIES:
            held = {item for item, _ in self.county.rules.items(series)}
            given = {one[1] for number in self.bearer if (one := read(number)) and one[0] == series}
            # what was given in a life that no disk remembers may lie above all that anybody knows
            highest = max((item for item in given if series.number(item) not in self.lost), default=0)
            explained = set(held)
            for gap in self.county.rules.gaps(TOWNSHIP, series):
                inside = {gap.first, gap.last} | {item for item in given if gap.first <= item <= gap.last}
                wrong += [f"{series.number(it)} {gap}" for it in sorted(inside) if not self._is_true(series, it, gap)]
                wrong += [f"{series.number(it)} twice" for it in range(gap.first, gap.last + 1) if it in explained]
                explained.update(range(gap.first, gap.last + 1))
                self.seen[f"gap: {gap.reason}"] += 1
            wrong += [f"{series.number(item)} no reason" for item in range(1, highest + 1) if item not in explained]
        return wrong

    def _is_true(self, series: Series, item: int, gap: Gap) -> bool:
        """Whether the reason is so, by the books of the desks themselves."""
        number = series.number(item)
        around = [
            (clerk, block)
            for clerk in self.clerks
            for block in clerk.desk.blocks()
            if block.series == series and block.first <= item <= block.last
        ]
        closed = {block.closed for clerk, block in around if gap.seat in clerk.seats and item > block.given}
        sits = gap.seat in self.ghosts or any(gap.seat in clerk.seats for clerk in self.clerks)
        wanted = {Reason.UNUSED: Closure.OPEN, Reason.RETURNED: Closure.RETURNED, Reason.RESTORED: Closure.RESTORED}
        wanted[Reason.MOVED] = Closure.MOVED
        if gap.reason in wanted:
            return wanted[gap.reason] in closed and (number not in self.bearer or number in self.lost)
        if gap.reason is Reason.LEASED:
            return (
                not around and sits and seat_of(item) == gap.seat and (number not in self.bearer or number in self.lost)
            )
        if gap.reason is Reason.NO_DESK:
            empty = all(clerk.desk.seat() != gap.seat for clerk in self.clerks)  # a ghost's may be forgotten
            return not around and empty and (number not in self.bearer or number in self.lost)
        return number in (self.withdrawn if gap.reason is Reason.WITHDRAWN else self.lost)

    def refused(self) -> list[str]:
        """Return what was set aside because another record bears its number; there is nothing of the kind."""
        found = []
        for clerk in self.clerks:
            found += [
                number for number in clerk.given if self._bearer_at_county(number) not in (None, self.bearer[number])
            ]
        return found

    def _bearer_at_county(self, number: str) -> RecordId | None:
        if not hasattr(self, "_county_books"):
            self._county_books = {one: dict(self.county.rules.items(one)) for one in SERIES}
        series, item = read(number) or (SERIES[0], 0)
        return self._county_books[series].get(item)

    def missing(self) -> list[str]:
        """Return what was given, not lost and not withdrawn, and is not at the county: nobody's work."""
        gone = self.lost | self.withdrawn
        return [n for n in self.bearer if n not in gone and self._bearer_at_county(n) != self.bearer[n]]


def play(world: Numbering) -> Numbering:
    """Play a history to its end and return the world.

    Raises:
        AssertionError: it never came to rest. LantaiError: somebody was refused what an honest desk may do.
    """
    world.play()
    world.heal()
    return world


def is_clean(world: Numbering) -> bool:
    """Whether no number was given twice and every gap is explained."""
    return not (world.doubles or world.refused() or world.missing() or world.unexplained())


__all__ = ["Cut", "Held", "LantaiError", "Numbering", "is_clean", "play"]
