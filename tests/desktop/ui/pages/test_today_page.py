"""The day's page: each thing that waits is opened by one key, and nothing is asked that the clerk has not begun."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QThreadPool
from pytestqt.qtbot import QtBot

from desktop.archive import records
from desktop.archive.records import Ground
from desktop.ui.desk_frame import DeskFrame
from desktop.ui.keeping import keeping_pool
from desktop.ui.pages.catalogue import CataloguePage
from desktop.ui.pages.today import TodayPage
from sync.contract.revisions import RecordState
from sync.vault.slots import Role
from tests.desktop.services.office import SmallOffice
from tests.desktop.services.test_today import file_dibao
from tests.desktop.ui.desks import PASSWORD, PEOPLE, Furnished, Until, file_marriage, make_office

Key = Qt.Key
TheDay = tuple[DeskFrame, TodayPage, str, str]


@pytest.fixture
def day(tmp_path: Path, furnished: Furnished, until: Until) -> Iterator[TheDay]:
    """A desk with one returned record, two households due, and a draft; its first page."""
    desk = make_office(tmp_path).unlock(PEOPLE[Role.CLERK], PASSWORD)
    returned = file_marriage(desk)
    office = SmallOffice(desk._archive)
    office.clock.now = desk._clock()
    for number in (1, 2):
        file_dibao(office, number, begin=f"202{number}-05-20")
    with desk._archive.act("县", desk._clock()) as act:
        ground = Ground("wife.id_no", "mismatch", "与原件第 1 页不符")
        records.decided(act.connection, returned, RecordState.RETURNED, "", [ground])
    draft = desk.cataloguing.start("marriage").draft.uid
    desk.cataloguing.put(draft, "husband.name", "韩志明")
    frame = furnished(desk)
    frame.enter()
    page = frame.page("today")
    assert isinstance(page, TodayPage)
    until(lambda: len(page.list.lines) == 2)
    yield frame, page, returned, draft
    frame.leave()
    keeping_pool().waitForDone()
    QThreadPool.globalInstance().waitForDone()
    desk.close()


def test_the_first_page_is_the_day_s_and_it_names_what_was_begun(day: TheDay) -> None:
    frame, page, _returned, _draft = day
    assert frame.here == "today"
    assert "韩志明" in page._head.accessibleName()
    assert page.go_button.isVisible()


def test_enter_goes_on_with_what_was_begun(day: TheDay, qtbot: QtBot, until: Until) -> None:
    frame, page, _returned, draft = day
    qtbot.keyClick(page, Key.Key_Return)
    catalogue = frame.page("catalogue")
    assert isinstance(catalogue, CataloguePage)
    until(lambda: catalogue.form is not None and catalogue.form.draft.uid == draft)


def test_a_digit_opens_what_the_county_returned_at_the_field_it_is_about(
    day: TheDay, qtbot: QtBot, until: Until
) -> None:
    frame, page, returned, _draft = day
    assert "与原件第 1 页不符" in page.list.lines[0].accessibleName()
    qtbot.keyClick(page, Key.Key_1)
    catalogue = frame.page("catalogue")
    assert isinstance(catalogue, CataloguePage)
    until(lambda: catalogue.form is not None and catalogue.form.draft.uid == returned)


def test_a_group_of_what_is_due_opens_into_its_records_and_esc_goes_back(
    day: TheDay, qtbot: QtBot, until: Until
) -> None:
    frame, page, _returned, _draft = day
    qtbot.keyClick(page, Key.Key_2)
    until(lambda: [line.item.title for line in page.list.lines] == ["李桂芳户最低生活保障"] * 2)
    assert page.list.place() == 0
    assert page.escape()
    until(lambda: page.list.lines[0].item.icon == "back")
    qtbot.keyClick(page, Key.Key_2)
    qtbot.keyClick(page, Key.Key_Down)
    assert page.list.place() == 1
    qtbot.keyClick(page.list.lines[1], Key.Key_Return)
    until(lambda: frame.here == "catalogue")


def test_an_empty_desk_is_told_where_to_lay_its_scans(
    tmp_path: Path, furnished: Furnished, qtbot: QtBot, until: Until
) -> None:
    desk = make_office(tmp_path).unlock(PEOPLE[Role.CLERK], PASSWORD)
    frame = furnished(desk)
    frame.enter()
    page = frame.page("today")
    assert isinstance(page, TodayPage)
    until(lambda: page.empty.isVisible())
    assert desk.scanner_folder.name in page._note.text()
    qtbot.keyClick(page, Key.Key_Return)
    assert frame.here == "catalogue"
    frame.leave()
    keeping_pool().waitForDone()
    QThreadPool.globalInstance().waitForDone()
    desk.close()
