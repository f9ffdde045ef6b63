"""One window (全市通办): who is named in which record of a county, told so that it finds a file and says no more. docs/one-window.md."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Final

from sync.contract import numbers
from sync.contract.kinds import Kind
from sync.contract.mentions import Mention, mentions_of, plain_name
from sync.contract.messages import SentRevision
from sync.contract.revisions import RecordId, TownshipId

EVERYBODY: Final = "all"
"""In a rule: every township, or every kind."""
VIEW_BYTES: Final = 8
SALT_BYTES: Final = 16
FEWEST_ENTRIES: Final = 250
MOST_ENTRIES: Final = 10_000
MOST_LOOKS: Final = 200
LONGEST_PURPOSE: Final = 200
LONGEST_NAME: Final = 60
_KEY_BYTES: Final = 3
_COST: Final = {"n": 4096, "r": 8, "p": 1}
_PERSON: Final = struct.Struct(">3sHB")


class May(StrEnum):
    """What a township may do with records of a kind that another holds (可见规则); each includes the one before."""

    NONE = "none"
    FIND = "find"
    OPEN = "open"
    PAGES = "pages"

    def includes(self, other: May) -> bool:
        """Whether who may do this may do the other, too."""
        order = list(May)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True)
class SlicePerson:
    """Somebody whom a record names: name key, and the years the birth may be in; 0 where the paper tells nothing."""

    key: int
    born: int
    span: int


@dataclass(frozen=True, slots=True)
class SliceEntry:
    """What the slice says of a record; without people the record is out of it."""

    POSITIONAL: ClassVar[bool] = True
    record: bytes
    kind: str
    year: int
    township: str
    people: bytes


@dataclass(frozen=True, slots=True)
class SliceAsked:
    """What a desk has of the slice: its view and the edition it stands at.

    Args:
        looks_after: the number of the last look at the own township's records that this desk heard of.
        most: entries wanted at once.
    """

    view: bytes
    after: int
    looks_after: int = 0
    most: int = 2000


@dataclass(frozen=True, slots=True)
class Look:
    """A record of the asking township was opened elsewhere (他镇调阅); `number` counts the looks at that township's records."""

    number: int
    grant: str
    record: RecordId
    at: str
    township: str
    township_name: str
    person: str
    purpose: str


@dataclass(frozen=True, slots=True)
class HolderName:
    """A township and what it is called."""

    POSITIONAL: ClassVar[bool] = True
    township: str
    name: str


@dataclass(frozen=True, slots=True)
class SliceTold:
    """What changed in the slice since; without a salt it says only the view, for the desk asked in another or from an edition there has not been: it begins at 0.

    Args:
        end: the edition the desk stands at once it has these entries.
        salt: of the name keys.
        holders: names of the townships that these entries name.
    """

    view: bytes
    end: int = 0
    more: bool = False
    salt: bytes = b""
    entries: tuple[SliceEntry, ...] = ()
    holders: tuple[HolderName, ...] = ()
    looks: tuple[Look, ...] = ()


@dataclass(frozen=True, slots=True)
class GrantAsked:
    """A person at a desk wants to open a record of another township: whom it is about, and what for (查档事由)."""

    record: RecordId
    name: str
    person: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Granted:
    """The record may be read until then, and this is what it says.

    Args:
        pages: its pages may be read, too.
    """

    id: str
    until: str
    township: TownshipId
    township_name: str
    pages: bool
    revision: SentRevision


def name_key(name: str, salt: bytes) -> int:
    """Return the 24 bits under which a name is looked up; slow on purpose, some ten milliseconds."""
    made = hashlib.scrypt(plain_name(name).encode(), salt=salt, dklen=_KEY_BYTES, **_COST)
    return int.from_bytes(made, "big")


def names_in(kind: Kind, said: Mapping[str, Any]) -> Iterator[tuple[str, Mention]]:
    """Yield each name that a body names somebody by, as it is compared, with who that is; former names too.

    Raises:
        AttributeError, KeyError, TypeError, ValueError: the body is of a newer kind.
    """
    for mention in mentions_of(kind, said) if "fields" in said else ():
        for name in dict.fromkeys((plain_name(mention.name), plain_name(mention.former))):
            if name:
                yield name, mention


def year_of(said: Mapping[str, Any]) -> int:
    """Return the year of a body's archive number, 0 if it cannot be read."""
    found = numbers.read(str(said.get("number", "")))
    return found[0].year if found else 0


def pack_people(people: Iterable[SlicePerson]) -> bytes:
    """Return the people of an entry as bytes, each once, in the order of their keys."""
    ordered = sorted({(one.key, one.born, one.span) for one in people})
    return b"".join(_PERSON.pack(key.to_bytes(_KEY_BYTES, "big"), born, span) for key, born, span in ordered)


def read_people(packed: bytes) -> tuple[SlicePerson, ...]:
    """Return the people of an entry. Raises ValueError: these are not whole people."""
    if len(packed) % _PERSON.size:
        raise ValueError("people of a slice cut short")
    return tuple(SlicePerson(int.from_bytes(key, "big"), born, span) for key, born, span in _PERSON.iter_unpack(packed))


def slice_person(key: int, mention: Mention) -> SlicePerson:
    """Return somebody as the slice tells of them."""
    born = mention.born
    if born is None:
        return SlicePerson(key, 0, 0)
    return SlicePerson(key, born.first.year, min(255, born.last.year - born.first.year))
