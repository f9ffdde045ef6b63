"""Kinds of record (档案门类): what a kind asks for, read from resources/kinds/*.toml.

A kind is data: fields, papers, checks, retention, masks and titles. A new kind is a new file, never new code;
sync.contract.kind_files reads it.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final


class FieldType(StrEnum):
    """How a field's text is read, checked and drawn."""

    TEXT = "text"
    NAME = "name"
    IDENTITY = "identity"
    DATE = "date"
    CHOICE = "choice"
    MONEY = "money"  # whole yuan or with two decimals, as text
    INTEGER = "integer"
    PHONE = "phone"
    ACCOUNT = "account"
    PARAGRAPH = "paragraph"


_TITLE_KEY: Final = re.compile(r"\{([^}]+)\}")
_PLAIN_TYPES: Final = (FieldType.TEXT, FieldType.PARAGRAPH, FieldType.CHOICE)
# a day, a number in another spelling, an amount: their text means more than itself
_MEANING_MORE: Final = (FieldType.DATE, FieldType.IDENTITY, FieldType.PHONE, FieldType.ACCOUNT, FieldType.MONEY)


class Mask(StrEnum):
    """What an unauthorised eye sees instead."""

    NONE = ""
    NAME = "name"
    IDENTITY = "identity"
    PHONE = "phone"
    ACCOUNT = "account"
    ADDRESS = "address"
    HIDDEN = "hidden"


class Search(StrEnum):
    """How a field is found again."""

    NONE = ""
    EXACT = "exact"
    TEXT = "text"


class Print(StrEnum):
    """A sheet that is printed of records of a kind (打印): docs/volumes.md says what each holds."""

    CATALOGUE = "catalogue"  # 归档文件目录
    CONTENTS = "contents"  # 卷内目录
    COVER = "cover"  # 案卷封面
    NOTE = "note"  # 备考表
    SPINE = "spine"  # 盒脊
    FACE = "face"  # 盒面
    STAMP = "stamp"  # 归档章
    EXTRACT = "extract"  # 出证


@dataclass(frozen=True, slots=True)
class Condition:
    """True of a record when every stated part is true; an empty condition is always true.

    `field` with `one_of` looks at the value as written; `case_from` (inclusive) and `case_before` look at the date of the
    case, and hold for a case without a date only when neither is given.
    """

    field: str = ""
    one_of: tuple[str, ...] = ()
    case_from: date | None = None
    case_before: date | None = None

    def holds(self, written: Mapping[str, str], case: date | None) -> bool:
        if self.field and written.get(self.field, "") not in self.one_of:
            return False
        if self.case_from or self.case_before:
            if case is None:
                return False
            if self.case_from and case < self.case_from:
                return False
            if self.case_before and case >= self.case_before:
                return False
        return True


@dataclass(frozen=True, slots=True)
class Field:
    """One thing the paper says. `key` is whole (`husband.name`); in a repeated group it is the key behind the number."""

    key: str
    label: str
    type: FieldType
    required: bool
    required_when: Condition | None
    choices: tuple[str, ...]
    refused: tuple[str, ...]  # what must never be entered here, above what merely is no choice
    pattern: str
    pattern_when: Condition | None
    example: str
    help: str
    max_length: int
    mask: Mask
    search: Search
    carry: bool
    counts: bool  # a number that goes up by one from record to record
    default: str
    derived_from: str
    folded: bool
    ahead: bool  # a date that may lie in the future: the end of a notice, the next review
    read_labels: tuple[str, ...]
    # made once from the above, for a county asks them of every field of a million records
    means_more: bool = dataclasses.field(init=False, repr=False, compare=False)
    plain: bool = dataclasses.field(
        init=False, repr=False, compare=False
    )  # only text, not too long, one of the choices

    def __post_init__(self) -> None:
        object.__setattr__(self, "means_more", self.type in _MEANING_MORE)
        object.__setattr__(self, "plain", self.type in _PLAIN_TYPES and not (self.pattern or self.derived_from))


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that stand together on the paper; `beside` names the group drawn in the next column."""

    key: str
    label: str
    fields: tuple[Field, ...]
    beside: str
    repeated: bool
    at_least: int
    keyed: tuple[tuple[str, Field], ...] = dataclasses.field(init=False, repr=False, compare=False)
    needed: tuple[tuple[str, Field], ...] = dataclasses.field(
        init=False, repr=False, compare=False
    )  # always or at times
    derived: tuple[tuple[str, Field], ...] = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "keyed", tuple((field.key, field) for field in self.fields))
        needed = tuple(it for it in self.keyed if it[1].required or it[1].required_when)
        object.__setattr__(self, "needed", needed)
        object.__setattr__(self, "derived", tuple(it for it in self.keyed if it[1].derived_from))


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper (材料) that belongs to a record of this kind, required under its condition at the date of the case."""

    key: str
    label: str
    required: bool
    when: Condition

    def required_for(self, written: Mapping[str, str], case: date | None) -> bool:
        return self.required and self.when.holds(written, case)


@dataclass(frozen=True, slots=True)
class Check:
    """A check over several fields, from a closed list of operators; see sync.contract.checks."""

    operator: str
    field: str
    other: str
    others: tuple[str, ...]
    value: str
    choices: tuple[str, ...]
    amount: int
    level: str
    when: Condition
    basis: str


