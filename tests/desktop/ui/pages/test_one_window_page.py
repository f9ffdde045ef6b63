"""全市通办 by keys: F7 from a search that found nothing, a hit, a purpose, a file of another township; refused, offline, and told on 今日."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QThreadPool
from pytestqt.qtbot import QtBot

from desktop.services.desk import Desk
from desktop.ui.desk_frame import DeskFrame
from desktop.ui.pages.one_window import OneWindowPage
from desktop.ui.pages.search import SearchPage
from desktop.ui.pages.today import TodayPage
from desktop.ui.rooms import furnish
from desktop.ui.theme import Look
from desktop.ui.words import Words
from sync.contract.one_window import May
from sync.vault.slots import Role
from tests.desktop.services.test_one_window import HERE, PAGE, THERE, Room
from tests.desktop.ui.desks import PASSWORD, PEOPLE, Until, make_office
from tests.gallery.faults import NARROW, WIDE, faults, grown
from tests.sync.county_process import running_county

Key = Qt.Key


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with running_county(tmp_path / "county") as county:
        made = Room(tmp_path, county)
        yield made
        made.close()


@pytest.fixture
def desk(tmp_path: Path, room: Room) -> Iterator[Desk]:
    """A clerk's desk of 青石镇, which knows of no file yet."""
    clerk = make_office(tmp_path / "township").unlock(PEOPLE[Role.CLERK], PASSWORD)
    clerk.syncing.enrol(room.county.address, room.county.code_for_desk(HERE[0], HERE[1]))
    yield clerk
    QThreadPool.globalInstance().waitForDone()
    clerk.close()


@pytest.fixture
def frame(qtbot: QtBot, look: Look, words: Words, desk: Desk) -> Iterator[DeskFrame]:
    made = furnish(look, words, desk)
    qtbot.addWidget(made)
    made.resize(*WIDE)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    yield made
    made.leave()


def looks_right(frame: DeskFrame) -> None:
    """Nothing is cut, doubled or without a name, wide and narrow."""
    found = [*faults(frame, WIDE), *grown(frame, WIDE)]
    frame.set_narrow(True)
    frame.resize(*NARROW)
    found += [*faults(frame, NARROW), *grown(frame, NARROW)]
    frame.set_narrow(False)
    frame.resize(*WIDE)
    assert found == []


def test_a_file_of_another_township_is_found_and_opened_by_keys(
    qtbot: QtBot, frame: DeskFrame, desk: Desk, room: Room, until: Until
) -> None:
    record = room.file_there(PAGE.read_bytes())
    frame.go("search", "陈思")
    search = frame.page("search")
    assert isinstance(search, SearchPage)
    until(lambda: search.empty.isVisible())
    assert "F7" in search.empty.accessibleName()
    qtbot.keyClick(search, Key.Key_F7)
    page = frame.page("one_window")
    assert isinstance(page, OneWindowPage)
    until(lambda: not page.at_work() and page.answer is not None)  # nothing is open to this township
    assert page.empty.isVisible()
    looks_right(frame)
    room.rule(May.PAGES)
    qtbot.keyClick(page, Key.Key_F5)
    until(lambda: not page.at_work() and page.status is not None and page.status.records == 1)
    page.name_field.setFocus()
    qtbot.keyClick(page.name_field, Key.Key_Return)
    until(lambda: page.table.isVisible() and page.model.rowCount() == 1)
    assert page.table.hasFocus()
    page.year_field.setText("199")
    page.look_up()
    assert "四位" in frame.notice.words()
    page.year_field.clear()
    page.table.setFocus()
    open_file(qtbot, page)
    until(lambda: page.opened is not None and page.panel.viewer.canvas.image is not None)
    shown = [value.text() for _, value in page.panel._lines]
    assert any("339921198903080032" in one for one in shown)
    assert THERE[1] in frame.notice.words()
    qtbot.keyClick(page.table, Key.Key_Return)
    assert not page._hits_card.isVisible()
    assert page.escape()
    assert page.opened is not None
    assert grown(frame, WIDE) == []
    assert page.escape()
    assert page.opened is None
    refused_and_offline(qtbot, frame, page, room, until)
    assert page.escape()
    assert frame.here == "search"
    told_on_today(frame, desk, until, record)


def open_file(qtbot: QtBot, page: OneWindowPage) -> None:
    """Enter asks what for, Enter opens."""
    qtbot.keyClick(page.table, Key.Key_Return)
    assert page.panel.purpose.hasFocus()
    page.panel.purpose.insert("办理养老保险")
    qtbot.keyClick(page.panel.purpose, Key.Key_Return)


def refused_and_offline(qtbot: QtBot, frame: DeskFrame, page: OneWindowPage, room: Room, until: Until) -> None:
    """The rule went meanwhile; then the line."""
    room.rule(May.FIND)
    open_file(qtbot, page)
    until(lambda: "没有对本镇开放" in frame.notice.words())
    assert page.opened is None
    room.county.kill()
    open_file(qtbot, page)
    until(lambda: "没有对本镇开放" not in frame.notice.words() and frame.notice.words() != "")
    qtbot.keyClick(page, Key.Key_F5)
    until(lambda: not page.at_work() and "线路不通" in page._slice.text())
    assert page.look_up() is None
    until(lambda: page.table.isVisible())  # what is found needs no line
    frame.notice.put_away()


def told_on_today(frame: DeskFrame, desk: Desk, until: Until, record: str) -> None:
    """Had it been ours, the day's page would list who looked."""
    with desk._archive.act("陈晓兰", desk._clock()) as act:
        act.connection.exec_driver_sql(
            'INSERT INTO county_look ("grant", record_uid, at, township, township_name, person, purpose)'
            " VALUES ('g', ?, ?, '339921103', '白石镇', '吴越', '办理养老保险')",
            (record, desk._clock().isoformat(timespec="seconds")),
        )
    frame.go("today")
    page = frame.page("today")
    assert isinstance(page, TodayPage)
    until(lambda: page._view is not None and bool(page._view.day.looked_at))
    assert [one.township for one in page._view.day.looked_at] == ["白石镇"]
    assert [*faults(frame, WIDE), *grown(frame, WIDE)] == []
