"""A county is put back from an old copy; what its journal holds comes back although no desk had read it."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sync.contract.batches import BatchId
from sync.contract.certificates import Role
from sync.contract.decisions import Decision, DecisionKind, Ground
from sync.contract.errors import DiskFull, NotAllowed, WrongCode
from sync.contract.messages import SentBatch, SyncRequest
from sync.contract.revisions import DeviceId, Revision
from sync.county.__main__ import main
from sync.county.service import County
from sync.ledger import Proposal
from sync.ledger.memory_township import MemoryTownshipLedger
from tests.sync.client.people import a_document
from tests.sync.conftest import fill
from tests.sync.contract.office import new_uuid, put
from tests.sync.county.test_registry import ask
from tests.sync.county.troubled import TOWN, CountyPerson
from tests.sync.county.witnessed import Clock, open_county

DRAW = random.Random(11)


@dataclass
class Days:
    """A county with a journal on another disk, and a copy of yesterday."""

    folder: Path
    clock: Clock

    def open(self, *, journal: bool = True) -> County:
        county = County(self.folder / "county", self.folder / "county" / "county.key", clock=self.clock)
        if journal:
            county.keep_journal(self.folder / "journal")
        return county

    def copy(self) -> None:
        shutil.copytree(self.folder / "county", self.folder / "copy")

    def put_back(self) -> None:
        shutil.rmtree(self.folder / "county")
        shutil.copytree(self.folder / "copy", self.folder / "county")


@pytest.fixture
def days(tmp_path: Path) -> Iterator[Days]:
    clock = Clock()
    open_county(tmp_path / "county", clock).close()
    (tmp_path / "journal").mkdir()
    return Days(tmp_path, clock)


def filed(county: County, desk: CountyPerson, count: int, bulk: int = 0) -> list[Revision]:
    """So many documents lie received at the county, each with so many bytes that no packing makes fewer."""
    more = {"recognised": DRAW.randbytes(bulk).hex()}
    made = [put(new_uuid(DRAW), a_document(f"通知 {number}") | more) for number in range(count)]
    ledger = MemoryTownshipLedger(TOWN, desk.desk.holder.device, desk.key)
    for one in made:
        ledger.file(one)
    seal = ledger.seal(BatchId(new_uuid(DRAW)))
    sent = SentBatch(seal, ledger.read_parts(seal.batch_id, 0, 1 << 20))
    county.ledger.sync(desk.desk, SyncRequest(county.ledger.epoch, 0, b"", batch=sent))
    return made


def decide(county: County, person: CountyPerson, revision: Revision, *, accept: bool = True) -> None:
    kind, head = (DecisionKind.ACCEPTED, revision.id) if accept else (DecisionKind.RETURNED, None)
    grounds = () if accept else (Ground("subject", "differs", "请核对"),)
    county.ledger.decide(
        Proposal(person.sign(Decision(TOWN, revision.record_id, kind, revision.id, head, (), grounds)))
    )


def test_what_nobody_had_read_comes_back_from_the_journal(days: Days, capsys: pytest.CaptureFixture[str]) -> None:
    county = days.open()
    desk, lost = (CountyPerson(county, "青石镇", Role.DESK, TOWN) for _ in range(2))
    reviewer = CountyPerson(county, "周敏", Role.REVIEWER)
    first, second, third = filed(county, desk, 3)
    decide(county, reviewer, first)
    code = county.new_code(Role.DESK, "青石镇", TOWN, 72)
    county.close()
    days.copy()
    county = days.open()
    decide(county, reviewer, second)
    decide(county, reviewer, third, accept=False)
    county.end_enrolment(DeviceId(lost.given.device))
    late = county.enrol(ask(code))
    kept = county.ledger.record(second.record_id)
    county.close()
    days.put_back()
    data = str(days.folder / "county")
    assert main(["declare-restore", "--data", data]) == 0
    assert main(["replay-journal", "--data", data, "--journal", str(days.folder / "journal")]) == 0
    assert "came back: decisions=2 devices=1 ended=1 seats=0" in capsys.readouterr().out
    county = days.open(journal=False)
    assert county.ledger.record(second.record_id) == kept
    assert [one.kind for one in county.ledger.record(third.record_id).history.decisions] == [DecisionKind.RETURNED]
    assert county.device(late.line_certificate).township == TOWN
    with pytest.raises(NotAllowed):
        county.device(lost.given.line_certificate)
    with pytest.raises(WrongCode):  # it was used up, after the copy
        county.enrol(ask(code))
    again = county.replay_journal(days.folder / "journal")
    assert (again.decisions, again.devices, again.ended, again.seats) == (0, 0, 0, 0)
    county.close()


def test_what_the_journal_holds_never_replaces_what_was_decided_since(days: Days) -> None:
    county = days.open()
    desk, reviewer = CountyPerson(county, "青石镇", Role.DESK, TOWN), CountyPerson(county, "周敏", Role.REVIEWER)
    (one,) = filed(county, desk, 1)
    county.close()
    days.copy()
    county = days.open()
    decide(county, reviewer, one)
    county.close()
    days.put_back()
    county = days.open(journal=False)
    decide(county, reviewer, one, accept=False)
    assert county.replay_journal(days.folder / "journal").decisions == 1
    history = county.ledger.record(one.record_id).history
    assert (history.in_dispute, {one.kind for one in history.decisions}) == (
        True, {DecisionKind.ACCEPTED, DecisionKind.RETURNED}
    )  # fmt: skip
    county.close()


def test_what_was_taken_back_does_not_come_back_from_the_journal(days: Days) -> None:
    county = days.open()
    desk, reviewer = CountyPerson(county, "青石镇", Role.DESK, TOWN), CountyPerson(county, "周敏", Role.REVIEWER)
    first, second, third = filed(county, desk, 3)
    decide(county, reviewer, first)
    county.close()
    days.copy()  # it holds the first decision
    county = days.open()
    decide(county, reviewer, second)
    decide(county, reviewer, third)
    made = [county.ledger.record(one.record_id).history.decisions[0] for one in (first, second, third)]
    assert set(county.ledger.take_back(reviewer.take_back(*made)).values()) == {""}
    decide(county, reviewer, third)  # and again
    county.close()
    days.put_back()
    county = days.open(journal=False)
    assert county.replay_journal(days.folder / "journal").decisions == 1
    counts = [len(county.ledger.record(one.record_id).history.decisions) for one in (first, second, third)]
    assert counts == [0, 0, 1]
    county.close()


def test_an_act_that_the_journal_cannot_take_is_not_kept(days: Days, small_disk: Path) -> None:
    county = days.open(journal=False)
    desk, reviewer = CountyPerson(county, "青石镇", Role.DESK, TOWN), CountyPerson(county, "周敏", Role.REVIEWER)
    (one,) = filed(county, desk, 1, bulk=8000)  # more than the rest of a page of the disk
    county.keep_journal(small_disk)
    filler = fill(small_disk)
    with pytest.raises(DiskFull):
        decide(county, reviewer, one)
    assert county.ledger.record(one.record_id).history.decisions == ()
    filler.unlink()
    decide(county, reviewer, one)
    assert len(county.ledger.record(one.record_id).history.decisions) == 1
    county.close()
