"""A desk's archive numbers in memory, by the rules the archive keeps in its tables: for tests, practice and simulation."""

from __future__ import annotations

from dataclasses import dataclass, field

from sync.contract.errors import NoNumberLeft
from sync.contract.leases import (
    FORGOTTEN_VERSIONS,
    NO_SEAT,
    Account,
    Closure,
    NumbersAsked,
    NumbersTold,
    Taken,
    Withdrawn,
    leased,
    seat_of,
)
from sync.contract.numbers import Series


@dataclass(slots=True)
class MemoryBlock:
    """A block of a series as the desk holds it; `told` is the version that the county has in this epoch."""

    series: Series
    first: int
    last: int
    next: int
    seat: int
    closed: Closure = Closure.OPEN
    note: str = ""
    version: int = 1
    told: int = 0

    @property
    def account(self) -> Account:
        return Account(self.series, self.first, self.last, self.next - 1, self.closed, self.note, self.version)


@dataclass(slots=True)
class MemoryNumbers:
    """The numbers of a desk that has enrolled: it numbers once the county has given it a seat."""

    seat: int = NO_SEAT
    claim: int = NO_SEAT
    retired: int = NO_SEAT
    confirmed: bool = False
    taken_after: int = 0
    blocks: list[MemoryBlock] = field(default_factory=list)
    withdrawn: list[Withdrawn] = field(default_factory=list)
    withdrawn_told: int = 0
    taken: dict[tuple[Series, int, int], Taken] = field(default_factory=dict)

    def allot(self, series: Series) -> str:
        """The next free number of the series is given out.

        Raises:
            NoNumberLeft: the desk has no seat yet, or its lease is used up.
        """
        for block in (one for one in self.blocks if one.series == series and one.closed is Closure.OPEN):
            if block.next > block.last:
                continue
            if self._behind_taken(series, block.next) != block.next:
                self._end_block(block)
                continue
            block.next, block.version = block.next + 1, block.version + 1
            return series.number(block.next - 1)
        self._begin_block(series)
        return self.allot(series)

    def begin_anew(self) -> None:
        """The desk cannot know what it gave: no block is used further, and it asks for another seat."""
        for block in self.blocks:
            if block.closed is Closure.OPEN:
                block.closed, block.version = Closure.RESTORED, block.version + FORGOTTEN_VERSIONS
        self.retired, self.seat, self.claim = max(self.retired, self.seat, self.claim), NO_SEAT, NO_SEAT
        self.confirmed = False

    def begin_epoch(self) -> None:
        """Everything is told again."""
        self.confirmed, self.taken_after, self.withdrawn_told = False, 0, 0
        for block in self.blocks:
            block.told = 0

    def asked(self) -> NumbersAsked:
        """Return what the desk says of its numbers."""
        return NumbersAsked(
            seat=self.seat if self.confirmed else NO_SEAT,
            claim=NO_SEAT if self.confirmed else self.seat or self.claim,
            retired=self.retired,
            told=sum(block.told for block in self.blocks),
            taken_after=self.taken_after,
            accounts=tuple(block.account for block in self.blocks if block.version > block.told),
            withdrawn=tuple(self.withdrawn[self.withdrawn_told :]),
        )

    def take_in(self, asked: NumbersAsked, told: NumbersTold) -> None:
        """What the county says of the desk's numbers holds."""
        for account in asked.accounts:
            known = self._block(account)
            if known is not None:
                known.told = max(known.told, account.version)
        if asked.withdrawn:
            self.withdrawn_told = 1 + self.withdrawn.index(asked.withdrawn[-1])
        if told.seat > self.retired:
            self._sit(told.seat)
        for taken in told.taken:
            self.taken[taken.series, taken.first, taken.last] = taken
            self.taken_after = max(self.taken_after, taken.place)
        for account in told.mine:
            self._remember(account)

    def _sit(self, seat: int) -> None:
        if seat not in (self.seat, self.claim):
            for block in self.blocks:
                if block.closed is Closure.OPEN:
                    block.closed, block.version = Closure.MOVED, block.version + 1
        self.seat, self.claim, self.confirmed = seat, seat, True

    def _remember(self, account: Account) -> None:
        """The desk was restored: it gives no number again that the county knows it gave."""
        known = self._block(account)
        if known is None:
            known = MemoryBlock(account.series, account.first, account.last, account.given + 1, self.seat)
            given_up = seat_of(account.first) <= self.retired and account.closed is Closure.OPEN
            known.closed, known.note = Closure.RESTORED if given_up else account.closed, account.note
            known.version = 0
            self.blocks.append(known)
        if account.version > known.version:
            differs = known.closed is not account.closed
            known.next, known.version = max(known.next, account.given + 1), account.version + differs
        known.told = max(known.told, account.version)

    def _block(self, account: Account) -> MemoryBlock | None:
        same = (one for one in self.blocks if (one.series, one.first) == (account.series, account.first))
        return next(same, None)

    def _end_block(self, block: MemoryBlock) -> None:
        """The block ends where its numbers end: what follows was taken by another desk before this one heard of it."""
        block.version += 1
        if block.next > block.first:
            block.last = block.next - 1
        else:
            block.last, block.closed = block.first, Closure.MOVED

    def _behind_taken(self, series: Series, item: int) -> int:
        """Return the item, or the first one behind the blocks of others that it lies in."""
        while others := [last for (of, first, last) in self.taken if of == series and first <= item <= last]:
            item = max(others) + 1
        return item

    def _begin_block(self, series: Series) -> None:
        if self.seat == NO_SEAT:
            raise NoNumberLeft("no seat yet")
        for run in leased(self.seat):
            mine = [one.last for one in self.blocks if one.series == series and one.first <= run.last]
            first = self._behind_taken(series, max([run.first, *(last + 1 for last in mine if last >= run.first)]))
            if first <= run.last:
                self.blocks.append(MemoryBlock(series, first, run.last, first, self.seat))
                return
        raise NoNumberLeft("the lease is used up")
