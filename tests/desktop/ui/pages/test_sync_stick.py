"""Handing over by stick, by keys: U writes, I reads, and each fault has its sentence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop.services.county_process import CountyProcess
from desktop.services.desk import Desk
from desktop.ui.pages.sync import SyncPage
from desktop.ui.pages.sync_stick import said_of
from desktop.ui.words import LANGUAGES, Words
from sync.client.stick import Taken
from sync.county.__main__ import main as county_command
from tests.desktop.county_beside import enrol_code, start_county
from tests.desktop.ui.desks import Furnished, Until, file_marriage

TOWNSHIP = ("--role", "desk", "--township", "339921102", "--township-name", "青石镇")
Key = Qt.Key


@pytest.fixture
def county(tmp_path: Path) -> Iterator[CountyProcess]:
    made = start_county(tmp_path / "county")
    yield made
    made.close()


def test_a_record_goes_by_stick_and_its_receipt_comes_back_by_keys_alone(
    qtbot: QtBot, words: Words, furnished: Furnished, clerk: Desk, county: CountyProcess, tmp_path: Path, until: Until
) -> None:
    clerk.syncing.enrol(county.address, enrol_code(tmp_path / "county", *TOWNSHIP))
    uid = file_marriage(clerk, cert_no="J339921-2016-000013")
    stick = tmp_path / "stick"
    stick.mkdir()
    frame = furnished(clerk)
    frame.go("sync")
    page = frame.page("sync")
    assert isinstance(page, SyncPage)
    said: list[str] = []
    page.told.connect(lambda sentence: said.append(sentence.what))
    until(lambda: page._view is not None and page._view.status.enrolled)
    page.setFocus()

    qtbot.keyClick(page, Key.Key_U)
    until(page.stick_form.place.hasFocus)
    qtbot.keyClicks(page.stick_form.place, str(tmp_path / "pulled"))
    qtbot.keyClick(page.stick_form.place, Key.Key_Return)
    until(lambda: words("error.stick_unavailable.because_gone") in said)
    page.stick_form.place.selectAll()
    qtbot.keyClicks(page.stick_form.place, str(stick))
    qtbot.keyClick(page.stick_form.place, Key.Key_Return)
    until(lambda: words("stick.written", count=3, pages=0) in said)
    assert not page.stick_form.isVisible()

    until(lambda: not page.at_work())
    qtbot.keyClick(page, Key.Key_I)
    until(page.stick_form.place.hasFocus)
    qtbot.keyClick(page.stick_form.place, Key.Key_Return)
    until(lambda: words("stick.nothing") in said)

    assert county_command(["take-stick", "--data", str(tmp_path / "county"), "--from", str(stick)]) == 0
    qtbot.keyClick(page, Key.Key_I)
    until(page.stick_form.place.hasFocus)
    qtbot.keyClick(page.stick_form.place, Key.Key_Return)
    until(lambda: words("stick.read_done", batches=1, pages=0, events=0) in said)
    assert clerk.finding.record(uid).record.state == "received"
    frame.leave()


FAULTS = {
    "stick.broken": Taken(packets=1, broken=1),
    "stick.disagreed": Taken(packets=1, digest_equal=False),
    "stick.new_epoch": Taken(packets=1, new_epoch=True),
    "stick.late": Taken(late=1),
    "stick.read_done": Taken(packets=1, foreign=2),
    "stick.stale": Taken(stale=1),
    "stick.foreign": Taken(foreign=1),
    "stick.nothing": Taken(),
}


@pytest.mark.parametrize("key", FAULTS)
def test_what_a_stick_brought_has_a_sentence_of_its_own(key: str) -> None:
    assert said_of(FAULTS[key])[0] == key
    for language in LANGUAGES:
        assert Words(language).find(key)
