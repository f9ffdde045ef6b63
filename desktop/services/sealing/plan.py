"""What a sealed copy holds and how it is parted (封存范围): a range of the roll, cut into bags that fit a stick."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from desktop.archive import attachments, sealing
from desktop.archive.archive import Connection
from desktop.archive.sealing import Held, Shelf
from sync.contract.errors import Refused
from sync.contract.kinds import Kind
from sync.vault.ranges import Leaves

_SCOPE: Final = re.compile(r"(?:([^\s\d][^\s]*?)\s*(?:(\d{4})\s*(?:[-–—~至到]\s*(\d{4}))?\s*年?)?)?")
BAG_BYTES: Final = 3_900_000_000  # a stick with FAT32 takes no file of 4 GiB
RECORDS_A_PAGE: Final = 200
_TEXTS_OF_A_BODY: Final = 8  # lines, tables, XML and pages, beside the body itself
_TEXTS_OF_A_RECORD: Final = 4000
_TEXTS_OF_A_FILE: Final = 1400  # its place in the tar, in two manifests and in the lists


@dataclass(frozen=True, slots=True)
class Scope:
    """Which records are asked for: all, those of a kind, or those of a kind and of some years, both ends included."""

    kind: str = ""
    first_year: int = 0
    last_year: int = 0

    def spelled(self) -> str:
        """Return the scope as `read_scope` reads it: nothing for everything."""
        years = f" {self.first_year}" if self.first_year else ""
        return self.kind + years + (f"-{self.last_year}" if self.last_year else "")

    def range(self) -> Range:
        """Return the range of places; whoever asks for years names a kind."""
        if not self.kind:
            return Range("", None)
        if not self.first_year:
            return Range(f"{self.kind} ", f"{self.kind}!")  # the sign behind the blank
        return Range(f"{self.kind} {self.first_year:04d}", f"{self.kind} {(self.last_year or self.first_year) + 1:04d}")


def read_scope(text: str, kinds: Mapping[str, Kind]) -> Scope:
    """Return the scope that a person typed: nothing for everything, `结婚`, `结婚 2016`, `结婚 2010-2016`.

    Raises:
        Refused: with `reason` scope: no such kind, or no years.
    """
    found = _SCOPE.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if found is None:
        raise Refused("scope", reason="scope")
    name, first, last = found.groups()
    if not name:
        return Scope()
    kind = next((one.key for one in kinds.values() if name in (one.key, one.label, one.short)), None)
    if kind is None or (last and last < first):
        raise Refused("scope", reason="scope")
    return Scope(kind, int(first or 0), int(last or 0))


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

    def _end(self, connection: Connection, shelf: Shelf) -> str:
        *_, (record, head) = sealing.heads(connection, shelf)
        return place_of(shelf.kind, shelf.year, record, head)

    def _beginning(self, connection: Connection, shelf: Shelf) -> str:
        record, head = next(sealing.heads(connection, shelf))
        return place_of(shelf.kind, shelf.year, record, head)


def pages_of(connection: Connection, shelves: list[Shelf], part: Range) -> Iterator[tuple[Shelf, int, list[Held]]]:
    """Yield the records of a range in the order of the roll, at most a page of one shelf at a time, and which page it is."""
    for shelf in shelves:
        if not part.meets(shelf):
            continue
        (since, before), page = part.records(shelf), 0
        while several := sealing.held(connection, shelf, since, before, RECORDS_A_PAGE):
            page, since = page + 1, several[-1].uid + "~"
            yield shelf, page, several


def parts(connection: Connection, roll: Roll, whole: Range, most_bytes: int) -> list[Range]:
    """Return the range cut so that each part's bag is at most so large, as far as it can be told before it is written."""
    texts = sealing.text_bytes(connection) * _TEXTS_OF_A_BODY + roll.size * _TEXTS_OF_A_RECORD
    if texts + attachments.total_bytes(connection, _TEXTS_OF_A_FILE) < most_bytes:
        return [whole]
    cut, filled, seen, most = [whole], 0, set[str](), most_bytes - most_bytes // 50
    for shelf, _, several in pages_of(connection, roll.shelves, whole):
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
