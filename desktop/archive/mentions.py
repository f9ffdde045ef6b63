"""Mentions as the archive keeps them (提及索引): who is named where, for looking people up; made from records at any time.

docs/persons.md, section 5. What a mention says is read from its record's body each time; only what it is looked up by stands here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.engine import Connection, Row

from desktop.archive import bodies, person_links, settings
from sync.contract.kinds import Kind
from sync.contract.mentions import Mention, mentions_of
from sync.contract.proposals import Grade
from sync.contract.revisions import RecordState, read_body

READ_TO: Final = "persons.read_to"
BIRTH_YEARS_APART: Final = 3  # how far apart two births may be said for one to be asked about the other
MOST_ALIKE: Final = 400  # of one sound and age: more than that no list can tell apart
_COLUMNS: Final = "m.id, m.record_id, r.uid, m.place, m.key, m.number, m.sound, m.person, m.grade"
_FROM: Final = f"SELECT {_COLUMNS} FROM person_mention m JOIN record r ON r.id = m.record_id"


@dataclass(frozen=True, slots=True)
class MentionLine:
    """A mention as it is looked up; `number` is the first 17 digits of a valid identity number, else 0."""

    id: int
    record_id: int
    record: str
    place: str
    key: str
    number: int
    sound: str
    person: str
    grade: str


def put(connection: Connection, kind: Kind, row: int, uid: str, said: Mapping[str, Any]) -> None:
    """The record's mentions are those of its body; links that hold of them hold again."""
    put_all(connection, [(row, uid, () if kind.restricted else mentions_of(kind, said))])
    connection.exec_driver_sql(
        "UPDATE person_mention SET looked = 0 WHERE record_id = ?", (row,)
    )  # kin may have changed


def put_all(connection: Connection, several: Iterable[tuple[int, str, Sequence[Mention]]]) -> None:
    """The mentions of these records (row, uid, mentions) are these; a record whose mentions are as before is left alone."""
    listed = list(several)
    before = _known(connection, [row for row, _, _ in listed])
    changed = [one for one in listed if before.get(one[0], []) != [(m.place, m.key) for m in one[2]]]
    for row, _, _ in changed:
        if row in before:
            connection.exec_driver_sql("DELETE FROM person_mention WHERE record_id = ?", (row,))
    made = [(row, one) for row, _, mentions in changed for one in mentions]
    if made:
        connection.exec_driver_sql(
            "INSERT INTO person_mention (record_id, place, key, number, sound, born_from, born_to, person, grade, looked)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, '', '', 0)",
            [(row, one.place, one.key, seventeen(one.number), one.sound, *_years(one)) for row, one in made],
        )
        _wake(connection, [one for _, one in made])
    person_links.settle(connection, [(uid, one.key) for _, uid, mentions in changed for one in mentions])


def _known(connection: Connection, rows: list[int]) -> dict[int, list[tuple[str, str]]]:
    found = connection.exec_driver_sql(
        "SELECT record_id, place, key FROM person_mention WHERE record_id IN (SELECT value FROM json_each(?)) ORDER BY id",
        (json.dumps(rows),),
    )
    known: dict[int, list[tuple[str, str]]] = {}
    for row, place, key in found:
        known.setdefault(row, []).append((place, key))
    return known


def seventeen(number: str) -> int:
    """Return an identity number as it is looked up: its first 17 digits, 0 for none; never a float."""
    return int(number[:17]) if number else 0


def _years(one: Mention) -> tuple[int, int]:
    return (one.born.first.year, one.born.last.year) if one.born else (0, 0)


def _wake(connection: Connection, made: Sequence[Mention]) -> None:
    """Mentions without a number that sound like these and were looked at before them are looked at again."""
    asked = {(one.sound, *_window(*_years(one))) for one in made}
    connection.exec_driver_sql(
        f"UPDATE person_mention AS m SET looked = 0 WHERE {_ALIKE} AND m.number = 0 AND m.looked = 1", sorted(asked)
    )


LONGEST_SPAN_YEARS: Final = 5  # between the first and the last year one birth is told by: an age tells four
EVERY_YEAR: Final = (1800, 2100)
# each year a value of its own, so that the index by sound and year is asked for nothing else; 0 is a birth nobody tells
_ALIKE: Final = "m.sound = ? AND m.born_from IN (SELECT value FROM json_each(?)) AND (m.born_to >= ? OR m.born_to = 0)"


def _window(born_from: int, born_to: int) -> tuple[str, int]:
    """Return the years in which another one's span of birth may begin, as JSON, and the first in which it may end."""
    if not born_from:
        return json.dumps([0, *range(*EVERY_YEAR)]), 0
    first = born_from - BIRTH_YEARS_APART
    return json.dumps([0, *range(first - LONGEST_SPAN_YEARS, born_to + BIRTH_YEARS_APART + 1)]), first


def read_on(connection: Connection, kinds: Mapping[str, Kind], most: int) -> int:
    """The mentions of the next records that changed are read; how many records that were is returned, 0 when all are.

    A voided record names nobody, for as long as it is voided; one of a restricted kind (收养) never does.
    """
    mark, row_mark = _mark(connection)
    rows = connection.exec_driver_sql(
        "SELECT r.id, r.uid, r.kind, r.state, r.touched, v.body FROM record r LEFT JOIN revision v ON v.id = r.head"
        f" WHERE {_UNREAD} ORDER BY r.touched, r.id LIMIT ?",
        (mark, mark, row_mark, most),
    ).all()
    if not rows:
        return 0
    put_all(connection, [(row.id, row.uid, _mentions(kinds, row)) for row in rows])
    settings.put(connection, READ_TO, f"{rows[-1].touched} {rows[-1].id}")
    return len(rows)


