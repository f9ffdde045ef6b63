"""对账 by keys: D on the line's page compares, what differs is named, Enter brings what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pymupdf
import pytest
from PySide6.QtCore import Qt, QThreadPool
from pytestqt.qtbot import QtBot

from desktop.services.county_process import CountyProcess
from desktop.services.desk import Desk
from desktop.ui.desk_frame import DeskFrame
from desktop.ui.pages.reconcile import ReconcilePage
from desktop.ui.rooms import furnish
from desktop.ui.theme import Look
from desktop.ui.words import Words
from sync.vault.slots import Role
from tests.desktop.county_beside import enrol_code, start_county
from tests.desktop.services.test_two_desks import TOWNSHIP
from tests.desktop.ui.desks import PASSWORD, PEOPLE, Until, file_marriage, make_office
from tests.gallery.faults import NARROW, WIDE, faults, grown

Key, CTRL = Qt.Key, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def county(tmp_path: Path) -> Iterator[CountyProcess]:
    made = start_county(tmp_path / "county")
    yield made
    made.close()


@pytest.fixture
def desk(tmp_path: Path, county: CountyProcess) -> Iterator[Desk]:
    """A clerk's desk with two records that the county has accepted."""
    opening = make_office(tmp_path / "township")
    reviewer = opening.unlock(PEOPLE[Role.REVIEWER], PASSWORD)
    reviewer.county_line.enrol(county.address, enrol_code(tmp_path / "county", "--role", "reviewer", "--name", "周敏"))
    reviewer.close()
    clerk = opening.unlock(PEOPLE[Role.CLERK], PASSWORD)
    clerk.syncing.enrol(county.address, enrol_code(tmp_path / "county", *TOWNSHIP))
    filed = [file_marriage(clerk), file_marriage(clerk, cert_no="J339921-2016-000012")]
    clerk.syncing.seal_batch()
    clerk.syncing.sync(lambda progress: None, lambda: False)
    clerk.close()
    reviewer = opening.unlock(PEOPLE[Role.REVIEWER], PASSWORD)
    assert [one.code for one in reviewer.reviewing.accept(filed)] == ["", ""]
    reviewer.close()
    clerk = opening.unlock(PEOPLE[Role.CLERK], PASSWORD)
    clerk.syncing.sync(lambda progress: None, lambda: False)
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


def test_what_a_desk_lost_is_named_and_brought_back(qtbot: QtBot, frame: DeskFrame, desk: Desk, until: Until) -> None:
    frame.go("sync")
    qtbot.keyClick(frame.page("sync"), Key.Key_D)
    page = frame.page("reconcile")
    assert not any(item.isChecked() for item in frame.nav.items.values())  # a page without a place of its own
    assert isinstance(page, ReconcilePage)
    until(lambda: page.nothing.isVisible())
    assert [*faults(frame, WIDE), *grown(frame, WIDE)] == []
    with desk._archive.act("p", desk._clock()) as act:  # a bad sector took what was decided
        act.connection.exec_driver_sql("DELETE FROM decision")
        act.connection.exec_driver_sql("UPDATE record SET accepted = '', state = 'received'")
        act.note("spoilt", "line")
    qtbot.keyClick(page, Key.Key_F5)
    until(lambda: page.table.isVisible() and page.model.rowCount() == 2 and page.ask_button.isEnabled())
    found = [*faults(frame, WIDE), *grown(frame, WIDE)]
    frame.set_narrow(True)
    frame.resize(*NARROW)
    assert [*found, *faults(frame, NARROW), *grown(frame, NARROW)] == []
    qtbot.keyClick(page.table, Key.Key_Return)
    until(lambda: page.nothing.isVisible() and not page.at_work())
    qtbot.keyClick(page, Key.Key_Escape)
    assert page.escape()
    assert frame.here == "sync"


def test_without_a_line_nothing_is_said_to_differ(
    qtbot: QtBot, frame: DeskFrame, county: CountyProcess, until: Until
) -> None:
    county.close()
    frame.go("reconcile")
    page = frame.page("reconcile")
    assert isinstance(page, ReconcilePage)
    until(lambda: not page.ask_button.isEnabled() and "没有对成" in page._head.text())
    assert not page.table.isVisible()


def test_the_report_says_the_same_on_paper(
    qtbot: QtBot, frame: DeskFrame, desk: Desk, until: Until, tmp_path: Path
) -> None:
    frame.go("reconcile")
    page = frame.page("reconcile")
    assert isinstance(page, ReconcilePage)
    until(lambda: page.nothing.isVisible())
    sheet = page.sheet()
    assert sheet is not None
    page.printing.save_pdf(tmp_path / "report.pdf", lambda: sheet)
    until((tmp_path / "report.pdf").exists)
    with pymupdf.open(tmp_path / "report.pdf") as made:
        words = "".join(made[0].get_text().split())
        assert (round(made[0].rect.width), round(made[0].rect.height)) == (595, 842)
    assert "本机已定2件，与县里逐件一致。" in words
    with desk._archive.reading() as connection:
        held = connection.exec_driver_sql("SELECT count(*) FROM record WHERE accepted != ''").scalar_one()
    assert held == 2
