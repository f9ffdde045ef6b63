"""Desks and a county in memory for the numbering world: thousands of histories in a minute."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy

from sync.contract.batches import BatchId
from sync.contract.certificates import Holder, Role
from sync.contract.leases import Closure, NumbersAsked, NumbersTold, Withdrawn
from sync.contract.messages import SyncReply, SyncRequest
from sync.contract.numbers import Series, read
from sync.contract.revisions import DeviceId, RecordId
from sync.ledger import Desk, seating
from sync.ledger.county_rules import CountyRules
from sync.ledger.memory_county import MemoryBook
from sync.ledger.memory_numbers import MemoryBlock, MemoryNumbers
from sync.ledger.memory_township import MemoryTownshipLedger
from tests.simulation.weather import Cut as PowerCut
from tests.simulation.weather import FailingStore, WeatherBook
from tests.sync.contract.office import NOW, TOWNSHIP, Office, new_uuid, put
from tests.sync.numbering.world import Cut, Held

OFFICE = Office(seed=20)
HOLDERS = [Holder(DeviceId(new_uuid(OFFICE.draw)), Role.DESK, "青石镇", TOWNSHIP) for _ in range(20)]
CARDS = [OFFICE.give(holder) for holder in HOLDERS]


class MemoryDesk:
    """A desk without a disk."""

    numbers: type[MemoryNumbers] = MemoryNumbers

    def __init__(self, place: int) -> None:
        holder, (key, certificate) = HOLDERS[place], CARDS[place]
        self.desk = Desk(holder, certificate)
        self.ledger = MemoryTownshipLedger(TOWNSHIP, holder.device, key)
        self.ledger.numbers = self.numbers()
        self._alone: dict[Series, int] = {}
        self._enrolled = False
        self._backup: MemoryTownshipLedger | None = None

    def seat(self) -> int:
        return self.ledger.numbers.seat

    def statement(self) -> NumbersAsked:
        if not self._enrolled:
            for series, given in self._alone.items():
                self.ledger.numbers.blocks.append(MemoryBlock(series, 1, given, given + 1, 0))
        self._enrolled = True
        return self.ledger.numbers.asked()

    def enrol(self, said: NumbersAsked, told: NumbersTold, epoch: str) -> None:
        self.ledger.numbers.take_in(said, told)

    def file(self, series: Series, records: Iterable[RecordId]) -> list[str]:
        made = []
        for record in records:
            number = self.ledger.numbers.allot(series) if self._enrolled else self._count_alone(series)
            self.ledger.file(put(record, {"number": number}))
            made.append(number)
        return made

    def _count_alone(self, series: Series) -> str:
        self._alone[series] = self._alone.get(series, 0) + 1
        return series.number(self._alone[series])

    def withdraw(self, numbers: list[str]) -> list[str]:
        for number in numbers:
            series, item = read(number)
            self.ledger.numbers.withdrawn.append(Withdrawn(series, item, item, "import 7"))
        gone = {one for one in self.ledger._unsealed if one.number in numbers}
        self.ledger._unsealed = [one for one in self.ledger._unsealed if one not in gone]
        for one in gone:
            del self.ledger._revisions[one.id], self.ledger._records[one.record_id]
        return []

    def give_back(self, series: Series) -> None:
        for block in self.ledger.numbers.blocks:
            if block.series == series and block.closed is Closure.OPEN and block.next <= block.last:
                block.closed, block.note, block.version = Closure.RETURNED, "年度已结", block.version + 1

    def seal(self, batch_id: BatchId) -> None:
        self.ledger.seal(batch_id)

    def blocks(self) -> list[Held]:
        return [Held(it.series, it.first, it.last, it.next - 1, it.closed) for it in self.ledger.numbers.blocks]

    def back_up(self) -> None:
        self._backup = _copy(self.ledger)

    def go_back(self) -> None:
        self.ledger, self._backup = self._backup, None
        self.ledger.numbers.begin_anew()

    def close(self) -> None:
        """Nothing is open."""


def _copy(ledger: MemoryTownshipLedger) -> MemoryTownshipLedger:
    key, ledger.key = ledger.key, None
    copied = deepcopy(ledger)
    ledger.key = copied.key = key
    return copied


class MemoryCounty:
    """A county without a disk."""

    def __init__(self, book: type[WeatherBook] = WeatherBook) -> None:
        self.store = FailingStore("0" * 32)
        self.store.book = book("0" * 32)
        self.rules = CountyRules(self.store, OFFICE.authority, lambda _: None, lambda: NOW)
        self._backup: MemoryBook | None = None

    def deliver(self, desk: Desk, request: SyncRequest, weather: str) -> SyncReply:
        self.store.weather = weather if weather.startswith("cut") else "fine"
        try:
            return self.rules.sync(desk, request)
        except PowerCut as cut:
            raise Cut from cut
        finally:
            self.store.weather = "fine"

    def enrol(self, desk: Desk, said: NumbersAsked) -> NumbersTold:
        with self.store.writing(TOWNSHIP) as book:
            seating.take_in(book, desk, said, NOW)
            return seating.tell(book, desk, said)

    def restart(self) -> None:
        """What was committed is there, as ever."""

    def back_up(self) -> None:
        self._backup = self.store.book.copy()

    def go_back(self) -> None:
        self.store.book = self._backup.copy()

    def close(self) -> None:
        """Nothing is open."""
