"""Comparing (比对): each record that changed is set beside those it may be one with, in small steps while the county works."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, and_, delete, func, insert, or_, select

from sync.contract.duplicates import Filed, Found, Sort, blocks_of, duplicates_of
from sync.contract.histories import OPEN_STANDINGS, RevisionStanding
from sync.contract.kinds import Kind
from sync.contract.mentions import mentions_of
from sync.contract.proposals import Grade
from sync.contract.revisions import RecordId, RevisionId, TownshipId, read_body
from sync.county import tables
from sync.county.background import Background, HandingOver
from sync.county.record_files import read_record_files
from sync.county.statements import in_runs, insert_ignoring
from sync.county.storage import Storage
from sync.county.tables import table
from sync.ledger import RecordFile

AT_ONCE: Final = 40
"""Records in one transaction: some tens of milliseconds, in which no township is kept waiting."""
MOST_ALIKE: Final = 50
"""Records under one word; of a word with more, the oldest are left out: no person could tell them apart by it."""

_BEGUN: Final = "compared_from_the_beginning"
_HIDDEN: Final = (RevisionStanding.SET_ASIDE, RevisionStanding.HELD, RevisionStanding.STAGED)
_TO_COMPARE, _BLOCK, _PAIR = table(tables.ToCompare), table(tables.Block), table(tables.Pair)
_RECORD, _REVISION, _SETTING = table(tables.Record), table(tables.RevisionRow), table(tables.Setting)
_log = logging.getLogger(__name__)


class Comparing:
    """Finds what may be the same; whoever asks for it gets what was found, never a decision."""

    def __init__(
        self, storage: Storage, kinds: Mapping[str, Kind], clock: Callable[[], datetime], handing_over: HandingOver
    ) -> None:
        self._storage, self._kinds, self._clock = storage, kinds, clock
        self._background = Background("comparing", self._work_on, handing_over)

    def work_on(self, most: int = AT_ONCE) -> int:
        """The next records are compared, their pairs kept; how many that were is returned, 0 when nothing is left."""
        with self._storage.connection() as connection:
            if connection.execute(select(_TO_COMPARE.c.record).limit(1)).first() is None:
                return 0
        with self._storage.connection(writing=True) as connection:
            records = list(connection.execute(select(_TO_COMPARE.c.record).limit(most)).scalars())
            connection.execute(delete(_TO_COMPARE).where(_TO_COMPARE.c.record.in_(records)))
            several = self._filed(connection, records)
            for filed, revision in several:
                self._put_blocks(connection, filed, revision)
            for filed, _ in several:
                self._keep(connection, filed.record, duplicates_of(filed, self._alike(connection, filed)))
            return len(records)

    def again(self) -> None:
        """Every record of the county is compared anew; answers stand."""
        with self._storage.connection(writing=True) as connection:
            _put_all(connection)

    def begin(self) -> None:
        """From now on records are compared as they come, on a thread of its own, until `end`."""
        self._background.begin()

    def end(self) -> None:
        """Nothing is compared any more; what was under way is finished."""
        self._background.end()

    def _work_on(self) -> int:
        self._take_in_an_older_county()
        return self.work_on()

    def _take_in_an_older_county(self) -> None:
        """A county that was filled before its records were compared is compared from its beginning, once."""
        with self._storage.connection() as connection:
            if connection.execute(select(_SETTING.c.key).where(_SETTING.c.key == _BEGUN)).first() is not None:
                return
        with self._storage.connection(writing=True) as connection:
            _put_all(connection)
            connection.execute(insert_ignoring(connection, tables.Setting), {"key": _BEGUN, "value": "1"})

    def _filed(self, connection: Connection, records: Collection[str]) -> list[tuple[Filed, RevisionId]]:
        """Return each record by its newest revision, with that revision's id; one without names nobody."""
        files = read_record_files(connection, [RecordId(one) for one in records])
        tips = {file.record_id: newest_of(file) for file in files.values()}
        bodies = _bodies(connection, [tip for tip in tips.values() if tip])
        made = []
        for record, tip in tips.items():
            filed = self._read(record, files[record].township, bodies.get(tip) if tip else None)
            if filed is not None and tip is not None:
                made.append((filed, tip))
        self._forget(connection, set(records) - {filed.record for filed, _ in made})
        return made

    def _read(self, record: RecordId, township: TownshipId, body: Mapping[str, Any] | None) -> Filed | None:
        kind = self._kinds.get(str(body.get("kind", ""))) if body else None
        if body is None or kind is None or kind.restricted or "fields" not in body:
            return None
        try:
            return Filed(record, township, kind, mentions_of(kind, body))
        except (AttributeError, KeyError, TypeError, ValueError):  # of a newer kind, which was taken in unjudged
            _log.warning("not compared, its fields cannot be read: %s", record)
            return None

    def _forget(self, connection: Connection, records: Collection[str]) -> None:
        for run in in_runs(records):
            connection.execute(delete(_BLOCK).where(_BLOCK.c.record.in_(run)))
            connection.execute(delete(_PAIR).where(_waiting_of(run)))

    def _put_blocks(self, connection: Connection, filed: Filed, revision: RevisionId) -> None:
        connection.execute(delete(_BLOCK).where(_BLOCK.c.record == filed.record))
        words = {word for one in filed.mentions for word in blocks_of(one)}
        if words:
            rows = [{"word": word, "record": filed.record, "revision": revision} for word in words]
            connection.execute(insert(_BLOCK), rows)

    def _alike(self, connection: Connection, filed: Filed) -> Iterable[Filed]:
        """Return the records that name somebody under one of the same words."""
        revisions: set[str] = set()
        for word in {word for one in filed.mentions for word in blocks_of(one)}:
            wanted = (_BLOCK.c.word == word) & (_BLOCK.c.record != filed.record)
            newest = select(_BLOCK.c.revision).where(wanted).order_by(_BLOCK.c.record.desc()).limit(MOST_ALIKE)
            revisions.update(connection.execute(newest).scalars())
        for run in in_runs(revisions):
            for row in connection.execute(select(_REVISION).where(_REVISION.c.id.in_(run))):
                found = self._read(row.record, row.township, read_body(row.body))
                if found is not None:
                    yield found

    def _keep(self, connection: Connection, record: RecordId, found: list[Found]) -> None:
        """The pairs of this record that nobody answered are these; those that were answered stand as they are."""
        connection.execute(delete(_PAIR).where(_waiting_of([record])))
        at = self._clock().isoformat(timespec="seconds")
        rows = [
            {
                "one_record": pair.one.record, "one_key": pair.one.key, "other_record": pair.other.record,
                "other_key": pair.other.key, "sort": pair.sort.value, "grade": pair.grade.value,
                "points": pair.likeness.points, "reasons": " ".join(pair.likeness.reasons), "found_at": at, "answer": "",
            }
            for pair in found
            if pair.sort is not Sort.PERSON or pair.grade is not Grade.SURE  # their number says it already
        ]  # fmt: skip
        if rows:
            connection.execute(insert_ignoring(connection, tables.Pair), rows)


