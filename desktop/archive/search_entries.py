"""Search entries (索引项): what the index holds of a record, from its body and the text of its pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from desktop.archive import pinyin, segments
from sync.contract import identity
from sync.contract.folding import fold
from sync.contract.kinds import FieldType, Kind, Search

FORMER_NUMBER: Final = "former_number"
INITIALS: Final = "0"
"""Leads the token of a name's initials, and of each beginning of them."""
LAST_FOUR: Final = "4"
"""Leads the token of the last four of an identity number."""
_UNREAD_IN_NUMBERS = re.compile(r"[\s·.,()\[\]【】〔〕()-]")
_UNREAD_ASCII = {code: None for code in range(128) if _UNREAD_IN_NUMBERS.fullmatch(chr(code))}


@dataclass(frozen=True, slots=True)
class Entry:
    """What the index holds of one record: tokens by column, and the numbers it is looked up by."""

    names: str = ""
    ways: str = ""  # syllables and initials of names, identity numbers and their last four: ways to a person
    fields: str = ""
    pages: str = ""
    numbers: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Gathered:
    names: list[str] = field(default_factory=list)
    ways: list[str] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)
    numbers: set[str] = field(default_factory=set)


def entry(kind: Kind, body: Mapping[str, Any], page_texts: Iterable[str]) -> Entry:
    """Return what the index holds of a record's body and the text of its pages."""
    gathered = _Gathered(fields=[str(body["title"])], numbers={compact(str(body["number"]))})
    for key, written in body["fields"].items():
        one = kind.field(key)
        if one is None or one.search is Search.NONE:
            continue
        if one.type is FieldType.NAME:
            names, ways = name_tokens(written)
            gathered.names.append(names)
            gathered.ways.append(ways)
            continue
        meant = str(body["normal"].get(key, {}).get("value", written))
        forms = (written,) if meant == written else (written, meant)
        if one.type is FieldType.IDENTITY:
            number = compact(meant)
            gathered.ways += [*dict.fromkeys(map(compact, forms)), LAST_FOUR + number[-4:]]
            continue
        gathered.fields += forms
        if one.type is FieldType.DATE:
            gathered.fields.append(compact(meant))
        elif one.search is Search.EXACT:
            gathered.numbers |= set(map(compact, (*forms, *parted(key, written))))
    return Entry(
        " ".join(gathered.names),
        " ".join(gathered.ways),
        segments.tokens("\n".join(gathered.fields)),
        segments.tokens("\n".join(page_texts)),
        frozenset(gathered.numbers - {""}),
    )


def parted(key: str, written: str) -> list[str]:
    """Return each of the former numbers (旧档号) a record bore; nothing of another field."""
    return [one for one in re.split(r"[、;；]", written) if one.strip()] if key == FORMER_NUMBER else []


def name_tokens(name: str) -> tuple[str, str]:
    """Return the tokens of a name, its characters one by one behind them, and the tokens of the ways to it."""
    runs = segments.runs(name)
    characters = "".join(run for run in runs if segments.is_han(run))
    ways: list[str] = []
    for syllables in pinyin.readings(characters):
        initials = INITIALS + "".join([one[0] for one in syllables])
        ways += syllables
        ways += [initials[:size] for size in range(len(INITIALS) + 1, len(initials) + 1)]
    return " ".join([*segments.of_runs(runs), *characters]), " ".join(ways)


def compact(text: str) -> str:
    """Return a number as it is looked up: folded, without blanks, brackets and dots."""
    if text.isascii():
        return text.translate(_UNREAD_ASCII).lower()
    return _UNREAD_IN_NUMBERS.sub("", fold(identity.normalise(text))).lower()
