"""Editing a template (改对应): one column, one fixed value, one kind at a time; nothing is judged until the dry run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from desktop.services.imports.proposing import is_relation, values_for
from desktop.services.imports.templates import EACH_ROW, ColumnUse, Part, Template
from sync.contract.kinds import Kind
from sync.contract.validation import Origin

LEADERS: Final = ("户主", "本人", "申请人", "01", "02")  # GB/T 4761: 01 本人, 02 户主
PLACES: Final = 8  # of a repeated group, offered one by one beside "each row"


@dataclass(frozen=True, slots=True)
class FieldChoice:
    """A field a column may be; `column` is the one it is now, `fixed` the text that stands there for every entry."""

    key: str
    label: str
    needed: bool
    column: str
    fixed: str
    defaulted: bool


def choices_of(kind: Kind, part: Part) -> list[FieldChoice]:
    """Return every field of the kind in the form's order, with the column or text that fills it."""
    columns: dict[str, str] = {}
    for label, use in part.columns.items():
        for key in filter(None, (use.field, *use.also, use.otherwise, use.lead)):
            columns.setdefault(key, label)
    found: list[FieldChoice] = []
    for group in kind.groups:
        places = [EACH_ROW, *(str(number) for number in range(PLACES))] if group.repeated else [""]
        for place in places:
            for field in group.fields:
                key = f"{group.key}.{place}.{field.key.removeprefix(group.key + '.')}" if place else field.key
                named = f"{group.label}{'' if place in ('', EACH_ROW) else int(place) + 1}·{field.label}"
                found.append(
                    FieldChoice(
                        key,
                        named if group.key else field.label,
                        field.required and not place,
                        columns.get(key, ""),
                        part.fixed.get(key, ""),
                        bool(field.default or field.derived_from),
                    )
                )
    return found


def with_column(kind: Kind, template: Template, place: int, label: str, key: str, samples: Sequence[str]) -> Template:
    """Return the template with the column as that field, or as none for ""; a column that was it before is none."""
    part = template.parts[place]
    columns = {one: use for one, use in part.columns.items() if one != label and (not key or use.field != key)}
    if key:
        columns[label] = ColumnUse(key, values_for(kind, key, samples))
    return _with_part(template, place, replace(part, columns=columns))


def with_fixed(template: Template, place: int, key: str, text: str) -> Template:
    """Return the template with that text in the field of every entry; an empty text takes it away."""
    part = template.parts[place]
    fixed = {one: said for one, said in part.fixed.items() if one != key}
    if text.strip():
        fixed[key] = text.strip()
    return _with_part(template, place, replace(part, fixed=fixed))


def with_next_retention(kind: Kind, template: Template, place: int) -> Template:
    """Return the template whose records are kept for the next of the kind's retentions."""
    part, codes = template.parts[place], [one.code for one in kind.retentions]
    following = codes[(codes.index(part.retention) + 1) % len(codes)] if part.retention in codes else codes[0]
    return _with_part(template, place, replace(part, retention=following))


def with_other_origin(template: Template, place: int) -> Template:
    """Return the template whose entries are judged as cases of today instead of old papers, or the other way about."""
    part = template.parts[place]
    other = Origin.NEW if part.origin is Origin.PAPER else Origin.PAPER
    return _with_part(template, place, replace(part, origin=other))


def with_key(template: Template, label: str) -> Template:
    """Return the template with that column among the key columns, or no longer."""
    held = label in template.key
    key = tuple(one for one in template.key if one != label) if held else (*template.key, label)
    return replace(template, key=key)


def with_group(kind: Kind, template: Template, label: str, labels: Sequence[str]) -> Template:
    """Return the template with the rows of a household together by that column, a member each; or no longer.

    Where a column tells each one's relation to the householder, the householder's own row fills the householder's fields.
    """
    grouped = template.group != (label,)
    parts = tuple(_together(kind, part, labels) if grouped else _apart(part) for part in template.parts)
    return replace(template, group=(label,) if grouped else (), parts=parts)


def _together(kind: Kind, part: Part, labels: Sequence[str]) -> Part:
    people = [group for group in kind.groups if group.key in kind.people]
    lead = next((group.key for group in people if not group.repeated), "")
    each = next((group.key for group in people if group.repeated), "")
    relation = next((label for label in labels if is_relation(label)), "")
    if not (lead and each and relation and kind.field(f"{each}.0.relation")):
        return part
    columns = dict(part.columns)
    for label, use in part.columns.items():
        last = use.field.removeprefix(lead + ".")
        if last != use.field and kind.field(f"{each}.0.{last}"):
            columns[label] = replace(use, field=f"{each}.{EACH_ROW}.{last}", lead=use.field)
    leads = f"{lead}.relation" if kind.field(f"{lead}.relation") else ""
    columns[relation] = ColumnUse(f"{each}.{EACH_ROW}.relation", lead=leads)
    return replace(part, columns=columns, lead_when={relation: LEADERS})


def _apart(part: Part) -> Part:
    columns = {label: replace(use, field=use.lead or use.field, lead="") for label, use in part.columns.items()}
    return replace(part, columns=columns, lead_when={})


def missing(kinds: Mapping[str, Kind], template: Template) -> list[str]:
    """Return the labels of needed fields that neither a column nor a fixed text nor a default fills."""
    found: list[str] = []
    for part in template.parts:
        found += [
            one.label
            for one in choices_of(kinds[part.kind], part)
            if one.needed and not (one.column or one.fixed or one.defaulted)
        ]
    return list(dict.fromkeys(found))


def _with_part(template: Template, place: int, part: Part) -> Template:
    parts = (*template.parts[:place], part, *template.parts[place + 1 :])
    return replace(template, parts=parts)
