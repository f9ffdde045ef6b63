"""The encrypted database file (加密档案库): opened by its raw key, one writer at a time, its failures named.

Every connection is keyed before anything else and then reads the schema once, so a wrong key shows at once.
Figures behind the settings: docs/vault.md, section 3.
"""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final, NoReturn

import sqlalchemy
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine, ExceptionContext
from sqlalchemy.pool import NullPool, PoolProxiedConnection, QueuePool
from sqlcipher3 import dbapi2

from sync.contract.errors import ArchiveBusy, DiskFails, DiskFull, LantaiError, SealBroken

DATA_KEY_BYTES: Final = 32
CACHE_KIB: Final = (
    16 * 1024
)  # a page in it saves 13 µs of HMAC and AES; 24 MiB made a phrase a fifth quicker and a desk 30 MiB larger
BUSY_WAIT_MS: Final = 5_000
WAL_LIMIT_BYTES: Final = 64 * 1024 * 1024
WAL_PAGES: Final = 4_000  # from which a save moves the log itself; an idle desk moves it before: `move_log`
STILL_TRIES: Final = 100
STILL_PAUSE_SECONDS: Final = 0.1

_DISK_FULL_CODES: Final = frozenset({13})  # SQLITE_FULL
_BUSY_CODES: Final = frozenset({5, 6})  # SQLITE_BUSY, SQLITE_LOCKED
_BROKEN_CODES: Final = frozenset({11, 26})  # SQLITE_CORRUPT, SQLITE_NOTADB
_FAILING_CODES: Final = frozenset({3, 8, 10, 14})  # SQLITE_PERM, SQLITE_READONLY, SQLITE_IOERR, SQLITE_CANTOPEN
# sqlcipher_export passes on the words of a failure, and for its number only that there was one
_SAID: Final = {"database or disk is full": 13, "disk I/O error": 10, "unable to open database file": 14}
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
# a file system that met an error is mounted read-only by the system, so that comes from a failing disk as well
_FAILING: Final = frozenset({errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENXIO, errno.ENODEV})
_IMMEDIATE: Final = "lantai_immediate"
_KEYING: Final = "lantai_keying"
_TURN: Final = "lantai_turn"


def open_engine(path: Path, data_key: bytes, *, durable: bool = True, cache_kib: int = CACHE_KIB) -> Engine:
    """Return an engine on the encrypted file, made empty if it was not there.

    Args:
        path: the database file; its folder exists.
        data_key: 32 bytes, as unwrapped from a key slot.
        durable: every commit is on the disk when it returns (synchronous=FULL); False for a bulk import
            that is repeated from its source after a power cut (synchronous=NORMAL).
        cache_kib: of each connection, of which four are kept.
    Raises:
        SealBroken: the key does not open this file, or the file was changed.
        ArchiveBusy: another program holds the file.
    """
    if len(data_key) != DATA_KEY_BYTES:
        raise ValueError(f"a data key has {DATA_KEY_BYTES} bytes")
    engine = sqlalchemy.create_engine(
        URL.create("sqlite", database=str(path)),
        module=dbapi2,
        poolclass=QueuePool,
        pool_size=4,
        hide_parameters=True,  # statements in error texts must not carry what a person typed
    )
    keying = _Keying(data_key, durable=durable, cache_kib=cache_kib)
    engine.update_execution_options(**{_KEYING: keying, _TURN: threading.Lock()})
    event.listen(engine, "connect", keying)
    event.listen(engine, "begin", _begin)
    event.listen(engine, "handle_error", _name_error)
    with read(engine):
        pass
    return engine


def shut(engine: Engine) -> None:
    """The key is gone from the engine, its idle connections are closed, and no new one comes about: whoever asks late is refused."""
    keying = engine.get_execution_options().get(_KEYING)
    if isinstance(keying, _Keying):
        keying.forget()
    engine.dispose()


@contextmanager
def read(engine: Engine) -> Iterator[Connection]:
    """Within the block every read sees the archive as it was at the first one; nothing read blocks the writer."""
    with engine.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


@contextmanager
def write(engine: Engine) -> Iterator[Connection]:
    """The block is one act: all of it is kept when it ends, none of it when it raises.

    Raises:
        ArchiveBusy: another writer did not finish in time; nothing was done.
        DiskFull: no room left; nothing was kept.
        DiskFails: the disk did not take it; nothing was kept.
    """
    with _turn(engine), engine.connect() as connection:
        connection = connection.execution_options(**{_IMMEDIATE: True})
        with connection.begin():
            yield connection


