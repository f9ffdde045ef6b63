"""Desks for the suite."""

from __future__ import annotations

from collections.abc import Iterable

from sync.contract.batches import BatchId, BatchSeal
from sync.contract.leases import Withdrawn
from sync.contract.numbers import Series, read
from sync.contract.revisions import RecordId, RecordState, Revision
from sync.ledger import Desk
from sync.ledger.memory_township import MemoryTownshipLedger
from tests.sync.contract.office import TOWNSHIP, Office


class MemoryDesk:
    """The in-memory book as a desk under test."""

    def __init__(self, office: Office) -> None:
        self.ledger = MemoryTownshipLedger(TOWNSHIP, office.desk.device, office.desk_key)
        self.desk = Desk(office.desk, office.desk_certificate)

    def file(self, revision: Revision, attachments: Iterable[bytes] = ()) -> None:
        self.ledger.file(revision, attachments)

    def seal(self, batch_id: BatchId, target_bytes: int) -> BatchSeal | None:
        return self.ledger.seal(batch_id, target_bytes)

    def allot(self, series: Series) -> str:
        return self.ledger.numbers.allot(series)

    def withdraw(self, number: str, note: str) -> None:
        series, item = read(number)
        self.ledger.numbers.withdrawn.append(Withdrawn(series, item, item, note))

    def begin_anew(self) -> None:
        self.ledger.numbers.begin_anew()

    def state(self, record_id: RecordId) -> RecordState | None:
        return self.ledger.state(record_id)
