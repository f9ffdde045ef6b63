"""The county's end (县中心): a county is made, batches of a desk come in part by part, and its reviewer decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from sync.contract.batches import BatchId
from sync.contract.messages import BatchState
from sync.contract.revisions import DeviceId
from sync.county.service import County, create_county
from sync.ledger.county_rules import CountyRules
from sync.vault import audit
from sync.vault.engine import check_integrity, open_engine
from tests.powercut.judging import Fault, Mark, Sort, Tell, acts
from tests.sync.conformance.desks import MemoryDesk
from tests.sync.conformance.ledger_suite import Line
from tests.sync.contract.office import NOW, TOWNSHIP, Office, new_uuid

COUNTY = "county"
RECORDS = 4


class CountyEnd:
    """Two batches in several parts each; one record of each is accepted."""

    name = "county"
    share = 2

    def __init__(self) -> None:
        self._absent = 0

    def prepare(self, folder: Path) -> None:
        """There is nothing."""

    def run(self, folder: Path, tell: Tell) -> None:
        _create(folder / COUNTY)
        tell("created")
        county = _open(folder / COUNTY)
        try:
            people = Office()
            desk = MemoryDesk(people)
            line = Line(people, CountyRules(county.storage, people.authority, lambda _: None, lambda: NOW), desk)
            line.drain()
            tell("seat", device=people.desk.device)
            for _ in range(2):
                filed = [line.file(f"档案{number}") for number in range(RECORDS)]
                sealed = desk.seal(BatchId(new_uuid(people.draw)), 60)
                assert sealed is not None
                while True:
                    reply, _ = line.step()
                    if reply.batch is not None and reply.batch.state is BatchState.RECEIVED:
                        tell("received", records=[one.record_id for one in filed])
                        break
                line.accept(filed[0])
                tell("accepted", record=filed[0].record_id, head=filed[0].id)
                line.drain()
        finally:
            county.close()

    def judge(self, folder: Path, told: Sequence[Mark]) -> Iterator[Fault]:
        home = folder / COUNTY
        if not (home / "county.key").exists():
            if told:
                yield Fault(Sort.LOST, "the county")
                return
            _create(home)  # a county that was half made is begun again
        county = _open(home)
        try:
            with county.storage.keeping() as connection:
                if not audit.verify(connection).ok:
                    yield Fault(Sort.CORRUPT, "the county's log")
            yield from _book_faults(county, told)
        finally:
            county.close()
        engine = open_engine(home / "county.db", (home / "county.key").read_bytes())
        check_integrity(engine)
        engine.dispose()


def _book_faults(county: County, told: Sequence[Mark]) -> Iterator[Fault]:
    heads = {head.record: head.revision for head in county.ledger.heads(TOWNSHIP)}
    for mark in acts(told, "accepted"):
        if heads.get(mark["record"]) != mark["head"]:  # type: ignore[call-overload]
            yield Fault(Sort.LOST, "a decision")
    with county.storage.connection() as connection:
        rows = connection.exec_driver_sql("SELECT id FROM record").scalars().all()
    if len(rows) % RECORDS:
        yield Fault(Sort.HALF, f"{len(rows)} records of batches of {RECORDS}")
    for mark in acts(told, "received"):
        if set(mark["records"]) - set(rows):  # type: ignore[call-overload]
            yield Fault(Sort.LOST, "a batch")
    seats = {kept.device for kept in county.ledger.numbers(TOWNSHIP).seats}
    for mark in acts(told, "seat"):
        if DeviceId(str(mark["device"])) not in seats:
            yield Fault(Sort.LOST, "a seat")


def _create(folder: Path) -> None:
    create_county(folder, "云泽县民政局", folder / "county.key", None, lambda: NOW)


def _open(folder: Path) -> County:
    return County(folder, folder / "county.key", clock=lambda: NOW, reserve_bytes=0)
