"""Over the line: a record that a check stands against stays, what was found is at the county; and both agree after a destruction."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.archive import check_reports, holdings, records
from desktop.services.hand_over_checks import HELD_BACK
from sync.contract.four_properties import Outcome, Stage, items_at, items_of
from sync.contract.revisions import RecordId, RecordState
from sync.county.service import County
from tests.desktop.services.planted_faults import Planter
from tests.desktop.services.test_examining import five_pages
from tests.desktop.services.test_retention import LATER, carry_out
from tests.desktop.services.test_two_desks import AtTheDesk
from tests.sync.client.people import Reviewer
from tests.sync.county_process import CountyProcess, running_county


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CountyProcess]:
    with running_county(tmp_path_factory.mktemp("county")) as made:
        yield made


def test_one_bad_record_is_held_back_by_itself_and_the_reviewer_sees_what_was_checked(
    county: CountyProcess, tmp_path: Path
) -> None:
    desk = AtTheDesk(tmp_path / "one")
    desk.syncing.enrol(county.address, county.code_for_desk())
    planter = Planter(desk.office, five_pages)
    sound, spoilt = planter.file(), planter.file()
    planter.raw(spoilt, b'{"layout": 1', "cd" * 32)
    sealed = desk.syncing.seal_batch()
    assert sealed is not None
    assert sealed.revisions == 1
    assert desk.syncing.held_back == 1
    with desk.office.archive.reading() as connection:
        assert (
            connection.exec_driver_sql("SELECT state FROM record WHERE uid = ?", (spoilt.record,)).scalar_one()
            == RecordState.FILED
        )
        back, sent = check_reports.last(connection, HELD_BACK), check_reports.last(connection, sealed.batch_id)
    assert back is not None
    assert {one.item for one in back.results if one.outcome is Outcome.FAILED} == {"Z1", "K1"}
    assert sent is not None
    assert sent.clean
    assert sent.records == 1
    desk.syncing.sync(lambda progress: None, lambda: False)
    shown = Reviewer(county).staff.batch(sealed.batch_id)
    assert shown.results is not None
    unchecked = {one.item for one in sent.results if one.outcome is Outcome.NOT_CHECKED}
    assert set(items_of(shown.results.desk_ran)) == set(items_at(Stage.HAND_OVER)) - unchecked
    assert set(items_of(shown.results.county_ran)) == set(items_at(Stage.INTAKE))
    assert not shown.results.county_found
    assert shown.records[0].record == sound.record
    for spoil, found in (
        ("UPDATE batch_revision SET part = 7", {"Z11"}),
        ("UPDATE batch_revision SET part = 0, revision_id = lower(hex(randomblob(32)))", {"Z12"}),
        ("DELETE FROM batch_revision", {"Z11", "Z12", "W1"}),
    ):
        with desk.office.archive.act("planter", desk.office.clock()) as act:
            act.connection.exec_driver_sql(spoil)
            (seal,) = holdings.seals(act.connection)
            assert {one.item for one in holdings.check_batch(act.connection, seal)} == found
    desk.office.archive.close()


def test_county_and_desk_agree_after_a_destruction_and_after_the_county_took_a_new_epoch(
    county: CountyProcess, tmp_path: Path
) -> None:
    desk = AtTheDesk(tmp_path / "two")
    desk.syncing.enrol(county.address, county.code_for_desk())
    gone, other = (
        desk.office.file_marriage(cert_no=f"J339921-2016-{n:06}", data=five_pages(f"page {n}")) for n in (1, 2)
    )
    desk.sync()
    reviewer = Reviewer(county)
    told = reviewer.staff.record(RecordId(gone.record))
    reviewer.staff.accept(told, told.revisions[0].id)
    desk.sync()
    desk.office.clock.now = LATER
    carry_out(desk.office, str(gone.record))
    desk.sync()
    assert desk.syncing.compare().equal
    beside = County(county.folder, county.folder / "county.key", county.database)
    beside.ledger.take_new_epoch("d" * 32)
    beside.close()
    for _ in range(2):
        desk.sync()
    assert desk.syncing.compare().equal
    with desk.office.archive.reading() as connection:
        assert records.by_uid(connection, str(gone.record)) is None
        line = records.by_uid(connection, str(other.record))
    assert line is not None
    assert line.state is RecordState.RECEIVED
    desk.office.archive.close()
