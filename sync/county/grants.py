"""Grants (调阅许可): a record of another township opened for one person and one purpose, and what both sides write down."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import uuid6
from sqlalchemy import Connection, Row, func, insert, select

from sync.contract.errors import BadRequest, HeadMoved, LantaiError, NotAllowed, NotNamed
from sync.contract.kinds import Kind
from sync.contract.mentions import plain_name
from sync.contract.one_window import (
    LONGEST_NAME,
    LONGEST_PURPOSE,
    MOST_LOOKS,
    GrantAsked,
    Granted,
    Look,
    May,
    names_in,
)
from sync.contract.revisions import ChangeKind, TownshipId, is_uuid_text, read_body
from sync.county import tables
from sync.county.attachments import Attachments
from sync.county.book import read_sent
from sync.county.collisions import again
from sync.county.storage import Storage
from sync.county.tables import Device, table
from sync.county.who_sees import allowed

LASTS: Final = timedelta(minutes=30)
MOST_REMEMBERED: Final = 10_000

_GRANT, _RECORD, _REVISION = table(tables.GrantGiven), table(tables.Record), table(tables.RevisionRow)
_TOWNSHIP, _NAMED = table(tables.Township), table(tables.RevisionAttachment)


@dataclass(frozen=True, slots=True)
class _Opened:
    """A record as it stands, and what the asker may do with it."""

    holder: TownshipId
    row: Row[Any]
    may: May


class Grants:
    """What desks may open of other townships' records; every try stands in the county's log."""

    def __init__(
        self, storage: Storage, kinds: Mapping[str, Kind], attachments: Attachments, clock: Callable[[], datetime]
    ) -> None:
        self._storage, self._kinds, self._attachments, self._clock = storage, kinds, attachments, clock
        self._read: set[tuple[str, str]] = set()

    def give(self, device: Device, township: TownshipId, asked: GrantAsked) -> Granted:
        """Return the grant, with the record's head.

        Raises:
            NotAllowed: the rule is against it, or no purpose was given. HeadMoved: there is nothing to open (any more).
            NotNamed: it names nobody so called.
        """
        _check_words(asked)
        try:
            return self._give(device, township, asked)
        except (NotAllowed, HeadMoved, NotNamed) as refusal:
            self._note_refusal(device, township, asked, refusal)
            raise

    @again
    def _give(self, device: Device, township: TownshipId, asked: GrantAsked) -> Granted:
        with self._storage.writing(None) as book:
            opened = self._look(book.connection, township, asked)
            self._storage.lock(book.connection, opened.holder)
            now = self._clock()
            values = {
                "holder": opened.holder, "number": _next_number(book.connection, opened.holder), "id": str(uuid6.uuid7()),
                "record": asked.record, "revision": opened.row.id, "township": township, "device": device.id,
                "person": asked.person, "purpose": asked.purpose, "given_at": now.isoformat(timespec="seconds"),
                "until": (now + LASTS).isoformat(timespec="seconds"), "pages": opened.may is May.PAGES,
            }  # fmt: skip
            book.connection.execute(insert(_GRANT), values)
            details = {"township": township, "grant": str(values["id"]), "purpose": _hash(asked.purpose)}
            book.log(device.id, "grant.given", asked.record, details)
            named = _name_of(book.connection, opened.holder)
            return Granted(
                str(values["id"]),
                str(values["until"]),
                opened.holder,
                named,
                bool(values["pages"]),
                read_sent(opened.row),
            )

    def _look(self, connection: Connection, township: TownshipId, asked: GrantAsked) -> _Opened:
        """Return the record as it stands; the rule is asked before anything is told of it."""
        joined = _RECORD.join(_REVISION, _REVISION.c.id == _RECORD.c.head)
        wanted = select(_REVISION, _RECORD.c.township.label("holder")).select_from(joined)
        row = connection.execute(wanted.where(_RECORD.c.id == asked.record)).one_or_none()
        may = allowed(connection, self._kinds, township)
        if row is None:
            raise HeadMoved("nothing to open", record=asked.record)
        said = read_body(row.body)
        kind = self._kinds.get(str(said.get("kind", "")))
        if kind is None or row.holder == township or not may.get(kind.key, May.NONE).includes(May.OPEN):
            raise NotAllowed("the county's rule does not open this kind to this township", record=asked.record)
        if row.kind == ChangeKind.VOID.value or "fields" not in said:
            raise HeadMoved("nothing to open", record=asked.record)
        if plain_name(asked.name) not in _names(kind, said):
            raise NotNamed("the record names nobody so called", record=asked.record)
        return _Opened(TownshipId(row.holder), row, may[kind.key])

    @again
    def _note_refusal(self, device: Device, township: TownshipId, asked: GrantAsked, refusal: LantaiError) -> None:
        with self._storage.writing(None) as book:
            details = {"township": township, "code": refusal.code, "purpose": _hash(asked.purpose)}
            book.log(device.id, "grant.refused", asked.record, details)

    def page(
        self, device: Device, township: TownshipId, grant: str, sha256: str, start: int, size_bytes: int
    ) -> tuple[bytes, int]:
        """Return a range and the whole length of a file that the granted record names; its first range stands in the log.

        Raises:
            NotAllowed: no such grant of this desk, it ran out, it holds no pages, or record or rule changed since.
        """
        with self._storage.connection() as connection:
            row = self._standing(connection, device, township, grant)
            named = select(_NAMED.c.sha256).where(_NAMED.c.revision == row.revision, _NAMED.c.sha256 == sha256)
            if connection.execute(named).first() is None:
                raise NotAllowed("no page of the granted record", grant=grant)
        content, total = self._attachments.read(TownshipId(row.holder), sha256, start, size_bytes)
        if (grant, sha256) not in self._read:
            self._note_page(device, row, sha256)
        return content, total

    @again
    def _note_page(self, device: Device, row: Row[Any], sha256: str) -> None:
        with self._storage.writing(None) as book:
            book.log(device.id, "grant.page-read", row.record, {"grant": row.id, "file": sha256})
        if len(self._read) >= MOST_REMEMBERED:
            self._read.clear()  # at worst a look is written down twice
        self._read.add((row.id, sha256))

    def _standing(self, connection: Connection, device: Device, township: TownshipId, grant: str) -> Row[Any]:
        """Return a grant of this device that still stands, by its time, by its record and by the rule."""
        row = connection.execute(select(_GRANT).where(_GRANT.c.id == grant)).one_or_none()
        if row is None or row.device != device.id or datetime.fromisoformat(row.until) <= self._clock():
            raise NotAllowed("no grant, or it ran out", grant=grant)
        wanted = select(_REVISION.c.body).select_from(_RECORD.join(_REVISION, _REVISION.c.id == _RECORD.c.head))
        body = connection.execute(
            wanted.where(_RECORD.c.id == row.record, _RECORD.c.head == row.revision)
        ).scalar_one_or_none()
        kind = "" if body is None else str(read_body(body).get("kind", ""))
        may = allowed(connection, self._kinds, township).get(kind, May.NONE)
        if not row.pages or not may.includes(May.PAGES):
            raise NotAllowed("the grant holds no pages, or not any more", grant=grant)
        return row

    def looks(self, connection: Connection, holder: TownshipId, after: int) -> tuple[Look, ...]:
        """Return who opened records of the township, what for, from after that number on."""
        joined = _GRANT.outerjoin(_TOWNSHIP, _TOWNSHIP.c.code == _GRANT.c.township)
        wanted = select(_GRANT, _TOWNSHIP.c.name.label("called")).select_from(joined)
        later = wanted.where(_GRANT.c.holder == holder, _GRANT.c.number > after).order_by(_GRANT.c.number)
        return tuple(
            Look(
                row.number,
                row.id,
                row.record,
                row.given_at,
                row.township,
                row.called or row.township,
                row.person,
                row.purpose,
            )
            for row in connection.execute(later.limit(MOST_LOOKS))
        )


def _names(kind: Kind, said: Mapping[str, Any]) -> frozenset[str]:
    """The names a body names somebody by; none of one of a newer kind, which was taken in unjudged and cannot be read."""
    try:
        return frozenset(name for name, _ in names_in(kind, said))
    except (AttributeError, KeyError, TypeError, ValueError):
        return frozenset()


def _check_words(asked: GrantAsked) -> None:
    if not is_uuid_text(asked.record) or not plain_name(asked.name) or len(asked.name) > LONGEST_NAME:
        raise BadRequest("a record and a name are asked for")
    if not 0 < len(asked.person.strip()) <= LONGEST_NAME:
        raise BadRequest("no person asks")
    if not 0 < len(asked.purpose.strip()) <= LONGEST_PURPOSE:
        raise BadRequest("a look needs a purpose")


def _next_number(connection: Connection, holder: TownshipId) -> int:
    last = connection.execute(select(func.max(_GRANT.c.number)).where(_GRANT.c.holder == holder)).scalar_one()
    return int(last or 0) + 1


def _name_of(connection: Connection, township: str) -> str:
    return str(connection.execute(select(_TOWNSHIP.c.name).where(_TOWNSHIP.c.code == township)).scalar_one())


def _hash(purpose: str) -> str:
    return hashlib.sha256(purpose.encode()).hexdigest()
