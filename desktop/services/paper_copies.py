"""Copies for paper (打印副本): what was printed into a PDF is kept where somebody chose; stamped copies of scans."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from desktop.archive import attachments, looks, records
from desktop.archive.archive import Archive
from desktop.archive.clock import Clock
from desktop.documents.pages import PagePicture, PageReader
from sync.contract.errors import CannotWrite, DiskFull, NotAllowed
from sync.contract.kinds import Kind
from sync.vault.engine import name_storage_error

VIEW_DPI, PRINT_DPI = 110, 200


class PaperCopies:
    """Copies of one archive's records, to be printed; the originals are never touched."""

    def __init__(
        self, archive: Archive, kinds: Mapping[str, Kind], reader: PageReader, person: str, clock: Clock
    ) -> None:
        self._archive, self._kinds, self._reader = archive, kinds, reader
        self._person, self._clock = person, clock

    def stamped(self, record_uid: str, stamp: bytes, purpose: str = "") -> bytes:
        """Return a PDF of the record's first file with the stamp on its first page; nothing where there is no scan.

        Of a restricted kind the look stands in the register, with what for.

        Raises:
            NotAllowed: of a restricted kind, and no purpose was given.
            UnreadableFile, ReaderStopped: the file cannot be drawn; it is kept whole. SealBroken: it is not what was filed.
        """
        with self._archive.reading() as connection:
            line = records.by_uid(connection, record_uid)
            said = (records.body(connection, line.head) if line else None) or {}
            files = said.get("attachments", [])
            if line is None or not files:
                return b""
            content = attachments.checked_content(self._archive, connection, files[0]["sha256"])
        if self._kinds[line.kind].restricted:
            self._look(record_uid, purpose.strip())
        return self._reader.stamped(content, stamp)

    def _look(self, record_uid: str, purpose: str) -> None:
        if not purpose:
            raise NotAllowed("a look needs a purpose")
        with self._archive.act(self._person, self._clock()) as act:
            looks.note_look(act, record_uid, purpose, "copy")
            act.note("copy-stamped", record_uid)

    def pictures(self, pdf: bytes, dpi: int, most: int = 0) -> list[PagePicture]:
        """Return the pages of a copy, drawn; at most so many of them, or all."""
        pages = self._reader.inspect(pdf).pages
        return [self._reader.picture(pdf, page, dpi) for page in range(min(pages, most or pages))]


def keep(path: Path, content: bytes) -> Path:
    """The content stands in that file, whole or not at all.

    Raises:
        CannotWrite: it cannot be written there. DiskFull: there is no room.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_bytes(content)
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        named = name_storage_error(error)
        raise (named if isinstance(named, DiskFull) else CannotWrite("print", reason="not_writable")) from error
    return path
