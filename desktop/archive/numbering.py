"""Numbering (档号编制): the next archive number of a series, final when given, offline, and never given twice.

A lone office owns its whole series. A desk that the county knows gives numbers out of the lease of its seat (机位), which
needs no line; between its enrolment and the county's first word it gives none. The rule stands in docs/protocol.md, section 9.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy.engine import Connection, Row

from desktop.archive import settings
from desktop.archive.archive import Act
from sync.contract.errors import BadRequest, NoNumberLeft
from sync.contract.leases import (
    FIRST_SEAT_ITEMS,
    FORGOTTEN_VERSIONS,
    NO_SEAT,
    THOUSAND,
    Closure,
    Run,
    Taken,
    Withdrawn,
    leased,
)
from sync.contract.numbers import LARGEST_ITEM, Series, read

SEAT: Final = "numbers.seat"  # "" for a lone office, "0" for one that waits for its seat
CLAIM: Final = "numbers.claim"
RETIRED: Final = "numbers.retired"
CONFIRMED_IN: Final = "numbers.epoch"
PASSED_OVER: Final = "numbers.passed_over"  # items of each series that a restored lone office may have given
_SERIES: Final = "fonds = :fonds AND category = :category AND year = :year AND retention = :retention"


@dataclass(frozen=True, slots=True)
class HeldBlock:
    """A block that this desk holds or held; `seat` is NO_SEAT if it is from before the desk had one."""

    series: Series
    first: int
    last: int
    next: int
    seat: int
    closed: Closure
    note: str
    version: int
    told: int


def key_of(series: Series) -> dict[str, str | int]:
    """Return a series as the statements name it."""
    return {
        "fonds": series.fonds,
        "category": series.category,
        "year": series.year,
        "retention": series.retention,
    }


def seat(connection: Connection) -> int:
    """Return this desk's seat, NO_SEAT for a lone office and for a desk that waits for one."""
    return int(settings.get(connection, SEAT) or NO_SEAT)


def allot(act: Act, series: Series) -> str:
    """The next free number of the series is given out, in this act's transaction, and will not be given again.

    A block that was given back is used further if its series needs a number after all.

    Raises:
        NoNumberLeft: the desk waits for its seat, or has given out its whole lease of the series.
    """
    return allot_run(act, series, 1)[0]


def allot_run(act: Act, series: Series, count: int) -> list[str]:
    """The next `count` free numbers of the series are given out, the lowest first, and will not be given again.

    Raises:
        NoNumberLeft: as `allot`; the act is to be given up then.
    """
    given: list[str] = []
    while len(given) < count:
        block = _block_in_use(act.connection, series)
        if block is None:
            _begin_block(act.connection, series)
        elif _behind_taken(act.connection, series, block.next) != block.next:
            _end_block(act.connection, block)
        else:
            last = min(
                block.last, block.next + count - len(given) - 1, _before_taken(act.connection, series, block.next)
            )
            act.connection.exec_driver_sql(
                f"UPDATE number_block SET next = :next, version = version + 1, closed = 'open', note = ''"
                f" WHERE {_SERIES} AND first = :first",
                {**key_of(series), "first": block.first, "next": last + 1},
            )
            given += _not_borne(act.connection, [series.number(item) for item in range(block.next, last + 1)])
    return given


def _block_in_use(connection: Connection, series: Series) -> HeldBlock | None:
    row = connection.exec_driver_sql(
        f"SELECT * FROM number_block WHERE {_SERIES} AND next <= last AND closed IN ('open', 'returned')"
        " ORDER BY first LIMIT 1",
        key_of(series),
    ).first()
    return _block(row) if row else None


def _not_borne(connection: Connection, numbers: list[str]) -> list[str]:
    """Return those of the numbers that no record known here has."""
    found = connection.exec_driver_sql(
        "SELECT number FROM record WHERE number IN (SELECT value FROM json_each(?))", (json.dumps(numbers),)
    )
    borne = {str(row[0]) for row in found}
    return [one for one in numbers if one not in borne]


def _end_block(connection: Connection, block: HeldBlock) -> None:
    """The block ends where its numbers end: what follows was taken by another desk before this one heard of it."""
    connection.exec_driver_sql(
        f"UPDATE number_block SET last = max(:first, next - 1), closed = CASE WHEN next > :first THEN closed ELSE 'moved'"
        f" END, version = version + 1 WHERE {_SERIES} AND first = :first",
        {**key_of(block.series), "first": block.first},
    )


def _behind_taken(connection: Connection, series: Series, item: int) -> int:
    """Return the item, or the first one behind the taken blocks that it lies in."""
    while True:
        taken = connection.exec_driver_sql(
            f"SELECT max(last) FROM number_taken WHERE {_SERIES} AND first <= :item AND last >= :item",
            {**key_of(series), "item": item},
        ).scalar_one()
        if taken is None:
            return item
        item = int(taken) + 1


