"""The county's catalogue (县级目录): which record names whom, made from the accepted heads edition by edition (docs/one-window.md, section 4)."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select, update

from sync.contract.kinds import Kind
from sync.contract.one_window import SALT_BYTES, name_key, names_in, pack_people, slice_person, year_of
from sync.contract.revisions import ChangeKind, TownshipId, read_body
from sync.county import tables
from sync.county.background import Background, HandingOver
from sync.county.statements import in_runs, insert_ignoring
from sync.county.storage import Storage
from sync.county.tables import table

AT_ONCE: Final = 100
"""Events of a feed in one step: a few hundred rows are written in its transaction, whatever the names cost before it."""
MOST_NAMES: Final = 100_000
_EDITION, _SALT = "catalogue_edition", "catalogue_salt"
_ENTRY, _CURSOR, _FEED = table(tables.CatalogueEntry), table(tables.CatalogueCursor), table(tables.FeedLine)
_TOWNSHIP, _RECORD, _REVISION = table(tables.Township), table(tables.Record), table(tables.RevisionRow)
_SETTING, _BACK = table(tables.Setting), table(tables.TakenBackRow)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Entry:
    """What the catalogue is to say of a record."""

    record: str
    township: str
    kind: str
    year: int
    people: bytes


@dataclass(frozen=True, slots=True)
class _Step:
    """What follows from a run of one township's feed."""

    township: str
    after: int
    end: int
    entries: tuple[_Entry, ...]
    back: tuple[str, ...] = ()  # decisions that were taken back, and are not followed yet


class Catalogue:
    """Follows the feeds of all townships; what a record names is hashed before anybody is kept waiting."""

    def __init__(self, storage: Storage, kinds: Mapping[str, Kind], handing_over: HandingOver) -> None:
        self._storage, self._kinds = storage, kinds
        self._background = Background("catalogue", self.work_on, handing_over)
        self._salt = b""
        self._keys = lru_cache(maxsize=MOST_NAMES)(self._hash)

    def begin(self) -> None:
        """From now on the catalogue follows what is decided, on a thread of its own, until `end`."""
        self._background.begin()

    def end(self) -> None:
        """The catalogue follows no more; what was under way is finished."""
        self._background.end()

    def salt(self) -> bytes:
        """Return the salt of the name keys; made at first need, and never another."""
        if not self._salt:
            with self._storage.connection(writing=True) as connection:
                made = {_SALT: secrets.token_hex(SALT_BYTES), _EDITION: "0"}
                rows = [{"key": key, "value": value} for key, value in made.items()]
                connection.execute(insert_ignoring(connection, tables.Setting), rows)
                self._salt = bytes.fromhex(_setting(connection, _SALT))
        return self._salt

    def work_on(self, most: int = AT_ONCE) -> int:
        """The next events of one township are followed; how many that were is returned, 0 when every feed is at its end."""
        self.salt()
        with self._storage.connection() as connection:
            step = self._look_back(connection, most) or self._look(connection, most)
        if step is None:
            return 0
        with self._storage.connection(writing=True) as connection:
            _keep(connection, step)
        return max(1, step.end - step.after)

    def _look_back(self, connection: Connection, most: int) -> _Step | None:
        """Return what is to be kept of records whose decisions were taken back: the feed was written anew from there on."""
        ordered = select(_BACK).where(_BACK.c.followed == 0).order_by(_BACK.c.township).limit(most)
        rows = connection.execute(ordered).all()
        if not rows:
            return None
        ours = [row for row in rows if row.township == rows[0].township]
        cursor = connection.execute(select(_CURSOR.c.sequence).where(_CURSOR.c.township == ours[0].township))
        after = cursor.scalar_one_or_none() or 0
        entries = self._entries(connection, sorted({row.record for row in ours}))
        end = min(after, *(row.cut_at for row in ours))
        return _Step(ours[0].township, after, end, entries, tuple(sorted({row.decision for row in ours})))

    def _look(self, connection: Connection, most: int) -> _Step | None:
        """Return what is to be kept of the next events; None if there are none."""
        joined = _TOWNSHIP.outerjoin(_CURSOR, _CURSOR.c.township == _TOWNSHIP.c.code)
        behind = _CURSOR.c.sequence.is_(None) | (_CURSOR.c.sequence < _TOWNSHIP.c.feed_end)
        wanted = select(_TOWNSHIP.c.code, _CURSOR.c.sequence).select_from(joined)
        row = connection.execute(wanted.where(behind, _TOWNSHIP.c.feed_end > 0).limit(1)).one_or_none()
        if row is None:
            return None
        after = row.sequence or 0
        later = (_FEED.c.township == row.code) & (_FEED.c.sequence > after)
        events = connection.execute(
            select(_FEED.c.sequence, _FEED.c.record).where(later).order_by(_FEED.c.sequence).limit(most)
        ).all()
        if not events:
            return None
        entries = self._entries(connection, sorted({one.record for one in events}))
        return _Step(row.code, after, events[-1].sequence, entries)

    def _entries(self, connection: Connection, records: Sequence[str]) -> tuple[_Entry, ...]:
        stands = (_REVISION.c.id == _RECORD.c.head) & (_REVISION.c.kind != ChangeKind.VOID.value)
        joined = _RECORD.outerjoin(_REVISION, stands)
        columns = (_RECORD.c.id, _RECORD.c.township, _REVISION.c.body)
        made: list[_Entry] = []
        for run in in_runs(records):
            rows = connection.execute(select(*columns).select_from(joined).where(_RECORD.c.id.in_(run)))
            made += [
                self._entry(row.id, row.township, None if row.body is None else read_body(row.body)) for row in rows
            ]
        return tuple(made)

    def _entry(self, record: str, township: str, said: Mapping[str, Any] | None) -> _Entry:
        kind = self._kinds.get(str((said or {}).get("kind", "")))
        if said is None or kind is None or kind.restricted:
            return _Entry(record, township, "", 0, b"")
        try:
            people = [slice_person(self._keys(name), mention) for name, mention in names_in(kind, said)]
        except (AttributeError, KeyError, TypeError, ValueError):  # of a newer kind, which was taken in unjudged
            _log.warning("not in the catalogue, its fields cannot be read: %s", record)
            people = []
        return _Entry(record, township, kind.key, year_of(said), pack_people(people))

    def _hash(self, name: str) -> int:
        return name_key(name, self._salt)


