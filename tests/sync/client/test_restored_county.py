"""A real county is put back from a copy of its folder: the desks bring back what it forgot, and staff wait for them."""

from __future__ import annotations

import shutil

import pytest

from sync.client.officer import Officer
from sync.contract.certificates import Role
from sync.contract.errors import NotAllowed, WitnessAwaited
from sync.contract.revisions import RecordState
from tests.sync.client.people import DeskPerson, Reviewer
from tests.sync.county_process import run_county, running_county


@pytest.fixture
def county(tmp_path):
    with running_county(tmp_path / "county") as county:
        yield county


def test_decisions_made_after_the_backup_come_back_from_the_desk(county, tmp_path):
    desk, away = DeskPerson(county), DeskPerson(county)
    reviewer, person = Reviewer(county), Reviewer(county, "赵敏", Role.OFFICER)
    watcher, officer = Officer(reviewer.staff), Officer(person.staff)
    first, second = desk.file("关于低保的通知"), desk.file("关于救助的通知")
    desk.seal()
    desk.exchange()
    away.exchange()
    county.stop()
    shutil.copytree(county.folder, tmp_path / "backup")
    county.start()
    reviewer.staff.accept(reviewer.staff.record(first.record_id), first.id)
    desk.exchange()
    decided = desk.ledger.decisions()
    county.stop()
    shutil.rmtree(county.folder)
    shutil.copytree(tmp_path / "backup", county.folder)
    run_county("declare-restore", "--data", str(county.folder))
    county.start()
    awaited = [(one.township_name, one.device) for one in watcher.awaited().desks]
    assert awaited == sorted(("青石镇", one.enrolment.device) for one in (desk, away))
    with pytest.raises(WitnessAwaited):
        reviewer.staff.accept(reviewer.staff.record(second.record_id), second.id)
    assert desk.exchange().digest_equal
    assert reviewer.staff.record(first.record_id).decisions == decided
    with pytest.raises(WitnessAwaited):  # the township's other desk may hold more
        reviewer.staff.accept(reviewer.staff.record(second.record_id), second.id)
    told = officer.awaited()
    waiver = (told.epoch, desk.ledger.township, [one.device for one in told.desks], "电脑送修")
    assert (watcher.rules(), officer.rules()) == (False, True)
    with pytest.raises(NotAllowed):
        watcher.waive(*waiver)
    assert [one.device for one in officer.waive(*waiver)] == [away.enrolment.device]
    assert (watcher.disputes().total, watcher.doubtful_logs().logs) == (0, ())
    reviewer.staff.accept(reviewer.staff.record(second.record_id), second.id)
    for one in (away, desk, away):
        assert one.exchange().digest_equal
    for one in (away, desk):
        assert [one.ledger.state(it.record_id) for it in (first, second)] == [RecordState.ACCEPTED] * 2