def newest_of(file: RecordFile) -> RevisionId | None:
    """Return the revision that says what the record is today: what waits to be accepted, else the head, else what is left."""
    shown = {one: standing for one, standing in file.standings.items() if standing not in _HIDDEN}
    followed = {parent for one in shown for parent in file.history.parents.get(one, ())}
    tips = sorted(one for one in shown if one not in followed)
    waiting = [one for one in tips if shown[one] in OPEN_STANDINGS]
    fresh = next((one for one in waiting if shown[one] is RevisionStanding.RECEIVED), None)
    return fresh or file.head or next(iter(tips), None)


def count_left(connection: Connection) -> int:
    """Return how many records nobody has compared since they changed."""
    return int(connection.execute(select(func.count()).select_from(_TO_COMPARE)).scalar_one())


def _put_all(connection: Connection) -> None:
    everything = select(_RECORD.c.id).where(_RECORD.c.id.is_not(None))  # SQLite reads no ON CONFLICT behind a bare FROM
    connection.execute(insert_ignoring(connection, tables.ToCompare).from_select(["record"], everything))


def _waiting_of(records: Collection[str]) -> Any:
    ours = or_(_PAIR.c.one_record.in_(records), _PAIR.c.other_record.in_(records))
    return and_(ours, _PAIR.c.answer == "")


def _bodies(connection: Connection, wanted: Collection[RevisionId]) -> dict[RevisionId, dict[str, Any]]:
    found: dict[RevisionId, dict[str, Any]] = {}
    for run in in_runs(wanted):
        rows = connection.execute(select(_REVISION.c.id, _REVISION.c.body).where(_REVISION.c.id.in_(run)))
        found |= {row.id: read_body(row.body) for row in rows}
    return found
