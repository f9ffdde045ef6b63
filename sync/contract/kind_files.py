"""Reading kinds of record from TOML: unknown, missing or mistyped keys are refused with the file and the line.

A slip of the pen in a kind's file is thus found when the program starts, not when a clerk meets it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from importlib.resources import files
from typing import Any, TypeVar

import resources
from sync.contract.checks import OPERATORS
from sync.contract.errors import FactoryFault
from sync.contract.findings import Level
from sync.contract.kind_lines import Place, lines_of
from sync.contract.kinds import (
    TIE_VERBS,
    Check,
    Condition,
    Due,
    Field,
    FieldType,
    Group,
    Kind,
    Mask,
    Paper,
    Print,
    Retention,
    Search,
    Tie,
)

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)
Blocks = Mapping[str, list[Mapping[str, Any]]]


def _fault(detail: str, place: Place, key: str = "", **facts: object) -> FactoryFault:
    return FactoryFault(detail, where=str(place), line=place.line(key), **facts)


class _Reader:
    """Takes known keys out of a TOML table and refuses what is left."""

    def __init__(self, place: Place, table: Mapping[str, Any]) -> None:
        self.place = place
        self.rest = dict(table)

    def take(self, key: str, wanted: type[T], default: T | None = None) -> T:
        if key not in self.rest:
            if default is None:
                raise _fault("a needed key is missing", self.place, name=key)
            return default
        value = self.rest.pop(key)
        if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            raise _fault("a key has another type", self.place, key, name=key, wanted=wanted.__name__)
        return value

    def take_word(self, key: str, wanted: type[E], default: str) -> E:
        """Return one of the words that the key may be."""
        word = self.take(key, str, default)
        if word not in set(wanted):
            raise _fault("no such word", self.place, key, name=key, word=word, known=sorted(wanted))
        return wanted(word)

    def words(self, key: str) -> tuple[str, ...]:
        words = self.take(key, list, [])
        if not all(isinstance(word, str) for word in words):
            raise _fault("a list holds something other than text", self.place, key, name=key)
        return tuple(words)

    def condition(self, key: str) -> Condition | None:
        """Return the condition under that key; None where there is none."""
        return _condition(self.place.inner(key), self.take(key, dict)) if key in self.rest else None

    def tables(self, key: str, default: list[Any] | None = None) -> list[tuple[Place, Mapping[str, Any]]]:
        """Return every table of an array of tables with its place."""
        return [(self.place.inner(key, n), table) for n, table in enumerate(self.take(key, list, default))]

    def done(self) -> None:
        if self.rest:
            raise _fault("unknown keys", self.place, next(iter(self.rest)), keys=sorted(self.rest))


def _day(reader: _Reader, key: str) -> date | None:
    return reader.take(key, date) if key in reader.rest else None


def _condition(place: Place, table: Mapping[str, Any]) -> Condition:
    reader = _Reader(place, table)
    condition = Condition(
        reader.take("field", str, ""), reader.words("one_of"), _day(reader, "case_from"), _day(reader, "case_before")
    )
    reader.done()
    return condition


def _field(place: Place, prefix: str, table: Mapping[str, Any]) -> Field:
    reader = _Reader(place, table)
    derived_from = reader.take("derived_from", str, "")
    made = Field(
        key=prefix + reader.take("key", str),
        label=reader.take("label", str),
        type=reader.take_word("type", FieldType, "text"),
        required=reader.take("required", bool, False),
        required_when=reader.condition("required_when"),
        choices=reader.words("choices"),
        refused=reader.words("refused"),
        pattern=reader.take("pattern", str, ""),
        pattern_when=reader.condition("pattern_when"),
        example=reader.take("example", str, ""),
        help=reader.take("help", str, ""),
        max_length=reader.take("max_length", int, 200),
        mask=reader.take_word("mask", Mask, ""),
        search=reader.take_word("search", Search, ""),
        carry=reader.take("carry", bool, False),
        counts=reader.take("counts", bool, False),
        default=reader.take("default", str, ""),
        derived_from=prefix + derived_from if derived_from else "",
        folded=reader.take("folded", bool, False),
        ahead=reader.take("ahead", bool, False),
        read_labels=reader.words("read_labels"),
    )
    reader.done()
    return made


def _from_block(reader: _Reader, blocks: Blocks) -> list[Mapping[str, Any]]:
    """The fields of the shared block a group uses, without those it leaves out and with those it changes."""
    block = reader.take("use", str, "")
    without, changes = set(reader.words("without")), reader.take("change", dict, {})
    if block and block not in blocks:
        raise _fault("no such block of fields", reader.place, "use", block=block)
    fields = blocks[block] if block else []
    strange = (without | set(changes)) - {field["key"] for field in fields}
    if strange:
        raise _fault("fields are named that the block does not have", reader.place, "use", keys=sorted(strange))
    return [{**field, **changes.get(field["key"], {})} for field in fields if field["key"] not in without]


def _group(place: Place, table: Mapping[str, Any], blocks: Blocks) -> Group:
    reader = _Reader(place, table)
    key = reader.take("key", str, "")
    prefix = key + "." if key else ""
    shared = [(place.inner("change"), field) for field in _from_block(reader, blocks)]
    made = Group(
        key=key,
        label=reader.take("label", str, ""),
        fields=tuple(_field(where, prefix, field) for where, field in [*shared, *reader.tables("field", [])]),
        beside=reader.take("beside", str, ""),
        repeated=reader.take("repeated", bool, False),
        at_least=reader.take("at_least", int, 0),
    )
    reader.done()
    return made


def _paper(place: Place, table: Mapping[str, Any]) -> Paper:
    reader = _Reader(place, table)
    made = Paper(
        reader.take("key", str),
        reader.take("label", str),
        reader.take("required", bool, True),
        reader.condition("when") or Condition(),
    )
    reader.done()
    return made


def _check(place: Place, table: Mapping[str, Any]) -> Check:
    reader = _Reader(place, table)
    made = Check(
        operator=reader.take("operator", str),
        field=reader.take("field", str),
        other=reader.take("other", str, ""),
        others=reader.words("others"),
        value=reader.take("value", str, ""),
        choices=reader.words("choices"),
        amount=reader.take("amount", int, 0),
        level=reader.take_word("level", Level, "warning"),
        when=reader.condition("when") or Condition(),
        basis=reader.take("basis", str, ""),
    )
    if made.operator not in OPERATORS:
        raise _fault("no such operator", place, "operator", operator=made.operator)
    reader.done()
    return made


def _due(place: Place, table: Mapping[str, Any]) -> Due:
    reader = _Reader(place, table)
    made = Due(
        key=reader.take("key", str),
        label=reader.take("label", str),
        field=reader.take("field", str, ""),
        after=reader.take("after", str, ""),
        months=reader.take("months", int, 0),
        days=reader.take("days", int, 0),
        when=reader.condition("when") or Condition(),
    )
    if not made.field and not made.after:
        raise _fault("a day is due by a field, or after one", place, "key")
    if bool(made.after) != bool(made.months or made.days) or min(made.months, made.days) < 0:
        raise _fault("how long after is said in months or days", place, "after")
    reader.done()
    return made


def _retention(place: Place, table: Mapping[str, Any]) -> Retention:
    reader = _Reader(place, table)
    years = reader.take("years", int) if "years" in reader.rest else None
    made = Retention(reader.take("code", str), reader.take("label", str), years, reader.take("from_field", str, ""))
    reader.done()
    return made


def _tie(reader: _Reader, said: str) -> Tie:
    """Read 「wife spouse husband」, 「person dies」."""
    who, verb, to, *more = [*said.split(), "", "", ""]
    if verb not in TIE_VERBS or any(more):
        raise _fault("not a tie between people", reader.place, "ties", tie=said, known=list(TIE_VERBS))
    return Tie(who, verb, to)


def _prints(reader: _Reader) -> tuple[Print, ...]:
    """Read which sheets are printed: each once, one list of the items and not two, and what is bound has a cover."""
    words = reader.words("prints")
    strange = sorted(set(words) - set(Print))
    if strange:
        raise _fault("no such word", reader.place, "prints", name="prints", word=strange[0], known=sorted(Print))
    found = tuple(Print(word) for word in words)
    if len(found) != len(set(found)):
        raise _fault("a sheet stands twice", reader.place, "prints")
    if Print.CATALOGUE in found and Print.CONTENTS in found:
        raise _fault("kept by item or by volume, not both", reader.place, "prints")
    if (Print.CONTENTS in found) != (Print.COVER in found):
        raise _fault("a list of contents and a cover go together", reader.place, "prints")
    return found


def _tables(where: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        line = re.search(r"at line (\d+)", str(fault))
        raise FactoryFault(
            "not TOML", where=where, line=int(line[1]) if line else len(text.splitlines()), fault=str(fault)
        ) from fault


def read_kind(where: str, text: str, blocks: Blocks) -> Kind:
    """Return the kind a TOML text describes.

    Raises:
        FactoryFault: a key is unknown, missing or of another type, or a check names no field; says file and line.
    """
    place = Place(where, lines_of(text))
    reader = _Reader(place, _tables(where, text))
    groups = tuple(_group(inner, table, blocks) for inner, table in reader.tables("group"))
    groups += (_group(place, {"use": "common", "label": "著录"}, blocks),)
    made = Kind(
        key=reader.take("key", str),
        order=reader.take("order", int),
        version=reader.take("version", int),
        label=reader.take("label", str),
        short=reader.take("short", str),
        english=reader.take("english", str),
        category=reader.take("category", str),
        title=reader.take("title", str),
        basis=reader.take("basis", str, ""),
        case_date=reader.take("case_date", str),
        restricted=reader.take("restricted", bool, False),
        retentions=tuple(_retention(inner, table) for inner, table in reader.tables("retention")),
        groups=groups,
        papers=tuple(_paper(inner, table) for inner, table in reader.tables("paper")),
        checks=tuple(_check(inner, table) for inner, table in reader.tables("check", [])),
        dues=tuple(_due(inner, table) for inner, table in reader.tables("due", [])),
        extract=reader.words("extract"),
        prints=_prints(reader),
        document_number=reader.take("document_number", str, ""),
        people=reader.words("people"),
        ties=tuple(_tie(reader, one) for one in reader.words("ties")),
    )
    reader.done()
    _refuse_dangling(place, made)
    return made


def _refuse_dangling(place: Place, kind: Kind) -> None:
    """Every field that a check, condition, title or person names exists, and none stands twice."""
    fields = [field for _, field in kind.all_fields()]
    groups = {group.key for group in kind.groups if group.key}
    keys = [field.key for field in fields]
    named = [(kind.case_date, place.inner("case_date"))]
    named += [(one, place.inner("people")) for one in kind.people]
    named += [(one, place.inner("extract")) for one in kind.extract]
    named += [(kind.document_number, place.inner("document_number"))]
    named += [(one, place.inner("ties")) for tie in kind.ties for one in (tie.who, tie.to)]
    named += [(group.beside, place.inner("group", n)) for n, group in enumerate(kind.groups)]
    named += [(key, place.inner("title")) for key in re.findall(r"\{([^}]+)\}", kind.title)]
    for number, check in enumerate(kind.checks):
        here = place.inner("check", number)
        named += [(one, here) for one in (check.field, check.other, *check.others, check.when.field)]
    for number, due in enumerate(kind.dues):
        here = place.inner("due", number)
        named += [(one, here) for one in (due.field, due.after, due.when.field)]
    named += [(paper.when.field, place.inner("paper", n)) for n, paper in enumerate(kind.papers)]
    named += [(one.from_field, place.inner("retention", n)) for n, one in enumerate(kind.retentions)]
    for field in fields:
        conditions = [one.field for one in (field.required_when, field.pattern_when) if one]
        named += [(one, place) for one in (field.derived_from, *conditions)]
    for name, here in named:
        if name and name not in groups and name not in keys:
            raise _fault("a field is named that the kind does not have", here, field=name)
    shown = kind.field(kind.document_number)
    if shown is not None and shown.mask:
        raise _fault("a masked field stands in no list", place, "document_number", field=kind.document_number)
    if len(keys) != len(set(keys)):
        raise _fault("a field stands twice", place, keys=sorted({key for key in keys if keys.count(key) > 1}))


def load_kinds() -> dict[str, Kind]:
    """Return every shipped kind by its key, in the kinds' own order."""
    folder = files(resources).joinpath("kinds")
    named = sorted((entry.name, entry) for entry in folder.iterdir() if entry.name.endswith(".toml"))
    texts = {name: entry.read_text(encoding="utf-8") for name, entry in named}
    return read_kinds(texts)


