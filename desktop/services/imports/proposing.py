"""Proposing (提议对应): which column may be which field, from the kinds' labels and the shipped synonyms; a person decides."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import resources
from desktop.services.imports.headers import Header, plain
from desktop.services.imports.templates import EACH_ROW, ColumnUse, Part, Template, shipped
from sync.contract.kinds import FieldType, Group, Kind

_NUMBER: Final = re.compile(r"[1-9]\d?")


@cache
def _synonyms() -> Mapping[str, Any]:
    return tomllib.loads(files(resources).joinpath("imports/synonyms.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the columns of one kind are called, plain label to field key."""

    kind: Kind
    keys: Mapping[str, str]

    def field(self, label: str) -> str:
        """Return the field a label names, "" for none; 成员2姓名 names the second place of its group."""
        said = plain(label)
        if said in self.keys:
            return self.keys[said]
        number = _NUMBER.search(said)
        key = self.keys.get(said.replace(number[0], "", 1), "") if number else ""
        if number and f".{EACH_ROW}." in key:
            return key.replace(EACH_ROW, str(int(number[0]) - 1), 1)
        return ""


@cache
def vocabulary(kind: Kind) -> Vocabulary:
    """Return every label by which a column of this kind is known."""
    keys: dict[str, str] = {}
    people = [name for name in kind.people if any(one.key == name and not one.repeated for one in kind.groups)]
    for group in kind.groups:
        for field in group.fields:
            for word in _field_words(kind, group, field.key, field.label, field.read_labels):
                for label, key in _labels(group, field.key, word, alone=not group.key or group.key in people[:1]):
                    keys.setdefault(plain(label), key)
    return Vocabulary(kind, keys)


def _field_words(kind: Kind, group: Group, key: str, label: str, read: Sequence[str]) -> list[str]:
    last = key.rsplit(".", 1)[-1]
    said = _synonyms()
    words = [label, *(one for one in read if not one.startswith("~")), key]
    words += said["kind"].get(kind.key, {}).get(key, [])
    words += said["person"].get(last, []) if group.key else said["field"].get(key, [])
    return words


def _labels(group: Group, key: str, word: str, *, alone: bool) -> list[tuple[str, str]]:
    if not group.key:
        return [(word, key)]
    names = [group.label, group.key, *_synonyms()["group"].get(group.key, [])]
    if not group.repeated:
        pairs = [(name + word, key) for name in names] + [(word + name, key) for name in names]
        return pairs + ([(word, key)] if alone else [])
    last = key.removeprefix(group.key + ".")
    return [(name + word, f"{group.key}.{EACH_ROW}.{last}") for name in names]


def known_labels(kinds: Mapping[str, Kind]) -> frozenset[str]:
    """Return every plain label that a column of any kind or of a shipped template may have."""
    known = {plain(label) for template in shipped() for label in template.labels}
    for kind in kinds.values():
        known |= set(vocabulary(kind).keys)
    return frozenset(known)


def shipped_template(header: Header) -> Template | None:
    """Return the shipped template all of whose columns are here, the one with the most columns."""
    labels = set(header.labels)
    return next((one for one in shipped() if one.labels <= labels), None)


def propose_kind(kinds: Mapping[str, Kind], header: Header, name: str) -> str:
    """Return the kind that most of the columns speak of; the name of the file or sheet decides between equals."""

    def fit(kind: Kind) -> tuple[int, int, int]:
        words = vocabulary(kind)
        found = {key for label in header.labels if label and (key := words.field(label))}
        needed = {field.key for _, field in kind.all_fields() if field.required}
        named = int(kind.short in name or kind.label in name)
        return len(found) + 3 * named, len(found & needed), -kind.order

    return max(kinds.values(), key=fit).key


def propose(kind: Kind, header: Header, samples: Mapping[str, Sequence[str]], name: str) -> Template:
    """Return a first template for a header nobody has used before: no key columns, so its content names an entry."""
    words = vocabulary(kind)
    columns: dict[str, ColumnUse] = {}
    taken: set[str] = set()
    for label in header.labels:
        key = words.field(label) if label else ""
        if key and key not in taken:
            taken.add(key)
            columns[label] = ColumnUse(key, values_for(kind, key, samples.get(label, ())))
    part = Part(kind.key, columns, retention=kind.retentions[0].code)
    return Template(name, header.fingerprint, (part,))


def is_relation(label: str) -> bool:
    """Tell whether a column says how each person is related to the householder."""
    return plain(label) in {plain(word) for word in _synonyms()["person"]["relation"]}


def values_for(kind: Kind, key: str, samples: Sequence[str]) -> dict[str, str]:
    """Return how the codes seen in a column become the kind's words; a code nobody knows stays, and is told at the trial."""
    field = kind.field(re.sub(r"\.\*\.", ".0.", key))
    if field is None or field.type is not FieldType.CHOICE:
        return {}
    texts = {text for text in samples if text}
    for one in _synonyms()["value"]:
        words: dict[str, str] = one["words"]
        if set(one["choices"]) == set(field.choices):
            return {code: word for code, word in words.items() if code in texts}
    return {}
