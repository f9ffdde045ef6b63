"""The archive of one office, open (本机档案库): one encrypted database, its sealed files, one writer, one window.

Folder: `archive.db` (SQLCipher), `files/` (sealed attachments), `window.lock`. The keystore beside them belongs to
sync.vault. Every act is one transaction; nothing is told to be saved before it is on the disk.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO, Self

from filelock import FileLock, Timeout
from sqlalchemy.engine import Connection as Connection  # re-exported: services name it without knowing SQL
from sqlalchemy.engine import Engine

from desktop.archive import settings, upgrades
from desktop.archive.clock import system_clock
from desktop.archive.facets import Facets
from desktop.archive.rekeyed_file import DATABASE as DATABASE
from desktop.archive.rekeyed_file import settle, sweep
from desktop.archive.tables import SEARCH_INDEX, STAMPS, ArchiveTable
from sync.contract.errors import ArchiveBusy, SealBroken
from sync.vault import audit
from sync.vault.another_key import leave_alone
from sync.vault.engine import (
    broken_pages,
    move_log,
    open_copy,
    open_engine,
    raise_storage_error,
    read,
    shut,
    still,
    write,
    write_anew,
)
from sync.vault.sealed_files import SealedFiles
from sync.vault.whole_file import BLOCK_BYTES, drop_cached

FILES = "files"
LOCK = "window.lock"
COPYING_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Act:
    """One transaction of one person: everything in it is kept together or not at all."""

    connection: Connection
    by: str
    at: datetime

    @property
    def moment(self) -> str:
        return stamp(self.at)

    def note(self, act: str, subject: str, **details: str | int) -> None:
        """The act stands in the audit log, in this transaction; details hold ids and field names only."""
        audit.append(self.connection, who=self.by, act=act, subject=subject, details=details, at=self.at)


def stamp(moment: datetime) -> str:
    """Return a moment as the archive writes it: UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Archive:
    """An open archive. Close it to let another window in."""

    def __init__(self, folder: Path, engine: Engine, lock: FileLock, data_key: bytes) -> None:
        self.folder = folder
        self.data_key = data_key  # for copies: to seal them, and to open them where they lie
        self.files = SealedFiles(folder / FILES)
        self.facets = Facets()
        self._engine = engine
        self._lock = lock
        self._turnstile, self._writer = threading.Lock(), threading.Lock()
        self._copying = threading.Lock()
        self._main: BinaryIO | None = None
        self._open = True

    @classmethod
    def bare(cls, folder: Path, data_key: bytes) -> Self:
        """An archive of today's tables, index and log stands in the folder, open, without a row."""
        folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as undoing:
            lock = _lock(folder)
            undoing.callback(lock.release)
            engine = open_engine(folder / DATABASE, data_key)
            undoing.callback(engine.dispose)
            with write(engine) as connection:
                furnish(connection)
            made = cls(folder, engine, lock, data_key)
            undoing.pop_all()
        return made

    @classmethod
    def create(cls, folder: Path, data_key: bytes, facts: dict[str, str], by: str, at: datetime) -> Self:
        """An empty archive stands in the folder, open, with the office's facts in it."""
        made = cls.bare(folder, data_key)
        try:
            with made.act(by, at) as act:
                for key, value in facts.items():
                    settings.put(act.connection, key, value)
                for step in upgrades.STEPS:
                    upgrades.note(act.connection, step, at)
                act.note("archive-created", "archive")
        except BaseException:
            made.close()
            raise
        return made

    @classmethod
    def open(cls, folder: Path, data_key: bytes, earlier: Sequence[bytes] = ()) -> Self:
        """The archive in the folder is open for this window alone, in today's layout.

        Args:
            earlier: data keys that a slot led to before this one, the oldest first; a change of key that was cut short is brought
                to its end, and `data_key` of the open archive says by which it opened.
        Raises:
            ArchiveBusy: another window has it open.
            ArchiveTooNew: a newer version of the program wrote it; nothing was changed.
            SealBroken: the key does not fit or the file was altered.
        """
        with ExitStack() as undoing:  # whatever fails, the next try does not find a window that has it open
            lock = _lock(folder)
            undoing.callback(lock.release)
            data_key = settle(folder, (*earlier, data_key))
            engine = open_engine(folder / DATABASE, data_key)
            undoing.callback(engine.dispose)
            with read(engine) as connection:
                steps = upgrades.missing(connection)
            sweep(folder)  # with a page torn by a power cut it opened only now, rolled back: until here all was left
            if steps:
                with write(engine) as connection:
                    upgrades.apply(connection, steps, system_clock())
            made = cls(folder, engine, lock, data_key)
            undoing.pop_all()
        return made

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Within the block every read sees the archive as it was at the first one."""
        with read(self._engine) as connection:
            yield connection

    @contextmanager
    def act(self, by: str, at: datetime) -> Iterator[Act]:
        """The block is one act of one person, on the disk when it ends; acts follow one another."""
        with self._turnstile:  # whoever waits at the lock behind it has its turn before a writer that comes again
            pass
        with self._writer, write(self._engine) as connection:
            yield Act(connection, by, at)

    def move_log(self) -> None:
        """The write-ahead log is short again, unless a copy is being made; called when the desk is idle, so that no save has to."""
        if self._copying.acquire(blocking=False):
            try:
                move_log(self._engine)
            finally:
                self._copying.release()

    @contextmanager
    def standing_still(self) -> Iterator[tuple[Connection, Iterator[bytes]]]:
        """Within the block the main file stands still while people go on saving: a reader of that state, and its bytes.

        Raises:
            ArchiveBusy: a long reader was in the way.
        """
        with self._copying, still(self._engine, self._without_writers) as connection:
            if self._main is None:
                # Closed only after SQLite's own descriptors: closing one drops every POSIX lock this process has on the file.
                self._main = open(self.folder / DATABASE, "rb")  # noqa: SIM115
            self._main.seek(0)
            drop_cached(self._main)
            yield connection, iter(partial(self._main.read, BLOCK_BYTES), b"")

    def read_again(self) -> tuple[int, list[str]]:
        """Return the size of the main file, and what reading it again from the disk found: pages, audit, or nothing."""
        with self.standing_still() as (_, blocks):
            size_bytes = sum(len(block) for block in blocks)
            try:
                # opened anew, because what is open keeps the salt of the first page in its memory
                engine = open_copy(self.folder / DATABASE, self.data_key)
            except SealBroken:
                return size_bytes, ["pages"]
            try:
                with read(engine) as connection:
                    if broken_pages(connection):
                        return size_bytes, ["pages"]
                    return size_bytes, [] if audit.verify(connection).ok else ["audit"]
            except SealBroken:
                return size_bytes, ["pages"]
            finally:
                engine.dispose()

    @contextmanager
    def _without_writers(self) -> Iterator[None]:
        with self._turnstile, self._writer:
            yield

    @contextmanager
    def without_anybody(self) -> Iterator[Engine]:
        """Within the block nobody writes and no copy is made; others still read.

        Raises:
            ArchiveBusy: a backup is being made.
        """
        if not self._copying.acquire(timeout=COPYING_SECONDS):
            raise ArchiveBusy("a copy is being made")
        try:
            with self._without_writers():
                yield self._engine
        finally:
            self._copying.release()

    def forget_for_good(self) -> None:
        """What was deleted is in no page of the file and in no log beside it.

        Raises:
            ArchiveBusy: a backup is being made, or somebody reads; DiskFull.
        """
        with self.without_anybody() as engine:
            write_anew(engine)

    @property
    def is_open(self) -> bool:
        """Whether it can still be read and written."""
        return self._open

    def put_down(self) -> None:
        """Nobody reads or writes the file any more, nor will; its log is gone. The window keeps its hold on the folder until `close`.

        Raises:
            ArchiveBusy: somebody did not stop reading; the archive is shut all the same.
        """
        self._shut()
        leave_alone(self.folder / DATABASE, self.data_key)

    def clear_leftovers(self, before: datetime) -> int:
        """Sealed files that a power cut left without a row, older than `before`, are gone; their number is returned."""
        with self.reading() as connection:
            known = {bytes.fromhex(row[0]) for row in connection.exec_driver_sql("SELECT file_id FROM attachment")}
        return self.files.sweep(known, before=before)

    def close(self) -> None:
        """The key is gone from this process's connections and another window may open the archive."""
        self._shut()
        self.data_key = b""
        self._lock.release()

    def _shut(self) -> None:
        self._open = False
        shut(self._engine)
        if self._main is not None:
            self._main.close()
            self._main = None


def furnish(connection: Connection) -> None:
    """An empty database has the tables, the index and the log of an archive of today's layout."""
    ArchiveTable.metadata.create_all(connection)
    for statement in (*SEARCH_INDEX, *STAMPS):
        connection.exec_driver_sql(statement)
    audit.create_log(connection)


def _lock(folder: Path) -> FileLock:
    lock = FileLock(folder / LOCK, timeout=0, thread_local=False)
    try:
        lock.acquire()
    except Timeout as taken:
        raise ArchiveBusy("another window") from taken
    except OSError as error:
        raise_storage_error(error)
    return lock
