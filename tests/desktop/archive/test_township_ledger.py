"""The archive's book passes the suite that every book passes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from desktop.archive import batches, numbering, records
from desktop.archive.archive import Archive
from desktop.archive.township_ledger import ArchiveTownshipLedger
from sync.contract.batches import BatchId, BatchSeal
from sync.contract.kind_files import load_kinds
from sync.contract.messages import BatchReceipt, BatchState, SyncReply
from sync.contract.numbers import Series
from sync.contract.revisions import RecordId, RecordState, Revision
from sync.ledger import Desk
from sync.ledger.county_rules import CountyRules
from sync.ledger.memory_county import MemoryCountyStore
from tests.sync.conformance.ledger_suite import LedgerSuite, Line, judge
from tests.sync.conformance.witness_suite import RESTORED, PutBack, WitnessSuite
from tests.sync.contract.office import NOW, TOWNSHIP, Office


class ArchiveDesk:
    """A real encrypted archive as a desk under test; the suite's bodies are opaque, so lines are made beside them."""

    def __init__(self, archive: Archive, office: Office) -> None:
        self._archive = archive
        self._office = office
        self._count = 0
        self.ledger = ArchiveTownshipLedger(archive, load_kinds(), lambda: NOW)
        self.desk = Desk(office.desk, office.desk_certificate)
        with archive.act("陈晓兰", NOW) as act:
            numbering.await_seat(act)

    def file(self, revision: Revision, attachments: Iterable[bytes] = ()) -> None:
        with self._archive.act("陈晓兰", NOW) as act:
            known = records.by_uid(act.connection, revision.record_id)
            self._count += 1
            number = known.number if known else Series("J001", "WS", 2024, "D30").number(self._count)
            said = {
                "kind": "document",
                "number": revision.number or number,
                "title": "档案",
                "filed": {"by": act.by, "at": act.moment},
            }
            records.keep_revision(act.connection, revision)
            records.set_line(act, revision, said, RecordState.FILED, "")

    def seal(self, batch_id: BatchId, target_bytes: int) -> BatchSeal | None:
        with self._archive.act("陈晓兰", NOW) as act:
            return batches.seal_filed(
                act, TOWNSHIP, self.desk.holder.device, self._office.desk_key, batch_id, target_bytes
            )

    def allot(self, series: Series) -> str:
        with self._archive.act("陈晓兰", NOW) as act:
            return numbering.allot(act, series)

    def withdraw(self, number: str, note: str) -> None:
        with self._archive.act("陈晓兰", NOW) as act:
            numbering.withdraw(act, number, note)

    def begin_anew(self) -> None:
        with self._archive.act("陈晓兰", NOW) as act:
            numbering.begin_anew(act)

    def state(self, record_id: RecordId) -> RecordState | None:
        with self._archive.reading() as connection:
            line = records.by_uid(connection, record_id)
        return line.state if line else None


class TestArchiveTownshipLedger(LedgerSuite, WitnessSuite):
    @pytest.fixture
    def store(self) -> MemoryCountyStore:
        return MemoryCountyStore("e" * 32)

    @pytest.fixture
    def county(self, office: Office, store: MemoryCountyStore) -> CountyRules:
        return CountyRules(store, office.authority, judge, lambda: NOW)

    @pytest.fixture
    def forgetful(self, store: MemoryCountyStore) -> Callable[[], None]:
        def forget() -> None:
            store.book.seat_rows.clear()
            store.book.account_rows.clear()

        return forget

    @pytest.fixture
    def put_back(self, office: Office) -> PutBack:
        store = MemoryCountyStore("0" * 32)
        county = CountyRules(store, office.authority, judge, lambda: NOW)
        county.take_new_epoch(RESTORED)
        return PutBack(county, lambda desk: store.book.enrol(desk.township, desk.holder.device))

    @pytest.fixture
    def desk(self, office: Office, tmp_path: Path) -> Iterator[ArchiveDesk]:
        archive = Archive.create(tmp_path / "office", bytes(range(32)), {"fonds": "J001"}, "陈晓兰", NOW)
        yield ArchiveDesk(archive, office)
        archive.close()

    def test_a_batch_refused_whole_comes_back_and_goes_with_another(self, line: Line, desk: ArchiveDesk) -> None:
        line.drain()
        first = line.file("档案")
        sealed = desk.seal(BatchId("01a20067-788a-7431-a90b-09954a6b32fa"), 60)
        request = line.request()
        refused = BatchReceipt(sealed.batch_id, BatchState.REJECTED)
        desk.ledger.take_in(request, SyncReply(request.epoch, NOW.isoformat(timespec="seconds"), batch=refused))
        assert desk.state(first.record_id) is RecordState.RETURNED
        assert desk.ledger.outgoing() is None
        again = line.file("改", first)
        line.send()
        assert set(line.county.record(first.record_id).standings) == {first.id, again.id}
        line.accept(again)
        assert line.agree()
