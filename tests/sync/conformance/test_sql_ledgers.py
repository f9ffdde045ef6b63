"""The county's book in its encrypted file."""

from contextlib import contextmanager
from functools import partial

import pytest
from sqlalchemy import delete

from sync.contract.decisions import Decision, DecisionKind, certificate_bytes
from sync.county.disputes import list_disputes
from sync.county.storage import Storage
from sync.county.tables import Device, NumberAccount, Seat, table
from sync.ledger import Proposal
from sync.ledger.county_rules import CountyRules
from tests.sync.conformance.desks import MemoryDesk
from tests.sync.conformance.ledger_suite import LedgerSuite, judge
from tests.sync.conformance.taking_back_suite import TakingBackSuite
from tests.sync.conformance.witness_suite import RESTORED, PutBack, WitnessSuite, go_back
from tests.sync.contract.office import NOW, TOWNSHIP


def forget_numbers(storage):
    """The store knows as little of seats and blocks as one put back from a backup of before they were given."""
    with storage.connection(writing=True) as connection:
        for model in (Seat, NumberAccount):
            connection.execute(delete(table(model)))


def enrol(storage, desk):
    """The desk is one of the county's."""
    signing = certificate_bytes(desk.signer)
    values = {"id": desk.holder.device, "role": "desk", "name": "青石镇", "township": desk.township, "enrolled_at": ""}
    with storage.connection(writing=True) as connection:
        connection.execute(
            table(Device).insert().values(line_certificate=signing, signing_certificate=signing, **values)
        )


@contextmanager
def restored(folder, office, url):
    """The county as it was before anything came to it, in a new epoch."""
    folder.mkdir()
    storage = Storage(folder, bytes(range(32)), url, lambda: NOW)
    storage.create("0" * 32)
    county = CountyRules(storage, office.authority, judge, lambda: NOW)
    county.take_new_epoch(RESTORED)
    yield PutBack(county, partial(enrol, storage))
    storage.close()


class TestEncryptedFile(LedgerSuite, WitnessSuite, TakingBackSuite):
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
    def put_back(self, tmp_path, office):
        with restored(tmp_path / "restored", office, None) as county:
            yield county

    @pytest.fixture
    def desk(self, office):
        return MemoryDesk(office)

    def test_a_dispute_is_listed_until_it_is_settled(self, line, put_back, tmp_path):
        revision = line.file("档案")
        line.send()
        line.accept(revision)
        line.drain()
        go_back(line, put_back)
        self._receive_without_witness(line, revision)
        line.county.waive(TOWNSHIP, "周敏", "线路中断")
        line.decide(DecisionKind.RETURNED, revision)
        line.drain()
        beside = Storage(tmp_path / "restored", bytes(range(32)), None, lambda: NOW)
        with beside.connection() as connection:
            assert [file.record_id for file in list_disputes(connection)] == [revision.record_id]
        tips = line.county.record(revision.record_id).history.tips
        settled = Decision(TOWNSHIP, revision.record_id, DecisionKind.SETTLED, revision.id, revision.id, tips)
        line.county.decide(Proposal(line.office.sign(settled)))
        with beside.connection() as connection:
            assert list_disputes(connection) == []
        beside.close()


class TestPostgreSQL(LedgerSuite, WitnessSuite, TakingBackSuite):
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
    def put_back(self, tmp_path, office, another_postgres_database):
        with restored(tmp_path / "restored", office, another_postgres_database) as county:
            yield county

    @pytest.fixture
    def desk(self, office):
        return MemoryDesk(office)
