"""The county's book in its encrypted file."""

from functools import partial

import pytest
from sqlalchemy import delete

from sync.county.storage import Storage
from sync.county.tables import NumberAccount, Seat, table
from sync.ledger.county_rules import CountyRules
from tests.sync.conformance.desks import MemoryDesk
from tests.sync.conformance.ledger_suite import LedgerSuite, judge
from tests.sync.contract.office import NOW


def forget_numbers(storage):
    """The store knows as little of seats and blocks as one put back from a backup of before they were given."""
    with storage.connection(writing=True) as connection:
        for model in (Seat, NumberAccount):
            connection.execute(delete(table(model)))


class TestEncryptedFile(LedgerSuite):
    @pytest.fixture
    def storage(self, tmp_path):
        storage = Storage(tmp_path, bytes(range(32)), None, lambda: NOW)
        storage.create("e" * 32)
        yield storage
        storage.close()

    @pytest.fixture
    def county(self, office, storage):
        return CountyRules(storage, office.authority, judge, lambda: NOW)

    @pytest.fixture
    def forgetful(self, storage):
        return partial(forget_numbers, storage)

    @pytest.fixture
    def desk(self, office):
        return MemoryDesk(office)


class TestPostgreSQL(LedgerSuite):
    @pytest.fixture
    def storage(self, tmp_path, postgres_database):
        storage = Storage(tmp_path, bytes(range(32)), postgres_database, lambda: NOW)
        storage.create("e" * 32)
        yield storage
        storage.close()

    @pytest.fixture
    def county(self, office, storage):
        return CountyRules(storage, office.authority, judge, lambda: NOW)

    @pytest.fixture
    def forgetful(self, storage):
        return partial(forget_numbers, storage)

    @pytest.fixture
    def desk(self, office):
        return MemoryDesk(office)
