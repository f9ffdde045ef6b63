"""A database under another key (另一把钥匙): written beside the one that is there, and what is asked of a file before it is put aside."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from sqlalchemy.engine import Connection, Engine
from sqlcipher3 import dbapi2

from sync.contract.errors import ArchiveBusy, Refused, SealBroken
from sync.vault.engine import (
    STILL_PAUSE_SECONDS,
    STILL_TRIES,
    borrow,
    key_to_read,
    name_storage_error,
    open_copy,
    raise_storage_error,
)

_INTERRUPTED: Final = 9  # SQLITE_INTERRUPT
_STEPS_BETWEEN_LOOKS: Final = 200_000  # of SQLite's machine: some ten times a second


def write_under(
    engine: Engine, path: Path, data_key: bytes, told: Callable[[int], None], asked: Callable[[], bool]
) -> None:
    """Everything in the database stands in a new file under another key, not yet flushed. Writers are to be kept out meanwhile.

    Args:
        path: where it goes; nothing is there.
        told: how many bytes were written, some ten times a second.
        asked: whether to stop.
    Raises:
        Refused: it was asked to stop (`reason` cancelled). DiskFull. The unfinished file is left to the caller.
    """
    borrowed = borrow(engine)
    connection: Any = borrowed.driver_connection
    borrowed.detach()  # whatever happens to it, no other act gets this connection

    def look() -> int:
        with contextlib.suppress(FileNotFoundError):
            told(path.stat().st_size)
        return int(asked())

    try:
        connection.execute("PRAGMA foreign_keys=OFF")  # tables come one by one
        connection.execute("ATTACH DATABASE ? AS rekeyed KEY ?", (str(path), f"x'{data_key.hex()}'"))
        for setting in ("journal_mode=OFF", "synchronous=OFF"):  # a file that was cut short is thrown away
            connection.execute(f"PRAGMA rekeyed.{setting}")
        connection.set_progress_handler(look, _STEPS_BETWEEN_LOOKS)
        connection.execute("SELECT sqlcipher_export('rekeyed')").fetchone()
        connection.set_progress_handler(None, 0)
        version = connection.execute("PRAGMA main.user_version").fetchone()[0]
        connection.execute(f"PRAGMA rekeyed.user_version={int(version)}")
        connection.execute("DETACH DATABASE rekeyed")
    except dbapi2.Error as error:
        if (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF == _INTERRUPTED or asked():
            raise Refused("cancelled", reason="cancelled") from error
        raise_storage_error(error)
    finally:
        connection.close()


def leave_alone(path: Path, data_key: bytes) -> None:
    """Nobody has the database open and it has no log any more; it may be put aside.

    SQLite takes a database out of WAL only for the last connection there is, after moving all of the log into it.

    Raises:
        ArchiveBusy: somebody still reads it.
    """
    connection = dbapi2.connect(str(path), isolation_level=None)
    try:
        key_to_read(connection, data_key)
        connection.execute("PRAGMA query_only=OFF")
        connection.execute("PRAGMA busy_timeout=0")
        for _ in range(STILL_TRIES):
            try:
                if connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0] == "delete":
                    return
            except dbapi2.OperationalError as error:
                if not isinstance(name_storage_error(error), ArchiveBusy):
                    raise
            time.sleep(STILL_PAUSE_SECONDS)
        raise ArchiveBusy("readers at work")
    except dbapi2.Error as error:
        raise_storage_error(error)
    finally:
        connection.close()


def opens(path: Path, data_key: bytes) -> bool:
    """Tell whether the file is a database under that key; nothing is written beside it."""
    if not path.is_file():
        return False
    try:
        open_copy(path, data_key).dispose()
    except SealBroken:
        return False
    return True


def schema(connection: Connection) -> set[tuple[str, str, str]]:
    """Return what the database is made of: kind, name and words of everything in it."""
    rows = connection.exec_driver_sql("SELECT type, name, coalesce(sql, '') FROM sqlite_master")
    return {(str(kind), str(name), str(words)) for kind, name, words in rows}
