"""Reading a TOML file of ours: unknown, missing or mistyped keys are refused with the file and the line.

The TOML reader of the standard library tells no lines: `lines_of` does.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, TypeVar

from sync.contract.errors import FactoryFault

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

_HEAD = re.compile(r"\s*\[\[?\s*([A-Za-z0-9_.-]+)\s*\]\]?")
_KEY = re.compile(r"\s*([A-Za-z0-9_-]+)\s*=")

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A table of a file, by the path that leads to it: ("group", 2, "field", 0)."""

    file: str
    lines: Mapping[Path, int] = field(default_factory=dict)
    path: Path = ()

    def inner(self, *steps: str | int) -> Place:
        return replace(self, path=(*self.path, *steps))

    def line(self, key: str = "") -> int:
        """Return the line of the key, else of the nearest table that holds it; 1 where nothing is known.

        An inline table stands on the line of its own key.
        """
        path = (*self.path, key) if key else self.path
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def __str__(self) -> str:
        names = ".".join(step for step in self.path if isinstance(step, str))
        return f"{self.file} [[{names}]]" if names else self.file


def lines_of(text: str) -> dict[Path, int]:
    """Return the line of every table and every key that stands at the beginning of a line."""
    found: dict[Path, int] = {}
    here: Path = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if head := _HEAD.match(line):
            here = _entered(found, head[1].split("."))
            found[here] = number
        elif key := _KEY.match(line):
            found.setdefault((*here, key[1]), number)
    return found


def _entered(found: Mapping[Path, int], names: list[str]) -> Path:
    """The path of the table a head opens: one further in the last array, inside the newest of those above it."""
    here: Path = ()
    for depth, name in enumerate(names):
        count = 0
        while (*here, name, count) in found:
            count += 1
        here = (*here, name, count if depth == len(names) - 1 else max(count - 1, 0))
    return here


def fault(detail: str, place: Place, key: str = "", **facts: object) -> FactoryFault:
    """Return the fault of a file at this place."""
    return FactoryFault(detail, where=str(place), line=place.line(key), **facts)


class TableReader:
    """Takes known keys out of a TOML table and refuses what is left."""

    def __init__(self, place: Place, table: Mapping[str, Any]) -> None:
        self.place = place
        self.rest = dict(table)

    def take(self, key: str, wanted: type[T], default: T | None = None) -> T:
        """Return the value of a key, of the wanted type; without a default the key is needed."""
        if key not in self.rest:
            if default is None:
                raise fault("a needed key is missing", self.place, name=key)
            return default
        value = self.rest.pop(key)
        if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            raise fault("a key has another type", self.place, key, name=key, wanted=wanted.__name__)
        return value

    def take_word(self, key: str, wanted: type[E], default: str) -> E:
        """Return one of the words that the key may be."""
        word = self.take(key, str, default)
        if word not in set(wanted):
            raise fault("no such word", self.place, key, name=key, word=word, known=sorted(wanted))
        return wanted(word)

    def words(self, key: str) -> tuple[str, ...]:
        """Return a list of texts, empty where the key is not there."""
        words = self.take(key, list, [])
        if not all(isinstance(word, str) for word in words):
            raise fault("a list holds something other than text", self.place, key, name=key)
        return tuple(words)

    def tables(self, key: str, default: list[Any] | None = None) -> list[tuple[Place, Mapping[str, Any]]]:
        """Return every table of an array of tables with its place."""
        return [(self.place.inner(key, n), table) for n, table in enumerate(self.take(key, list, default))]

    def done(self) -> None:
        """Nothing is left that nobody took."""
        if self.rest:
            raise fault("unknown keys", self.place, next(iter(self.rest)), keys=sorted(self.rest))


def read_tables(where: str, text: str) -> dict[str, Any]:
    """Return what a TOML text says.

    Raises:
        FactoryFault: it is none; says file and line.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        raise FactoryFault(
            "not TOML", where=where, line=int(line[1]) if line else len(text.splitlines()), fault=str(error)
        ) from error
