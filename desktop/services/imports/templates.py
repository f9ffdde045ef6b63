"""Templates (导入模板): which column of a table is which field of which kind; docs/imports.md, section 3."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as member
from functools import cache
from importlib.resources import files
from typing import Any, Final

import resources
from sync.contract.errors import BadRequest
from sync.contract.validation import Origin

LAYOUT: Final = 1
EACH_ROW: Final = "*"  # members.*.name: one place of the group for each row of an entry


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """Where a column's text goes: `also` to more fields, `otherwise` where the first cannot read it as a date.

    `lead` is the field it goes to in the row that leads an entry (the householder's among the members').
    """

    field: str
    values: Mapping[str, str] = member(default_factory=dict)
    also: tuple[str, ...] = ()
    otherwise: str = ""
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """By which kind the rows are judged for which `when` holds: column label to the texts it may have."""

    kind: str
    columns: Mapping[str, ColumnUse]
    when: Mapping[str, tuple[str, ...]] = member(default_factory=dict)
    lead_when: Mapping[str, tuple[str, ...]] = member(default_factory=dict)
    fixed: Mapping[str, str] = member(default_factory=dict)
    origin: Origin = Origin.PAPER
    retention: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """How a table becomes records."""

    name: str
    source: str
    parts: tuple[Part, ...]
    key: tuple[str, ...] = ()
    group: tuple[str, ...] = ()

    @property
    def labels(self) -> frozenset[str]:
        """Every column the template names."""
        named = {*self.key, *self.group}
        for part in self.parts:
            named |= {*part.columns, *part.when, *part.lead_when}
        return frozenset(named)

    def to_json(self) -> str:
        """Return the template as it is kept."""
        return json.dumps(
            {
                "layout": LAYOUT,
                "name": self.name,
                "source": self.source,
                "key": self.key,
                "group": self.group,
                "parts": [_part_table(part) for part in self.parts],
            },
            ensure_ascii=False,
            sort_keys=True,
        )


def _part_table(part: Part) -> dict[str, Any]:
    return {
        "kind": part.kind,
        "when": part.when,
        "lead_when": part.lead_when,
        "origin": part.origin.value,
        "retention": part.retention,
        "fixed": part.fixed,
        "columns": {label: _use_table(use) for label, use in part.columns.items()},
    }


def _use_table(use: ColumnUse) -> dict[str, Any]:
    said = {"field": use.field, "values": use.values, "also": use.also, "otherwise": use.otherwise, "lead": use.lead}
    return {name: value for name, value in said.items() if value}


def read_template(table: Mapping[str, Any]) -> Template:
    """Return the template that a kept or shipped table says.

    Raises:
        BadRequest: of a newer layout, or with a part missing.
    """
    if table.get("layout") != LAYOUT:
        raise BadRequest("a template of another layout", layout=table.get("layout"), known=LAYOUT)
    try:
        parts = tuple(_read_part(part) for part in table.get("part", table.get("parts", ())))
        key, group = tuple(table.get("key", ())), tuple(table.get("group", ()))
        return Template(table["name"], table["source"], parts, key, group)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadRequest("not a template") from error


def _read_part(table: Mapping[str, Any]) -> Part:
    return Part(
        kind=table["kind"],
        columns={label: _read_use(use) for label, use in table["columns"].items()},
        when={label: tuple(texts) for label, texts in table.get("when", {}).items()},
        lead_when={label: tuple(texts) for label, texts in table.get("lead_when", {}).items()},
        fixed=dict(table.get("fixed", {})),
        origin=Origin(table.get("origin", "paper")),
        retention=table.get("retention", ""),
    )


def _read_use(use: str | Mapping[str, Any]) -> ColumnUse:
    if isinstance(use, str):
        return ColumnUse(use)
    return ColumnUse(
        use["field"], dict(use.get("values", {})), tuple(use.get("also", ())), use.get("otherwise", ""), use.get("lead", "")
    )  # fmt: skip


@cache
def shipped() -> tuple[Template, ...]:
    """Return the templates that come with the program, the one with the most columns first."""
    folder = files(resources).joinpath("imports/templates")
    found = [read_template(tomllib.loads(one.read_text(encoding="utf-8"))) for one in folder.iterdir()]
    return tuple(sorted(found, key=lambda one: (-len(one.labels), one.name)))
