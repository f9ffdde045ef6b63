"""What a desk may ask about records of other townships; its own township is the one in its certificate (docs/one-window.md, section 5)."""

from __future__ import annotations

import time

from sqlalchemy import Connection, select

from sync.contract.one_window import (
    FEWEST_ENTRIES,
    MOST_ENTRIES,
    GrantAsked,
    Granted,
    HolderName,
    SliceAsked,
    SliceEntry,
    SliceTold,
)
from sync.contract.revisions import TownshipId
from sync.county import catalogue, tables
from sync.county.desk_calls import desk_of
from sync.county.grants import Grants
from sync.county.limits import Limit
from sync.county.service import County
from sync.county.tables import Device, table
from sync.county.who_sees import allowed, view_of

TRIES_PER_SECOND, TRIES_AT_ONCE = 0.05, 30  # more than a counter asks, less than trying names takes
_TOWNSHIP = table(tables.Township)


class WindowCalls:
    """The calls of desks that look beyond their township: the only ones, and each asks the rule first."""

    def __init__(self, county: County) -> None:
        self._county = county
        self._grants = Grants(county.storage, county.kinds, county.attachments, county.now)
        self._tries = Limit(TRIES_PER_SECOND, TRIES_AT_ONCE, time.monotonic)

    def slice(self, device: Device, asked: SliceAsked) -> SliceTold:
        """Return what changed in the township's slice since the desk's edition, and who looked at its records."""
        township = desk_of(device).township
        salt, epoch = self._county.catalogue.salt(), self._county.ledger.epoch
        with self._county.storage.connection() as connection:
            looks = self._grants.looks(connection, township, asked.looks_after)
            may = allowed(connection, self._county.kinds, township)
            view, newest = view_of(epoch, salt, township, may), catalogue.newest_edition(connection)
            if asked.view != view or not 0 <= asked.after <= newest:
                return SliceTold(view, looks=looks)
            most = max(FEWEST_ENTRIES, min(asked.most, MOST_ENTRIES))
            rows = catalogue.entries_after(connection, asked.after, township, list(may), most + 1) if may else ()
            more = len(rows) > most
            shown = rows[:most]
            return SliceTold(
                view, shown[-1].edition if more else newest, more, salt,
                tuple(SliceEntry(_raw(row.record), row.kind, row.year, row.township, row.people) for row in shown),
                _names(connection, {row.township for row in shown}), looks,
            )  # fmt: skip

    def grant(self, device: Device, asked: GrantAsked) -> Granted:
        """Return a record of another township for a purpose; raises as `Grants.give`, and CountyBusy: too many tries."""
        desk = desk_of(device)
        self._tries.take(device.id)
        return self._grants.give(device, desk.township, asked)

    def page(self, device: Device, grant: str, sha256: str, start: int, size_bytes: int) -> tuple[bytes, int]:
        """Return a range of a page under a grant; raises as `Grants.page`."""
        return self._grants.page(device, desk_of(device).township, grant, sha256, start, size_bytes)


def _raw(record: str) -> bytes:
    return bytes.fromhex(record.replace("-", ""))


def _names(connection: Connection, codes: set[str]) -> tuple[HolderName, ...]:
    known = connection.execute(select(_TOWNSHIP.c.code, _TOWNSHIP.c.name).where(_TOWNSHIP.c.code.in_(sorted(codes))))
    return tuple(HolderName(TownshipId(row.code), row.name) for row in known)
