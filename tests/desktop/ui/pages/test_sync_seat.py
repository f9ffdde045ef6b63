"""The line's page says which numbers this desk gives, where they soon go on further up, and that a log is in doubt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from desktop.archive import log_witness, numbering, settings
from desktop.services.county_process import CountyProcess
from desktop.services.desk import Desk
from desktop.ui.pages.sync import SyncPage
from desktop.ui.rooms import furnish
from desktop.ui.theme import Look
from desktop.ui.words import Words
from sync.contract.numbers import Series
from tests.desktop.county_beside import enrol_code, start_county
from tests.desktop.ui.desks import Until, file_marriage

TOWNSHIP = ("--role", "desk", "--township", "339921102", "--township-name", "青石镇")
SERIES = Series("J001", "HY", 2016, "D100")


@pytest.fixture
def county(tmp_path: Path) -> Iterator[CountyProcess]:
    made = start_county(tmp_path / "county")
    yield made
    made.close()


def test_the_page_names_the_seat_and_a_block_that_ends(
    qtbot: QtBot, look: Look, words: Words, clerk: Desk, county: CountyProcess, tmp_path: Path, until: Until
) -> None:
    frame = furnish(look, words, clerk)
    qtbot.addWidget(frame)
    frame.go("sync")
    page = frame.page("sync")
    assert isinstance(page, SyncPage)
    until(lambda: page.enrol_form.isVisibleTo(page))
    page.enrol_form.address.setText(county.address)
    page.enrol_form.code.setText(enrol_code(tmp_path / "county", *TOWNSHIP))
    page.enrol_form.submit()
    until(lambda: words("sync.seat", seat=1, first="0001") in page._note.text())
    file_marriage(clerk, cert_no="J339921-2016-000012")
    with clerk._archive.act("陈晓兰", clerk._clock()) as act:
        act.connection.exec_driver_sql("UPDATE number_block SET next = 4990 WHERE last = 5000")
        assert numbering.allot(act, SERIES) == SERIES.number(4990)
    page.visit()
    until(lambda: words("sync.series_ending", series=str(SERIES), left=10) in page._note.text())
    for key, sentence in ((log_witness.COUNTY_FLAW, "sync.county_log_refused"), (log_witness.FLAW, "sync.log_refused")):
        with clerk._archive.act("陈晓兰", clerk._clock()) as act:
            settings.put(act.connection, key, "differs")
        page.visit()
        until(lambda sentence=sentence: page._note.text() == words(sentence))
    frame.leave()
