"""The line of county staff (县级专线): one enrolment, one session, one signed-in person, shared by what staff do."""

from __future__ import annotations

import hashlib
import threading

from desktop.archive.archive import Archive
from desktop.archive.clock import Clock
from desktop.documents.pages import PagePicture, PageReader
from desktop.services.enrolments import EnrolmentDrawer
from desktop.services.recent_files import RecentFiles
from sync.client.session import LineSession
from sync.client.staff import Staff
from sync.contract.errors import SealBroken


class CountyLine:
    """The line of one member of staff; opened when it is first needed."""

    def __init__(self, archive: Archive, reader: PageReader, person: str, clock: Clock) -> None:
        self.person = person
        self._reader = reader
        self._drawer = EnrolmentDrawer(archive, f"person.{person}", person, clock)
        self._opening = threading.Lock()  # a page is fetched on one thread while a record is asked for on another
        self._session: LineSession | None = None
        self._staff: Staff | None = None
        self._recent = RecentFiles(self._fetch)

    def enrolled(self) -> bool:
        """Whether the county knows this person."""
        return self._drawer.enrolled()

    def enrol(self, address: str, code: str) -> None:
        """The county knows this person from now on; the code names the person and the role."""
        self._drawer.enrol(address, code)

    def move_to(self, address: str) -> None:
        """The county answers at another address from now on."""
        self.close()
        self._drawer.move_to(address)

    def staff(self) -> Staff:
        """Return the signed-in person at the county.

        Raises:
            Refused: not enrolled yet. Offline, NotTheCounty.
        """
        with self._opening:
            if self._staff is None:
                made = self._drawer.read()
                self._session = made.open_session()
                self._staff = Staff(self._session, made.device, made.signing_certificate, self._drawer.signing_key())
            return self._staff

    def authority(self) -> bytes:
        """Return the certificate of the county's authority (DER), as the enrolment pinned it. Raises Refused: not enrolled yet."""
        return self._drawer.read().authority

    def picture(self, sha256: str, page: int, dpi: int) -> PagePicture:
        """Return the picture of a page, counted from 1, out of the county's store."""
        return self._reader.picture(self._recent.content(sha256), page - 1, dpi)

    def _fetch(self, sha256: str) -> bytes:
        """Return a whole file out of the county's store; what is decided on is what was filed, or it is said."""
        content = self.staff().attachment(sha256)
        if hashlib.sha256(content).hexdigest() != sha256:
            raise SealBroken("the county's copy of a file", sha256=sha256)
        return content

    def close(self) -> None:
        """The line is closed; what is asked next opens it again."""
        with self._opening:
            self._staff = None
            if self._session is not None:
                self._session.close()
                self._session = None
