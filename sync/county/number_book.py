"""The part of the county's book that keeps archive numbers: whose they are, seats, and blocks (docs/protocol.md, section 9)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Row, Select, bindparam, func, select

from sync.contract.batches import BatchId
from sync.contract.histories import RevisionStanding
from sync.contract.leases import Account, Closure, Taken, Withdrawn
from sync.contract.messages import Problem
from sync.contract.numbers import Series, read
from sync.contract.revisions import DeviceId, RecordId, TownshipId
from sync.county import tables
from sync.county.statements import insert_ignoring, insert_newer
from sync.county.tables import table
from sync.ledger import KeptAccount, KeptSeat

_PLACED, _REVISION, _NUMBER = table(tables.BatchRevision), table(tables.RevisionRow), table(tables.ArchiveNumber)
_SEAT, _ACCOUNT = table(tables.Seat), table(tables.NumberAccount)
_WITHDRAWN = table(tables.NumberWithdrawn)


# asked with each request of each desk: built once
_SEATS = select(_SEAT).where(_SEAT.c.township == bindparam("of")).order_by(_SEAT.c.seat)
_TOLD = select(func.coalesce(func.sum(_ACCOUNT.c.version), 0)).where(_ACCOUNT.c.device == bindparam("of"))
_LATER = (_ACCOUNT.c.township == bindparam("of")) & (_ACCOUNT.c.place > bindparam("after"))
_TAKEN = select(_ACCOUNT).where(_LATER).order_by(_ACCOUNT.c.place)


class NumberBook:
    """What a CountyBook says of archive numbers, over one connection in one transaction."""

    connection: Connection

    def claim_numbers(self, township: TownshipId, batch_id: BatchId) -> None:
        named = _numbered(select(_REVISION.c.number, _PLACED.c.record), batch_id)
        # in the order of the batch: of two records in it with one number the first has it
        ordered = named.order_by(_PLACED.c.part, _PLACED.c.place)
        self.connection.execute(
            insert_ignoring(self.connection, tables.ArchiveNumber).from_select(["number", "record"], ordered)
        )

    def doubles(self, batch_id: BatchId) -> tuple[Problem, ...]:
        columns = (_PLACED.c.part, _PLACED.c.place, _PLACED.c.record, _PLACED.c.revision, _REVISION.c.number)
        named = _numbered(select(*columns), batch_id)
        # all were just claimed, so a number that is not its record's is another's, perhaps of a township nobody sees here
        ours = (_NUMBER.c.number == _REVISION.c.number) & (_NUMBER.c.record == _PLACED.c.record)
        theirs = named.where(~select(_NUMBER.c.number).where(ours).exists())
        rows = self.connection.execute(theirs)
        return tuple(Problem(row.part, row.place, row.record, row.revision, "number_taken", row.number) for row in rows)

    def seats(self, township: TownshipId) -> tuple[KeptSeat, ...]:
        rows = self.connection.execute(_SEATS, {"of": township})
        return tuple(KeptSeat(row.seat, row.device, row.epoch, row.claimed) for row in rows)

    def add_seat(self, township: TownshipId, seat: KeptSeat) -> None:
        values = {"seat": seat.seat, "device": seat.device, "epoch": seat.epoch, "claimed": seat.claimed}
        self.connection.execute(_SEAT.insert().values(township=township, **values))

    def accounts(self, township: TownshipId, device: DeviceId | None = None) -> tuple[KeptAccount, ...]:
        ours = _ACCOUNT.c.township == township
        if device is not None:
            ours &= _ACCOUNT.c.device == device
        return tuple(_kept(row) for row in self.connection.execute(select(_ACCOUNT).where(ours)))

    def put_accounts(self, township: TownshipId, accounts: Sequence[KeptAccount]) -> None:
        rows = [
            {
                "township": township, "device": kept.device, "seat": kept.seat, "place": kept.place,
                "fonds": one.series.fonds, "category": one.series.category, "year": one.series.year,
                "retention": one.series.retention, "first": one.first, "last": one.last, "given": one.given,
                "closed": one.closed.value, "note": one.note, "version": one.version,
            }
            for kept in accounts
            for one in (kept.account,)
        ]  # fmt: skip
        if rows:
            self.connection.execute(insert_newer(self.connection, tables.NumberAccount, "version", "given"), rows)

    def withdrawn(self, series: Series, township: TownshipId) -> tuple[Withdrawn, ...]:
        wanted = (_WITHDRAWN.c.township == township) & (_WITHDRAWN.c.fonds == series.fonds)
        wanted &= (_WITHDRAWN.c.category == series.category) & (_WITHDRAWN.c.year == series.year)
        wanted &= _WITHDRAWN.c.retention == series.retention
        rows = self.connection.execute(select(_WITHDRAWN).where(wanted))
        return tuple(Withdrawn(series, row.first, row.last, row.note) for row in rows)

    def put_withdrawn(self, township: TownshipId, device: DeviceId, withdrawn: Sequence[Withdrawn]) -> None:
        rows = [
            {
                "township": township, "device": device, "fonds": one.series.fonds, "category": one.series.category,
                "year": one.series.year, "retention": one.series.retention, "first": one.first, "last": one.last,
                "note": one.note,
            }
            for one in withdrawn
        ]  # fmt: skip
        if rows:
            self.connection.execute(insert_newer(self.connection, tables.NumberWithdrawn, "last", "last"), rows)

    def told(self, device: DeviceId) -> int:
        return int(self.connection.execute(_TOLD, {"of": device}).scalar_one())

    def taken(self, township: TownshipId, after: int) -> tuple[tuple[DeviceId, Taken], ...]:
        rows = self.connection.execute(_TAKEN, {"of": township, "after": after})
        return tuple((row.device, Taken(row.place, _series(row), row.first, row.last, row.seat)) for row in rows)

    def items(self, series: Series) -> tuple[tuple[int, RecordId], ...]:
        low, high = series.stem, series.stem + ":"  # the character after 9: a B-tree finds the series by itself
        wanted = (_NUMBER.c.number >= low) & (_NUMBER.c.number < high)
        rows = self.connection.execute(select(_NUMBER).where(wanted))
        found = ((read(row.number), RecordId(row.record)) for row in rows)
        return tuple((one[1], record) for one, record in found if one and one[0] == series)


def _numbered(columns: Select[tuple[object, ...]], batch_id: BatchId) -> Select[tuple[object, ...]]:
    joined = _PLACED.join(_REVISION, _PLACED.c.revision == _REVISION.c.id)
    sound = _REVISION.c.standing != RevisionStanding.SET_ASIDE.value
    return columns.select_from(joined).where((_PLACED.c.batch == batch_id) & sound & (_REVISION.c.number != ""))


def _series(row: Row[tuple[object, ...]]) -> Series:
    named = row._mapping
    return Series(named["fonds"], named["category"], named["year"], named["retention"])


def _kept(row: Row[tuple[object, ...]]) -> KeptAccount:
    named = row._mapping
    account = Account(
        _series(row), named["first"], named["last"], named["given"], Closure(named["closed"]), named["note"],
        named["version"],
    )  # fmt: skip
    return KeptAccount(named["device"], named["seat"], named["place"], account)
