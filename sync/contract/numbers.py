"""Archive numbers (档号): fonds-category·year-retention-item, final when given and never given twice.

Source: DA/T 13-2022 (unique, stable) and DA/T 22-2015 for the order of the parts, e.g. `J021-WS·2024-D30-0001`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NUMBER = re.compile(r"([A-Z][0-9]{3})-([A-Z]{2})·([0-9]{4})-(Y|D[0-9]{1,3}|E[0-9]{1,3})-([0-9]{4,7})")


@dataclass(frozen=True, slots=True, order=True)
class Series:
    """A run of numbers that one office owns: fonds (全宗), category (门类), year and retention (保管期限)."""

    fonds: str
    category: str
    year: int
    retention: str

    def number(self, item: int) -> str:
        """Return the written archive number of the item-th piece."""
        return f"{self.fonds}-{self.category}·{self.year}-{self.retention}-{item:04d}"


def read(text: str) -> tuple[Series, int] | None:
    """Return the series and the item of an archive number, or None when it is not one."""
    found = _NUMBER.fullmatch(text.strip())
    if not found:
        return None
    fonds, category, year, retention, item = found.groups()
    return Series(fonds, category, int(year), retention), int(item)
