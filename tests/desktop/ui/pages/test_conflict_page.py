"""冲突台 by keys alone, in a real window over a real county: two keys settle a record with one field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

import pytest
from PySide6.QtCore import Qt, QThreadPool
from pytestqt.qtbot import QtBot

import resources
from desktop.services.desk import Desk
from desktop.ui.desk_frame import DeskFrame
from desktop.ui.pages.board import BoardPage
from desktop.ui.pages.conflict import ConflictPage
from desktop.ui.rooms import furnish
from desktop.ui.theme import Look
from desktop.ui.words import Words
from sync.vault.slots import Role
from tests.desktop.county_beside import enrol_code, start_county
from tests.desktop.services.test_conflicts import Room
from tests.desktop.ui.desks import PASSWORD, PEOPLE, Until, make_office
from tests.gallery.faults import NARROW, WIDE, faults, grown

Key = Qt.Key
SCAN = files(resources).joinpath("practice/marriage-2016.pdf")


@dataclass
class County:
    """A county with two desks whose work stands against each other, and its reviewer at a desk."""

    room: Room
    desk: Desk
    records: list[str]


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[County]:
    folder = tmp_path_factory.mktemp("conflict-page")
    process = start_county(folder / "county")
    room = Room(folder, process)
    desk = make_office(folder / "reviewer").unlock(PEOPLE[Role.REVIEWER], PASSWORD)
    desk.county_line.enrol(process.address, enrol_code(folder / "county", "--role", "reviewer", "--name", "周敏"))
    records = []
    for number in range(3):
        record = room.accepted_at_both(SCAN.read_bytes() + b"%" * number)
        room.amend(room.one, record, wife__name="陈思", cert_no="J339921-2016-000011")
        room.reviewing.accept([record])
        room.amend(room.two, record, wife__name="陈偲", office="云泽县民政局")
        records.append(record)
    yield County(room, desk, records)
    QThreadPool.globalInstance().waitForDone()
    desk.close()
    room.close()
    process.close()


@pytest.fixture
def frame(qtbot: QtBot, look: Look, words: Words, county: County) -> Iterator[DeskFrame]:
    made = furnish(look, words, county.desk)
    qtbot.addWidget(made)
    made.resize(*WIDE)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    yield made
    made.leave()
    QThreadPool.globalInstance().waitForDone()


def at_the_desk(qtbot: QtBot, frame: DeskFrame, until: Until) -> ConflictPage:
    qtbot.keyClick(frame, Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    page = frame.page("conflict")
    assert isinstance(page, ConflictPage)
    until(lambda: page.model.rowCount() == 3 and page.table.hasFocus())
    return page


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["100%", "150%"])
def test_three_ways_fit_and_say_everything(qtbot: QtBot, frame: DeskFrame, until: Until, size: tuple[int, int]) -> None:
    frame.set_narrow(size == NARROW)
    frame.resize(*size)
    page = at_the_desk(qtbot, frame, until)
    assert [*faults(frame, size), *grown(frame, size)] == []
    if size == NARROW:  # the pages take the place of the values, until Esc
        qtbot.keyClick(page.table, Key.Key_Space)
        assert (page.table.isVisible(), page.county_pages.isVisible()) == (False, True)
        assert [*faults(frame, size), *grown(frame, size)] == []
        assert page.escape()
        assert (page.table.isVisible(), page.county_pages.isVisible()) == (True, False)
    qtbot.keyClick(page.table, Key.Key_0)
    qtbot.wait(50)
    assert page.text.hasFocus()
    assert [*faults(frame, size), *grown(frame, size)] == []


def test_the_board_is_the_first_page_and_leads_to_the_matter(qtbot: QtBot, frame: DeskFrame, until: Until) -> None:
    qtbot.keyClick(frame, Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    page = frame.page("board")
    assert isinstance(page, BoardPage)
    until(lambda: page.model.rowCount() == 1 and page.table.hasFocus())
    qtbot.keyClick(page.table, Key.Key_A)
    qtbot.keyClick(page.table, Key.Key_Return)
    until(lambda: frame.here == "conflict")  # the desks have conflicts, and nothing graver


def test_nothing_is_sent_while_a_field_waits_and_every_answer_can_be_taken_back(
    qtbot: QtBot, frame: DeskFrame, until: Until, county: County
) -> None:
    page = at_the_desk(qtbot, frame, until)
    before = county.room.conflicts.waiting().total
    qtbot.keyClick(page.table, Key.Key_Return)
    assert not page.settle_button.isEnabled()
    qtbot.keyClick(page.table, Key.Key_1)
    until(page.settle_button.isEnabled)
    qtbot.keyClick(page.table, Key.Key_Z)
    until(lambda: not page.settle_button.isEnabled())
    qtbot.keyClick(page.table, Key.Key_3)
    until(page.text.hasFocus)
    assert page.text.text() == "陈偲"
    qtbot.keyClick(page.text, Key.Key_Return)
    until(page.settle_button.isEnabled)
    qtbot.keyClick(page.table, Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    until(lambda: not page.settle_button.isEnabled())
    assert county.room.conflicts.waiting().total == before


def test_two_keys_settle_a_record_and_the_next_one_is_in_hand(
    qtbot: QtBot, frame: DeskFrame, until: Until, county: County
) -> None:
    page = at_the_desk(qtbot, frame, until)
    before = county.room.conflicts.waiting().total
    here = page.listing.id_here()
    qtbot.keyClick(page.table, Key.Key_2)
    qtbot.keyClick(page.table, Key.Key_Return)
    until(lambda: county.room.conflicts.waiting().total == before - 1)
    until(lambda: page.listing.id_here() not in ("", here) and page.table.hasFocus())
    shown = county.room.reviewing.record(here)
    assert {one.key: one.sent for one in shown.fields}["wife.name"] == "陈偲"


def test_a_question_goes_back_to_the_township(qtbot: QtBot, frame: DeskFrame, until: Until, county: County) -> None:
    page = at_the_desk(qtbot, frame, until)
    here, before = page.listing.id_here(), county.room.conflicts.waiting().total
    qtbot.keyClick(page.table, Key.Key_0)
    until(page.text.hasFocus)
    page.text.insert("请核对户口簿")
    qtbot.keyClick(page.text, Key.Key_Return)
    until(page.table.hasFocus)
    qtbot.keyClick(page.table, Key.Key_Return)
    until(lambda: county.room.conflicts.waiting().total == before - 1)
    county.room.two.sync()
    assert [one.uid for one in county.room.two.syncing.returned()] == [here]
