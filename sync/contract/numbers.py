"""Archive numbers (档号): fonds-category·year-retention-item, final when given and never given twice.

Source: DA/T 13-2022 (unique, stable) and DA/T 22-2015 for the order of the parts, e.g. `J021-WS·2024-D30-0001`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Final

LARGEST_ITEM: Final = 9_999_999
_NUMBER = re.compile(r"([A-Z][0-9]{3})-([A-Z]{2})·([0-9]{4})-(Y|D[0-9]{1,3}|E[0-9]{1,3})-([0-9]{4,7})")


@dataclass(frozen=True, slots=True, order=True)
class Series:
    """Numbers counted together: fonds (全宗), category (门类), year and retention (保管期限)."""

    POSITIONAL: ClassVar[bool] = True
    fonds: str
    category: str
    year: int
    retention: str

    def number(self, item: int) -> str:
        """Return the written archive number of the item-th piece."""
        return f"{self.stem}{item:04d}"

    @property
    def stem(self) -> str:
        """What stands before the item in every number of the series."""
        return f"{self}-"

    def __str__(self) -> str:
        return f"{self.fonds}-{self.category}·{self.year}-{self.retention}"


def read_series(text: str) -> Series | None:
    """Return the series written as `J021-WS·2024-D30`, or None when it is not one."""
    found = read(f"{text.strip()}-0001")
    return found[0] if found else None


def read(text: str) -> tuple[Series, int] | None:
    """Return the series and the item of an archive number, or None when it is not one."""
    found = _NUMBER.fullmatch(text.strip())
    if not found:
        return None
    fonds, category, year, retention, item = found.groups()
    return Series(fonds, category, int(year), retention), int(item)
