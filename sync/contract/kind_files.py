"""Reading kinds of record from TOML: unknown, missing or mistyped keys are refused with the file and the line.

A slip of the pen in a kind's file is thus found when the program starts, not when a clerk meets it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from importlib.resources import files
from typing import Any

import resources
from sync.contract.checks import OPERATORS
from sync.contract.findings import Level
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
    Standard,
    Tie,
)
from sync.contract.table_files import Place, TableReader, fault, lines_of, read_tables

STANDARDS = "standards.toml"
Blocks = Mapping[str, list[Mapping[str, Any]]]


def _day(reader: TableReader, key: str) -> date | None:
    return reader.take(key, date) if key in reader.rest else None


def _condition(place: Place, table: Mapping[str, Any]) -> Condition:
    reader = TableReader(place, table)
    condition = Condition(
        reader.take("field", str, ""), reader.words("one_of"), _day(reader, "case_from"), _day(reader, "case_before")
    )
    reader.done()
    return condition


def _when(reader: TableReader, key: str) -> Condition | None:
    """Return the condition under that key; None where there is none."""
    return _condition(reader.place.inner(key), reader.take(key, dict)) if key in reader.rest else None


def _field(place: Place, prefix: str, table: Mapping[str, Any]) -> Field:
    reader = TableReader(place, table)
    derived_from = reader.take("derived_from", str, "")
    made = Field(
        key=prefix + reader.take("key", str),
        label=reader.take("label", str),
        type=reader.take_word("type", FieldType, "text"),
        required=reader.take("required", bool, False),
        required_when=_when(reader, "required_when"),
        choices=reader.words("choices"),
        refused=reader.words("refused"),
        pattern=reader.take("pattern", str, ""),
        pattern_when=_when(reader, "pattern_when"),
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


def _from_block(reader: TableReader, blocks: Blocks) -> list[Mapping[str, Any]]:
    """The fields of the shared block a group uses, without those it leaves out and with those it changes."""
    block = reader.take("use", str, "")
    without, changes = set(reader.words("without")), reader.take("change", dict, {})
    if block and block not in blocks:
        raise fault("no such block of fields", reader.place, "use", block=block)
    fields = blocks[block] if block else []
    strange = (without | set(changes)) - {field["key"] for field in fields}
    if strange:
        raise fault("fields are named that the block does not have", reader.place, "use", keys=sorted(strange))
    return [{**field, **changes.get(field["key"], {})} for field in fields if field["key"] not in without]


def _group(place: Place, table: Mapping[str, Any], blocks: Blocks) -> Group:
    reader = TableReader(place, table)
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
    reader = TableReader(place, table)
    made = Paper(
        reader.take("key", str),
        reader.take("label", str),
        reader.take("required", bool, True),
        _when(reader, "when") or Condition(),
    )
    reader.done()
    return made


def _check(place: Place, table: Mapping[str, Any]) -> Check:
    reader = TableReader(place, table)
    made = Check(
        operator=reader.take("operator", str),
        field=reader.take("field", str),
        other=reader.take("other", str, ""),
        others=reader.words("others"),
        value=reader.take("value", str, ""),
        choices=reader.words("choices"),
        amount=reader.take("amount", int, 0),
        level=reader.take_word("level", Level, "warning"),
        when=_when(reader, "when") or Condition(),
        basis=reader.take("basis", str, ""),
    )
    if made.operator not in OPERATORS:
        raise fault("no such operator", place, "operator", operator=made.operator)
    reader.done()
    return made


def _due(place: Place, table: Mapping[str, Any]) -> Due:
    reader = TableReader(place, table)
    made = Due(
        key=reader.take("key", str),
        label=reader.take("label", str),
        field=reader.take("field", str, ""),
        after=reader.take("after", str, ""),
        months=reader.take("months", int, 0),
        days=reader.take("days", int, 0),
        when=_when(reader, "when") or Condition(),
    )
    if not made.field and not made.after:
        raise fault("a day is due by a field, or after one", place, "key")
    if bool(made.after) != bool(made.months or made.days) or min(made.months, made.days) < 0:
        raise fault("how long after is said in months or days", place, "after")
    reader.done()
    return made


def _retention(place: Place, table: Mapping[str, Any]) -> Retention:
    reader = TableReader(place, table)
    years = reader.take("years", int) if "years" in reader.rest else None
    made = Retention(reader.take("code", str), reader.take("label", str), years, reader.take("from_field", str, ""))
    reader.done()
    return made


def _tie(reader: TableReader, said: str) -> Tie:
    """Read 「wife spouse husband」, 「person dies」."""
    who, verb, to, *more = [*said.split(), "", "", ""]
    if verb not in TIE_VERBS or any(more):
        raise fault("not a tie between people", reader.place, "ties", tie=said, known=list(TIE_VERBS))
    return Tie(who, verb, to)


def _prints(reader: TableReader) -> tuple[Print, ...]:
    """Read which sheets are printed: each once, one list of the items and not two, and what is bound has a cover."""
    words = reader.words("prints")
    strange = sorted(set(words) - set(Print))
    if strange:
        raise fault("no such word", reader.place, "prints", name="prints", word=strange[0], known=sorted(Print))
    found = tuple(Print(word) for word in words)
    if len(found) != len(set(found)):
        raise fault("a sheet stands twice", reader.place, "prints")
    if Print.CATALOGUE in found and Print.CONTENTS in found:
        raise fault("kept by item or by volume, not both", reader.place, "prints")
    if (Print.CONTENTS in found) != (Print.COVER in found):
        raise fault("a list of contents and a cover go together", reader.place, "prints")
    return found


def read_kind(where: str, text: str, blocks: Blocks) -> Kind:
    """Return the kind a TOML text describes.

    Raises:
        FactoryFault: a key is unknown, missing or of another type, or a check names no field; says file and line.
    """
    place = Place(where, lines_of(text))
    reader = TableReader(place, read_tables(where, text))
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
        standards=(),
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
            raise fault("a field is named that the kind does not have", here, field=name)
    shown = kind.field(kind.document_number)
    if shown is not None and shown.mask:
        raise fault("a masked field stands in no list", place, "document_number", field=kind.document_number)
    if len(keys) != len(set(keys)):
        raise fault("a field stands twice", place, keys=sorted({key for key in keys if keys.count(key) > 1}))


def shipped_texts() -> dict[str, str]:
    """Return the files of kinds that the program ships with, by name."""
    folder = files(resources).joinpath("kinds")
    named = sorted((entry.name, entry) for entry in folder.iterdir() if entry.name.endswith(".toml"))
    return {name: entry.read_text(encoding="utf-8") for name, entry in named}


def load_kinds() -> dict[str, Kind]:
    """Return every shipped kind by its key, in the kinds' own order."""
    return read_kinds(shipped_texts())