def _keep(connection: Connection, step: _Step) -> None:
    """The entries that say something new are kept under the next editions; nothing if another process has been here."""
    locked = select(_SETTING.c.value).where(_SETTING.c.key == _EDITION).with_for_update()
    edition = int(connection.execute(locked).scalar_one())
    stands = select(_CURSOR.c.sequence).where(_CURSOR.c.township == step.township)
    if (connection.execute(stands).scalar_one_or_none() or 0) != step.after:
        return
    known: dict[str, Any] = {}
    for run in in_runs([one.record for one in step.entries]):
        known |= {row.record: row for row in connection.execute(select(_ENTRY).where(_ENTRY.c.record.in_(run)))}
    rows = []
    for one in step.entries:
        before = known.get(one.record)
        if before is None and not one.people:
            continue
        if before is not None and not one.people:  # keeps its kind: who might see it learns that it is gone
            one = _Entry(one.record, one.township, before.kind, before.year, b"")
        if before is None or one != _Entry(before.record, before.township, before.kind, before.year, before.people):
            edition += 1
            values = (one.record, edition, one.township, one.kind, one.year, one.people)
            rows.append(dict(zip(_COLUMNS, values, strict=True)))
    for changed in in_runs([str(row["record"]) for row in rows]):
        connection.execute(delete(_ENTRY).where(_ENTRY.c.record.in_(changed)))
    if rows:
        connection.execute(insert(_ENTRY), rows)
        connection.execute(update(_SETTING).where(_SETTING.c.key == _EDITION).values(value=str(edition)))
    for several in in_runs(step.back):
        connection.execute(update(_BACK).where(_BACK.c.decision.in_(several)).values(followed=1))
    connection.execute(delete(_CURSOR).where(_CURSOR.c.township == step.township))
    connection.execute(insert(_CURSOR), {"township": step.township, "sequence": step.end})


_COLUMNS: Final = ("record", "edition", "township", "kind", "year", "people")


def entries_after(
    connection: Connection, edition: int, township: TownshipId, kinds: Sequence[str], most: int
) -> Sequence[Any]:
    """Return the next entries of other townships, of these kinds, in the order of their editions."""
    ours = (_ENTRY.c.edition > edition) & (_ENTRY.c.township != township) & _ENTRY.c.kind.in_(kinds)
    return connection.execute(select(_ENTRY).where(ours).order_by(_ENTRY.c.edition).limit(most)).all()


def newest_edition(connection: Connection) -> int:
    """Return the number of the last change of the catalogue."""
    return int(_setting(connection, _EDITION) or 0)


def _setting(connection: Connection, key: str) -> str:
    found = connection.execute(select(_SETTING.c.value).where(_SETTING.c.key == key)).scalar_one_or_none()
    return str(found or "")
