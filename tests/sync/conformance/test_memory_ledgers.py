"""Both books in memory."""

import pytest

from sync.ledger.county_rules import CountyRules
from sync.ledger.memory_county import MemoryCountyStore
from tests.sync.conformance.desks import MemoryDesk
from tests.sync.conformance.ledger_suite import LedgerSuite, judge
from tests.sync.contract.office import NOW


class TestMemoryLedgers(LedgerSuite):
    @pytest.fixture
    def county(self, office):
        return CountyRules(MemoryCountyStore("e" * 32), office.authority, judge, lambda: NOW)

    @pytest.fixture
    def desk(self, office):
        return MemoryDesk(office)
