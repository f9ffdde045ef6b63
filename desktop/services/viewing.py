"""Viewing pages (阅览): pictures and text of kept pages, read in a child process; recognition goes on behind."""

from __future__ import annotations

from collections.abc import Mapping

from desktop.archive import attachments, indexing
from desktop.archive.archive import Archive
from desktop.archive.attachments import PageText
from desktop.archive.clock import Clock
from desktop.documents.pages import PagePicture, PageReader
from desktop.documents.recognition import TextReader
from desktop.services.recent_files import RecentFiles
from sync.contract.errors import ReaderStopped
from sync.contract.kinds import Kind

RECOGNITION_DPI = 200


class Viewing:
    """The pages of one archive."""

    def __init__(
        self,
        archive: Archive,
        kinds: Mapping[str, Kind],
        reader: PageReader,
        recogniser: TextReader | None,
        person: str,
        clock: Clock,
    ) -> None:
        self._kinds = kinds
        self._archive = archive
        self._reader = reader
        self._recogniser = recogniser
        self._person = person
        self._clock = clock
        self._recent = RecentFiles(self._fetch)
        self._stopped = False

    def picture(self, sha256: str, page: int, dpi: int) -> PagePicture:
        """Return the picture of a page, counted from 1.

        Raises:
            UnreadableFile, ReaderStopped: the page cannot be shown; the file itself is safe.
        """
        return self._reader.picture(self._recent.content(sha256), page - 1, dpi)

    def text(self, sha256: str, page: int) -> PageText | None:
        """Return the text of a page if it was read already."""
        with self._archive.reading() as connection:
            return next((one for one in attachments.page_texts(connection, sha256) if one.page == page), None)

    def can_recognise(self) -> bool:
        """Whether text recognition is installed on this computer."""
        return self._recogniser is not None

    def begin_reading(self) -> None:
        """Pages that nothing could read are asked about again, if this computer can recognise text by now."""
        if self._recogniser is not None:
            with self._archive.act(self._person, self._clock()) as act:
                attachments.forget_unreadable(act)

    def unread(self, most: int = 100) -> list[tuple[str, int]]:
        """Return (file, page) of pages not looked at yet: all first pages before any second, the oldest file first."""
        with self._archive.reading() as connection:
            return attachments.unread(connection, most)

    def read_text(self, sha256: str, page: int) -> bool:
        """The page has its text, its own or else recognised, and what was filed with it is found by it.

        False when nothing on this computer can recognise it, which is noted, so that it is not asked for ever.

        Raises:
            ReaderStopped, UnreadableFile: the page could not be read; the file itself is safe.
        """
        made = self._read_page(sha256, page)
        with self._archive.act(self._person, self._clock()) as act:
            attachments.keep_page_texts(act, sha256, [made])
            indexing.index_page_text(act.connection, self._kinds, sha256)
        return made.source != "none"

    def stop_reading(self) -> None:
        """Recognition under way ends at once and none begins; the rest is read when the archive is opened again."""
        self._stopped = True
        if self._recogniser is not None:
            self._recogniser.close()

    def close(self) -> None:
        """The recogniser's process is gone."""
        self.stop_reading()

    def _read_page(self, sha256: str, page: int) -> PageText:
        """The page's own text, else recognised text, else a note that nothing here can recognise it."""
        own = self._reader.text(self._recent.content(sha256), page - 1).strip()
        if own:
            return PageText(page, "file", own)
        if self._recogniser is None:
            return PageText(page, "none", "")
        if self._stopped:
            raise ReaderStopped("reading was stopped", reason="closed")
        picture = self._reader.picture(self._recent.content(sha256), page - 1, RECOGNITION_DPI)
        lines = self._recogniser.read(picture)
        kept = tuple((one.text, one.left, one.top, one.right, one.bottom, one.score) for one in lines)
        return PageText(page, "recognised", "\n".join(one.plain for one in lines), kept)

    def _fetch(self, sha256: str) -> bytes:
        with self._archive.reading() as connection:
            return attachments.content(self._archive, connection, sha256)
