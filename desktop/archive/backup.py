"""Making one backup (备份): a generation at a place, read back with the key before it gets its name.

The order of steps, and why the archive stands still while people go on saving, stand in docs/backup.md, section 3.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy.engine import Connection

from desktop.archive import settings
from desktop.archive.archive import Archive, stamp
from desktop.archive.backup_check import Asked, Flaw, audit_head, count_rows, hashed, sealed_flaws, stop_if
from desktop.archive.generations import DATABASE, KEYSTORE, LIST, MANIFEST, Generation, Place, naming_faults
from desktop.archive.manifests import AuditHead, Manifest, Piece, PoolFile
from sync.contract.errors import BackupBroken, DiskFails, PlaceUnavailable, SealBroken
from sync.vault.keystore_file import read_keystore
from sync.vault.sealed_files import SealedFiles
from sync.vault.whole_file import WholeFile, blocks_of, make_folder, replace_whole

Progress = Callable[[int, int], None]
"""Is told how many bytes are done, of how many."""
ROOM_TO_SPARE_BYTES: Final = 8 << 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """An attachment that a generation needs."""

    file_id: str
    key: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class Made:
    """A generation that stands at its place, checked."""

    generation: Generation
    manifest: Manifest
    fresh: tuple[PoolFile, ...]  # what was read whole here for it, and found sound

    @property
    def size_bytes(self) -> int:
        return self.manifest.database.size_bytes + self.manifest.keystore.size_bytes + self.manifest.files.size_bytes


def wanted_files(connection: Connection) -> list[Wanted]:
    """Return every attachment, by its file's id."""
    rows = connection.exec_driver_sql("SELECT file_id, file_key, sha256 FROM attachment ORDER BY file_id")
    return [Wanted(row.file_id, bytes(row.file_key), row.sha256) for row in rows]


def known_files(connection: Connection) -> dict[str, PoolFile]:
    """Return what is known of the sealed bytes of attachments, by their file's id."""
    rows = connection.exec_driver_sql("SELECT file_id, sealed_bytes, sealed_sha256 FROM fixity WHERE sound")
    return {row.file_id: PoolFile(row.file_id, int(row.sealed_bytes), row.sealed_sha256) for row in rows}