@dataclass(frozen=True, slots=True)
class Due:
    """A day by which something is to be done with a record (到期): what a field says, or else so long after another."""

    key: str
    label: str
    field: str  # where a person writes the day
    after: str  # the date it is counted from where nobody did
    months: int
    days: int
    when: Condition


@dataclass(frozen=True, slots=True)
class Retention:
    """保管期限: a code of the archive number (Y permanent, D30 thirty years) and, where the clock starts later, the event."""

    code: str
    label: str
    years: int | None
    from_field: str


@dataclass(frozen=True, slots=True)
class Tie:
    """What a kind says of two people it names: `who` spouse, child, marries, divorces or dies (`to` whom).

    `told` leaves it to the field `relation` of `who`: a funeral's handler; `household` too, and they live together.
    """

    who: str
    verb: str
    to: str


TIE_VERBS: Final = ("spouse", "child", "told", "household", "marries", "divorces", "dies")


@dataclass(frozen=True, slots=True)
class Standard:
    """An amount that holds from a day on (标准), where a field says `where`; "" everywhere. `yuan` as text: 820 or 820.50."""

    name: str
    where: str
    since: date
    yuan: str
    basis: str


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record, whole; `order` is its place wherever kinds are listed, and so its key on the keyboard."""

    key: str
    order: int
    version: int
    label: str
    short: str
    english: str
    category: str
    title: str
    basis: str
    case_date: str
    restricted: bool
    retentions: tuple[Retention, ...]
    groups: tuple[Group, ...]
    papers: tuple[Paper, ...]
    checks: tuple[Check, ...]
    dues: tuple[Due, ...]
    extract: tuple[str, ...]  # the fields a certified extract shows, in their order
    prints: tuple[Print, ...]  # in the order of their keys
    document_number: str  # the field that stands in the column 文号 of a list
    people: tuple[str, ...]
    ties: tuple[Tie, ...]
    standards: tuple[Standard, ...]  # in the order of their days
    # every field by its key, made once: a judgement asks for a field at each key, and a county judges a million records
    _by_key: Mapping[str, tuple[Group, Field]] = dataclasses.field(init=False, repr=False, compare=False)
    _once: Mapping[str, Field] = dataclasses.field(init=False, repr=False, compare=False)  # those that never repeat
    title_parts: tuple[str, ...] = dataclasses.field(init=False, repr=False, compare=False)
    """The title's pattern as text, key, text, key … text."""

    def __post_init__(self) -> None:
        by_key: dict[str, tuple[Group, Field]] = {}
        for group, field in self.all_fields():
            by_key.setdefault(field.key, (group, field))
        object.__setattr__(self, "_by_key", by_key)
        once = {key: field for key, (group, field) in by_key.items() if not group.repeated}
        object.__setattr__(self, "_once", once)
        object.__setattr__(self, "title_parts", tuple(_TITLE_KEY.split(self.title)))

    def standard(self, name: str, where: str, day: date) -> Standard | None:
        """Return the standard that held there on that day, None where none did."""
        held = [one for one in self.standards if one.name == name and one.where in ("", where) and one.since <= day]
        return held[-1] if held else None

    def all_fields(self) -> Iterator[tuple[Group, Field]]:
        for group in self.groups:
            for field in group.fields:
                yield group, field

    def field(self, key: str) -> Field | None:
        """Return the field a written key belongs to, None when the kind has no such field.

        In a repeated group the key must name its place (`members.3.name`).
        """
        once = self._once.get(key)
        if once is not None:
            return once
        parts = key.split(".")
        placed = [part for part in parts if part.isdecimal() and part.isascii()]
        found = self._by_key.get(".".join(part for part in parts if part not in placed))
        if found is None:
            return None
        group, field = found
        right_place = len(placed) == 1 and parts[1:2] == placed if group.repeated else not placed
        return field if right_place else None

    def instances(self, group: Group, written: Mapping[str, str]) -> Iterator[tuple[str, Field]]:
        """Return (written key, field) for every place of a group that the record has or must have."""
        return self._places(group, written, group.keyed) if group.repeated else iter(group.keyed)

    def form(self, written: Mapping[str, str]) -> Iterator[str]:
        """Yield the written keys in the form's order, of every place that the record has or must have."""
        return (key for group in self.groups for key, _ in self.instances(group, written))

    def needed(self, written: Mapping[str, str]) -> Iterator[tuple[str, Field]]:
        """Yield (written key, field) of the places that must be filled, always or under a condition."""
        for group in self.groups:
            yield from self._places(group, written, group.needed) if group.repeated else group.needed

    def derived(self, written: Mapping[str, str]) -> Iterator[tuple[str, Field]]:
        """Yield (written key, field) of the places that a number tells where nobody wrote them."""
        for group in self.groups:
            if group.derived:
                yield from self._places(group, written, group.derived) if group.repeated else group.derived

    def _places(
        self, group: Group, written: Mapping[str, str], keyed: tuple[tuple[str, Field], ...]
    ) -> Iterator[tuple[str, Field]]:
        prefix = group.key + "."
        places = (key[len(prefix) :].split(".")[0] for key in written if key.startswith(prefix))
        numbers = {int(place) for place in places if place.isdecimal() and place.isascii()}
        for number in sorted(numbers | set(range(group.at_least))):
            for key, field in keyed:
                yield f"{prefix}{number}.{key.removeprefix(prefix)}", field
