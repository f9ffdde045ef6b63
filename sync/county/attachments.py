"""Attachments at the county: arriving range by range, kept as sealed files, never in plain on the disk."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select

from sync.contract.errors import BadRequest, SealBroken
from sync.contract.revisions import SHA256_HEX, TownshipId
from sync.county import tables
from sync.county.collisions import again
from sync.county.storage import Storage
from sync.county.tables import table
from sync.vault.sealed_files import Sealed, SealedFile, SealedFiles

RANGE_BYTES = 4 * 1024 * 1024
LARGEST_BYTES = 256 * 1024 * 1024

_HELD, _PIECE = table(tables.Attachment), table(tables.AttachmentPiece)
_NAMED, _REVISION = table(tables.RevisionAttachment), table(tables.RevisionRow)
_YOUNG = timedelta(days=1)


class Attachments:
    """The county's attachments, each held for the township that sent it.

    Knowing a hash gives nothing: a township reads, and is told of, only what its own desks sent byte for byte. Bytes
    that two townships sent lie here twice; scans never are the same.

    Args:
        folder: of the sealed files; what is still arriving always lies here.
        keeper: where whole attachments lie; the folder if None.
    """

    def __init__(
        self, storage: Storage, folder: Path, clock: Callable[[], datetime], keeper: Sealed | None = None
    ) -> None:
        self._storage, self._clock = storage, clock
        self._files = SealedFiles(folder)
        self.keeper: Sealed = keeper or self._files

    def progress(self, township: TownshipId, sha256: str) -> tuple[int, bool]:
        """Return how many bytes have arrived in a row from the township, and whether the attachment is whole."""
        _check_name(sha256)
        with self._storage.connection(township=township) as connection:
            held = _held(connection, township, sha256)
            return (held.size_bytes, True) if held is not None else (_arrived(connection, township, sha256), False)

    def is_named(self, township: TownshipId, sha256: str) -> bool:
        """True if a revision of the township names the attachment; rows come first, so they are here before pages."""
        _check_name(sha256)
        with self._storage.connection(township=township) as connection:
            return _names(connection, township, sha256)

    def take(
        self, township: TownshipId, sha256: str, start: int, total: int, content: bytes, who: str
    ) -> tuple[int, bool]:
        """Keep a range that follows what has arrived; returns what has arrived then, and whether it is whole.

        A range that starts elsewhere is not kept: the sender reads from the answer where to go on.

        Raises:
            SealBroken: all bytes are here and are not those of this hash; they are forgotten.
        """
        _check_name(sha256)
        if not 0 <= start <= total <= LARGEST_BYTES or start + len(content) > total:
            raise BadRequest("range outside the attachment", limit_bytes=LARGEST_BYTES)
        arrived, whole = self.progress(township, sha256)
        if whole or start != arrived:
            return arrived, whole
        if (
            total and arrived == total
        ):  # all of it came, and could not be put together then: a full disk, a store that was away
            self._join(township, sha256, total, who)
            return total, True
        if not content and total:
            return arrived, whole
        if len(content) == total:
            return self._take_whole(township, sha256, content, who)
        piece = self._files.write(io.BytesIO(content))
        if not self._keep_piece(township, sha256, start, piece):
            self._files.remove(piece.file_id)
            return self.progress(township, sha256)
        if start + len(content) < total:
            return start + len(content), False
        self._join(township, sha256, total, who)
        return total, True

    def _take_whole(self, township: TownshipId, sha256: str, content: bytes, who: str) -> tuple[int, bool]:
        """A small attachment that came in one range is kept at once."""
        whole = self.keeper.write(io.BytesIO(content))
        if whole.sha256.hex() != sha256:
            self.keeper.remove(whole.file_id)
            raise SealBroken("attachment is not what its name says", sha256=sha256)
        self._keep_whole(township, whole, who)
        return whole.size_bytes, True

    @again
    def _keep_whole(self, township: TownshipId, whole: SealedFile, who: str) -> None:
        with self._storage.writing(township) as book:
            book.keep_attachment(township, whole.sha256.hex(), whole.size_bytes, whole.file_id, whole.key)
            book.log(who, "attachment.received", whole.sha256.hex(), {"size_bytes": whole.size_bytes})

    @again
    def _keep_piece(self, township: TownshipId, sha256: str, start: int, piece: SealedFile) -> bool:
        """The piece is on file, unless another request was faster."""
        values = {"sha256": sha256, "township": township, "start": start, "size_bytes": piece.size_bytes}
        with self._storage.connection(writing=True, township=township) as connection:
            if _held(connection, township, sha256) is not None or _arrived(connection, township, sha256) != start:
                return False
            connection.execute(_PIECE.insert().values(**values, file_id=piece.file_id, key=piece.key))
            return True

    def _join(self, township: TownshipId, sha256: str, total: int, who: str) -> None:
        """The pieces are one sealed file, and its bytes are what its name says."""
        with self._storage.connection(township=township) as connection:
            pieces = _pieces(connection, township, sha256)
        whole = self._rewrite(pieces)
        if whole.sha256.hex() != sha256 or whole.size_bytes != total:
            self._forget(township, sha256, pieces, whole)
            raise SealBroken("attachment is not what its name says", sha256=sha256)
        self._keep_whole(township, whole, who)
        for piece in pieces:
            self._files.remove(piece.file_id)

    def _rewrite(self, pieces: Sequence[Row[Any]]) -> SealedFile:
        stream = _Stream(block for piece in pieces for block in self._files.blocks(piece.file_id, piece.key))
        return self.keeper.write(io.BufferedReader(stream, RANGE_BYTES))

    @again
    def _forget(self, township: TownshipId, sha256: str, pieces: Sequence[Row[Any]], whole: SealedFile) -> None:
        with self._storage.connection(writing=True, township=township) as connection:
            connection.execute(delete(_PIECE).where((_PIECE.c.sha256 == sha256) & (_PIECE.c.township == township)))
        for piece in pieces:
            self._files.remove(piece.file_id)
        self.keeper.remove(whole.file_id)

    def read(self, township: TownshipId | None, sha256: str, start: int, size_bytes: int) -> tuple[bytes, int]:
        """Return a range and the whole length.

        Args:
            township: the asking desk's, which reads only what its desks sent and its revisions name; None for staff.
        Raises:
            BadRequest: not held, or not this township's; which of them is not told.
        """
        _check_name(sha256)
        with self._storage.connection(township=township) as connection:
            held = _held(connection, township, sha256)
            if held is None or (township is not None and not _names(connection, township, sha256)):
                raise BadRequest("unknown attachment", sha256=sha256)
        size_bytes = min(size_bytes, RANGE_BYTES, held.size_bytes - start)
        if size_bytes <= 0:
            return b"", held.size_bytes
        return self.keeper.read_range(held.file_id, held.key, start, size_bytes), held.size_bytes

    def sweep(self) -> int:
        """Sealed files that no row knows, left by a crash, are gone; returns how many."""
        with self._storage.connection() as connection:
            known = set(connection.execute(select(_HELD.c.file_id)).scalars())
            known |= set(connection.execute(select(_PIECE.c.file_id)).scalars())
        before = self._clock() - _YOUNG
        swept = self._files.sweep(known, before=before)
        return swept if self.keeper is self._files else swept + self.keeper.sweep(known, before=before)


class _Stream(io.RawIOBase):
    """Blocks of bytes as something to read from."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks, self._rest = blocks, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        self._rest = self._rest or next(self._blocks, b"")
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count