def _block(where: str, text: str) -> list[Mapping[str, Any]]:
    """Return the fields of a shared block, each of which can be read as it stands."""
    reader = TableReader(Place(where, lines_of(text)), read_tables(where, text))
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
    own = {name: text for name, text in texts.items() if not name.startswith("_") and name != STANDARDS}
    found = {name: read_kind(name, text, blocks) for name, text in own.items()}
    seen: dict[tuple[str, object], str] = {}
    for name, kind in found.items():
        for what in (("key", kind.key), ("order", kind.order), ("category", kind.category)):
            if what in seen:
                place = Place(name, lines_of(texts[name]))
                raise fault("two kinds share what must be their own", place, what[0], name=what[0], other=seen[what])
            seen[what] = name
    kinds = {kind.key: kind for kind in sorted(found.values(), key=lambda kind: kind.order)}
    return _with_standards(kinds, texts.get(STANDARDS, ""))


def _with_standards(kinds: Mapping[str, Kind], text: str) -> dict[str, Kind]:
    """Return the kinds with the standards (标准) that a file gives them; docs/editions.md, section 1."""
    reader = TableReader(Place(STANDARDS, lines_of(text)), read_tables(STANDARDS, text))
    given: dict[str, list[Standard]] = {}
    for place, table in reader.tables("standard", []):
        one = TableReader(place, table)
        key, yuan = one.take("kind", str), one.take("amount", int)
        if key not in kinds or yuan < 0:
            raise fault("a standard of no kind, or of no amount", place, "kind", kind=key)
        made = Standard(one.take("name", str), one.take("where", str, ""), one.take("from", date), str(yuan),
                        one.take("basis", str, ""))  # fmt: skip
        one.done()
        given.setdefault(key, []).append(made)
    reader.done()
    return {
        key: replace(kind, standards=tuple(sorted(given[key], key=lambda one: (one.since, one.name, one.where))))
        if key in given
        else kind
        for key, kind in kinds.items()
    }
