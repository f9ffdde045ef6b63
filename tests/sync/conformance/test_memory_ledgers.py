"""Both books in memory."""

import pytest

from sync.ledger.county_rules import CountyRules
from sync.ledger.memory_county import MemoryCountyStore
from tests.sync.conformance.desks import MemoryDesk
from tests.sync.conformance.ledger_suite import LedgerSuite, judge
from tests.sync.contract.office import NOW


class TestMemoryLedgers(LedgerSuite):
    @pytest.fixture
    def store(self):
        return MemoryCountyStore("e" * 32)

    @pytest.fixture
    def county(self, office, store):
        return CountyRules(store, office.authority, judge, lambda: NOW)

    @pytest.fixture
    def forgetful(self, store):
        def forget():
            store.book.seat_rows.clear()
            store.book.account_rows.clear()

        return forget

    @pytest.fixture
    def desk(self, office):
        return MemoryDesk(office)
