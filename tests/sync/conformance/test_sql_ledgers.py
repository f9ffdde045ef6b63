"""The county's book in its encrypted file."""

import pytest

from sync.county.storage import Storage
from sync.ledger.county_rules import CountyRules
from tests.sync.conformance.desks import MemoryDesk
from tests.sync.conformance.ledger_suite import LedgerSuite, judge
from tests.sync.contract.office import NOW


class TestEncryptedFile(LedgerSuite):
    @pytest.fixture
    def county(self, office, tmp_path):
        storage = Storage(tmp_path, bytes(range(32)), None, lambda: NOW)
        storage.create("e" * 32)
        yield CountyRules(storage, office.authority, judge, lambda: NOW)
        storage.close()

    @pytest.fixture
    def desk(self, office):
        return MemoryDesk(office)


class TestPostgreSQL(LedgerSuite):
    @pytest.fixture
    def county(self, office, tmp_path, postgres_database):
        storage = Storage(tmp_path, bytes(range(32)), postgres_database, lambda: NOW)
        storage.create("e" * 32)
        yield CountyRules(storage, office.authority, judge, lambda: NOW)
        storage.close()

    @pytest.fixture
    def desk(self, office):
        return MemoryDesk(office)
