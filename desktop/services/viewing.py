"""Viewing pages (阅览): pictures and text of kept pages, read in a child process; recognition goes on behind."""

from __future__ import annotations

from collections import OrderedDict

from desktop.archive import attachments
from desktop.archive.archive import Archive
from desktop.archive.attachments import PageText
from desktop.archive.clock import Clock
from desktop.documents.pages import PagePicture, PageReader
from desktop.documents.recognition import TextReader

KEPT_FILES = 4
RECOGNITION_DPI = 200


class Viewing:
    """The pages of one archive."""

    def __init__(
        self, archive: Archive, reader: PageReader, recogniser: TextReader | None, person: str, clock: Clock
    ) -> None:
        self._archive = archive
        self._reader = reader
        self._recogniser = recogniser
        self._person = person
        self._clock = clock
        self._recent: OrderedDict[str, bytes] = OrderedDict()

    def picture(self, sha256: str, page: int, dpi: int) -> PagePicture:
        """Return the picture of a page, counted from 1.

        Raises:
            UnreadableFile, ReaderStopped: the page cannot be shown; the file itself is safe.
        """
        return self._reader.picture(self._content(sha256), page - 1, dpi)

    def text(self, sha256: str, page: int) -> PageText | None:
        """Return the text of a page if it was read already."""
        with self._archive.reading() as connection:
            return next((one for one in attachments.page_texts(connection, sha256) if one.page == page), None)

    def can_recognise(self) -> bool:
        """Whether text recognition is installed on this computer."""
        return self._recogniser is not None

    def unread(self) -> list[str]:
        """Return the files that have pages without text, oldest first."""
        with self._archive.reading() as connection:
            return attachments.unread(connection)

    def read_text(self, sha256: str) -> int:
        """Every page of the file has its text: its own, else recognised; the number of pages with any is returned.

        Raises:
            ReaderStopped: a page took too long; pages before it are kept.
        """
        with self._archive.reading() as connection:
            known = attachments.find(connection, sha256)
            done = {one.page for one in attachments.page_texts(connection, sha256)}
        found = 0
        for page in range(1, (known.pages if known else 0) + 1):
            if page in done:
                continue
            made = self._read_page(sha256, page)
            if made is None:
                continue
            with self._archive.act(self._person, self._clock()) as act:
                attachments.keep_page_texts(act, sha256, [made])
            found += bool(made.text)
        return found

    def stop_reading(self) -> None:
        """Recognition under way ends at once; what was read before is kept, the rest is read another time."""
        if self._recogniser is not None:
            self._recogniser.close()

    def close(self) -> None:
        """The recogniser's process is gone."""
        self.stop_reading()

    def _read_page(self, sha256: str, page: int) -> PageText | None:
        """The page's own text, else recognised text; None while nothing here can recognise it."""
        own = self._reader.text(self._content(sha256), page - 1).strip()
        if own:
            return PageText(page, "file", own)
        if self._recogniser is None:
            return None
        picture = self._reader.picture(self._content(sha256), page - 1, RECOGNITION_DPI)
        lines = self._recogniser.read(picture)
        kept = tuple((one.text, one.left, one.top, one.right, one.bottom, one.score) for one in lines)
        return PageText(page, "recognised", "\n".join(one.plain for one in lines), kept)

    def _content(self, sha256: str) -> bytes:
        """The last few files stay in memory: a clerk turns the pages of one file."""
        if sha256 not in self._recent:
            with self._archive.reading() as connection:
                self._recent[sha256] = attachments.content(self._archive, connection, sha256)
        self._recent.move_to_end(sha256)
        while len(self._recent) > KEPT_FILES:
            self._recent.popitem(last=False)
        return self._recent[sha256]