def _before_taken(connection: Connection, series: Series, item: int) -> int:
    """Return the last item before the next taken block that begins behind this item."""
    first = connection.exec_driver_sql(
        f"SELECT min(first) FROM number_taken WHERE {_SERIES} AND first > :item", {**key_of(series), "item": item}
    ).scalar_one()
    return int(first) - 1 if first is not None else LARGEST_ITEM


def _begin_block(connection: Connection, series: Series) -> None:
    """The next run of the lease that has room is a block of this desk."""
    seat = settings.get(connection, SEAT)
    if seat == str(NO_SEAT):
        raise NoNumberLeft("no seat yet", **key_of(series))
    held = blocks(connection, series)
    passed_over = 0 if seat or held else int(settings.get(connection, PASSED_OVER, "0"))
    if passed_over:
        _insert_block(connection, series, Run(1, passed_over), seat, Closure.RESTORED)
        held = blocks(connection, series)
    for run in _runs(seat):
        behind = [block.last + 1 for block in held if block.first <= run.last and block.last >= run.first]
        first = _behind_taken(connection, series, max(run.first, *behind) if behind else run.first)
        if first <= run.last:
            _insert_block(connection, series, Run(first, run.last), seat, Closure.OPEN)
            return
    raise NoNumberLeft("the lease is used up", **key_of(series))


def _insert_block(connection: Connection, series: Series, run: Run, seat: str, closed: Closure) -> None:
    key = {**key_of(series), "first": run.first, "last": run.last, "closed": closed.value}
    connection.exec_driver_sql(
        "INSERT INTO number_block (fonds, category, year, retention, first, last, next, source, seat, closed, note, version,"
        " told) VALUES (:fonds, :category, :year, :retention, :first, :last, :first, :source, :seat, :closed, '', 1, 0)",
        {**key, "source": "seat" if seat else "own", "seat": int(seat or NO_SEAT)},
    )


def _runs(seat: str) -> Iterable[Run]:
    return leased(int(seat)) if seat else (Run(1, LARGEST_ITEM),)


def blocks(connection: Connection, series: Series | None = None) -> list[HeldBlock]:
    """Return the blocks this desk holds or held, of one series if it is given, the lowest first."""
    where = f"WHERE {_SERIES}" if series else ""
    rows = connection.exec_driver_sql(
        f"SELECT * FROM number_block {where} ORDER BY fonds, category, year, retention, first",
        key_of(series) if series else {},
    )
    return [_block(row) for row in rows]


def ending(connection: Connection, few: int) -> list[HeldBlock]:
    """Return the blocks in use that have at most so many numbers left."""
    rows = connection.exec_driver_sql(
        "SELECT * FROM number_block WHERE closed = 'open' AND next <= last AND last - next < :few"
        " ORDER BY fonds, category, year, retention",
        {"few": few},
    )
    return [_block(row) for row in rows]


def taken(connection: Connection, series: Series) -> list[Taken]:
    """Return the blocks of a series that other desks hold outside their lease."""
    rows = connection.exec_driver_sql(f"SELECT * FROM number_taken WHERE {_SERIES} ORDER BY first", key_of(series))
    return [Taken(0, series, int(row.first), int(row.last), int(row.seat)) for row in rows]


def withdraw(act: Act, number: str, note: str) -> None:
    """The number was given, its record was taken back; it is not given again, and the note says why it is missing."""
    found = read(number)
    if found is None:
        raise BadRequest("not an archive number")
    act.connection.exec_driver_sql(
        "INSERT INTO number_withdrawn (fonds, category, year, retention, item, note, told)"
        " VALUES (:fonds, :category, :year, :retention, :item, :note, 0) ON CONFLICT DO NOTHING",
        {**key_of(found[0]), "item": found[1], "note": note},
    )


def withdrawn(connection: Connection, series: Series | None = None, *, whole: bool = False) -> list[Withdrawn]:
    """Return what was withdrawn of a series, or all that the county does not know of, or the whole; as runs of one note."""
    where = _SERIES if series else "1" if whole else "NOT told"
    rows = connection.exec_driver_sql(
        f"SELECT * FROM number_withdrawn WHERE {where} ORDER BY fonds, category, year, retention, item",
        key_of(series) if series else {},
    )
    runs: list[Withdrawn] = []
    for row in rows:
        one = Withdrawn(Series(row.fonds, row.category, int(row.year), row.retention), row.item, row.item, row.note)
        if runs and (runs[-1].series, runs[-1].last + 1, runs[-1].note) == (one.series, one.first, one.note):
            one = replace(runs.pop(), last=one.last)
        runs.append(one)
    return runs


def changed_blocks(connection: Connection) -> list[HeldBlock]:
    """Return the blocks whose account the county does not have as it is now."""
    return [_block(row) for row in connection.exec_driver_sql("SELECT * FROM number_block WHERE version > told")]


def _block(row: Row[Any]) -> HeldBlock:
    return HeldBlock(
        Series(row.fonds, row.category, int(row.year), row.retention),
        int(row.first),
        int(row.last),
        int(row.next),
        int(row.seat),
        Closure(row.closed),
        row.note,
        int(row.version),
        int(row.told),
    )


