"""The search index (检索索引): what is put in for a record, and how a question is answered from it.

Tiers: exact numbers, then names and pinyin, then text; within a tier the newest first. A record is found by every part of
its text from one character up, in Traditional or Simplified writing, and never by anything else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy.engine import Connection

from desktop.archive import pinyin, segments
from sync.contract import identity
from sync.contract.folding import fold
from sync.contract.kinds import FieldType, Kind, Search

FORMER_NUMBER = "former_number"
FACETS = ("kind", "year", "state")


class Way(StrEnum):
    """An exact way to a record."""

    NUMBER = "number"
    LAST_FOUR = "last4"
    NAME = "name"
    PINYIN = "pinyin"
    INITIALS = "initials"


@dataclass(frozen=True, slots=True)
class Entry:
    """What the index holds of one record."""

    names: str
    fields: str
    pages: str
    ways: frozenset[tuple[Way, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows of records in the order to be shown; `tier` says how the first was found."""

    ids: tuple[int, ...]
    tier: str = ""


@dataclass(slots=True)
class _Gathered:
    names: list[str] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)
    ways: set[tuple[Way, str]] = field(default_factory=set)


def entry(kind: Kind, body: Mapping[str, Any], page_texts: Iterable[str]) -> Entry:
    """Return what the index holds of a record's body and the text of its pages."""
    gathered = _Gathered(fields=[str(body["title"])], ways={(Way.NUMBER, compact(str(body["number"])))})
    for key, written in body["fields"].items():
        one = kind.field(key)
        if one is None or one.search is Search.NONE:
            continue
        meant = str(body["normal"].get(key, {}).get("value", written))
        if one.type is FieldType.NAME:
            gathered.names.append(written)
            gathered.ways |= _ways_of_name(written)
        elif one.type is FieldType.IDENTITY:
            gathered.ways |= {(Way.NUMBER, compact(form)) for form in (written, meant)}
            gathered.ways.add((Way.LAST_FOUR, compact(meant)[-4:]))
        elif one.search is Search.EXACT:
            gathered.ways |= {(Way.NUMBER, compact(form)) for form in (written, meant, *parted(key, written))}
            gathered.fields.append(written)
        else:
            gathered.fields.append(written)
    pages = "\n".join(page_texts)
    return Entry("\n".join(gathered.names), "\n".join(gathered.fields), pages, frozenset(gathered.ways))


def parted(key: str, written: str) -> list[str]:
    """Return each of the former numbers (旧档号) a record bore; nothing of another field."""
    return [one for one in re.split(r"[、;；]", written) if one.strip()] if key == FORMER_NUMBER else []


def compact(text_: str) -> str:
    """Return a number as it is looked up: folded, without blanks, brackets and dots."""
    return re.sub(r"[\s·.,()\[\]【】〔〕()-]", "", fold(identity.normalise(text_))).lower()


def _ways_of_name(name: str) -> set[tuple[Way, str]]:
    ways = {(Way.NAME, fold(name).replace(" ", ""))}
    for whole, initials in pinyin.readings(name):
        ways |= {(Way.PINYIN, whole), (Way.INITIALS, initials)}
    return ways


def put(connection: Connection, record_id: int, made: Entry) -> None:
    """The record is found by this entry and no longer by an older one."""
    remove(connection, record_id)
    connection.exec_driver_sql(
        "INSERT INTO fulltext (rowid, names, fields, pages) VALUES (:id, :names, :fields, :pages)",
        {
            "id": record_id,
            "names": segments.tokens(made.names),
            "fields": segments.tokens(made.fields),
            "pages": segments.tokens(made.pages),
        },
    )
    rows = [{"way": way.value, "value": value, "id": record_id} for way, value in sorted(made.ways) if value]
    if rows:
        connection.exec_driver_sql("INSERT INTO lookup (way, value, record_id) VALUES (:way, :value, :id)", rows)


