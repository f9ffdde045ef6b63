"""Which field of a kind each recognised line is (识读建议): by the labels a paper may use, and by the form a value must have."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Final

from desktop.documents.fields import Proposal, suggest_fields
from desktop.documents.recognition import FoundLine
from sync.contract import identity
from sync.contract.findings import amount_of
from sync.contract.kinds import Field, FieldType, Kind

DOUBTFUL: Final = 0.84  # below the score under which the form marks a proposal as doubtful
SLIPS_MOST: Final = 2
_TAKEN_FOR: Final = {  # what the recogniser reads for a character, seen on scans; never one digit for another
    "」": "J", "｣": "J", "丿": "J", "亅": "J", "』": "J",
    "O": "0", "o": "0", "〇": "0", "Q": "0", "D": "0",
    "I": "1", "l": "1", "|": "1", "丨": "1", "i": "1",
    "Z": "2", "z": "2", "S": "5", "s": "5", "B": "8", "×": "X", "x": "X",
    "一": "-", "—": "-", "–": "-", "~": "-",
}  # fmt: skip
_SPECK: Final = re.compile(
    r"^[.,。、·'`]+|[.,。、·'`]+(?=元?$)"
)  # dust before or behind the words, or behind the figures of a sum


def propose_fields(kind: Kind, lines: Sequence[FoundLine]) -> dict[str, Proposal]:
    """Return what the lines of a page seem to say for the fields of a kind, slips of the recogniser put right."""
    fields = {key: kind.field(key) for key in read_labels_of(kind)}
    found = suggest_fields(lines, read_labels_of(kind))
    return {key: _mended(one, field) if (field := fields[key]) else one for key, one in found.items()}


def read_labels_of(kind: Kind) -> dict[str, list[str]]:
    """Return the labels a paper may use for each field, the surest first; repeated groups are not read."""
    labels: dict[str, list[str]] = {}
    for group, field in kind.all_fields():
        if group.repeated:
            continue
        names = [field.label, *field.read_labels]
        led = [group.label + name for name in names] if group.key else []
        alone = not any(other.beside == group.key or group.beside for other in kind.groups) or not group.key
        person = [group.label] if group.key and field.type is FieldType.NAME and field.label == "姓名" else []
        labels[field.key] = led + person + (names if alone else [])
    return labels


def _mended(one: Proposal, field: Field) -> Proposal:
    """Return the proposal as its form demands, if just one reading of what is easily mistaken fits; it stays doubtful."""
    if not one.text or _fits(field, one.text):
        return one
    bare = _SPECK.sub("", one.text)
    if bare != one.text and _fits(field, bare):
        return replace(one, text=bare, score=min(one.score, DOUBTFUL))
    fitting = {text for text in _readings(bare) if _fits(field, text)}
    if len(fitting) != 1:
        return one
    return replace(one, text=fitting.pop(), score=min(one.score, DOUBTFUL))


def _fits(field: Field, text: str) -> bool:
    """Whether the text has the form of the field; True where the field has none."""
    if field.type is FieldType.IDENTITY:
        return isinstance(identity.read(text), identity.IdentityNumber)
    if field.type is FieldType.MONEY:
        return amount_of(text) is not None
    if field.pattern:
        return re.fullmatch(field.pattern, text) is not None
    return True


def _readings(text: str) -> Iterator[str]:
    """Yield the text with up to SLIPS_MOST of its characters read as what they are easily taken for, or all of one sort."""
    places = [place for place, one in enumerate(text) if one in _TAKEN_FOR]
    chosen = [several for count in range(1, SLIPS_MOST + 1) for several in combinations(places, count)]
    chosen += [tuple(places)]
    for several in chosen:
        yield "".join(_TAKEN_FOR[one] if place in several else one for place, one in enumerate(text))
