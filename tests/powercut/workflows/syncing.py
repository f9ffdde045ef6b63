"""Syncing (同步): batches are sealed, the county takes them in and decides, and its answers are taken in at the desk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from desktop.archive import records
from desktop.archive.archive import Archive
from desktop.archive.township_ledger import ArchiveTownshipLedger
from sync.contract.batches import BatchId
from sync.contract.decisions import DecisionKind
from sync.contract.messages import HeadDigest
from sync.contract.revisions import RecordState
from sync.ledger.county_rules import CountyRules
from sync.ledger.memory_county import MemoryCountyStore
from tests.desktop.archive.test_township_ledger import ArchiveDesk
from tests.desktop.services.office import SmallOffice, begin_office
from tests.powercut.judging import KINDS, OFFICE, Fault, Mark, Sort, Tell, acts, archive_faults, goes_on, opened
from tests.sync.conformance.ledger_suite import Line
from tests.sync.contract.office import NOW, TOWNSHIP, Office, new_uuid

FAR = [RecordState.FILED, RecordState.QUEUED, RecordState.RECEIVED, RecordState.ACCEPTED]
"""How far a record has come; one that was sent back is as far as one that was accepted."""


class Syncing:
    """Two batches of two records; one record accepted, one sent back; the county's book is the one in memory."""

    name = "sync-apply"
    share = 4
    size = 1

    def prepare(self, folder: Path) -> None:
        begin_office(folder / OFFICE).archive.close()

    def run(self, folder: Path, tell: Tell) -> None:
        with opened(folder / OFFICE) as archive:
            authority = Office()
            county = CountyRules(MemoryCountyStore("e" * 32), authority.authority, lambda _: None, lambda: NOW)
            desk = ArchiveDesk(archive, authority)
            line, office = Line(authority, county, desk), SmallOffice(archive)
            line.drain()
            for batch in range(2 * self.size):
                filed = [office.file_marriage(cert_no=f"J339921-2016-{batch}{number:05}") for number in range(2)]
                sealed = desk.seal(BatchId(new_uuid(authority.draw)), 60)
                assert sealed is not None
                tell("sealed", batch=sealed.batch_id)
                for _ in range(6):
                    line.step()
                    _tell_states(archive, desk, tell)
                for one in desk.ledger.unsent_attachments(100):
                    county.mark_attachment_held(TOWNSHIP, one.sha256, one.size_bytes)
                    desk.ledger.mark_attachments_sent([one.sha256])
                with archive.reading() as connection:
                    made = [records.revision(connection, str(_head(connection, one.record))) for one in filed]
                assert made[0] is not None
                assert made[1] is not None
                line.accept(made[0])
                line.decide(DecisionKind.RETURNED, made[1])
                for _ in range(3):
                    line.step()
                    _tell_states(archive, desk, tell)
            assert line.agree()

    def judge(self, folder: Path, told: Sequence[Mark]) -> Iterator[Fault]:
        with opened(folder / OFFICE) as archive:
            yield from archive_faults(archive)
            ledger = ArchiveTownshipLedger(archive, KINDS, lambda: NOW)
            counted = HeadDigest()
            for head in ledger.heads():
                counted = counted.with_head(head.record, head.revision)
            if counted != ledger.digest():
                yield Fault(Sort.HALF, "a digest that is not of these heads")
            with archive.reading() as connection:
                held = {row.id for row in connection.exec_driver_sql("SELECT id FROM batch")}
                states = {line.uid: line.state for line in records.every(connection)}
                mixed = connection.exec_driver_sql(
                    "SELECT count(DISTINCT r.state) FROM record r JOIN batch_revision b ON b.revision_id = r.head"
                    " WHERE r.state IN ('queued', 'received') GROUP BY b.batch_id"
                ).scalars()
                if any(count > 1 for count in mixed):
                    yield Fault(Sort.HALF, "a batch taken in by half")
            if {mark["batch"] for mark in acts(told, "sealed")} - held:
                yield Fault(Sort.LOST, "a batch")
            for mark in acts(told, "taken in")[-1:]:
                yield from _went_back(mark, states, ledger)
            goes_on(archive)


def _went_back(mark: Mark, states: dict[str, RecordState], ledger: ArchiveTownshipLedger) -> Iterator[Fault]:
    assert isinstance(mark["states"], dict)
    for uid, state in mark["states"].items():
        if uid not in states or _far(states[uid]) < _far(RecordState(state)):
            yield Fault(Sort.LOST, f"the county's answer on {uid}")
    if ledger.place().after < int(str(mark["after"])):
        yield Fault(Sort.LOST, "the place in the county's feed")


def _far(state: RecordState) -> int:
    return FAR.index(RecordState.ACCEPTED if state is RecordState.RETURNED else state)


def _head(connection: object, uid: str) -> str:
    line = records.by_uid(connection, uid)  # type: ignore[arg-type]
    assert line is not None
    return line.head


def _tell_states(archive: Archive, desk: ArchiveDesk, tell: Tell) -> None:
    with archive.reading() as connection:
        states = {line.uid: line.state.value for line in records.every(connection)}
    tell("taken in", states=states, after=desk.ledger.place().after)
