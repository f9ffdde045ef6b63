"""Sources (来源表): tables that other offices keep, as resources/sources describes them (docs/sources.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

import resources
from sync.contract.table_files import Place, TableReader, fault, lines_of, read_tables


class Delivers(StrEnum):
    """whole: a newer delivery takes the place of the older. adds: it comes beside."""

    WHOLE = "whole"
    ADDS = "adds"


class ColumnType(StrEnum):
    """What the cells of a column are; `month` is 2025-06 or 202506."""

    TEXT = "text"
    IDENTITY = "identity"
    DATE = "date"
    MONTH = "month"
    AMOUNT = "amount"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class SourceColumn:
    """One column; `read` are other labels under which it comes."""

    name: str
    label: str
    type: ColumnType
    needed: bool
    read: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A table of another office. `person` and `named` are the columns with whom a row is about, "" where there is none."""

    name: str
    label: str
    office: str
    delivers: Delivers
    known_by: tuple[str, ...]
    person: str
    named: str
    fresh_days: int
    columns: tuple[SourceColumn, ...]

    def column(self, name: str) -> SourceColumn:
        """Return the column of that name."""
        return next(one for one in self.columns if one.name == name)


def read_source(where: str, text: str) -> Source:
    """Return the source a TOML text describes.

    Raises:
        FactoryFault: a key is unknown, missing or of another type, or names no column; says file and line.
    """
    place = Place(where, lines_of(text))
    reader = TableReader(place, read_tables(where, text))
    made = Source(
        name=reader.take("name", str),
        label=reader.take("label", str),
        office=reader.take("office", str),
        delivers=reader.take_word("delivers", Delivers, "whole"),
        known_by=reader.words("known_by"),
        person=reader.take("person", str, ""),
        named=reader.take("named", str, ""),
        fresh_days=reader.take("fresh_days", int, 365),
        columns=tuple(_column(inner, table) for inner, table in reader.tables("column")),
    )
    reader.done()
    names = [one.name for one in made.columns]
    if len(names) != len(set(names)):
        twice = next(n for n, name in enumerate(names) if name in names[:n])
        raise fault("a column stands twice", place.inner("column", twice))
    for key, named in (
        ("known_by", made.known_by),
        ("person", (made.person,)),
        ("named", (made.named,)),
    ):
        strange = [one for one in named if one and one not in names]
        if strange:
            raise fault("a column is named that the source does not have", place, key, columns=strange)
    if not made.known_by:
        raise fault("nothing says how a header is known", place, "known_by")
    return made


def _column(place: Place, table: Mapping[str, object]) -> SourceColumn:
    reader = TableReader(place, table)
    made = SourceColumn(
        reader.take("name", str),
        reader.take("label", str),
        reader.take_word("type", ColumnType, "text"),
        reader.take("needed", bool, False),
        reader.words("read"),
    )
    reader.done()
    return made


@cache
def load_sources() -> Mapping[str, Source]:
    """Return every shipped source by its name."""
    folder = files(resources).joinpath("sources")
    named = sorted((entry.name, entry) for entry in folder.iterdir() if entry.name.endswith(".toml"))
    found = [read_source(name, entry.read_text(encoding="utf-8")) for name, entry in named]
    made = {one.name: one for one in found}
    if len(made) != len(found):
        raise fault("two sources share a name", Place("sources"))
    return made
