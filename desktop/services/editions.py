"""The editions of a desk (规则版本): which it works with, and what becomes of one that the county sends (docs/editions.md)."""

from __future__ import annotations

from dataclasses import dataclass

from desktop.archive import editions
from desktop.archive.archive import Archive
from desktop.archive.clock import Clock
from desktop.services.enrolments import EnrolmentDrawer
from desktop.services.log_witnessing import COUNTY
from sync.contract.certificates import read_certificate
from sync.contract.editions import (
    FORM,
    EditionHeld,
    SignedEdition,
    check_edition,
    check_follows,
    newer_of,
    read_files,
)
from sync.contract.errors import (
    ArchiveTooNew,
    BadRequest,
    EditionOlder,
    FactoryFault,
    LantaiError,
    NotAllowed,
    SealBroken,
)
from sync.contract.kind_files import load_kinds
from sync.contract.kinds import Kind
from sync.contract.wire import pack, unpack


@dataclass(frozen=True, slots=True)
class Loaded:
    """The kinds that an open desk works with, and the edition they are of; 0 as the program ships them."""

    kinds: dict[str, Kind]
    number: int


@dataclass(frozen=True, slots=True)
class EditionStatus:
    """Which edition the desk works with, which waits for the next opening (0: none), and which was refused last, and why.

    `title`: what the newest that was taken says of itself.
    """

    works_with: int
    waits: int
    refused: int
    reason: str
    title: str = ""


def load_edition(archive: Archive) -> Loaded:
    """Return the kinds of the newest edition that was taken; as shipped where there is none, or where this program cannot read it."""
    shipped = load_kinds()
    with archive.reading() as connection:
        kept = editions.newest(connection)
    if kept is None:
        return Loaded(shipped, 0)
    try:
        return Loaded(newer_of(shipped, read_files(unpack(SignedEdition, kept.packed).edition.files)), kept.number)
    except (FactoryFault, BadRequest):  # an older program than took it; the page of the line says that it works with 0
        return Loaded(shipped, 0)


class DeskEditions:
    """One desk's editions; an `EditionKeeper` for its exchanges."""

    def __init__(self, archive: Archive, drawer: EnrolmentDrawer, works_with: int, clock: Clock) -> None:
        self._archive, self._drawer, self._works_with, self._clock = archive, drawer, works_with, clock

    def held(self) -> EditionHeld:
        with self._archive.reading() as connection:
            seen = editions.last_seen(connection, FORM)
        return EditionHeld(self._works_with, max(self._works_with, seen.number if seen else 0))

    def hear(self, signed: SignedEdition) -> None:
        number = signed.edition.number
        try:
            check_edition(signed, read_certificate(self._drawer.read().authority))
        except (SealBroken, NotAllowed, BadRequest) as error:  # nobody's word: not kept, and asked for again
            self._refuse(signed, error, kept=False)
            return
        with self._archive.reading() as connection:
            stands = editions.newest(connection)
        try:
            if stands is not None and number <= stands.number:
                raise EditionOlder("not newer than the one that stands", number=number, stands=stands.number)
            if signed.edition.needs > FORM:
                raise ArchiveTooNew("edition", needs=signed.edition.needs, known=FORM)
            shipped = load_kinds()
            check_follows(load_edition(self._archive).kinds, newer_of(shipped, read_files(signed.edition.files)))
        except (EditionOlder, ArchiveTooNew, FactoryFault, BadRequest) as error:
            self._refuse(signed, error, kept=not isinstance(error, EditionOlder))
            return
        with self._archive.act(COUNTY, self._clock()) as act:
            editions.keep(act, number, FORM, "", pack(signed))
            act.note("edition-taken", str(number), digest=signed.edition.digest().hex())

    def status(self) -> EditionStatus:
        """Return how the desk stands, without asking anybody."""
        with self._archive.reading() as connection:
            stands, seen = editions.newest(connection), editions.last_seen(connection, FORM)
        newest = stands.number if stands else 0
        refused = seen if seen and seen.refused and seen.number > newest else None
        return EditionStatus(
            self._works_with,
            newest if newest > self._works_with else 0,
            refused.number if refused else 0,
            refused.refused if refused else "",
            unpack(SignedEdition, stands.packed).edition.title if stands else "",
        )

    def _refuse(self, signed: SignedEdition, error: LantaiError, *, kept: bool) -> None:
        number = signed.edition.number
        with self._archive.act(COUNTY, self._clock()) as act:
            if kept:
                editions.keep(act, number, FORM, error.code, pack(signed))
            act.note("edition-refused", str(number), reason=error.code)
