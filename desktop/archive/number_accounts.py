"""What this desk and the county tell each other of archive numbers (号段账目): seat, blocks, and blocks of other desks."""

from __future__ import annotations

from typing import Final

from sqlalchemy.engine import Connection

from desktop.archive import numbering, settings
from desktop.archive.archive import Act
from desktop.archive.numbering import CLAIM, CONFIRMED_IN, RETIRED, SEAT, HeldBlock, key_of
from sync.contract.leases import NO_SEAT, Account, Closure, NumbersAsked, NumbersTold, Taken, seat_of

TAKEN_AFTER: Final = "numbers.taken_after"
_RUN: Final = (
    "fonds = :fonds AND category = :category AND year = :year AND retention = :retention"
    " AND item BETWEEN :first AND :last"
)
_BLOCK: Final = "fonds = :fonds AND category = :category AND year = :year AND retention = :retention AND first = :first"


def account_of(block: HeldBlock) -> Account:
    """Return what the county is told of a block."""
    return Account(block.series, block.first, block.last, block.next - 1, block.closed, block.note, block.version)


def asked(connection: Connection) -> NumbersAsked | None:
    """Return what the next request says of this desk's numbers; None of a lone office."""
    seat = settings.get(connection, SEAT)
    if not seat:
        return None
    epoch = settings.get(connection, CONFIRMED_IN)
    confirmed = bool(epoch) and epoch == settings.get(connection, "line.epoch")
    told = connection.exec_driver_sql("SELECT coalesce(sum(told), 0) FROM number_block").scalar_one()
    return NumbersAsked(
        seat=int(seat) if confirmed else NO_SEAT,
        claim=NO_SEAT if confirmed else int(settings.get(connection, CLAIM) or NO_SEAT),
        retired=int(settings.get(connection, RETIRED) or NO_SEAT),
        told=int(told),
        taken_after=int(settings.get(connection, TAKEN_AFTER, "0")),
        accounts=tuple(account_of(block) for block in numbering.changed_blocks(connection)),
        withdrawn=tuple(numbering.withdrawn(connection)),
    )


def statement(connection: Connection) -> NumbersAsked:
    """Return what an office that enrols, for the first time or anew, says of the numbers it gave so far."""
    seat = settings.get(connection, SEAT)
    held = numbering.blocks(connection)
    told = held if seat else [left for block in held if (left := numbering.clipped(block))]
    return NumbersAsked(
        claim=int(seat or NO_SEAT) or int(settings.get(connection, CLAIM) or NO_SEAT),
        retired=int(settings.get(connection, RETIRED) or NO_SEAT),
        accounts=tuple(account_of(block) for block in told),
        withdrawn=tuple(numbering.withdrawn(connection, whole=True)),
    )


def begin_epoch(connection: Connection) -> None:
    """Everything is told again."""
    connection.exec_driver_sql("UPDATE number_block SET told = 0 WHERE told != 0")
    connection.exec_driver_sql("UPDATE number_withdrawn SET told = 0 WHERE told")
    settings.put(connection, TAKEN_AFTER, "0")


def take_in(act: Act, epoch: str, said: NumbersAsked, told: NumbersTold) -> None:
    """What the county says of this desk's numbers holds, and it is known to have what this desk said."""
    rows = [{**key_of(one.series), "first": one.first, "version": one.version} for one in said.accounts]
    if rows:
        act.connection.exec_driver_sql(
            f"UPDATE number_block SET told = :version WHERE {_BLOCK} AND told < :version", rows
        )
    runs = [{**key_of(one.series), "first": one.first, "last": one.last} for one in said.withdrawn]
    if runs:
        act.connection.exec_driver_sql(f"UPDATE number_withdrawn SET told = 1 WHERE {_RUN}", runs)
    if told.seat > said.retired and told.seat != said.seat:
        numbering.take_seat(act, told.seat, epoch)
    for taken in told.taken:
        _keep_taken(act.connection, taken)
    for account in told.mine:
        _remember(act.connection, account)


def _keep_taken(connection: Connection, taken: Taken) -> None:
    connection.exec_driver_sql(
        "INSERT INTO number_taken (fonds, category, year, retention, first, last, seat)"
        " VALUES (:fonds, :category, :year, :retention, :first, :last, :seat) ON CONFLICT DO NOTHING",
        {**key_of(taken.series), "first": taken.first, "last": taken.last, "seat": taken.seat},
    )
    settings.put(connection, TAKEN_AFTER, str(taken.place))


def _remember(connection: Connection, account: Account) -> None:
    """The desk was put back from a backup: no number that the county knows as given is given again."""
    connection.exec_driver_sql(
        "INSERT INTO number_block (fonds, category, year, retention, first, last, next, source, seat, closed, note, version,"
        " told) SELECT :fonds, :category, :year, :retention, :first, :last, :first, 'county', 0, :closed, :note, 0, 0"
        f" WHERE NOT EXISTS (SELECT 1 FROM number_block WHERE {_BLOCK})",
        {**_written(account), "closed": _closed_here(connection, account).value},
    )
    # a block closed here and open there is told again
    connection.exec_driver_sql(
        "UPDATE number_block SET next = max(next, :given + 1), version = :version + (closed != :closed), told = :version"
        f" WHERE {_BLOCK} AND version < :version",
        _written(account),
    )


def _closed_here(connection: Connection, account: Account) -> Closure:
    """A block of a seat that this desk gave up after a restore is used no further: more was given than the county knows."""
    given_up = seat_of(account.first) <= int(settings.get(connection, RETIRED) or NO_SEAT)
    return Closure.RESTORED if given_up and account.closed is Closure.OPEN else account.closed


def _written(account: Account) -> dict[str, str | int]:
    return {
        **key_of(account.series),
        "first": account.first,
        "last": account.last,
        "given": account.given,
        "closed": account.closed.value,
        "note": account.note,
        "version": account.version,
    }
