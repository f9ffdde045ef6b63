"""A record that a check stands against stays at the desk, the others go; what was found is at the county when the batch is."""

from __future__ import annotations

from pathlib import Path

from desktop.archive import check_reports
from desktop.services.hand_over_checks import HELD_BACK
from sync.contract.four_properties import Outcome, Stage, items_at, items_of
from sync.contract.revisions import RecordState
from tests.desktop.services.planted_faults import Planter
from tests.desktop.services.test_examining import five_pages
from tests.desktop.services.test_two_desks import AtTheDesk
from tests.sync.client.people import Reviewer
from tests.sync.county_process import CountyProcess, running_county


def test_one_bad_record_is_held_back_by_itself_and_the_reviewer_sees_what_was_checked(tmp_path: Path) -> None:
    with running_county(tmp_path / "county") as county:
        hand_over(county, AtTheDesk(tmp_path / "one"))


def hand_over(county: CountyProcess, desk: AtTheDesk) -> None:
    """Of two records one is spoilt before the hand-over."""
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
    desk.office.archive.close()
