"""The board as the county's book tells it: every township in a handful of questions, whatever their number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, exists, func, select

from sync.contract.board import DAYS_SHOWN, Board, TownshipStanding
from sync.contract.certificates import Role
from sync.contract.histories import RevisionStanding
from sync.contract.messages import BatchState
from sync.contract.revisions import TownshipId
from sync.county import tables
from sync.county.tables import table

_TOWNSHIP, _DEVICE, _CONTACT = table(tables.Township), table(tables.Device), table(tables.Contact)
_REVISION, _BATCH, _SETTING = table(tables.RevisionRow), table(tables.Batch), table(tables.Setting)
_SEEN = table(tables.SeenLog)


def read_board(connection: Connection, now: datetime) -> Board:
    """Return how every township stands."""
    desks = _count_desks(connection)
    contacts = _by_township(connection.execute(select(_CONTACT)))
    standings = _count_standings(connection)
    aside = _count_set_aside(connection)
    received = _received(connection, now.date())
    refused = connection.execute(select(_SEEN.c.township, _SEEN.c.flaw).where(_SEEN.c.flaw != ""))
    flaws = {row.township: row.flaw for row in refused}
    epoch = connection.execute(select(_SETTING.c.value).where(_SETTING.c.key == "epoch")).scalar_one()
    known = {row.code: row for row in connection.execute(select(_TOWNSHIP))}
    lines = []
    for code in sorted(known.keys() | desks.keys()):
        row, here = known.get(code), contacts[code]
        apart = [one for one in here if row is not None and _agrees(row, one, epoch) is False]
        judged = [told for one in here if row is not None and (told := _agrees(row, one, epoch)) is not None]
        shown = (apart or sorted(here, key=lambda one: one.at))[-1:]
        counts = standings[code]
        lines.append(
            TownshipStanding(
                TownshipId(code),
                row.name if row is not None else "",
                desks=desks.get(code, 0),
                last_contact=max((one.at for one in here), default=""),
                waiting=sum(one.waiting for one in here),
                agrees=all(judged) if judged else None,
                desk_heads=shown[0].heads if shown else 0,
                heads=row.heads if row is not None else 0,
                undecided=counts[RevisionStanding.RECEIVED.value],
                conflicts=counts[RevisionStanding.CONFLICT.value],
                set_aside=aside.get(code, 0),
                received=received[code],
                log_flaw=flaws.get(code, ""),
            )
        )
    return Board(tuple(lines), now.isoformat(timespec="seconds"))


def _agrees(row: Row[Any], contact: Row[Any], epoch: str) -> bool | None:
    """Whether the desk held what the county holds; None where it had not read the feed to its end."""
    if contact.epoch != epoch or contact.after != row.feed_end:
        return None
    digest: bytes = row.digest[: len(contact.digest)]
    return bool(contact.digest == digest and contact.heads == row.heads)


def _count_desks(connection: Connection) -> dict[str, int]:
    served = (_DEVICE.c.role == Role.DESK.value) & _DEVICE.c.revoked_at.is_(None)
    counted = select(_DEVICE.c.township, func.count().label("times")).where(served).group_by(_DEVICE.c.township)
    return {row.township: row.times for row in connection.execute(counted)}


def _count_standings(connection: Connection) -> dict[str, dict[str, int]]:
    counted = (
        select(_REVISION.c.township, _REVISION.c.standing, func.count().label("times"))
        .where(tables.UNSETTLED)
        .group_by(_REVISION.c.township, _REVISION.c.standing)
    )
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in connection.execute(counted):
        found[row.township][row.standing] = row.times
    return found


def _count_set_aside(connection: Connection) -> dict[str, int]:
    """Count records, not revisions: one that was sent again and taken in is no matter any more."""
    other = _REVISION.alias("other")
    taken = exists().where(
        (other.c.record == _REVISION.c.record) & (other.c.standing != RevisionStanding.SET_ASIDE.value)
    )
    counted = (
        select(_REVISION.c.township, func.count(_REVISION.c.record.distinct()).label("times"))
        .where(tables.UNSETTLED, _REVISION.c.standing == RevisionStanding.SET_ASIDE.value, ~taken)
        .group_by(_REVISION.c.township)
    )
    return {row.township: row.times for row in connection.execute(counted)}


def _received(connection: Connection, today: date) -> dict[str, tuple[int, ...]]:
    first = today - timedelta(days=DAYS_SHOWN - 1)
    wanted = (_BATCH.c.received_at >= first.isoformat()) & (_BATCH.c.state != BatchState.OPEN.value)
    day = func.substr(_BATCH.c.received_at, 1, 10).label("day")
    counted = select(_BATCH.c.township, day, func.sum(_BATCH.c.revisions).label("times")).where(wanted)
    found: dict[str, list[int]] = defaultdict(lambda: [0] * DAYS_SHOWN)
    for row in connection.execute(counted.group_by(_BATCH.c.township, day)):
        place = (date.fromisoformat(row.day) - first).days
        if 0 <= place < DAYS_SHOWN:
            found[row.township][place] = int(row.times)
    return defaultdict(lambda: (0,) * DAYS_SHOWN, {code: tuple(days) for code, days in found.items()})


def _by_township(rows: Iterable[Row[Any]]) -> dict[str, list[Row[Any]]]:
    grouped: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        grouped[row.township].append(row)
    return grouped
