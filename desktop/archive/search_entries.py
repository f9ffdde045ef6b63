"""Search entries (索引项): what the index holds of a record, from its body and the text of its pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from desktop.archive import segments
from sync.contract import identity, pinyin
from sync.contract.folding import fold
from sync.contract.kinds import FieldType, Kind, Search

FORMER_NUMBER: Final = "former_number"
_UNREAD_IN_NUMBERS = re.compile(r"[\s·.,()\[\]【】〔〕()-]")
_UNREAD_ASCII = {code: None for code in range(128) if _UNREAD_IN_NUMBERS.fullmatch(chr(code))}


class Lead(StrEnum):
    """What a token begins with that is a way to a person: its list holds people only, however often the word is written.

    Greek, because no word of a text is: only Chinese characters, Latin letters and digits become tokens.
    """

    NAME = "ν"
    SYLLABLE = "σ"
    INITIALS = "ι"
    LAST_FOUR = "τ"
    IDENTITY = "δ"


@dataclass(frozen=True, slots=True)
class Entry:
    """What the index holds of one record: tokens, a blank between, and the numbers it is looked up by."""

    tokens: str
    numbers: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Gathered:
    people: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    numbers: set[str] = field(default_factory=set)


def entry(kind: Kind, body: Mapping[str, Any], page_texts: Iterable[str]) -> Entry:
    """Return what the index holds of a record's body and the text of its pages."""
    gathered = _Gathered(texts=[str(body["title"])], numbers={compact(str(body["number"]))})
    for key, written in body["fields"].items():
        one = kind.field(key)
        if one is None or one.search is Search.NONE:
            continue
        meant = str(body["normal"].get(key, {}).get("value", written))
        forms = (written,) if meant == written else (written, meant)
        if one.type is FieldType.IDENTITY:
            gathered.people += [Lead.IDENTITY + number for number in dict.fromkeys(map(compact, forms))]
            gathered.people.append(Lead.LAST_FOUR + compact(meant)[-4:])
            continue
        gathered.texts += forms
        if one.type is FieldType.NAME:
            gathered.people.append(name_tokens(written))
        elif one.type is FieldType.DATE:
            gathered.texts.append(compact(meant))
        elif one.search is Search.EXACT:
            gathered.numbers |= set(map(compact, (*forms, *parted(key, written))))
    written_tokens = segments.tokens("\n".join([*gathered.texts, *page_texts]))
    return Entry(" ".join([*gathered.people, written_tokens]), frozenset(gathered.numbers - {""}))


def parted(key: str, written: str) -> list[str]:
    """Return each of the former numbers (旧档号) a record bore; nothing of another field."""
    return [one for one in re.split(r"[、;；]", written) if one.strip()] if key == FORMER_NUMBER else []


def name_tokens(name: str) -> str:
    """Return the tokens a person is found by: pairs of the name, each character, syllables, initials and their beginnings."""
    runs = segments.runs(name)
    characters = "".join(run for run in runs if segments.is_han(run))
    made = [Lead.NAME + token for token in (*segments.of_runs(runs), *characters)]
    for syllables in pinyin.readings(characters):
        made += [Lead.SYLLABLE + one for one in syllables]
        initials = "".join([one[0] for one in syllables])
        made += [Lead.INITIALS + initials[:size] for size in range(1, len(initials) + 1)]
    return " ".join(made)


def compact(text: str) -> str:
    """Return a number as it is looked up: folded, without blanks, brackets and dots."""
    if text.isascii():
        return text.translate(_UNREAD_ASCII).lower()
    return _UNREAD_IN_NUMBERS.sub("", fold(identity.normalise(text))).lower()
