"""Enrolments (接入登记): the keys and certificates by which the county knows this desk, or a person at it.

They lie in the encrypted archive; on the line they are used from memory.
"""

from __future__ import annotations

from desktop.archive import settings
from desktop.archive.archive import Act, Archive
from desktop.archive.clock import Clock
from sync.client.enrolment import Enrolment, enrol
from sync.client.session import Session
from sync.contract.errors import Refused


class EnrolmentDrawer:
    """One enrolment kept in an archive under its own name."""

    def __init__(self, archive: Archive, name: str, person: str, clock: Clock) -> None:
        self._archive = archive
        self._key = f"enrolment.{name}"
        self._person = person
        self._clock = clock

    def enrolled(self) -> bool:
        """Whether the county knows us."""
        with self._archive.reading() as connection:
            return bool(settings.get_table(connection, self._key))

    def enrol(self, address: str, code: str) -> Enrolment:
        """The county knows us from now on.

        Raises:
            WrongCode: mistyped, used, too old, or another county's; Offline: nobody answers; NotTheCounty.
        """
        made = enrol(address, code)
        self._keep(made, "enrolled")
        return made

    def move_to(self, address: str) -> None:
        """The county answers at another address from now on; it must show the same authority."""
        self._keep(self.read().at(address), "county-address-changed")

    def read(self) -> Enrolment:
        """Return the enrolment.

        Raises:
            Refused: there is none yet.
        """
        with self._archive.reading() as connection:
            table = settings.get_table(connection, self._key)
        if not table:
            raise Refused("not enrolled at a county yet")
        return Enrolment.from_table(table)

    def session(self) -> Session:
        """Return a line to the county, not yet used."""
        return Session(self.read())

    def _keep(self, made: Enrolment, act_word: str) -> None:
        act: Act
        with self._archive.act(self._person, self._clock()) as act:
            settings.put_table(act.connection, self._key, made.to_table())
            act.note(act_word, made.device)
