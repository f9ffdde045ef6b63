"""Bugs planted on purpose: a world that does not find each of them could not find anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sync.contract.leases import NO_SEAT, NumbersAsked, NumbersTold, Taken
from sync.contract.numbers import Series
from sync.contract.revisions import DeviceId, TownshipId
from sync.ledger import KeptAccount, KeptSeat
from sync.ledger.memory_numbers import MemoryNumbers
from tests.simulation.weather import WeatherBook
from tests.sync.numbering.memory import MemoryCounty, MemoryDesk


class PassesOverNoSeat(MemoryCounty):
    """After a restore the next seat is simply the next one, whoever may sit there."""

    def __init__(self) -> None:
        super().__init__(_PassesOverNone)


@dataclass
class _PassesOverNone(WeatherBook):
    def epoch_began(self):
        return None


@dataclass
class _KeepsQuiet(WeatherBook):
    def taken(self, township: TownshipId, after: int) -> tuple[tuple[DeviceId, Taken], ...]:
        return ()


class KeepsTakenBlocksQuiet(MemoryCounty):
    """Nobody hears of the blocks from before the first desk had a seat."""

    def __init__(self) -> None:
        super().__init__(_KeepsQuiet)


@dataclass
class _SeatPerRequest(WeatherBook):
    def add_seat(self, township: TownshipId, seat: KeptSeat) -> None:
        super().add_seat(township, replace(seat, device=DeviceId(f"{seat.device}-lost")))


class SeatForEachRequest(MemoryCounty):
    """The seat is not kept with its desk: each request gets another."""

    def __init__(self) -> None:
        super().__init__(_SeatPerRequest)


@dataclass
class _FirstAccount(WeatherBook):
    def put_accounts(self, township: TownshipId, accounts: Sequence[KeptAccount]) -> None:
        known = {(one.device, one.account.series, one.account.first) for one in self.accounts(township)}
        new = [one for one in accounts if (one.device, one.account.series, one.account.first) not in known]
        super().put_accounts(township, new)

    def told(self, device: DeviceId) -> int:
        return 0


class KeepsTheFirstAccount(MemoryCounty):
    """What a desk says later of a block is not kept."""

    def __init__(self) -> None:
        super().__init__(_FirstAccount)


class _GoesOn(MemoryNumbers):
    def begin_anew(self) -> None:
        """Nothing."""


class GoesOnAfterARestore(MemoryDesk):
    """A desk put back from a backup goes on as if nothing had been."""

    numbers = _GoesOn


class _NumbersAtOnce(MemoryNumbers):
    def allot(self, series: Series) -> str:
        if self.seat == NO_SEAT:
            self.seat = 1
        return super().allot(series)


class DoesNotWaitForItsSeat(MemoryDesk):
    """A desk without a seat numbers as if it were the first."""

    numbers = _NumbersAtOnce


class _PassesOverNothing(MemoryNumbers):
    def take_in(self, asked: NumbersAsked, told: NumbersTold) -> None:
        super().take_in(asked, replace(told, taken=()))


class GivesWhatWasTaken(MemoryDesk):
    """A desk gives numbers of a block that the first desk had before it had a seat."""

    numbers = _PassesOverNothing


class _ForgetsToTell(MemoryNumbers):
    def asked(self) -> NumbersAsked:
        asked = super().asked()
        return replace(asked, accounts=tuple(one for one in asked.accounts if one.version == 1))


class TellsABlockOnce(MemoryDesk):
    """A desk tells of a block when it begins it and never again."""

    numbers = _ForgetsToTell


class _KeepsWithdrawals(MemoryNumbers):
    def asked(self) -> NumbersAsked:
        return replace(super().asked(), withdrawn=())


class WithdrawsInSilence(MemoryDesk):
    """A desk takes records back and tells nobody why their numbers are missing."""

    numbers = _KeepsWithdrawals


COUNTIES = [PassesOverNoSeat, SeatForEachRequest, KeepsTheFirstAccount]
DESKS = [GoesOnAfterARestore, DoesNotWaitForItsSeat, TellsABlockOnce, WithdrawsInSilence]
OF_TAKEN_BLOCKS = [{"county": KeepsTakenBlocksQuiet}, {"desk": GivesWhatWasTaken}]
