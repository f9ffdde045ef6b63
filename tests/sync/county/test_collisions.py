"""Acts that get into each other's way: the store undoes one of them, and it is done again; nothing is lost, nothing waits for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, select, update

from sync.contract.batches import BatchId
from sync.contract.decisions import Decision, DecisionKind
from sync.contract.errors import ArchiveBusy
from sync.contract.revisions import TownshipId
from sync.county.collisions import MOST_ATTEMPTS, again
from sync.county.patient_rules import PatientRules
from sync.county.storage import Storage
from sync.county.tables import Record, Township, table
from sync.ledger import Proposal
from sync.ledger.county_rules import CountyRules
from tests.sync.conformance.desks import MemoryDesk
from tests.sync.conformance.ledger_suite import Line, judge
from tests.sync.contract.office import NOW, TOWNSHIP, Office, new_uuid

ONE, OTHER = TownshipId("339921102"), TownshipId("339921103")
_TOWNSHIP, _RECORD = table(Township), table(Record)


@pytest.fixture
def postgres(tmp_path: Path, postgres_database: str) -> Iterator[Storage]:
    """A county on PostgreSQL that looks for deadlocks after a twentieth of its second."""
    storage = Storage(tmp_path, bytes(range(32)), postgres_database, lambda: NOW)
    storage.create("e" * 32)
    with storage.connection(writing=True) as connection:
        for township in (ONE, OTHER):
            storage.lock(connection, township)
        name = connection.exec_driver_sql("SELECT current_database()").scalar_one()
        connection.exec_driver_sql(f"ALTER DATABASE {name} SET deadlock_timeout = '50ms'")
    storage.close()
    yield storage
    storage.close()


def both(first: Callable[[], object], second: Callable[[], object]) -> None:
    """Both are done at once, and both come to their end."""
    with ThreadPoolExecutor(2) as hands:
        for done in [hands.submit(first), hands.submit(second)]:
            done.result(20)


def heads(connection: Connection, township: TownshipId) -> int:
    return int(connection.execute(select(_TOWNSHIP.c.heads).where(_TOWNSHIP.c.code == township)).scalar_one())


def add_head(connection: Connection, township: TownshipId) -> None:
    """One more, as a program would that reads first."""
    was = heads(connection, township)
    connection.execute(update(_TOWNSHIP).where(_TOWNSHIP.c.code == township).values(heads=was + 1))


def test_two_acts_that_lock_each_other_out_are_both_done(postgres: Storage) -> None:
    met, tries = threading.Barrier(2), []

    @again
    def act(first: TownshipId, second: TownshipId) -> None:
        tries.append(first)
        with postgres.connection(writing=True) as connection:
            postgres.lock(connection, first)
            if tries.count(first) == 1:
                met.wait(10)  # each holds one township, and wants the other
            postgres.lock(connection, second)
            add_head(connection, first)
            add_head(connection, second)

    both(partial(act, ONE, OTHER), partial(act, OTHER, ONE))
    assert len(tries) == 3  # one of them was undone, and done again
    with postgres.connection() as connection:
        assert (heads(connection, ONE), heads(connection, OTHER)) == (2, 2)


def test_two_acts_that_read_what_the_other_writes_are_both_done(postgres: Storage) -> None:
    met, tries = threading.Barrier(2), []

    @again
    def act(who: str) -> None:
        tries.append(who)
        with postgres.connection(writing=True) as connection:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
            was = heads(connection, ONE)
            if tries.count(who) == 1:
                met.wait(10)
            connection.execute(update(_TOWNSHIP).where(_TOWNSHIP.c.code == ONE).values(heads=was + 1))

    both(partial(act, "one"), partial(act, "other"))
    assert len(tries) == 3
    with postgres.connection() as connection:
        assert heads(connection, ONE) == 2


def test_an_act_that_collides_each_time_is_given_up_and_nothing_of_it_is_kept(postgres: Storage) -> None:
    tries = []

    @again
    def act() -> None:
        tries.append(1)
        with postgres.connection(writing=True) as connection:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
            add_head(connection, OTHER)
            was = heads(connection, ONE)
            with postgres.connection(writing=True) as faster:
                add_head(faster, ONE)
            connection.execute(update(_TOWNSHIP).where(_TOWNSHIP.c.code == ONE).values(heads=was + 1))

    with pytest.raises(ArchiveBusy):
        act()
    assert len(tries) == MOST_ATTEMPTS
    with postgres.connection() as connection:
        assert (heads(connection, ONE), heads(connection, OTHER)) == (MOST_ATTEMPTS, 0)


@pytest.mark.parametrize("rules", [CountyRules, PatientRules])
def test_a_decision_that_collides_is_made_once(
    postgres: Storage, postgres_database: str, rules: type[CountyRules]
) -> None:
    office = Office()
    line = Line(office, rules(postgres, office.authority, judge, lambda: NOW), MemoryDesk(office))
    revision = line.file("档案")
    line.desk.seal(BatchId(new_uuid(office.draw)), 100_000)
    line.drain()
    decision = Decision(TOWNSHIP, revision.record_id, DecisionKind.ACCEPTED, revision.id, revision.id, ())
    plain = postgres_database.replace("+psycopg", "")
    with psycopg.connect(plain) as beside, ThreadPoolExecutor(1) as hands:
        beside.execute("SET deadlock_timeout = '10s'")  # so that the county is the one that notices, and is undone
        beside.execute("SELECT 1 FROM record WHERE id = %s FOR UPDATE", [revision.record_id])
        deciding = hands.submit(line.county.decide, Proposal(office.sign(decision)))
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        with psycopg.connect(plain, autocommit=True) as watching:
            while not watching.execute(waiting).fetchone()[0]:  # the county holds the township and wants the record
                assert not deciding.done(), deciding.result()
        beside.execute("SELECT 1 FROM township WHERE code = %s FOR UPDATE", [TOWNSHIP])
        beside.rollback()
        if rules is CountyRules:  # as it is without patience
            with pytest.raises(ArchiveBusy):
                deciding.result(20)
            return
        deciding.result(20)
    line.drain()
    assert line.agree()
    assert line.ledger.place().after == 1


def test_a_book_that_is_busy_for_longer_than_its_own_wait_is_asked_again(tmp_path: Path) -> None:
    storage = Storage(tmp_path, bytes(range(32)), None, lambda: NOW)
    storage.create("e" * 32)
    with storage.connection() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=20")  # of the one connection that there is
    beside = Storage(tmp_path, bytes(range(32)), None, lambda: NOW)
    held, tried = threading.Event(), threading.Event()

    def hold() -> None:
        with beside.writing(ONE):
            held.set()
            tried.wait(10)

    tries = []

    @again
    def act() -> None:
        tries.append(1)
        if len(tries) == 3:
            tried.set()
        with storage.writing(OTHER) as book:
            add_head(book.connection, OTHER)

    other = threading.Thread(target=hold)
    other.start()
    held.wait(10)
    act()
    other.join()
    assert len(tries) >= 3
    with storage.connection() as connection:
        assert heads(connection, OTHER) == 1
    storage.close()
    beside.close()