class Backup:
    """One backup under way."""

    def __init__(
        self,
        archive: Archive,
        archive_id: str,
        place: Place,
        at: datetime,
        progress: Progress,
        asked: Asked,
        program: str,
    ) -> None:
        self._archive, self._archive_id, self._place, self._at = archive, archive_id, place, at
        self._progress, self._asked, self._program = progress, asked, program
        self._done = self._whole = 0
        self._fresh: list[PoolFile] = []
        self._lost: list[str] = []

    def make(self) -> Made:
        """A new generation stands under its name at the place, checked; nothing of it if this raises.

        Raises:
            PlaceUnavailable: with `reason`: full, too_large, read_only, gone.
            BackupBroken: what was read back is not what was written.
            ArchiveBusy: a long reader was in the way.
            Refused: `asked` said so (`reason` cancelled).
        """
        generation = self._place.begin_generation(f"{self._at.astimezone(UTC):%Y%m%dT%H%M%SZ}")
        try:
            manifest = self._fill(generation)
            self._prove(generation, manifest)
            return Made(self._place.finish(generation), manifest, tuple(self._fresh))
        except BaseException:
            self._abandon(generation)
            raise

    def _abandon(self, generation: Generation) -> None:
        try:
            self._place.drop(generation)
        except PlaceUnavailable:
            return  # the stick is gone, and its leftover is swept when it comes back

    def _fill(self, generation: Generation) -> Manifest:
        # the file is flushed after the reader has gone: a slow stick must not keep the log from being emptied
        with (
            naming_faults(),
            WholeFile(generation.folder / DATABASE) as file,
            self._archive.standing_still() as (connection, blocks),
        ):
            rows, head = count_rows(connection), audit_head(connection)
            office = settings.get(connection, "county") + settings.get(connection, "township")
            wanted, known = wanted_files(connection), known_files(connection)
            self._make_room(wanted)
            database = self._pour(blocks, file)
        keystore = read_keystore(self._archive.folder).to_bytes()
        kept = self._write(generation.folder / KEYSTORE, iter([keystore]))
        listed = list(self._pool(wanted, known))
        listing = self._write(generation.folder / LIST, (one.line().encode() for one in listed))
        files = Piece(sum(one.size_bytes for one in listed), listing.sha256)
        return self._sealed(generation, (database, kept, files), len(listed), rows, head, office)

    def _sealed(
        self,
        generation: Generation,
        pieces: tuple[Piece, Piece, Piece],
        count: int,
        rows: Mapping[str, int],
        head: AuditHead,
        office: str,
    ) -> Manifest:
        """The manifest stands in the generation, sealed with the data key."""
        manifest = Manifest(
            self._archive_id, office, generation.number, stamp(self._at), self._program, *pieces, count,
            tuple(self._lost), rows, head,
        )  # fmt: skip
        manifest = replace(manifest, seal=manifest.sealed_by(self._archive.data_key))
        with naming_faults():
            replace_whole(generation.folder / MANIFEST, manifest.to_bytes())
        return manifest

    def _make_room(self, wanted: Iterable[Wanted]) -> None:
        """Tell early that there is no room: before anything is written, and before a stick is worn for nothing."""
        database = (self._archive.folder / DATABASE).stat().st_size
        fresh = 0
        for one in wanted:
            source = self._archive.files.place_of(bytes.fromhex(one.file_id))
            if source.exists() and not self._place.pool_path(one.file_id).exists():
                fresh += source.stat().st_size
        self._whole = 2 * database + fresh
        if database + fresh + ROOM_TO_SPARE_BYTES > self._place.free_bytes():
            raise PlaceUnavailable("full", reason="full")

    def _step(self, size_bytes: int) -> None:
        self._done += size_bytes
        self._progress(min(self._done, self._whole), self._whole)

    def _write(self, path: Path, blocks: Iterable[bytes]) -> Piece:
        with naming_faults(), WholeFile(path) as file:
            return self._pour(blocks, file)

    def _pour(self, blocks: Iterable[bytes], file: WholeFile) -> Piece:
        digest = hashlib.sha256()
        for block in blocks:
            stop_if(self._asked)
            digest.update(block)
            file.write(block)
            self._step(len(block))
        return Piece(file.size_bytes, digest.hexdigest())

    def _pool(self, wanted: Iterable[Wanted], known: Mapping[str, PoolFile]) -> Iterator[PoolFile]:
        """Yield the list; each file on it is in the pool when it is yielded."""
        with naming_faults():
            pool = self._place.pool()
        for one in wanted:
            stop_if(self._asked)
            there = known.get(one.file_id)
            if there is None or not self._is_there(there):
                there = self._take_in(pool, one)
            if there is None:
                self._lost.append(one.sha256)
            else:
                yield there

    def _is_there(self, one: PoolFile) -> bool:
        with naming_faults():
            try:
                return self._place.pool_path(one.file_id).stat().st_size == one.size_bytes
            except FileNotFoundError:
                return False

    def _take_in(self, pool: SealedFiles, one: Wanted) -> PoolFile | None:
        """The file stands in the pool and opens with its key; None when it is broken in the archive itself."""
        file_id, sha256 = bytes.fromhex(one.file_id), bytes.fromhex(one.sha256)
        path = self._place.pool_path(one.file_id)
        piece = self._copied(self._archive.files.place_of(file_id), path)
        try:
            if piece is not None:
                with naming_faults():
                    pool.check(file_id, one.key, sha256)
                made = PoolFile(one.file_id, piece.size_bytes, piece.sha256)
                self._fresh.append(made)
                return made
        except SealBroken:
            with naming_faults():
                path.unlink(missing_ok=True)
        try:
            self._archive.files.check(file_id, one.key, sha256)
        except (SealBroken, DiskFails):
            return None
        raise BackupBroken("a file came out otherwise than it went in", flaw=Flaw.FILE_CHANGED.value)

    def _copied(self, source: Path, path: Path) -> Piece | None:
        """The bytes of the source stand at the path; None when the source cannot be read, which is not the place's fault."""
        with naming_faults():
            if not path.parent.exists():
                make_folder(path.parent)
        blocks = blocks_of(source)
        try:
            first = next(blocks, b"")
        except OSError:
            return None
        return self._write(path, _chained(first, blocks))

    def _prove(self, generation: Generation, manifest: Manifest) -> None:
        """What was written is read back from the place and is what it should be."""
        flaw: Flaw | None = None
        with naming_faults():
            if hashed(generation.database, self._asked, self._step) != manifest.database:
                flaw = Flaw.DATABASE
            elif hashed(generation.folder / KEYSTORE, self._asked, self._step) != manifest.keystore:
                flaw = Flaw.KEYSTORE
            elif generation.manifest() != manifest:
                flaw = Flaw.MANIFEST
            elif not all(self._is_there(one) for one in generation.listed()):
                flaw = Flaw.FILE_AWAY
        flaw = flaw or next(sealed_flaws(generation.database, manifest, self._archive.data_key), None)
        stop_if(self._asked)
        if flaw is not None:
            raise BackupBroken("read back otherwise than written", flaw=flaw.value)


def _chained(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def prune_pool(place: Place) -> int:
    """Files that no generation lists any more are gone from the pool; their number is returned.

    A generation whose list cannot be read keeps everything.
    """
    try:
        needed = {listed.file_id for one in place.generations() for listed in one.listed()}
    except SealBroken:
        return 0
    with naming_faults():
        loose = [path for path in place.pool_path("00").parent.parent.glob("??/*") if path.name not in needed]
        for path in loose:
            path.unlink()
    return len(loose)
