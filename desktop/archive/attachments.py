"""Attachments (附件) and the text of their pages: write-once, known by SHA-256, encrypted beside the database."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from sqlalchemy.engine import Connection

from desktop.archive import bodies
from desktop.archive.archive import Act, Archive
from sync.contract.errors import SealBroken
from sync.vault.bag import sm3_of
from sync.vault.sealed_files import Rooms, SealedFile


@dataclass(frozen=True, slots=True)
class Attachment:
    """What is known of a kept file."""

    sha256: str
    size_bytes: int
    pages: int
    media: str
    sm3: str = ""  # hex; empty until it was taken


@dataclass(frozen=True, slots=True)
class PageText:
    """Text of one page; `lines` are (text, left, top, right, bottom, score) in shares of the page."""

    page: int
    source: str
    text: str
    lines: tuple[tuple[str, float, float, float, float, float], ...] = ()


def keep(archive: Archive, act: Act, data: bytes, *, sha256: str, pages: int, media: str) -> None:
    """The bytes are kept, sealed and on the disk before their row is; the same bytes twice are kept once."""
    if find(act.connection, sha256):
        return
    sealed: SealedFile = archive.files.write(BytesIO(data))
    if sealed.sha256.hex() != sha256:
        raise SealBroken("bytes changed while they were kept", expected=sha256)
    act.connection.exec_driver_sql(
        "INSERT INTO attachment (sha256, file_id, file_key, size_bytes, pages, media, added_at, sent, texts, sm3)"
        " VALUES (:sha256, :file_id, :file_key, :size, :pages, :media, :at, 0, 0, :sm3)",
        {
            "sha256": sha256,
            "file_id": sealed.file_id.hex(),
            "file_key": sealed.key,
            "size": sealed.size_bytes,
            "pages": pages,
            "media": media,
            "at": act.moment,
            "sm3": sm3_of(data),
        },
    )


def find(connection: Connection, sha256: str) -> Attachment | None:
    """Return what is known of the file, or None when it is not kept here."""
    row = connection.exec_driver_sql(
        "SELECT sha256, size_bytes, pages, media, sm3 FROM attachment WHERE sha256 = :sha256", {"sha256": sha256}
    ).first()
    return Attachment(**row._mapping) if row else None


def find_all(connection: Connection, several: Iterable[str]) -> dict[str, Attachment]:
    """Return what is known of each of these files that is kept here, by SHA-256."""
    rows = connection.exec_driver_sql(
        "SELECT sha256, size_bytes, pages, media, sm3 FROM attachment WHERE sha256 IN (SELECT value FROM json_each(?))",
        (json.dumps(list(several)),),
    )
    return {row.sha256: Attachment(**row._mapping) for row in rows}


def _handle(connection: Connection, sha256: str) -> Any:
    row = connection.exec_driver_sql(
        "SELECT file_id, file_key FROM attachment WHERE sha256 = :sha256", {"sha256": sha256}
    ).first()
    if row is None:
        raise SealBroken("no such attachment", sha256=sha256)
    return row


def content(archive: Archive, connection: Connection, sha256: str) -> bytes:
    """Return the whole file.

    Raises:
        SealBroken: it is not here, or was altered on the disk.
    """
    row = _handle(connection, sha256)
    return archive.files.read(bytes.fromhex(row.file_id), bytes(row.file_key))


def checked_content(archive: Archive, connection: Connection, sha256: str) -> bytes:
    """Return the whole file, compared with the hash it was filed under.

    Raises:
        SealBroken: it is not here, or is not what was filed.
    """
    data = content(archive, connection, sha256)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise SealBroken("not what was filed", sha256=sha256)
    return data


def everything(connection: Connection) -> list[Attachment]:
    """Return what is known of every kept file, by its hash."""
    rows = connection.exec_driver_sql("SELECT sha256, size_bytes, pages, media, sm3 FROM attachment ORDER BY sha256")
    return [Attachment(**row._mapping) for row in rows]


def count(connection: Connection) -> int:
    """Return how many files are kept."""
    return int(connection.exec_driver_sql("SELECT count(*) FROM attachment").scalar_one())


def total_bytes(connection: Connection, beside: int = 0) -> int:
    """Return how many bytes all kept files have, and so many more for each."""
    asked = "SELECT coalesce(sum(size_bytes), 0) + count(*) * ? FROM attachment"
    return int(connection.exec_driver_sql(asked, (beside,)).scalar_one())


def chunks(archive: Archive, connection: Connection, sha256: str) -> Iterator[bytes]:
    """Yield the file in pieces, so that a large one never stands in memory whole."""
    row = _handle(connection, sha256)
    return archive.files.blocks(bytes.fromhex(row.file_id), bytes(row.file_key))


def flow(archive: Archive, connection: Connection, sha256: str, rooms: Rooms) -> Iterator[memoryview]:
    """Yield the file in pieces, each good only until the next is asked for."""
    row = _handle(connection, sha256)
    return archive.files.flow(bytes.fromhex(row.file_id), bytes(row.file_key), rooms)


def keep_page_texts(act: Act, sha256: str, pages: Iterable[PageText]) -> None:
    """The text of these pages is kept; recognised text replaces older recognised text."""
    rows = [
        {
            "sha256": sha256,
            "page": one.page,
            "source": one.source,
            "text": bodies.pack_text(one.text),
            "lines": bodies.pack_text(_spelt(one)),
        }
        for one in pages
    ]
    if rows:
        act.connection.exec_driver_sql(
            "INSERT INTO page_text (sha256, page, source, text, lines) VALUES (:sha256, :page, :source, :text, :lines)"
            " ON CONFLICT (sha256, page) DO UPDATE SET source = :source, text = :text, lines = :lines",
            rows,
        )
        act.connection.exec_driver_sql(
            "UPDATE attachment SET texts = (SELECT count(*) FROM page_text t WHERE t.sha256 = attachment.sha256)"
            " WHERE sha256 = :sha256",
            {"sha256": sha256},
        )


def _spelt(one: PageText) -> str:
    """Places to a ten-thousandth of the page: a hair's breadth, and a third of the digits."""
    rounded = [(text, *(round(share, 4) for share in shares)) for text, *shares in one.lines]
    return json.dumps(rounded, ensure_ascii=False, separators=(",", ":"))


