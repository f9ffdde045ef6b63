"""Editions at the county (规则发布): kept for good, tried before they are published, told to desks that have not seen them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, MutableMapping
from datetime import datetime
from typing import Final

from cryptography import x509
from sqlalchemy import Connection, delete, func, insert, select

from sync.contract.certificates import Holder
from sync.contract.editions import (
    FORM,
    Edition,
    EditionFile,
    EditionHeld,
    SignedEdition,
    StandingEdition,
    TownshipEdition,
    Tried,
    TriedFiles,
    changed_kinds,
    check_edition,
    check_files,
    check_follows,
    newer_of,
    read_files,
    spell_fault,
)
from sync.contract.errors import BadRequest, FactoryFault, HeadMoved, Unavailable
from sync.contract.kind_files import shipped_texts
from sync.contract.kinds import Kind
from sync.contract.wire import pack, unpack
from sync.county import tables
from sync.county.editions_tried import try_kinds
from sync.county.storage import Storage
from sync.county.tables import table
from sync.ledger import Desk

_EDITION, _HELD, _TOWNSHIP = table(tables.EditionRow), table(tables.DeskEdition), table(tables.Township)
SHIPPED: Final = 0
_log = logging.getLogger(__name__)


class Editions:
    """The editions of a county.

    Args:
        kinds: those that stand now; a published edition changes it in place, kind by kind, and takes none away.
    """

    def __init__(
        self,
        storage: Storage,
        authority: x509.Certificate,
        county: str,
        kinds: MutableMapping[str, Kind],
        clock: Callable[[], datetime],
    ) -> None:
        self._storage, self._authority, self._county, self._clock = storage, authority, county, clock
        self._kinds, self._shipped = kinds, dict(kinds)
        self.versions: dict[tuple[str, int], Kind] = {(kind.key, kind.version): kind for kind in kinds.values()}
        self._newest: SignedEdition | None = None
        self._held: dict[str, EditionHeld] = {}
        self._publishing = threading.Lock()
        with storage.connection() as connection:
            packed = connection.execute(select(_EDITION.c.packed).order_by(_EDITION.c.number)).scalars().all()
        for one in packed:
            self._take_up(unpack(SignedEdition, one))

    def standing(self) -> StandingEdition:
        """Return the edition that stands with its files, and the number that the next one bears."""
        with self._storage.connection() as connection:
            said = connection.execute(select(func.max(_HELD.c.seen))).scalar_one_or_none() or 0
            row = connection.execute(select(_EDITION).order_by(_EDITION.c.number.desc()).limit(1)).one_or_none()
            townships = _works_with(connection)
        if row is None:
            shipped = tuple(EditionFile(name, text) for name, text in sorted(shipped_texts().items()))
            return StandingEdition(
                Edition(SHIPPED, FORM, self._county, "", shipped), max(said, SHIPPED) + 1, "", "", townships
            )
        edition = unpack(SignedEdition, row.packed).edition
        number = max(said, edition.number) + 1
        return StandingEdition(edition, number, row.published_at, row.published_by, townships)

    def try_files(self, asked: TriedFiles) -> Tried:
        """Return who changes if these files stood, or why they cannot. Raises BadRequest: too many, or too long."""
        check_files(asked.files)
        try:
            after = self._next(asked.files)
        except FactoryFault as fault:
            return Tried(flaw=spell_fault(fault))
        with self._storage.connection() as connection:
            changed = changed_kinds(self._kinds, after)
            return try_kinds(connection, dict(self._kinds), after, changed, self._clock().date())

    def publish(self, signed: SignedEdition, publisher: Holder) -> StandingEdition:
        """The edition stands from now on, at the county at once; who published it stands in the log.

        Raises:
            SealBroken, NotAllowed: signature, or no officer. HeadMoved: somebody published meanwhile, by the number.
            FactoryFault: its files cannot stand. BadRequest: another county's, or of a form that this program does not know.
        """
        check_edition(signed, self._authority)
        edition = signed.edition
        if edition.county != self._county or edition.needs > FORM:
            raise BadRequest("an edition of another county, or of a form not known here")
        with self._publishing:
            if edition.number != self.standing().next_number:
                raise HeadMoved("another edition was published meanwhile", number=edition.number)
            self._next(edition.files)
            at = self._clock().isoformat(timespec="seconds")
            with self._storage.writing(None) as book:
                values = {"number": edition.number, "published_at": at, "published_by": publisher.name}
                book.connection.execute(insert(_EDITION), {**values, "packed": pack(signed)})
                details: dict[str, int | str] = {"number": edition.number, "digest": edition.digest().hex()}
                book.log(publisher.name, "edition.published", str(edition.number), details)
            self._take_up(signed)
        return self.standing()

    def tell(self, desk: Desk, held: EditionHeld) -> SignedEdition | None:
        """Return the newest edition if the desk has not seen it; which one it works with is kept for the board."""
        if self._held.get(desk.holder.device) != held:
            try:
                self._note(desk, held)
            except Unavailable as error:  # the page of rules waits; the desk is answered
                _log.warning("edition of a desk not kept: %s", error.code)
        newest = self._newest
        return newest if newest is not None and newest.edition.number > held.seen else None

    def _note(self, desk: Desk, held: EditionHeld) -> None:
        values = {"device": desk.holder.device, "township": desk.township}
        with self._storage.connection(writing=True, township=desk.township) as connection:
            connection.execute(delete(_HELD).where(_HELD.c.device == desk.holder.device))
            connection.execute(insert(_HELD), {**values, "works_with": held.works_with, "seen": held.seen})
        self._held[desk.holder.device] = held

    def _next(self, files: tuple[EditionFile, ...]) -> dict[str, Kind]:
        after = newer_of(self._shipped, read_files(files))
        check_follows(self._kinds, after)
        return after

    def _take_up(self, signed: SignedEdition) -> None:
        after = newer_of(self._shipped, read_files(signed.edition.files))
        self.versions.update({(kind.key, kind.version): kind for kind in after.values()})
        self._kinds.update(after)
        self._newest = signed


def _works_with(connection: Connection) -> tuple[TownshipEdition, ...]:
    counted = select(
        _HELD.c.township, func.min(_HELD.c.works_with).label("oldest"), func.count().label("desks")
    ).group_by(_HELD.c.township)
    names = {row.code: row.name for row in connection.execute(select(_TOWNSHIP.c.code, _TOWNSHIP.c.name))}
    rows = connection.execute(counted.order_by(_HELD.c.township))
    return tuple(TownshipEdition(row.township, names.get(row.township, ""), row.oldest, row.desks) for row in rows)