def await_seat(act: Act) -> None:
    """The desk is enrolled: it gives no number before the county's word, and what it gave so far is a block of its own.

    A series in which it gave many numbers keeps room to go on: others pass over the whole block.
    """
    seat = settings.get(act.connection, SEAT)
    if not seat:
        for block in blocks(act.connection):
            _clip(act.connection, block)
    settings.put(act.connection, CLAIM, seat if seat != str(NO_SEAT) else settings.get(act.connection, CLAIM))
    settings.put(act.connection, SEAT, str(NO_SEAT))
    settings.put(act.connection, CONFIRMED_IN, "")
    act.connection.exec_driver_sql("UPDATE number_block SET told = 0")
    act.connection.exec_driver_sql("UPDATE number_withdrawn SET told = 0")


def clipped(block: HeldBlock) -> HeldBlock | None:
    """Return a lone office's block as it is once the office enrols; None if nothing was given out of it.

    It ends where its numbers end, or twice as far where they fill more than the first seat's run: so no number that is given
    while the county is being asked lies where another desk begins.
    """
    if block.closed not in (Closure.OPEN, Closure.RETURNED):
        return block
    given = block.next - 1
    last = given if given <= FIRST_SEAT_ITEMS else min(LARGEST_ITEM, -(-2 * given // THOUSAND) * THOUSAND)
    return replace(block, last=min(last, block.last), version=block.version + 1) if last >= block.first else None


def _clip(connection: Connection, block: HeldBlock) -> None:
    key, left = {**key_of(block.series), "first": block.first}, clipped(block)
    if left is None:
        connection.exec_driver_sql(f"DELETE FROM number_block WHERE {_SERIES} AND first = :first", key)
        return
    connection.exec_driver_sql(
        f"UPDATE number_block SET last = :last, version = :version WHERE {_SERIES} AND first = :first",
        {**key, "last": left.last, "version": left.version},
    )


def take_seat(act: Act, seat: int, epoch: str) -> None:
    """The desk numbers out of this seat's lease; from another seat than before it leaves the old blocks alone."""
    before = {settings.get(act.connection, one) for one in (SEAT, CLAIM)}
    if str(seat) not in before:
        # from before it had any seat: those blocks are its own still
        _close(act.connection, Closure.MOVED, 1, only_seats=True)
        act.note("seat-taken", str(seat))
    settings.put(act.connection, SEAT, str(seat))
    settings.put(act.connection, CLAIM, str(seat))
    settings.put(act.connection, CONFIRMED_IN, epoch)


def begin_anew(act: Act) -> None:
    """No number is given twice by a desk that was put back from a backup and cannot know what it gave since.

    Its blocks are used no further, with that reason on file. A desk of the county waits for another seat; a lone office
    goes on behind the next thousand but one, and behind a thousand in a series it does not know of.
    """
    seat, claim = settings.get(act.connection, SEAT), settings.get(act.connection, CLAIM)
    if not seat:
        for block in blocks(act.connection):
            if block.closed in (Closure.OPEN, Closure.RETURNED) and block.last == LARGEST_ITEM:
                jump = min(LARGEST_ITEM, -(-block.next // THOUSAND) * THOUSAND + THOUSAND)
                act.connection.exec_driver_sql(
                    f"UPDATE number_block SET last = :last WHERE {_SERIES} AND first = :first",
                    {**key_of(block.series), "first": block.first, "last": jump},
                )
    _close(act.connection, Closure.RESTORED, FORGOTTEN_VERSIONS)
    if not seat:
        passed_over = int(settings.get(act.connection, PASSED_OVER, "0"))
        settings.put(act.connection, PASSED_OVER, str(passed_over + THOUSAND))
    else:
        retired = max(int(one or 0) for one in (seat, claim, settings.get(act.connection, RETIRED)))
        for name, value in ((SEAT, str(NO_SEAT)), (CLAIM, ""), (RETIRED, str(retired)), (CONFIRMED_IN, "")):
            settings.put(act.connection, name, value)
    act.note("numbers-begun-anew", seat or "lone")


def _close(connection: Connection, closed: Closure, versions: int, *, only_seats: bool = False) -> None:
    connection.exec_driver_sql(
        "UPDATE number_block SET closed = :closed, version = version + :versions WHERE closed IN ('open', 'returned')"
        " AND next <= last AND seat >= :least",
        {"closed": closed.value, "versions": versions, "least": 1 if only_seats else 0},
    )


def give_back(act: Act, series: Series, note: str) -> int:
    """The rest of each open block of the series is not to be used, for this reason; how many blocks, is returned."""
    key: Mapping[str, str | int] = {**key_of(series), "note": note}
    done = act.connection.exec_driver_sql(
        f"UPDATE number_block SET closed = 'returned', note = :note, version = version + 1 WHERE {_SERIES}"
        " AND closed = 'open' AND next <= last",
        dict(key),
    )
    act.note("numbers-given-back", series.stem, blocks=done.rowcount)
    return int(done.rowcount)