def forget_unreadable(act: Act) -> None:
    """Pages that nothing could read are asked about again: something that can has been installed."""
    act.connection.exec_driver_sql(
        "UPDATE attachment SET texts = texts - (SELECT count(*) FROM page_text t WHERE t.sha256 = attachment.sha256"
        " AND t.source = 'none') WHERE sha256 IN (SELECT sha256 FROM page_text WHERE source = 'none')"
    )
    act.connection.exec_driver_sql("DELETE FROM page_text WHERE source = 'none'")


def page_texts(connection: Connection, sha256: str) -> list[PageText]:
    """Return the text of every page that has one, in order."""
    rows = connection.exec_driver_sql(
        "SELECT page, source, text, lines FROM page_text WHERE sha256 = :sha256 ORDER BY page", {"sha256": sha256}
    )
    return [
        PageText(
            int(row.page),
            row.source,
            bodies.unpack_text(row.text),
            tuple(tuple(line) for line in json.loads(bodies.unpack_text(row.lines))),
        )
        for row in rows
    ]


def words(connection: Connection, sha256: str) -> list[str]:
    """Return what the pages say, in order, without where it stands on them."""
    return words_of_all(connection, [sha256]).get(sha256, [])


def words_of_all(connection: Connection, several: Iterable[str]) -> dict[str, list[str]]:
    """Return what the pages of each of these files say, in order: a block of records asks for many files at once."""
    rows = connection.exec_driver_sql(
        "SELECT sha256, text FROM page_text WHERE sha256 IN (SELECT value FROM json_each(?)) ORDER BY sha256, page",
        (json.dumps(list(several)),),
    )
    found: dict[str, list[str]] = {}
    for sha256, text in rows:
        found.setdefault(sha256, []).append(bodies.unpack_text(text))
    return found


def part(archive: Archive, connection: Connection, sha256: str, start: int, size_bytes: int) -> bytes:
    """Return a run of the file's bytes, for sending it on from where the line was cut."""
    row = _handle(connection, sha256)
    return archive.files.read_range(bytes.fromhex(row.file_id), bytes(row.file_key), start, size_bytes)


def unread(connection: Connection, most: int) -> list[tuple[str, int]]:
    """Return (file, page) of pages not looked at yet: all first pages before any second, the oldest file first."""
    rows = connection.exec_driver_sql(
        "WITH RECURSIVE page(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM page"
        " WHERE number < (SELECT coalesce(max(pages), 0) FROM attachment WHERE texts < pages))"
        " SELECT a.sha256, page.number FROM attachment a JOIN page ON page.number <= a.pages"
        " WHERE a.texts < a.pages AND NOT EXISTS (SELECT 1 FROM page_text t WHERE t.sha256 = a.sha256 AND t.page = page.number)"
        " ORDER BY page.number, a.added_at LIMIT :most",
        {"most": most},
    )
    return [(str(row[0]), int(row[1])) for row in rows]


def count_unsent(connection: Connection) -> int:
    """Return how many files that records were filed with are not known to be at the county."""
    return int(
        connection.exec_driver_sql(
            "SELECT count(*) FROM attachment WHERE sent = 0"
            " AND sha256 IN (SELECT sha256 FROM inbox_item WHERE record_uid != '')"
        ).scalar_one()
    )
