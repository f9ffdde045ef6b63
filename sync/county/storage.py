"""Where the county's book lies: in its own encrypted file, or in PostgreSQL beside it.

The encrypted file is always there: it holds the authority's key and the audit log, and by default the book as well.
With PostgreSQL an act's audit lines are committed just before the act: an act without its line cannot be, a line whose
act was cut off by a crash can, and says so by naming an id that the book does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from pathlib import Path

import sqlalchemy
from sqlalchemy import Connection, Engine, event, select

from sync.contract.errors import SealBroken
from sync.contract.revisions import TownshipId
from sync.county import scoping, upgrading
from sync.county.book import AuditLine, SqlBook
from sync.county.collisions import name_collision
from sync.county.statements import insert_ignoring
from sync.county.tables import TABLES, CountyTable, Setting, Township, table
from sync.ledger.county_book import CountyBook
from sync.vault import audit
from sync.vault import engine as vault

DATABASE = "county.db"
_POSTGRES_POOL = 8
_CACHE_KIB = 12 * 1024  # of each connection: a desk's twice as much made a county's memory 210 MB


class Storage:
    """A CountyStore over SQL.

    Args:
        folder: holds the encrypted file `county.db`.
        data_key: opens that file.
        url: of a PostgreSQL database for the book; None keeps it in the encrypted file.
        clock: the county's time, for the audit log.
    """

    def __init__(self, folder: Path, data_key: bytes, url: str | None, clock: Callable[[], datetime]) -> None:
        self._vault = vault.open_engine(folder / DATABASE, data_key, cache_kib=_CACHE_KIB)
        self._data_key = data_key
        self._engine = self._vault if url is None else _open_postgres(url)
        self._clock = clock
        self._journal: Callable[[SqlBook], None] | None = None

    def keep_journal(self, journal: Callable[[SqlBook], None]) -> None:
        """From now on an act is kept only after the journal has taken what it has for it."""
        self._journal = journal

    @property
    def embedded(self) -> bool:
        """True if the book lies in the encrypted file."""
        return self._engine is self._vault

    def create(self, epoch: str) -> None:
        """All tables are there; a store that is new stands in the given epoch, and at the newest revision of the schema."""
        with vault.write(self._vault) as connection:
            audit.create_log(connection)
        with self.connection(writing=True) as connection:
            if upgrading.is_empty(connection):
                CountyTable.metadata.create_all(connection, tables=TABLES)
                upgrading.stamp(connection)
            if not self.embedded and not scoping.is_drawn(connection):
                scoping.draw(connection)
            connection.execute(insert_ignoring(connection, Setting), {"key": "epoch", "value": epoch})

    def bring_up(self) -> None:
        """The book stands at the newest revision of the schema; each one further is a transaction, and a line in the log.

        Raises:
            BadRequest: no county is in this database. ArchiveTooNew: a newer program made or upgraded it; nothing was touched.
            NotAllowed: PostgreSQL lacks the role for desks, and this login may not make it.
        """
        with self.connection() as connection:
            done = upgrading.standing(connection) == upgrading.NEWEST
        while not done:
            with self.writing(None) as book:
                revision = upgrading.bring_up(book.connection)
                done = not revision
                if revision:
                    book.log("county", "county.upgraded", revision, {})
        if not self.embedded:
            self._draw_scopes()

    def _draw_scopes(self) -> None:
        """PostgreSQL keeps each desk to its township, also where the book was put back by tools that forget who may what."""
        with self.connection() as connection:
            drawn = scoping.is_drawn(connection)
        if not drawn:
            with self.connection(writing=True) as connection:
                scoping.draw(connection)

    def find_holes(self) -> list[str]:
        """Return what is wrong with the second belt in PostgreSQL, a line each; the encrypted file has none."""
        if self.embedded:
            return []
        with self.connection() as connection:
            return list(scoping.find_holes(connection))

    def close(self) -> None:
        """No connection is open."""
        self._engine.dispose()
        self._vault.dispose()

    @contextmanager
    def connection(self, *, writing: bool = False, township: TownshipId | None = None) -> Iterator[Connection]:
        """A transaction on the book; with a township PostgreSQL shows and takes that township's rows alone."""
        if self.embedded:
            with (vault.write if writing else vault.read)(self._vault) as connection:
                yield connection
            return
        # a reader sees one moment; a writer sees what was committed before it got its lock
        level = "READ COMMITTED" if writing else "REPEATABLE READ"
        with self._engine.connect().execution_options(isolation_level=level) as connection, connection.begin():
            if township is not None:
                scoping.enter(connection, township)
            yield connection

    @contextmanager
    def keeping(self, *, writing: bool = False) -> Iterator[Connection]:
        """A transaction on the encrypted file, where the authority's key and the audit log lie."""
        with (vault.write if writing else vault.read)(self._vault) as connection:
            yield connection

    @contextmanager
    def reading(self, township: TownshipId | None = None) -> Iterator[CountyBook]:
        with self.connection(township=township) as connection:
            yield SqlBook(connection, self._clock)

    @contextmanager
    def writing(self, township: TownshipId | None) -> Iterator[SqlBook]:
        with self.connection(writing=True, township=township) as connection:
            if township is not None:
                self.lock(connection, township)
            book = SqlBook(connection, self._clock)
            yield book
            if self._journal is not None:
                self._journal(book)
            self._log(connection, book.lines)

    @contextmanager
    def still(self) -> Iterator[Connection]:
        """Within the block the encrypted file does not change, while people go on. Raises ArchiveBusy: a long reader."""
        with vault.still(self._vault, nullcontext) as connection:
            yield connection

    def data_copy(self, path: Path) -> Engine:
        """Return an engine on a copy of the encrypted file, for reading only. Raises SealBroken."""
        return vault.open_copy(path, self._data_key)

    def check_integrity(self) -> None:
        """Every page of the encrypted file is as it was written. Raises SealBroken; ArchiveBusy."""
        with self.still() as connection:
            if pages := vault.broken_pages(connection):
                raise SealBroken("database pages", pages=pages)

    def lock(self, connection: Connection, township: TownshipId) -> None:
        """Nobody else writes for the township until this transaction ends."""
        row = table(Township)
        values = {"code": township, "name": "", "feed_end": 0, "feed_hash": b"", "digest": bytes(32), "heads": 0}
        connection.execute(insert_ignoring(connection, Township), values)
        if not self.embedded:  # the encrypted file has one writer anyway
            connection.execute(select(row.c.code).where(row.c.code == township).with_for_update())

    def _log(self, connection: Connection, lines: list[AuditLine]) -> None:
        if not lines:
            return
        if self.embedded:
            _append(connection, lines, self._clock())
            return
        with vault.write(self._vault) as own:
            _append(own, lines, self._clock())


def _append(connection: Connection, lines: list[AuditLine], at: datetime) -> None:
    for line in lines:
        audit.append(connection, line.who, line.act, line.subject, line.details, at)


def _open_postgres(url: str) -> Engine:
    engine = sqlalchemy.create_engine(url, pool_size=_POSTGRES_POOL, pool_pre_ping=True, hide_parameters=True)
    # many rows in one statement: twice as fast as one each
    engine.dialect.use_insertmanyvalues_wo_returning = True
    event.listen(engine, "handle_error", name_collision)
    return engine
