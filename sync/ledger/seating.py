"""Which seat a desk has, and what it says of its blocks of archive numbers (docs/protocol.md, section 9).

The seat alone keeps two desks apart, and a desk never needs the county's memory of anything else to give a number. What is
kept of the blocks explains gaps, and shields numbers that were given before a desk had a seat.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sync.contract.errors import BadRequest
from sync.contract.gaps import Block, Gap, explain
from sync.contract.leases import LAST_SEAT, NO_SEAT, Account, NumbersAsked, NumbersTold, is_astray
from sync.contract.numbers import Series
from sync.contract.revisions import TownshipId
from sync.ledger import Desk, KeptAccount, KeptSeat
from sync.ledger.county_book import CountyBook

PASSED_OVER: Final = 8
"""Seats passed over at least at the first new one after a restore: a county put back from a backup may have forgotten some.

Up to as many more by chance, drawn with the epoch: two restores of one backup do not come to the same seat.
"""
SPOKEN_WITHIN: Final = timedelta(days=90)
"""By then a desk whose seat was forgotten has spoken, and holds its seat again."""
MOST_ACCOUNTS: Final = 50_000


def seat_for(book: CountyBook, desk: Desk, retired: int) -> int:
    """Return the seat of a desk, NO_SEAT if it has none above those it gave up."""
    mine = [kept.seat for kept in book.seats(desk.township) if kept.device == desk.holder.device]
    return max((seat for seat in mine if seat > retired), default=NO_SEAT)


def is_forgotten(book: CountyBook, desk: Desk, asked: NumbersAsked) -> bool:
    """True if the desk holds a receipt for its numbers that this store does not know: it went back in time."""
    if asked.seat != NO_SEAT and asked.seat not in _seats_of(book, desk):
        return True
    return asked.told > book.told(desk.holder.device)


def take_in(book: CountyBook, desk: Desk, asked: NumbersAsked, now: datetime) -> None:
    """The desk has a seat if there is one left, and its accounts stand.

    Raises:
        BadRequest: what it says cannot be.
    """
    if len(asked.accounts) + len(asked.withdrawn) > MOST_ACCOUNTS:
        raise BadRequest("too many blocks of numbers", most=MOST_ACCOUNTS)
    for account in asked.accounts:
        account.check()
    for gone in asked.withdrawn:
        gone.check()
    seat = seat_for(book, desk, asked.retired) or _give_seat(book, desk, asked, now)
    seats = _seats_of(book, desk)
    place = max((taken.place for _, taken in book.taken(desk.township, 0)), default=0)
    kept: list[KeptAccount] = []
    for account in asked.accounts:
        astray = is_astray(seats, account.first, account.last)
        place += astray
        kept.append(KeptAccount(desk.holder.device, seat, place if astray else 0, account))
    book.put_accounts(desk.township, kept)
    book.put_withdrawn(desk.township, desk.holder.device, asked.withdrawn)


def tell(book: CountyBook, desk: Desk, asked: NumbersAsked) -> NumbersTold:
    """Return what a desk must know of its numbers and does not yet."""
    device = desk.holder.device
    taken = tuple(one for holder, one in book.taken(desk.township, asked.taken_after) if holder != device)
    told = {(one.series, one.first): one.version for one in asked.accounts}
    mine: tuple[Account, ...] = ()
    if book.told(device) > asked.told:
        held = (kept.account for kept in book.accounts(desk.township, device))
        mine = tuple(one for one in held if told.get((one.series, one.first), 0) < one.version)
    return NumbersTold(seat_for(book, desk, asked.retired), taken, mine)


def gaps(book: CountyBook, township: TownshipId, series: Series) -> list[Gap]:
    """Return every gap of a series, explained by what the township's desks said of their blocks."""
    held = {item for item, _ in book.items(series)}
    told = [kept for kept in book.accounts(township) if kept.account.series == series]
    blocks = [
        Block(one.first, one.last, one.given, kept.seat, one.closed, one.note)
        for kept in told
        for one in (kept.account,)
    ]
    seats = frozenset(kept.seat for kept in book.seats(township))
    return explain(held, blocks, seats, book.withdrawn(series, township))


def _seats_of(book: CountyBook, desk: Desk) -> frozenset[int]:
    return frozenset(kept.seat for kept in book.seats(desk.township) if kept.device == desk.holder.device)


def _give_seat(book: CountyBook, desk: Desk, asked: NumbersAsked, now: datetime) -> int:
    """A desk keeps the seat it comes with if nobody else has it; else it gets the next that never was anybody's."""
    seats, epoch = book.seats(desk.township), book.epoch()
    had = {kept.seat for kept in seats}
    claimed = asked.retired < asked.claim <= LAST_SEAT and asked.claim not in had
    seat = asked.claim
    if not claimed:
        began = book.epoch_began()
        begun = any(kept.epoch == epoch and not kept.claimed for kept in seats)
        forgetful = began is not None and abs(now - began) < SPOKEN_WITHIN and not begun
        over = PASSED_OVER + int(epoch[-8:], 16) % PASSED_OVER if forgetful else 0
        seat = max(had | {asked.retired}, default=0) + 1 + over
    if seat > LAST_SEAT:
        book.log(desk.holder.device, "seat.none_left", desk.township, {})
        return NO_SEAT
    book.add_seat(desk.township, KeptSeat(seat, desk.holder.device, epoch, claimed))
    book.log(desk.holder.device, "seat.given", desk.township, {"seat": seat, "claimed": int(claimed)})
    return seat