@contextmanager
def _turn(engine: Engine) -> Iterator[None]:
    """The writers of this process come one after the other: in SQLite's own queue each would sleep longer and longer between looks."""
    turn: threading.Lock | None = engine.get_execution_options().get(_TURN)
    if turn is None:
        yield
        return
    if not turn.acquire(timeout=BUSY_WAIT_MS / 1000):
        raise ArchiveBusy("database")
    try:
        yield
    finally:
        turn.release()


@contextmanager
def driver(connection: Connection) -> Iterator[Any]:
    """The driver's own connection, inside the same transaction: for questions that cost less than asking them politely does.

    Raises:
        DiskFull, ArchiveBusy, SealBroken: as any statement; a failure without a name as it came.
    """
    try:
        yield connection.connection.driver_connection
    except dbapi2.Error as error:
        raise_storage_error(error)


def move_log(engine: Engine) -> None:
    """What was committed stands in the main file, as far as no reader is in the way; writers go on meanwhile."""
    with _outside_transactions(engine) as connection:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")


def checkpoint(engine: Engine) -> None:
    """All that was committed stands in the main file, and the write-ahead log is empty.

    Raises:
        ArchiveBusy: a reader or writer was still at work.
    """
    with _outside_transactions(engine) as connection:
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise ArchiveBusy("readers at work")


def write_anew(engine: Engine) -> None:
    """The file holds what it says and nothing that it once said: written anew without its free pages, the log emptied.

    Raises:
        ArchiveBusy: a reader or writer was still at work. DiskFull: there is no room for a second file.
    """
    with _outside_transactions(engine) as connection:
        connection.execute("PRAGMA secure_delete=ON")
        try:
            connection.execute("VACUUM")
        finally:
            connection.execute("PRAGMA secure_delete=OFF")
    checkpoint(engine)


def check_integrity(engine: Engine) -> None:
    """Every page of the file carries its right authentication tag and the tables hang together.

    Raises:
        SealBroken: with `pages`, how many findings there are.
        ArchiveBusy: the log could not be emptied, without which the check cries wolf.
    """
    checkpoint(engine)
    with _outside_transactions(engine) as connection:
        broken = connection.execute("PRAGMA cipher_integrity_check").fetchall()
        if not broken:
            broken = [row for row in connection.execute("PRAGMA quick_check").fetchall() if row != ("ok",)]
    if broken:
        raise SealBroken("database pages", pages=len(broken))


@contextmanager
def still(engine: Engine, without_writers: Callable[[], AbstractContextManager[object]]) -> Iterator[Connection]:
    """Within the block the main file alone holds all that was committed when it began, and does not change.

    Writers go on: what they keep stays in the log, because SQLite moves no page out of it past a reader that needs none of
    it. They wait only while the log is emptied.

    Args:
        without_writers: keeps this process's writers out while it stands. SQLite's own waiting is a poll that gives up after
            some seconds: on a slow disk a save would be refused where it need only wait.
    Raises:
        ArchiveBusy: a reader of an older state did not end in time.
    """
    with _outside_transactions(engine) as connection:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")  # most of the log, while writers still may
    with engine.connect() as reader:
        for _ in range(STILL_TRIES):
            with without_writers(), write(engine), _outside_transactions(engine) as connection:
                _, pages, moved = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                if pages == moved:
                    reader.exec_driver_sql("SELECT count(*) FROM sqlite_master").all()  # from here on it reads
                    break
            time.sleep(STILL_PAUSE_SECONDS)
        else:
            raise ArchiveBusy("readers at work")
        yield reader
        reader.rollback()


def open_copy(path: Path, data_key: bytes) -> Engine:
    """Return an engine on a copy of a main file, for reading only; nothing is written beside it.

    Raises:
        SealBroken: the key does not open it.
    """
    keying = _Keying(data_key, durable=True, only_reading=True)

    def connect() -> Any:
        return dbapi2.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)

    engine = sqlalchemy.create_engine(
        "sqlite://", creator=connect, module=dbapi2, poolclass=NullPool, hide_parameters=True
    )
    event.listen(engine, "connect", keying)
    event.listen(engine, "begin", _begin)
    event.listen(engine, "handle_error", _name_error)
    with read(engine):
        pass
    return engine


