"""Pairs (疑似重件) as staff see and answer them: what waits, what was answered, and its undoing; a journal that is only added to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import uuid6
from sqlalchemy import Connection, Row, and_, exists, func, insert, select, update

from sync.contract.duplicates import Node, PairAnswer, PairAnswered, PairLine, PairList, PairSide, Sort
from sync.contract.errors import Refused
from sync.contract.kinds import Kind
from sync.contract.mentions import mentions_of
from sync.contract.revisions import RecordId, read_body
from sync.county import tables
from sync.county.comparing import count_left, newest_of
from sync.county.record_files import read_record_files
from sync.county.statements import in_runs, insert_ignoring
from sync.county.tables import table
from sync.ledger import RecordFile

MOST_PAIRS: Final = 100

_PAIR, _SAID = table(tables.Pair), table(tables.PairSaid)
_REVISION, _TOWNSHIP = table(tables.RevisionRow), table(tables.Township)
_ORDER: Final = {sort.value: place for place, sort in enumerate(Sort)}


def list_pairs(connection: Connection, kinds: Mapping[str, Kind], answered: bool, skip: int) -> PairList:
    """Return pairs from the `skip`-th on, at most 100: what waits, whole cases first and the likeliest of them; or answered ones, newest first."""
    counted = select(_PAIR.c.sort, func.count().label("times")).where(tables.WAITING).group_by(_PAIR.c.sort)
    waiting = Counter({row.sort: row.times for row in connection.execute(counted)})
    rows, said = _answered(connection, skip) if answered else (_waiting(connection, skip), {})
    sides = _Sides(connection, kinds, rows)
    lines = tuple(_line(row, sides, said.get(_key(row))) for row in rows)
    return PairList(
        lines, waiting[Sort.CASE.value], waiting[Sort.CLAIM.value], waiting[Sort.PERSON.value], count_left(connection)
    )


def answer(connection: Connection, said: PairAnswer, by: str, at: datetime) -> PairAnswered:
    """The pair no longer waits; the answer stands in the journal. Raises Refused: it does not wait."""
    pair = _of(said.one, said.other)
    changed = connection.execute(update(_PAIR).where(pair, _PAIR.c.answer == "").values(answer=said.answer.value))
    if not changed.rowcount:
        raise Refused("the pair does not wait any more", record=said.one.record)
    return PairAnswered(_write(connection, said.one, said.other, said.answer.value, by, at))


def undo(connection: Connection, answer_id: str, by: str, at: datetime) -> tuple[RecordId, RecordId]:
    """The pair waits again; its two records are returned. Raises Refused: the answer did not stand."""
    row = connection.execute(select(_SAID).where(_SAID.c.id == answer_id, _stands())).one_or_none()
    if row is None:
        raise Refused("the answer does not stand", answer=answer_id)
    one, other = Node(row.one_record, row.one_key), Node(row.other_record, row.other_key)
    connection.execute(update(_PAIR).where(_of(one, other)).values(answer=""))
    again = insert_ignoring(connection, tables.ToCompare)  # a record may have changed or been voided since the answer
    connection.execute(again, [{"record": record} for record in sorted({one.record, other.record})])
    _write(connection, one, other, "", by, at, undoes=answer_id)
    return one.record, other.record


def _write(
    connection: Connection, one: Node, other: Node, said: str, by: str, at: datetime, *, undoes: str = ""
) -> str:  # fmt: skip
    made = str(uuid6.uuid7())
    values = {"one_record": one.record, "one_key": one.key, "other_record": other.record, "other_key": other.key}
    values |= {"answer": said, "by": by, "at": at.isoformat(timespec="seconds"), "undoes": undoes}
    connection.execute(insert(_SAID), {"id": made, **values})
    return made


def _of(one: Node, other: Node) -> Any:
    return and_(
        _PAIR.c.one_record == one.record, _PAIR.c.one_key == one.key,
        _PAIR.c.other_record == other.record, _PAIR.c.other_key == other.key,
    )  # fmt: skip


def _stands() -> Any:
    later = _SAID.alias("later")
    return and_(_SAID.c.answer != "", ~exists().where(later.c.undoes == _SAID.c.id))


def _waiting(connection: Connection, skip: int) -> list[Row[Any]]:
    """Return what waits, sort by sort; each is a run of one index."""
    found: list[Row[Any]] = []
    for sort in Sort:
        if len(found) < MOST_PAIRS:
            wanted = select(_PAIR).where(tables.WAITING, _PAIR.c.sort == sort.value)
            ordered = wanted.order_by(_PAIR.c.points.desc(), _PAIR.c.one_record, _PAIR.c.other_record)
            here = list(connection.execute(ordered.offset(skip).limit(MOST_PAIRS - len(found))))
            counted = select(func.count()).select_from(_PAIR).where(tables.WAITING, _PAIR.c.sort == sort.value)
            skip = max(0, skip - int(connection.execute(counted).scalar_one())) if skip else 0
            found += here
    return found


def _answered(connection: Connection, skip: int) -> tuple[list[Row[Any]], dict[tuple[str, ...], Row[Any]]]:
    newest = select(_SAID).where(_stands()).order_by(_SAID.c.id.desc()).offset(skip).limit(MOST_PAIRS)
    said = {_key(row): row for row in connection.execute(newest)}
    found: dict[tuple[str, ...], Row[Any]] = {}
    for run in in_runs(sorted({key[0] for key in said})):
        rows = connection.execute(select(_PAIR).where(_PAIR.c.one_record.in_(run), _PAIR.c.answer != ""))
        found |= {_key(row): row for row in rows if _key(row) in said}
    return [found[key] for key in said if key in found], said


def _key(row: Row[Any]) -> tuple[str, ...]:
    return row.one_record, row.one_key, row.other_record, row.other_key


class _Sides:
    """What a list shows of the records of some pairs, read in a few statements."""

    def __init__(self, connection: Connection, kinds: Mapping[str, Kind], rows: Sequence[Row[Any]]) -> None:
        self._kinds = kinds
        self._files = read_record_files(
            connection, {RecordId(one) for row in rows for one in (row.one_record, row.other_record)}
        )
        self._bodies: dict[str, dict[str, Any]] = {}
        tips = {file.record_id: newest_of(file) for file in self._files.values()}
        for run in in_runs([tip for tip in tips.values() if tip]):
            wanted = select(_REVISION.c.record, _REVISION.c.body).where(_REVISION.c.id.in_(run))
            self._bodies |= {row.record: read_body(row.body) for row in connection.execute(wanted)}
        self._named = {row.code: row.name for row in connection.execute(select(_TOWNSHIP.c.code, _TOWNSHIP.c.name))}

    def side(self, record: str, key: str) -> PairSide:
        """Return one record of a pair; one that was voided meanwhile has an empty title."""
        file: RecordFile | None = self._files.get(RecordId(record))
        body = self._bodies.get(record, {})
        kind = self._kinds.get(str(body.get("kind", "")))
        several = mentions_of(kind, body) if key and kind is not None and "fields" in body else ()
        name = next((one.name for one in several if one.key == key), "")
        township = file.township if file is not None else ""
        return PairSide(
            RecordId(record), key, township, self._named.get(township, ""),  # type: ignore[arg-type]
            str(body.get("kind", "")), str(body.get("number", "")), str(body.get("title", "")), name,
        )  # fmt: skip


def _line(row: Row[Any], sides: _Sides, said: Row[Any] | None) -> PairLine:
    return PairLine(
        row.sort, row.grade, row.points, tuple(row.reasons.split()),
        sides.side(row.one_record, row.one_key), sides.side(row.other_record, row.other_key),
        row.answer, said.by if said is not None else "", said.id if said is not None else "",
    )  # fmt: skip
