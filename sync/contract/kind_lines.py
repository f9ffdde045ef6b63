"""Where a key stands in a kind's file: the TOML reader of the standard library tells no lines."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

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
