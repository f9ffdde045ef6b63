"""Days by which something is to be done with a record (到期), told by its kind and what it says."""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from sync.contract import dates
from sync.contract.kinds import Due, Kind


def of(kind: Kind, said: Mapping[str, Any]) -> Iterator[tuple[Due, date]]:
    """Yield what is due of a record with its day: of a date that is not known to the day, the first it can mean.

    Args:
        said: the body of a revision; one without fields, a void, has nothing due.
    """
    written: Mapping[str, str] = said.get("fields", {})
    case = _day(said, kind.case_date)
    for due in kind.dues:
        if not due.when.holds(written, case):
            continue
        day = _day(said, due.field) if due.field else None
        begun = _day(said, due.after) if due.after and day is None else None
        if begun is not None:
            day = months_later(begun, due.months) + timedelta(days=due.days)
        if day is not None:
            yield due, day


def months_later(day: date, months: int) -> date:
    """Return the same day so many months later, or the last of that month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _day(said: Mapping[str, Any], key: str) -> date | None:
    meant = said.get("normal", {}).get(key, {}).get("value") or said.get("fields", {}).get(key, "")
    found = dates.read(str(meant))
    return found.first_day if found else None