def _check_name(sha256: str) -> None:
    if not SHA256_HEX.fullmatch(sha256):
        raise BadRequest("not a SHA-256")


def _held(connection: Connection, township: TownshipId | None, sha256: str) -> Row[Any] | None:
    """Return what the township sent under that hash; for staff, what anybody did: the bytes are the same."""
    wanted = _HELD.c.sha256 == sha256
    if township is not None:
        wanted &= _HELD.c.township == township
    return connection.execute(select(_HELD).where(wanted).limit(1)).one_or_none()


def _arrived(connection: Connection, township: TownshipId, sha256: str) -> int:
    ours = (_PIECE.c.sha256 == sha256) & (_PIECE.c.township == township)
    total = select(func.coalesce(func.sum(_PIECE.c.size_bytes), 0)).where(ours)
    return int(connection.execute(total).scalar_one())


def _pieces(connection: Connection, township: TownshipId, sha256: str) -> Sequence[Row[Any]]:
    ours = (_PIECE.c.sha256 == sha256) & (_PIECE.c.township == township)
    return connection.execute(select(_PIECE).where(ours).order_by(_PIECE.c.start)).all()


def _names(connection: Connection, township: TownshipId, sha256: str) -> bool:
    joined = _NAMED.join(_REVISION, _NAMED.c.revision == _REVISION.c.id)
    ours = (_NAMED.c.sha256 == sha256) & (_REVISION.c.township == township)
    return connection.execute(select(_NAMED.c.sha256).select_from(joined).where(ours).limit(1)).first() is not None
