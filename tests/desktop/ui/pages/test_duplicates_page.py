"""重件 by keys alone, in a real window over a real county: one key answers a pair, one takes it back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

import pytest
from PySide6.QtCore import Qt, QThreadPool
from pytestqt.qtbot import QtBot

import resources
from desktop.services.desk import Desk
from desktop.ui.desk_frame import DeskFrame
from desktop.ui.pages.duplicates import DuplicatesPage
from desktop.ui.rooms import furnish
from desktop.ui.theme import Look
from desktop.ui.words import Words
from sync.vault.slots import Role
from tests.desktop.county_beside import enrol_code, start_county
from tests.desktop.services.test_two_desks import AtTheDesk
from tests.desktop.ui.desks import PASSWORD, PEOPLE, Until, make_office
from tests.gallery.faults import NARROW, WIDE, faults, grown

Key, CONTROL = Qt.Key, Qt.KeyboardModifier.ControlModifier
SCAN = files(resources).joinpath("practice/marriage-2016.pdf")
TOWNSHIPS = (("339921102", "青石镇"), ("339921103", "白石镇"))


@dataclass
class County:
    """A county to which two townships have sent the same two weddings, and its reviewer at a desk."""

    desk: Desk
    number: int


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[County]:
    folder = tmp_path_factory.mktemp("duplicates-page")
    process = start_county(folder / "county")
    desk = make_office(folder / "reviewer").unlock(PEOPLE[Role.REVIEWER], PASSWORD)
    desk.county_line.enrol(process.address, enrol_code(folder / "county", "--role", "reviewer", "--name", "周敏"))
    for code, name in TOWNSHIPS:
        there = AtTheDesk(folder / code, township=name, township_code=code, fonds=f"J{code[-3:]}")
        whose = ("--role", "desk", "--township", code, "--township-name", name)
        there.syncing.enrol(process.address, enrol_code(folder / "county", *whose))
        for number, day in enumerate(("2016-02-27", "2019-05-20")):
            changed = {"reg_date": day, "cert_no": f"J339921-{day[:4]}-{code[-2:]}000{number}"}
            there.office.file_marriage(data=SCAN.read_bytes() + f"%{code}{number}".encode(), **changed)
        there.sync()
        there.office.archive.close()
    give_up = time.monotonic() + 120
    while desk.duplicates.waiting().cases < 2 and time.monotonic() < give_up:
        time.sleep(0.2)
    yield County(desk, 2)
    QThreadPool.globalInstance().waitForDone()
    desk.close()
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


def at_the_desk(qtbot: QtBot, frame: DeskFrame, until: Until) -> DuplicatesPage:
    qtbot.keyClick(frame, Key.Key_6, CONTROL)
    page = frame.page("duplicates")
    assert isinstance(page, DuplicatesPage)
    until(lambda: page.model.rowCount() > 5 and page.listing.hasFocus())
    return page


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["100%", "150%"])
def test_two_records_fit_side_by_side(qtbot: QtBot, frame: DeskFrame, until: Until, size: tuple[int, int]) -> None:
    frame.set_narrow(size == NARROW)
    frame.resize(*size)
    page = at_the_desk(qtbot, frame, until)
    assert [*faults(frame, size), *grown(frame, size)] == []
    if size == NARROW:  # the pages take the place of the fields, until Esc
        qtbot.keyClick(page.listing, Key.Key_Space)
        assert (page.table.isVisible(), page.viewers[0].isVisible()) == (False, True)
        assert [*faults(frame, size), *grown(frame, size)] == []
        assert page.escape()
        assert (page.table.isVisible(), page.viewers[0].isVisible()) == (True, False)


def test_what_differs_is_told_and_what_agrees_too(qtbot: QtBot, frame: DeskFrame, until: Until) -> None:
    page = at_the_desk(qtbot, frame, until)
    rows = {row.label: row.agree for row in (page.model.row_at(n) for n in range(page.model.rowCount())) if row}
    assert rows["男方姓名"] is True
    assert [label for label, agree in rows.items() if agree is False] == ["证字号"]


def test_one_key_answers_one_takes_it_back_and_the_answered_ones_are_a_key_away(
    qtbot: QtBot, frame: DeskFrame, until: Until, county: County
) -> None:
    page = at_the_desk(qtbot, frame, until)
    service = county.desk.duplicates
    before = service.waiting()
    assert (before.cases, before.claims, before.persons) == (county.number, 0, 0)
    qtbot.keyClick(page.listing, Key.Key_N)
    until(lambda: service.waiting().cases == county.number - 1)
    until(lambda: page._list is not None and len(page._list.pairs) == 1 and page._shown is not None)
    qtbot.keyClick(page.listing, Key.Key_Z, CONTROL)
    until(lambda: page._list is not None and page._list.cases == county.number)
    until(
        lambda: page._shown is not None and page._shown.line == page._here()
    )  # what is not on the screen is not answered
    qtbot.keyClick(page.listing, Key.Key_Y)
    until(lambda: service.waiting().cases == county.number - 1)
    qtbot.keyClick(page.listing, Key.Key_A)
    until(lambda: page._shown is not None and page._shown.line.answer == "same")
    assert page._shown is not None
    assert page._shown.line.answered_by == "周敏"
    assert not page.same_button.isEnabled()
    qtbot.keyClick(page.listing, Key.Key_Z, CONTROL)
    until(page.empty.isVisible)
    assert page.escape()  # back to what waits
    until(lambda: page._list is not None and page._list.cases == county.number and page.listing.hasFocus())
