"""What the keeper's commands tell of a county, a line each (县库清单)."""

from __future__ import annotations

from collections.abc import Iterator

from sync.contract.certificates import Role
from sync.contract.errors import BadRequest
from sync.contract.numbers import read_series
from sync.contract.revisions import TownshipId
from sync.county import board, disputes, registry
from sync.county.service import County
from sync.county.staff_calls import SIGNED_IN
from sync.county.tables import Device
from sync.vault import audit


def list_devices(county: County) -> Iterator[str]:
    """Yield every enrolled device, the oldest enrolment first."""
    with county.storage.connection() as connection:
        for device in registry.list_devices(connection):
            yield f"{device.id} {device.role} {device.name} {device.township or '-'} {device.enrolled_at}{_ended(device)}"


def list_users(county: County) -> Iterator[str]:
    """Yield every member of staff who may sign in, or might, and when each last did; desks have users of their own."""
    with county.storage.connection() as connection:
        staff = [one for one in registry.list_devices(connection) if one.role != Role.DESK.value]
    with county.storage.keeping() as connection:
        last = {event.subject: event.at for event in audit.of_act(connection, SIGNED_IN)}
    for one in staff:
        seen = last.get(one.id)
        told = seen.isoformat(timespec="seconds") if seen is not None else "-"
        yield f"{one.name} {one.role} {one.id} {one.enrolled_at} signed_in={told}{_ended(one)}"


def _ended(device: Device) -> str:
    return f" ended {device.revoked_at}" if device.revoked_at else ""


def list_awaited(county: County) -> Iterator[str]:
    """Yield every desk that is waited for since the county was put back."""
    for one in county.awaited().desks:
        yield f"{one.township} {one.township_name} {one.device}"


def list_disputes(county: County) -> Iterator[str]:
    """Yield every record on which two decisions stand against each other."""
    with county.storage.connection() as connection:
        for file in disputes.list_disputes(connection):
            tips = [one for one in file.history.decisions if one.id in file.history.tips]
            told = " ".join(f"{one.kind.value}:{one.revision[:16]}" for one in tips)
            yield f"{file.township} {file.record_id} {told}"


def list_gaps(county: County, township: TownshipId, spelled: str) -> Iterator[str]:
    """Yield every gap of a series, with its reason. Raises BadRequest: that is no series."""
    series = read_series(spelled)
    if series is None:
        raise BadRequest("no series; one is written like J001-HY·2026-D100")
    for gap in county.ledger.gaps(township, series):
        first, last = series.number(gap.first), series.number(gap.last)
        yield f"{first} {last} {gap.reason} seat={gap.seat or '-'} {gap.note}".rstrip()


def list_numbers(county: County, township: TownshipId) -> Iterator[str]:
    """Yield which desk has which seat, and every block that one of them told of."""
    known = county.ledger.numbers(township)
    for seat in known.seats:
        yield f"seat {seat.seat} {seat.device}"
    for kept in sorted(known.accounts, key=lambda kept: (kept.account.series, kept.account.first)):
        one = kept.account
        block = f"{one.series} {one.first}-{one.last} given={one.given} seat={kept.seat}"
        yield f"block {block} {one.closed} {one.note}".rstrip()


def list_townships(county: County) -> Iterator[str]:
    """Yield how every township stands, the gravest first."""
    with county.storage.connection() as connection:
        told = board.read_board(connection, county.now())
    for one in told.by_urgency():
        agrees = {True: "equal", False: "differs", None: "-"}[one.agrees]
        yield (
            f"{one.township} {one.name} {one.matter(told.now()).value} desks={one.desks} last={one.last_contact or '-'}"
            f" heads={one.heads} agrees={agrees} undecided={one.undecided} conflicts={one.conflicts}"
            f" set_aside={one.set_aside} waiting={one.waiting}"
        )
