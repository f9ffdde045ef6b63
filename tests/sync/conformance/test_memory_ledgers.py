"""Both books in memory."""

import pytest

from sync.ledger.county_rules import CountyRules
from sync.ledger.memory_county import MemoryCountyStore
from tests.sync.conformance.desks import MemoryDesk
from tests.sync.conformance.ledger_suite import LedgerSuite, judge
from tests.sync.conformance.taking_back_suite import TakingBackSuite
from tests.sync.conformance.witness_suite import RESTORED, PutBack, WitnessSuite
from tests.sync.contract.office import NOW


class TestMemoryLedgers(LedgerSuite, WitnessSuite, TakingBackSuite):
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
    def put_back(self, office):
        store = MemoryCountyStore("0" * 32)
        county = CountyRules(store, office.authority, judge, lambda: NOW)
        county.take_new_epoch(RESTORED)
        return PutBack(county, lambda desk: store.book.enrol(desk.township, desk.holder.device))

    @pytest.fixture
    def desk(self, office):
        return MemoryDesk(office)
