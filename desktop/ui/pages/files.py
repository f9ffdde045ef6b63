"""The files of one record (原件): their pages are counted through all of them, from 1."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from desktop.ui.widgets.viewer import Picture
from sync.contract.errors import Refused


@dataclass(frozen=True, slots=True)
class Files:
    """(sha256, pages) of each file in order, and how the picture of a page of one is got."""

    each: tuple[tuple[str, int], ...]
    fetch: Callable[[str, int, int], Picture]

    @property
    def pages(self) -> int:
        return sum(count for _sha256, count in self.each)

    def has(self, sha256: str) -> bool:
        return any(one == sha256 for one, _count in self.each)

    def picture(self, page: int, dpi: int) -> Picture:
        """Return the picture of a page counted through all files.

        Raises:
            Refused: there is no such page; and what the reader refuses.
        """
        for sha256, count in self.each:
            if page <= count:
                return self.fetch(sha256, page, dpi)
            page -= count
        raise Refused("no such page", page=page)


def files_of(attachments: Iterable[Mapping[str, Any]], fetch: Callable[[str, int, int], Picture]) -> Files:
    """Return the files of a record's body."""
    return Files(tuple((str(one["sha256"]), int(one["pages"])) for one in attachments), fetch)
