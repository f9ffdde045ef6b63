"""The page of the archive numbers: every series, every gap with its reason, where a number is, and giving back the rest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QThreadPool
from pytestqt.qtbot import QtBot

from desktop.ui.keeping import keeping_pool
from desktop.ui.pages.numbers import NumbersPage
from sync.vault.slots import Role
from tests.desktop.ui.desks import PASSWORD, PEOPLE, Furnished, Until, file_marriage, make_office

Key = Qt.Key
STEM = "J001-HY·2016-D100"


@pytest.fixture
def page(tmp_path: Path, furnished: Furnished, qtbot: QtBot, until: Until) -> Iterator[NumbersPage]:
    """The numbers of a desk with two records, reached by N from the day's page."""
    desk = make_office(tmp_path).unlock(PEOPLE[Role.CLERK], PASSWORD)
    file_marriage(desk)
    file_marriage(desk, cert_no="J339921-2016-000011")
    frame = furnished(desk)
    frame.enter()
    qtbot.keyClick(frame.page("today"), Key.Key_N)
    until(lambda: frame.here == "numbers")
    made = frame.page("numbers")
    assert isinstance(made, NumbersPage)
    until(lambda: made.model.rowCount() == 1)
    yield made
    frame.leave()
    keeping_pool().waitForDone()
    QThreadPool.globalInstance().waitForDone()
    desk.close()


def ask_for(page: NumbersPage, number: str, qtbot: QtBot, until: Until) -> str:
    page.found.say("")
    page._to_where()
    page.asked.setText(number)
    qtbot.keyClick(page.asked, Key.Key_Return)
    until(lambda: page.found.accessibleName() != "")
    return page.found.accessibleName()


def test_a_series_tells_how_far_it_came_and_that_nothing_is_missing(page: NumbersPage, until: Until) -> None:
    line = page.model.row_at(0)
    assert line is not None
    assert (str(line.series), line.given, line.last_given) == (STEM, 2, 2)
    until(lambda: page.no_gaps.isVisible())


def test_a_number_is_on_its_record_or_not_given_yet_or_is_none(page: NumbersPage, qtbot: QtBot, until: Until) -> None:
    assert "何晨、陈思结婚登记" in ask_for(page, f"{STEM}-0002", qtbot, until)
    assert "还没有给出" in ask_for(page, f"{STEM}-0009", qtbot, until)
    assert "不是档号" in ask_for(page, "张三", qtbot, until)


def test_the_rest_of_a_block_is_given_back_with_a_reason_and_stands_there_as_a_gap(
    page: NumbersPage, qtbot: QtBot, until: Until
) -> None:
    qtbot.keyClick(page, Key.Key_F8)
    until(lambda: page.reason.isVisible())
    qtbot.keyClick(page.reason, Key.Key_Return)  # without a reason nothing is given back
    assert page.reason.isVisible()
    page.reason.setText("旧册到此为止")
    qtbot.keyClick(page.reason, Key.Key_Return)
    until(lambda: not page.reason.isVisible() and (line := page.model.row_at(0)) is not None and line.closed)
    qtbot.keyClick(page, Key.Key_F8)
    assert not page.reason.isVisible()  # there is nothing left to give back


def test_esc_leads_back_to_the_day(page: NumbersPage) -> None:
    went: list[str] = []
    page.went.connect(lambda place, _wanted: went.append(place))
    assert page.escape()
    assert went == ["today"]
