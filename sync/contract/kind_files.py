"""Reading kinds of record from TOML: unknown, missing or mistyped keys are refused with the file's name.

A slip of the pen in a kind's file is thus found when the program starts, not when a clerk meets it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, TypeVar

import resources
from sync.contract.checks import OPERATORS
from sync.contract.errors import FactoryFault
from sync.contract.findings import Level
from sync.contract.kinds import Check, Condition, Field, FieldType, Group, Kind, Mask, Paper, Retention, Search

T = TypeVar("T")


class _Reader:
    """Takes known keys out of a TOML table and refuses what is left."""

    def __init__(self, where: str, table: Mapping[str, Any]) -> None:
        self.where = where
        self.rest = dict(table)

    def take(self, key: str, wanted: type[T], default: T | None = None) -> T:
        if key not in self.rest:
            if default is None:
                raise FactoryFault("a needed key is missing", where=self.where, key=key)
            return default
        value = self.rest.pop(key)
        if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            raise FactoryFault("a key has another type", where=self.where, key=key, wanted=wanted.__name__)
        return value

    def done(self) -> None:
        if self.rest:
            raise FactoryFault("unknown keys", where=self.where, keys=sorted(self.rest))


def _condition(where: str, table: Mapping[str, Any] | None) -> Condition:
    reader = _Reader(where, table or {})
    condition = Condition(
        reader.take("field", str, ""),
        tuple(reader.take("one_of", list, [])),
        reader.rest.pop("case_from", None),
        reader.rest.pop("case_before", None),
    )
    reader.done()
    return condition


def _optional_condition(where: str, reader: _Reader, key: str) -> Condition | None:
    table = reader.rest.pop(key, None)
    return None if table is None else _condition(f"{where}.{key}", table)


def _field(where: str, prefix: str, table: Mapping[str, Any]) -> Field:
    reader = _Reader(where, table)
    key = prefix + reader.take("key", str)
    where = f"{where} {key}"
    reader.where = where
    derived_from = reader.take("derived_from", str, "")
    made = Field(
        key=key,
        label=reader.take("label", str),
        type=FieldType(reader.take("type", str, "text")),
        required=reader.take("required", bool, False),
        required_when=_optional_condition(where, reader, "required_when"),
        choices=tuple(reader.take("choices", list, [])),
        pattern=reader.take("pattern", str, ""),
        pattern_when=_optional_condition(where, reader, "pattern_when"),
        example=reader.take("example", str, ""),
        help=reader.take("help", str, ""),
        max_length=reader.take("max_length", int, 200),
        mask=Mask(reader.take("mask", str, "")),
        search=Search(reader.take("search", str, "")),
        carry=reader.take("carry", bool, False),
        default=reader.take("default", str, ""),
        derived_from=prefix + derived_from if derived_from else "",
        folded=reader.take("folded", bool, False),
        read_labels=tuple(reader.take("read_labels", list, [])),
    )
    reader.done()
    return made


def _group(where: str, table: Mapping[str, Any], blocks: Mapping[str, list[Mapping[str, Any]]]) -> Group:
    reader = _Reader(where, table)
    key = reader.take("key", str, "")
    prefix = key + "." if key else ""
    block = reader.take("use", str, "")
    without = set(reader.take("without", list, []))
    changes: dict[str, Mapping[str, Any]] = reader.take("change", dict, {})
    tables = [
        {**field, **changes.get(field["key"], {})}
        for field in (blocks[block] if block else [])
        if field["key"] not in without
    ]
    tables += reader.take("field", list, [])
    made = Group(
        key=key,
        label=reader.take("label", str, ""),
        fields=tuple(_field(where, prefix, field) for field in tables),
        beside=reader.take("beside", str, ""),
        repeated=reader.take("repeated", bool, False),
        at_least=reader.take("at_least", int, 0),
    )
    reader.done()
    return made


def _paper(where: str, table: Mapping[str, Any]) -> Paper:
    reader = _Reader(where, table)
    made = Paper(
        reader.take("key", str),
        reader.take("label", str),
        reader.take("required", bool, True),
        _condition(where, reader.take("when", dict, {})),
    )
    reader.done()
    return made


def _check(where: str, table: Mapping[str, Any]) -> Check:
    reader = _Reader(where, table)
    made = Check(
        operator=reader.take("operator", str),
        field=reader.take("field", str),
        other=reader.take("other", str, ""),
        value=reader.take("value", str, ""),
        amount=reader.take("amount", int, 0),
        level=reader.take("level", str, "warning"),
        when=_condition(where, reader.take("when", dict, {})),
        basis=reader.take("basis", str, ""),
    )
    reader.done()
    return made


def _retention(where: str, table: Mapping[str, Any]) -> Retention:
    reader = _Reader(where, table)
    years = reader.rest.pop("years", None)
    made = Retention(reader.take("code", str), reader.take("label", str), years, reader.take("from_field", str, ""))
    reader.done()
    return made


def read_kind(where: str, text: str, blocks: Mapping[str, list[Mapping[str, Any]]]) -> Kind:
    """Return the kind a TOML text describes.

    Raises:
        FactoryFault: a key is unknown, missing or of another type, or a check names no field; says where.
    """
    try:
        reader = _Reader(where, tomllib.loads(text))
    except tomllib.TOMLDecodeError as fault:
        raise FactoryFault("not TOML", where=where, fault=str(fault)) from fault
    groups = tuple(_group(f"{where} [[group]]", table, blocks) for table in reader.take("group", list))
    groups += (_group(f"{where} common", {"use": "common", "label": "著录"}, blocks),)
    made = Kind(
        key=reader.take("key", str),
        version=reader.take("version", int),
        label=reader.take("label", str),
        english=reader.take("english", str),
        category=reader.take("category", str),
        title=reader.take("title", str),
        basis=reader.take("basis", str, ""),
        case_date=reader.take("case_date", str),
        restricted=reader.take("restricted", bool, False),
        retentions=tuple(_retention(f"{where} [[retention]]", table) for table in reader.take("retention", list)),
        groups=groups,
        papers=tuple(_paper(f"{where} [[paper]]", table) for table in reader.take("paper", list)),
        checks=tuple(_check(f"{where} [[check]]", table) for table in reader.take("check", list, [])),
        people=tuple(reader.take("people", list, [])),
    )
    reader.done()
    _refuse_dangling(where, made)
    return made


def _refuse_dangling(where: str, kind: Kind) -> None:
    """Every field that a check, condition or title names must exist."""
    named = [kind.case_date]
    for check in kind.checks:
        named += [check.field, check.other, check.when.field]
    named += [paper.when.field for paper in kind.papers]
    named += [field.derived_from for _, field in kind.all_fields()]
    for check in kind.checks:
        if check.operator not in OPERATORS or check.level not in set(Level):
            raise FactoryFault("no such operator or level", where=where, operator=check.operator, level=check.level)
    known = {field.key for _, field in kind.all_fields()} | {group.key for group in kind.groups}
    for name in filter(None, named):
        if name not in known:
            raise FactoryFault("a field is named that the kind does not have", where=where, field=name)
    keys = [field.key for _, field in kind.all_fields()]
    if len(keys) != len(set(keys)):
        raise FactoryFault(
            "a field stands twice", where=where, keys=sorted({key for key in keys if keys.count(key) > 1})
        )


def load_kinds() -> dict[str, Kind]:
    """Return every shipped kind by its key, in the order of the files' names."""
    folder = files(resources).joinpath("kinds")
    named = sorted((entry.name, entry) for entry in folder.iterdir() if entry.name.endswith(".toml"))
    texts = {name: entry.read_text(encoding="utf-8") for name, entry in named}
    return read_kinds(texts)


def read_kinds(texts: Mapping[str, str]) -> dict[str, Kind]:
    """Return the kinds of a set of files by name; files beginning with `_` hold blocks of fields that kinds share."""
    blocks: dict[str, list[Mapping[str, Any]]] = {
        name.removeprefix("_").removesuffix(".toml"): tomllib.loads(text)["field"]
        for name, text in texts.items()
        if name.startswith("_")
    }
    kinds = [read_kind(name, text, blocks) for name, text in texts.items() if not name.startswith("_")]
    return {kind.key: kind for kind in kinds}
