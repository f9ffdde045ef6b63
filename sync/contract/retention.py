"""Retention (保管期限): when a record's time is over. Who says what happens then, is docs/retention.md."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from sync.contract import dates
from sync.contract.dues import months_later
from sync.contract.kinds import Kind

FOR_GOOD: Final = 9999  # the year until which something is kept that is kept for good


def last_day(kind: Kind, code: str, year: int, said: Mapping[str, Any]) -> date | None:
    """Return the last day of a record's retention; None of a permanent one, an unknown one, or one whose event has not come.

    Args:
        code: of its archive number. year: the same's.
        said: its body.
    """
    retention = next((one for one in kind.retentions if one.code == code), None)
    if retention is None or retention.years is None:
        return None
    if not retention.from_field:
        return date(year + retention.years, 12, 31)
    meant = said.get("normal", {}).get(retention.from_field, {}).get("value")
    read = dates.read(str(meant or said.get("fields", {}).get(retention.from_field, "")))
    return months_later(read.last_day, 12 * retention.years) if read else None
