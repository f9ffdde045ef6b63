"""What happens to a county in bad weather: killed, restored, full; nothing is lost and nothing comes twice."""

from __future__ import annotations

import random
import shutil
import threading
import time

import pytest

from sync.client.exchange import Exchange
from sync.contract.errors import DiskFull, Offline
from sync.contract.revisions import RecordState
from sync.vault import audit
from sync.vault.engine import check_integrity, open_engine
from tests.sync.client.people import DeskPerson, Reviewer
from tests.sync.county_process import running_county


@pytest.fixture
def county(tmp_path):
    with running_county(tmp_path / "county") as county:
        yield county


def exchange_until_done(desk: DeskPerson, patience_seconds: float = 240) -> int:
    """Exchange again and again, however long a busy machine takes to start a county; returns how many tries were cut short."""
    cut, until = 0, time.monotonic() + patience_seconds
    while time.monotonic() < until:
        try:
            Exchange(desk.ledger, desk.session).run()
            return cut
        except Offline:
            cut += 1
            threading.Event().wait(0.05)
    raise AssertionError("the exchange never came to its end")


def check_book(county) -> None:
    """The county's file is whole and its log tells one story."""
    engine = open_engine(county.folder / "county.db", (county.folder / "county.key").read_bytes())
    check_integrity(engine)
    with engine.connect() as connection:
        verdict = audit.verify(connection)
    engine.dispose()
    assert verdict.ok
    assert verdict.size > 0


def test_a_county_killed_again_and_again_loses_nothing_and_takes_nothing_twice(county):
    draw = random.Random(20260302)
    desk = DeskPerson(county)
    filed = [desk.file(f"第{n}号通知", attachments=(draw.randbytes(90_000),), bulk=4_000) for n in range(60)]
    desk.seal()
    worker = threading.Thread(target=exchange_until_done, args=(desk,))
    worker.start()
    for _ in range(4):
        threading.Event().wait(draw.uniform(0.1, 0.6))
        county.kill()
        county.start()
    worker.join()
    assert exchange_until_done(desk) == 0
    assert {desk.ledger.state(revision.record_id) for revision in filed} == {RecordState.RECEIVED}
    staff = Reviewer(county).staff
    (summary,) = staff.batches()
    assert (summary.revisions, summary.undecided) == (60, 60)
    for revision in filed[::20]:
        staff.accept(staff.record(revision.record_id), revision.id)
    assert desk.exchange().digest_equal
    assert county.stop() == 0
    check_book(county)


def test_a_county_put_back_from_an_old_copy_is_noticed_by_the_desk_and_gets_everything_again(county, tmp_path):
    desk = DeskPerson(county)
    reviewer = Reviewer(county)
    early = desk.file("旧通知")
    desk.seal()
    desk.exchange()
    assert (county.folder / "address").read_text().strip() == county.address
    assert county.stop() == 0
    shutil.copytree(county.folder, tmp_path / "copy")
    county.start()
    late = [desk.file(f"新通知{number}", attachments=(b"page %d" % number,)) for number in range(3)]
    desk.seal()
    desk.exchange()
    reviewer.staff.accept(reviewer.staff.record(early.record_id), early.id)
    desk.exchange()
    epoch = desk.ledger.place().epoch
    county.stop()
    shutil.rmtree(county.folder)
    shutil.copytree(tmp_path / "copy", county.folder)
    county.start()
    desk.exchange()
    assert desk.ledger.place().epoch != epoch
    staff = Reviewer(county).staff
    for revision in (early, *late):
        record = staff.record(revision.record_id)
        assert not any(shown.missing for shown in record.revisions)
        if revision is early:  # what was decided after the copy came back with the desk
            assert record.head == early.id
        else:
            staff.accept(record, revision.id)
    assert desk.exchange().digest_equal
    assert desk.ledger.digest().heads == 4


def test_a_county_on_postgresql_is_killed_and_goes_on(tmp_path, postgres_database):
    with running_county(tmp_path / "county", database=postgres_database) as county:
        desk, staff = DeskPerson(county), Reviewer(county).staff
        filed = [desk.file(f"第{number}号通知", attachments=(b"page %d" % number,)) for number in range(5)]
        desk.seal()
        desk.exchange()
        staff.accept(staff.record(filed[0].record_id), filed[0].id)
        county.kill()
        county.start()
        for revision in filed[1:]:
            staff.accept(staff.record(revision.record_id), revision.id)
        assert desk.exchange().digest_equal
        assert desk.ledger.digest().heads == 5
        assert county.stop() == 0
        check_book(county)


def test_a_county_without_room_takes_nothing_in_and_says_so(tmp_path):
    with running_county(tmp_path / "county", "--reserve-mib", str(1 << 40)) as county:
        desk = DeskPerson(county)
        desk.exchange()
        revision = desk.file("通知")
        desk.seal()
        with pytest.raises(DiskFull) as full:
            desk.exchange()
        assert full.value.facts["retry_after_s"] > 0
        assert desk.ledger.state(revision.record_id) is RecordState.QUEUED