def remove(connection: Connection, record_id: int) -> None:
    """The record is not found any more."""
    connection.exec_driver_sql("DELETE FROM fulltext WHERE rowid = :id", {"id": record_id})
    connection.exec_driver_sql("DELETE FROM lookup WHERE record_id = :id", {"id": record_id})


def find(connection: Connection, question: str, *, kind: str = "") -> Answer:
    """Return the records that hold every word of the question, by tier and newest first."""
    words = [word for word in re.split(r"[\s　、,，;；]+", question.strip()) if word]
    whole = _one(connection, question) if len(words) > 1 else None
    if whole and whole.tier == "number":
        return _of_kind(connection, whole, kind)
    answers = [_one(connection, word) for word in words]
    if not answers:
        return Answer(())
    common = set(answers[0].ids).intersection(*(answer.ids for answer in answers[1:]))
    found = Answer(tuple(one for one in answers[0].ids if one in common), answers[0].tier)
    return _of_kind(connection, found, kind)


def _one(connection: Connection, word: str) -> Answer:
    """One word: numbers first, then names and pinyin, then text, each tier newest first and each record once."""
    value = compact(word)
    tiers: list[tuple[str, list[int]]] = []
    if value and any(character.isdigit() for character in value):
        tiers.append(("number", _exact(connection, Way.NUMBER, value)))
        if len(value) == 4:
            tiers.append(("last4", _exact(connection, Way.LAST_FOUR, value)))
        elif len(value) > 5:
            tiers.append(("number", _beginning(connection, Way.NUMBER, value)))
    elif value.isascii() and value.isalpha():
        tiers.append(("initials", _exact(connection, Way.INITIALS, value)))
        tiers.append(("pinyin", _beginning(connection, Way.PINYIN, value)))
    elif value:
        tiers.append(("name", _beginning(connection, Way.NAME, value)))
    tiers.append(("text", _in_text(connection, word)))
    ids = dict.fromkeys(one for _, found in tiers for one in found)
    tier = next((name for name, found in tiers if found), "")
    return Answer(tuple(ids), tier)


def _exact(connection: Connection, way: Way, value: str) -> list[int]:
    rows = connection.exec_driver_sql(
        "SELECT DISTINCT record_id FROM lookup WHERE way = :way AND value = :value ORDER BY record_id DESC",
        {"way": way.value, "value": value},
    )
    return [int(row[0]) for row in rows]


def bearing(connection: Connection, number: str) -> list[int]:
    """Return the records that bear or bore this number, or have it in a field of numbers; the newest first."""
    return _exact(connection, Way.NUMBER, compact(number))


def _beginning(connection: Connection, way: Way, value: str) -> list[int]:
    rows = connection.exec_driver_sql(
        "SELECT DISTINCT record_id FROM lookup WHERE way = :way AND value >= :low AND value < :high ORDER BY record_id DESC",
        {"way": way.value, "low": value, "high": value + "\U0010ffff"},
    )
    return [int(row[0]) for row in rows]


def _in_text(connection: Connection, word: str) -> list[int]:
    match = segments.query(word)
    if not match:
        return []
    rows = connection.exec_driver_sql(
        "SELECT rowid FROM fulltext WHERE fulltext MATCH :match ORDER BY rowid DESC", {"match": match}
    )
    return [int(row[0]) for row in rows]


def _of_kind(connection: Connection, answer: Answer, kind: str) -> Answer:
    if not kind:
        return answer
    wanted = {
        int(row[0]) for row in connection.exec_driver_sql("SELECT id FROM record WHERE kind = :kind", {"kind": kind})
    }
    return Answer(tuple(one for one in answer.ids if one in wanted), answer.tier)


def tidy(connection: Connection) -> None:
    """The index has merged a little; called when the desk is idle, so that no save has to."""
    connection.exec_driver_sql("INSERT INTO fulltext(fulltext, rank) VALUES ('merge', 200)")