def broken_pages(connection: Connection) -> int:
    """Return how many findings there are in a main file that does not change: pages whose tag is wrong, tables that do not fit.

    The connection is one of `open_copy`, or the reader of `still`.
    """
    borrowed: Any = connection.connection.driver_connection
    try:
        found = borrowed.execute("PRAGMA cipher_integrity_check").fetchall()
        if not found:
            found = [row for row in borrowed.execute("PRAGMA quick_check").fetchall() if row != ("ok",)]
    except dbapi2.Error as error:
        if isinstance(name_storage_error(error), SealBroken):
            return 1
        raise_storage_error(error)
    return len(found)


def key_to_read(connection: Any, data_key: bytes) -> None:
    """A bare connection has its key, and only reads. Raises SealBroken: the key does not open the file."""
    _Keying(data_key, durable=True, only_reading=True)(connection, None)


def name_storage_error(error: BaseException) -> LantaiError | None:
    """Return the error of the tree that says what happened to the storage, or None if this is about something else."""
    code = getattr(error, "sqlite_errorcode", None)
    primary = code & 0xFF if isinstance(code, int) else None
    if primary == 1:
        primary = _SAID.get(str(error), primary)
    number = error.errno if isinstance(error, OSError) else None
    if primary in _DISK_FULL_CODES or number in _FULL:
        return DiskFull("storage")
    if primary in _FAILING_CODES or number in _FAILING:
        return DiskFails("storage")
    if primary in _BUSY_CODES:
        return ArchiveBusy("database")
    if primary in _BROKEN_CODES:
        return SealBroken("database")
    return None


def raise_storage_error(error: BaseException) -> NoReturn:
    """Raise the named error for a storage failure, or the failure itself if it has no name."""
    named = name_storage_error(error)
    if named is None:
        raise error
    raise named from error


class _Keying:
    """What is done to each new connection, in this order: the key first, for nothing can be read without it."""

    def __init__(
        self, data_key: bytes, *, durable: bool, only_reading: bool = False, cache_kib: int = CACHE_KIB
    ) -> None:
        self._raw_key = f"x'{data_key.hex()}'"
        self._settings = (
            ("temp_store=MEMORY", "trusted_schema=OFF", "query_only=ON")
            if only_reading
            else (
                "journal_mode=WAL",
                f"synchronous={'FULL' if durable else 'NORMAL'}",
                "foreign_keys=ON",
                "temp_store=MEMORY",
                f"cache_size=-{cache_kib}",
                f"journal_size_limit={WAL_LIMIT_BYTES}",
                f"wal_autocheckpoint={WAL_PAGES}",
                "trusted_schema=OFF",
            )
        )

    def forget(self) -> None:
        """The key is gone; whoever connects now is refused."""
        self._raw_key = ""

    def __call__(self, connection: Any, _record: object) -> None:
        if not self._raw_key:
            connection.close()
            raise ArchiveBusy("the archive was closed")
        try:
            connection.isolation_level = None  # transactions are begun by us, or not at all
            connection.execute("PRAGMA cipher_log_level=NONE")
            connection.set_key(self._raw_key)
            connection.execute(f"PRAGMA busy_timeout={BUSY_WAIT_MS}")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            for setting in self._settings:
                connection.execute(f"PRAGMA {setting}")
        except dbapi2.Error as error:
            connection.close()
            raise_storage_error(error)


def _begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get(_IMMEDIATE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _name_error(context: ExceptionContext) -> None:
    named = name_storage_error(context.original_exception)
    if named is not None:
        raise named from context.original_exception


def borrow(engine: Engine) -> PoolProxiedConnection:
    """Return a connection of the pool, to be closed by the borrower.

    Raises:
        DiskFails: a new one had to be opened, and the disk refused. DiskFull, ArchiveBusy, SealBroken: as any statement.
    """
    try:
        return engine.raw_connection()
    except dbapi2.Error as error:
        raise_storage_error(error)


@contextmanager
def _outside_transactions(engine: Engine) -> Iterator[Any]:
    """A bare connection, for the statements that may not run inside a transaction."""
    borrowed = borrow(engine)
    try:
        yield borrowed.driver_connection
    except dbapi2.Error as error:
        raise_storage_error(error)
    finally:
        borrowed.close()
