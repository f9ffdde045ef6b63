"""What a sealed copy holds and how it is parted (封存范围): a range of the roll, cut into bags that fit a stick."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from desktop.archive import attachments, sealing
from desktop.archive.archive import Connection
from desktop.archive.sealing import Held, Shelf
from sync.vault.ranges import Leaves

BAG_BYTES: Final = 3_900_000_000  # a stick with FAT32 takes no file of 4 GiB
RECORDS_A_PAGE: Final = 200
_TEXTS_OF_A_BODY: Final = 8  # lines, tables, XML and pages, beside the body itself
_TEXTS_OF_A_RECORD: Final = 4000
_TEXTS_OF_A_FILE: Final = 1400  # its place in the tar, in two manifests and in the lists


@dataclass(frozen=True, slots=True)
class Range:
    """Places from `low` up to, and without, `high`; an open end is "" or None (docs/sealed-copy.md, section 5)."""

    low: str
    high: str | None

    def holds(self, place: str) -> bool:
        return self.low <= place and (self.high is None or place < self.high)

    def meets(self, shelf: Shelf) -> bool:
        """Whether some place of the shelf may lie in the range."""
        stem = f"{shelf.kind} {shelf.year:04d}"
        return stem + "!" > self.low and (self.high is None or stem + " " < self.high)

    def records(self, shelf: Shelf) -> tuple[str, str]:
        """Return from which record of a shelf to before which the range goes; "" for no such end."""
        stem = f"{shelf.kind} {shelf.year:04d} "
        low = self.low[len(stem) :] if self.low.startswith(stem) else ""
        high = self.high[len(stem) :] if self.high is not None and self.high.startswith(stem) else ""
        return low, high

    def __str__(self) -> str:
        return f"{self.low or '-'} to {self.high or '-'}"


def place_of(kind: str, year: int, record: str, revision: str) -> str:
    """Return a record's place in the roll."""
    return f"{kind} {year:04d} {record} {revision}"


class Roll:
    """The roll (总登记) of an archive as it stands: its tree, and what lies just outside a range."""

    def __init__(self, connection: Connection) -> None:
        self.shelves = sealing.shelves(connection)
        self.leaves = Leaves()
        for shelf in self.shelves:
            for record, head in sealing.heads(connection, shelf):
                self.leaves.add(place_of(shelf.kind, shelf.year, record, head).encode())
        self.size = len(self.leaves)
        self.root = self.leaves.root().hex()

    def proof(self, connection: Connection, part: Range) -> tuple[dict[str, object], int]:
        """Return what proves that the places of the range are all there are, and how many they are."""
        first, inside, left, right = 0, 0, "", ""
        for shelf in self.shelves:
            if not part.meets(shelf):
                before = place_of(shelf.kind, shelf.year, "", "") < part.low
                if before:
                    first, left = first + shelf.count, self._end(connection, shelf)
                else:
                    right = right or self._beginning(connection, shelf)
                continue
            for record, head in sealing.heads(connection, shelf):
                place = place_of(shelf.kind, shelf.year, record, head)
                if part.holds(place):
                    inside += 1
                elif place < part.low:
                    first, left = first + 1, place
                else:
                    right = right or place
        start, end = first - bool(left), first + inside + bool(right)
        path = [one.hex() for one in self.leaves.path(start, end)]
        proof = {
            "size": self.size, "root": self.root, "first": start, "from": part.low, "to": part.high,
            "left": left, "right": right, "path": path,
        }  # fmt: skip
        return proof, inside

    def whole(self) -> dict[str, object]:
        """Return what proves the roll itself, where every place of it is given."""
        ends: dict[str, object] = {"from": "", "to": None, "left": "", "right": "", "path": []}
        return {"size": self.size, "root": self.root, "first": 0, **ends}

    def places(self, connection: Connection) -> Iterator[str]:
        """Yield every place, in its order."""
        for shelf in self.shelves:
            for record, head in sealing.heads(connection, shelf):
                yield place_of(shelf.kind, shelf.year, record, head)

    def _end(self, connection: Connection, shelf: Shelf) -> str:
        *_, (record, head) = sealing.heads(connection, shelf)
        return place_of(shelf.kind, shelf.year, record, head)

    def _beginning(self, connection: Connection, shelf: Shelf) -> str:
        record, head = next(sealing.heads(connection, shelf))
        return place_of(shelf.kind, shelf.year, record, head)


def pages_of(
    connection: Connection, shelves: list[Shelf], part: Range, only: Collection[str] | None = None
) -> Iterator[tuple[Shelf, int, list[Held]]]:
    """Yield the records of a range in the order of the roll, at most a page of one shelf at a time, and which page it is.

    Args:
        only: leave out all but these.
    """
    for shelf in shelves:
        if not part.meets(shelf):
            continue
        (since, before), page = part.records(shelf), 0
        while several := sealing.held(connection, shelf, since, before, RECORDS_A_PAGE):
            since = several[-1].uid + "~"
            if kept := several if only is None else [one for one in several if one.uid in only]:
                page += 1
                yield shelf, page, kept


def parts(
    connection: Connection, roll: Roll, whole: Range, most_bytes: int, only: Collection[str] | None = None
) -> list[Range]:
    """Return the range cut so that each part's bag is at most so large, as far as it can be told before it is written.

    Args:
        only: all that is held of it.
    """
    texts = sealing.text_bytes(connection) * _TEXTS_OF_A_BODY + roll.size * _TEXTS_OF_A_RECORD
    if texts + attachments.total_bytes(connection, _TEXTS_OF_A_FILE) < most_bytes:
        return [whole]
    cut, filled, seen, most = [whole], 0, set[str](), most_bytes - most_bytes // 50
    for shelf, _, several in pages_of(connection, roll.shelves, whole, only):
        for one in several:
            mine = len(one.body) * _TEXTS_OF_A_BODY + _TEXTS_OF_A_RECORD
            files = {file["sha256"]: file["size"] + _TEXTS_OF_A_FILE for file in files_of(one)}
            fresh = sum(size for sha256, size in files.items() if sha256 not in seen)
            if filled and filled + mine + fresh > most:
                place = f"{shelf.kind} {shelf.year:04d} {one.uid}"
                cut[-1:] = [replace(cut[-1], high=place), Range(place, whole.high)]
                filled, fresh = 0, sum(files.values())
                seen.clear()
            filled += mine + fresh
            seen.update(files)
    return cut


def files_of(record: Held) -> list[dict[str, Any]]:
    """Return what a record's body says of its files."""
    listed: list[dict[str, Any]] = json.loads(record.body).get("attachments", [])
    return listed