_UNREAD: Final = "r.touched >= ? AND (r.touched > ? OR r.id > ?)"  # an archive of an older layout has many of one stamp


def _mark(connection: Connection) -> tuple[int, int]:
    stamp, row = map(int, settings.get(connection, READ_TO, "-1 -1").split())
    return stamp, row


def _mentions(kinds: Mapping[str, Kind], row: Row[Any]) -> tuple[Mention, ...]:
    kind = kinds.get(row.kind)
    if row.state == RecordState.VOIDED or kind is None or kind.restricted or row.body is None:
        return ()
    return mentions_of(kind, read_body(bodies.unpack(row.body)))


def left_to_read(connection: Connection) -> int:
    """Return how many records have changed since their mentions were read."""
    mark, row_mark = _mark(connection)
    asked = f"SELECT count(*) FROM record r WHERE {_UNREAD}"
    return int(connection.exec_driver_sql(asked, (mark, mark, row_mark)).scalar_one())


def is_any_unread(connection: Connection) -> bool:
    """Whether a record has changed since its mentions were read; costs the same however many have."""
    mark, row_mark = _mark(connection)
    asked = f"SELECT 1 FROM record r WHERE {_UNREAD} LIMIT 1"
    return connection.exec_driver_sql(asked, (mark, mark, row_mark)).first() is not None


def unlooked(connection: Connection, most: int) -> list[MentionLine]:
    """Return mentions whose candidates nobody has looked for, the newest first."""
    return _lines(connection, f"{_FROM} WHERE m.looked = 0 ORDER BY m.id DESC LIMIT ?", (most,))


def left_to_look(connection: Connection) -> int:
    """Return how many mentions have not been looked at."""
    return int(connection.exec_driver_sql("SELECT count(*) FROM person_mention WHERE looked = 0").scalar_one())


def set_grades(connection: Connection, grades: Mapping[int, str]) -> None:
    """The mentions were looked at; their best proposal has this grade, or there is none to decide where it is empty."""
    connection.exec_driver_sql(
        "UPDATE person_mention SET grade = ?, looked = 1 WHERE id = ?", [(grade, one) for one, grade in grades.items()]
    )


def look_again(connection: Connection, ids: Iterable[int]) -> None:
    """Candidates of these mentions are looked for anew."""
    connection.exec_driver_sql(
        "UPDATE person_mention SET looked = 0 WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(ids)),)
    )


def waiting(connection: Connection, grade: Grade | None, most: int) -> list[MentionLine]:
    """Return mentions that have a proposal to decide, of one grade or of any, the newest first."""
    asked = (
        f"{_FROM} WHERE m.grade = ? AND m.grade != '' ORDER BY m.id DESC LIMIT ?"  # said twice: the index has no others
    )
    found = [line for one in ([grade] if grade else Grade) for line in _lines(connection, asked, (one.value, most))]
    return sorted(found, key=lambda line: -line.id)[:most]


def count_waiting(connection: Connection) -> dict[str, int]:
    """Return how many mentions wait for a decision, by grade."""
    rows = connection.exec_driver_sql("SELECT grade, count(*) FROM person_mention WHERE grade != '' GROUP BY grade")
    return {str(grade): int(number) for grade, number in rows}


def of_record(connection: Connection, record_uid: str) -> list[MentionLine]:
    """Return the mentions of a record in the order of its form."""
    return _lines(connection, f"{_FROM} WHERE r.uid = ? ORDER BY m.id", (record_uid,))


def by_ids(connection: Connection, ids: Iterable[int]) -> list[MentionLine]:
    """Return these mentions, in the order of their rows."""
    return _lines(
        connection, f"{_FROM} WHERE m.id IN (SELECT value FROM json_each(?)) ORDER BY m.id", (json.dumps(list(ids)),)
    )


def of_persons(connection: Connection, uids: Iterable[str]) -> list[MentionLine]:
    """Return all mentions that were linked to these persons."""
    asked = f"{_FROM} WHERE m.person != '' AND m.person IN (SELECT value FROM json_each(?)) ORDER BY m.id"
    return _lines(connection, asked, (json.dumps(list(uids)),))


def bearing(connection: Connection, numbers: Iterable[int]) -> list[MentionLine]:
    """Return all mentions that bear these numbers."""
    asked = f"{_FROM} WHERE m.number > 0 AND m.number IN (SELECT value FROM json_each(?)) ORDER BY m.id"
    return _lines(connection, asked, (json.dumps(list(numbers)),))


def sounding_like(connection: Connection, one: Mention) -> list[MentionLine]:
    """Return mentions whose name sounds the same and whose birth may be within three years; at most 400, the newest."""
    asked = f"{_FROM} WHERE {_ALIKE} ORDER BY m.id DESC LIMIT ?"
    return _lines(connection, asked, (one.sound, *_window(*_years(one)), MOST_ALIKE))


def said(connection: Connection, kinds: Mapping[str, Kind], lines: Iterable[MentionLine]) -> dict[int, Mention]:
    """Return what these mentions say, read from their records; one that its record no longer has is left out."""
    listed = list(lines)
    rows = connection.exec_driver_sql(
        "SELECT r.id, r.kind, r.state, v.body FROM record r LEFT JOIN revision v ON v.id = r.head"
        " WHERE r.id IN (SELECT value FROM json_each(?))",
        (json.dumps(sorted({one.record_id for one in listed})),),
    )
    found = {(row.id, one.key): one for row in rows for one in _mentions(kinds, row)}
    return {line.id: found[line.record_id, line.key] for line in listed if (line.record_id, line.key) in found}


def _lines(connection: Connection, asked: str, values: tuple[Any, ...]) -> list[MentionLine]:
    return [MentionLine(*row) for row in connection.exec_driver_sql(asked, values)]