def _block(where: str, text: str) -> list[Mapping[str, Any]]:
    """Return the fields of a shared block, each of which can be read as it stands."""
    reader = _Reader(Place(where, lines_of(text)), _tables(where, text))
    fields = reader.tables("field")
    reader.done()
    for place, table in fields:
        _field(place, "", table)
    return [table for _, table in fields]


def read_kinds(texts: Mapping[str, str]) -> dict[str, Kind]:
    """Return the kinds of a set of files by their order; files beginning with `_` hold blocks of fields that kinds share.

    Raises:
        FactoryFault: a file has a slip, or two kinds share a key, a place in the order or a category code.
    """
    blocks = {
        name.removeprefix("_").removesuffix(".toml"): _block(name, text)
        for name, text in texts.items()
        if name.startswith("_")
    }
    found = {name: read_kind(name, text, blocks) for name, text in texts.items() if not name.startswith("_")}
    seen: dict[tuple[str, object], str] = {}
    for name, kind in found.items():
        for what in (("key", kind.key), ("order", kind.order), ("category", kind.category)):
            if what in seen:
                place = Place(name, lines_of(texts[name]))
                raise _fault("two kinds share what must be their own", place, what[0], name=what[0], other=seen[what])
            seen[what] = name
    return {kind.key: kind for kind in sorted(found.values(), key=lambda kind: kind.order)}
