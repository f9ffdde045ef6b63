"""Writing the archive anew under another data key (换钥): beside the old file, checked, then put in its place by one rename.

Whenever the plug is pulled, the old file or the new one opens, by the keystore that stands there then. Step by step:
docs/vault.md, section 10.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from sqlalchemy.engine import Connection, Engine

from desktop.archive.archive import Act, Archive
from desktop.archive.backup_check import Asked, audit_head, stop_if
from desktop.archive.clock import Clock
from desktop.archive.rekeyed_file import DATABASE, REKEYED, sweep
from sync.contract.errors import SealBroken
from sync.vault import audit
from sync.vault.another_key import leave_alone, schema, write_under
from sync.vault.engine import broken_pages, open_copy, open_engine, raise_storage_error, read, shut, write
from sync.vault.whole_file import PART_SUFFIX, flush_folder

Told = Callable[[int, int], None]


class Rekeying:
    """One change of the key of one open archive, which nobody writes meanwhile: see `Archive.without_anybody`."""

    def __init__(self, archive: Archive, engine: Engine, data_key: bytes, told: Told, asked: Asked) -> None:
        self._archive, self._engine, self._data_key = archive, engine, data_key
        self._told, self._asked = told, asked
        self._part = archive.folder / (REKEYED + PART_SUFFIX)

    def make(self, by: str, clock: Clock, say: Callable[[Act], None]) -> None:
        """The archive stands beside itself under the new key, checked, and says in its log what `say` writes.

        Raises:
            Refused: it was asked to stop. DiskFull. SealBroken: what was written is not what was there. Nothing is left beside
            the archive then.
        """
        sweep(self._archive.folder)
        try:
            self._write()
            self._check()
            self._say(by, clock, say)
            _flush(self._part)
            os.replace(self._part, self._part.with_name(REKEYED))
            flush_folder(self._archive.folder)
        except BaseException as error:
            sweep(self._archive.folder)
            if isinstance(error, OSError):
                raise_storage_error(error)
            raise

    def _write(self) -> None:
        before = max(1, (self._archive.folder / DATABASE).stat().st_size)
        told = lambda done: self._told(min(done, before), 2 * before)  # noqa: E731
        write_under(self._engine, self._part, self._data_key, told, self._asked)
        _flush(self._part)
        self._told(before, 2 * before)

    def _check(self) -> None:
        stop_if(self._asked)
        copy = open_copy(self._part, self._data_key)
        try:
            with self._archive.reading() as old, read(copy) as new:
                if broken_pages(new):
                    raise SealBroken("the new file's pages")
                self._told(7, 8)
                for says in (schema, _rows, audit_head):
                    stop_if(self._asked)
                    if says(old) != says(new):
                        raise SealBroken("the new file is not what the old one is")
                if not audit.verify(new).ok:
                    raise SealBroken("the log of the new file")
        finally:
            copy.dispose()
        stop_if(self._asked)
        self._told(1, 1)

    def _say(self, by: str, clock: Clock, say: Callable[[Act], None]) -> None:
        engine = open_engine(self._part, self._data_key)
        try:
            with write(engine) as connection:
                say(Act(connection, by, clock()))
        finally:
            shut(engine)
        leave_alone(self._part, self._data_key)


def _rows(connection: Connection) -> dict[str, int]:
    names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0").scalars()
    return {
        name: int(connection.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar_one()) for name in names.all()
    }


def _flush(path: Path) -> None:
    with open(path, "rb+") as file:
        os.fsync(file.fileno())
