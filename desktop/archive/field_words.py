"""Words of a question that ask one field (按字段检索): 「男方=王秀英」 holds of a record whose husband is called so, and of no other.

The index does not know fields. It is asked for the value as for any word, and what it finds is read: a record is kept when one
of the fields that bear the name holds the value, in any of the ways in which a word of a question is found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.engine import Connection

from desktop.archive import bodies, segments
from desktop.archive.search_entries import compact
from sync.contract import pinyin
from sync.contract.folding import fold
from sync.contract.kinds import Field, FieldType, Group, Kind, Search
from sync.contract.revisions import read_body

LAST_FOUR: Final = 4
BEGUN_IDENTITY: Final = 6
_FIELD_WORD = re.compile(r"([^=＝]+)[=＝](.*)", re.DOTALL)
_SAID: Final = "SELECT r.kind, v.body FROM record r JOIN revision v ON v.id = r.head WHERE r.id = ?"


@dataclass(frozen=True, slots=True)
class FieldWord:
    """A value, and the name of the fields it is asked of, as typed."""

    name: str
    value: str


def read(word: str) -> FieldWord | None:
    """Return what a typed word asks of a field; None for a word that names none."""
    found = _FIELD_WORD.fullmatch(word)
    return FieldWord(found[1], found[2]) if found else None


class FieldNames:
    """What the fields of the kinds are called: by their label, by their group's («男方»: the name in it), or by both."""

    def __init__(self, kinds: Mapping[str, Kind]) -> None:
        self._kinds = kinds
        self._known: dict[str, Mapping[str, frozenset[str]]] = {}

    def unknown(self, asked: Iterable[FieldWord]) -> tuple[str, ...]:
        """Return the names among these that no searched field of any kind bears."""
        return tuple(one.name for one in asked if not self.fields(one.name))

    def fields(self, name: str) -> Mapping[str, frozenset[str]]:
        """Return the keys of the searched fields that are called so, by kind; those that only hold the name if none is."""
        wanted = fold(name).strip()
        if wanted not in self._known:
            self._known[wanted] = self._bearing(lambda names: wanted in names) or self._bearing(
                lambda names: any(wanted in one for one in names)
            )
        return self._known[wanted]

    def _bearing(self, fits: Callable[[tuple[str, ...]], bool]) -> Mapping[str, frozenset[str]]:
        found = {
            key: frozenset(
                field.key
                for group, field in kind.all_fields()
                if field.search is not Search.NONE and fits(_names(group, field))
            )
            for key, kind in self._kinds.items()
        }
        return {key: fields for key, fields in found.items() if fields}

    def keeps(self, connection: Connection, asked: tuple[FieldWord, ...]) -> Callable[[int], bool]:
        """Return whether the record of a row says every one of these, as a function of the row."""
        raw: Any = connection.connection.driver_connection
        wanted = [(self.fields(one.name), one.value) for one in asked]

        def kept(row: int) -> bool:
            found = raw.execute(_SAID, (row,)).fetchone()
            if found is None or any(found[0] not in fields for fields, _ in wanted):
                return False
            kind, said = self._kinds[found[0]], read_body(bodies.unpack(found[1]))
            return all(_says(kind, said, fields[kind.key], value) for fields, value in wanted)

        return kept


def _names(group: Group, field: Field) -> tuple[str, ...]:
    names = (fold(field.label), fold(group.label + field.label))
    return (*names, fold(group.label)) if field.type is FieldType.NAME and group.key else names


def _says(kind: Kind, said: Mapping[str, Any], keys: frozenset[str], value: str) -> bool:
    """Whether one of these fields, as written or as meant, holds the value."""
    for key, written in said.get("fields", {}).items():
        one = kind.field(key)
        if one is None or one.key not in keys:
            continue
        meant = str(said["normal"].get(key, {}).get("value", written))
        if any(_holds(one, text, value) for text in dict.fromkeys((str(written), meant))):
            return True
    return False


def _holds(field: Field, text: str, value: str) -> bool:
    number = compact(value)
    if field.type is FieldType.IDENTITY:
        held = compact(text)
        if len(number) == LAST_FOUR:
            return held.endswith(number)
        return held.startswith(number) and len(number) >= BEGUN_IDENTITY
    if field.type is FieldType.NAME and number.isascii() and number.isalpha() and _spells(text, number):
        return True
    if field.type is FieldType.DATE and compact(text) == number:
        return True
    if field.search is Search.EXACT and any(map(str.isdigit, number)) and compact(text).startswith(number):
        return True
    runs = segments.runs(text)
    return all(any(run in one for one in runs) if segments.is_han(run) else run in runs for run in segments.runs(value))


def _spells(name: str, typed: str) -> bool:
    """Whether typed letters are initials of a name from its first on, or syllables of it from any of them on."""
    characters = "".join(run for run in segments.runs(name) if segments.is_han(run))
    for syllables in pinyin.readings(characters):
        if "".join(one[0] for one in syllables).startswith(typed):
            return True
        if any("".join(syllables[first:]).startswith(typed) for first in range(len(syllables))):
            return True
    return False
