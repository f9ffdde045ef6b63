"""Checking a generation (核对备份): what it says of itself against what lies there, without a key and with one.

A flaw is a word that the page and the log know; `docs/backup.md` says what is compared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Final

from sqlalchemy.engine import Connection

from desktop.archive.generations import DATABASE, KEYSTORE, LIST, Generation, Place, away
from desktop.archive.manifests import AuditHead, Manifest, Piece, PoolFile
from sync.contract.errors import ArchiveTooNew, Refused, SealBroken
from sync.vault import audit
from sync.vault.engine import broken_pages, open_copy, read
from sync.vault.keystore_file import Content
from sync.vault.whole_file import blocks_of

Asked = Callable[[], bool]
Done = Callable[[int], None]
"""Is told how many more bytes were read."""


class Flaw(StrEnum):
    """What can be wrong with a generation."""

    MANIFEST = "manifest"
    TOO_NEW = "too_new"
    SEAL = "seal"  # the manifest was written without the key
    DATABASE = "database"
    KEYSTORE = "keystore"
    LIST = "list"
    FILE_AWAY = "file_away"
    FILE_CHANGED = "file_changed"
    KEY = "key"  # another archive's, or of another time
    PAGES = "pages"
    ROWS = "rows"
    AUDIT = "audit"


ONE_BY_ONE: Final = frozenset({Flaw.FILE_AWAY, Flaw.FILE_CHANGED})


def stop_if(asked: Asked) -> None:
    """Raises Refused with the reason `cancelled` if somebody asked to stop."""
    if asked():
        raise Refused("cancelled", reason="cancelled")


def hashed(path: Path, asked: Asked, done: Done) -> Piece:
    """Return size and hash of a file, read from the disk. Raises FileNotFoundError."""
    digest, size_bytes = hashlib.sha256(), 0
    for block in blocks_of(path):
        stop_if(asked)
        digest.update(block)
        size_bytes += len(block)
        done(len(block))
    return Piece(size_bytes, digest.hexdigest())


def count_rows(connection: Connection) -> dict[str, int]:
    """Return how many rows each table has, without the search index, which is made of the others."""
    names = connection.exec_driver_sql(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'fulltext%' AND name NOT LIKE 'sqlite_%'"
    ).scalars()
    return {
        name: int(connection.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar_one())
        for name in sorted(names.all())
    }


def audit_head(connection: Connection) -> AuditHead:
    """Return where the audit log stands."""
    head = audit.head(connection)
    return AuditHead(head.size, head.chain.hex(), head.root.hex())


def plain_flaws(place: Place, one: Generation, asked: Asked, done: Done, *, deep: bool) -> Iterator[tuple[Flaw, str]]:
    """Yield each flaw that shows without a key, with the id of the file it is about.

    Args:
        deep: every file in the pool is read; else only looked for, with its size.
    """
    try:
        manifest = one.manifest()
    except ArchiveTooNew:
        yield Flaw.TOO_NEW, ""
        return
    except SealBroken:
        yield Flaw.MANIFEST, ""
        return
    for name, piece, flaw in (
        (DATABASE, manifest.database, Flaw.DATABASE),
        (KEYSTORE, manifest.keystore, Flaw.KEYSTORE),
        (LIST, None, Flaw.LIST),
    ):
        try:
            found = hashed(one.folder / name, asked, done)
        except OSError as error:
            _only_rot(error)
            yield flaw, ""
            continue
        if found != piece if piece else found.sha256 != manifest.files.sha256:
            yield flaw, ""
    if not _readable_keystore(one.folder / KEYSTORE):
        yield Flaw.KEYSTORE, ""
    try:
        for listed in one.listed():
            stop_if(asked)
            if flaw_of := pool_flaw(place, listed, asked, done, deep=deep):
                yield flaw_of, listed.file_id
    except SealBroken:
        yield Flaw.LIST, ""


def pool_flaw(place: Place, listed: PoolFile, asked: Asked, done: Done, *, deep: bool) -> Flaw | None:
    """Return what is wrong with one file of the pool."""
    path = place.pool_path(listed.file_id)
    try:
        if path.stat().st_size != listed.size_bytes:
            return Flaw.FILE_CHANGED
        if deep and hashed(path, asked, done).sha256 != listed.sha256:
            return Flaw.FILE_CHANGED
    except OSError as error:
        _only_rot(error)
        return Flaw.FILE_AWAY
    return None


def _only_rot(error: OSError) -> None:
    """A file that is away or lies on a bad sector is a flaw; anything else is the place's failure, and is raised."""
    if not away(error):
        raise error


def sealed_flaws(database: Path, manifest: Manifest, data_key: bytes) -> Iterator[Flaw]:
    """Yield each flaw that shows only with the key: of the manifest, and of a database that should be what it says."""
    if not manifest.is_sealed_by(data_key):
        yield Flaw.SEAL
        return
    try:
        engine = open_copy(database, data_key)
    except SealBroken:
        yield Flaw.KEY
        return
    try:
        with read(engine) as connection:
            if broken_pages(connection):
                yield Flaw.PAGES
                return
            if count_rows(connection) != dict(manifest.rows):
                yield Flaw.ROWS
            if audit_head(connection) != manifest.audit:
                yield Flaw.AUDIT
    except SealBroken:
        yield Flaw.PAGES
    finally:
        engine.dispose()


def _readable_keystore(path: Path) -> bool:
    try:
        Content.from_bytes(path.read_bytes())
    except OSError as error:
        _only_rot(error)
        return False
    except (SealBroken, ArchiveTooNew):
        return False
    return True
