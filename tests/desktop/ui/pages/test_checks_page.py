"""四性检测 by keys: F9 from backup, a run with Ctrl+Enter, the fault and what to do, the record it is at, the report on paper."""

from __future__ import annotations

import json
from pathlib import Path

import pymupdf
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop.services.desk import Desk
from desktop.ui.pages.checks import ChecksPage
from sync.contract.four_properties import Outcome
from tests.desktop.ui.desks import Furnished, Until, file_marriage
from tests.gallery.faults import NARROW, WIDE, faults, grown

Key, CTRL = Qt.Key, Qt.KeyboardModifier.ControlModifier


def test_a_run_shows_what_is_wrong_what_to_do_and_the_record_it_is_at(
    qtbot: QtBot, clerk: Desk, furnished: Furnished, until: Until, tmp_path: Path
) -> None:
    uid = file_marriage(clerk, cert_no="J339921-2016-000019")
    with clerk._archive.act("planter", clerk._clock()) as act:  # the same bytes under another id
        act.connection.exec_driver_sql("UPDATE revision SET id = ? WHERE record_uid = ?", ("ab" * 32, uid))
        act.connection.exec_driver_sql("UPDATE record SET head = ? WHERE uid = ?", ("ab" * 32, uid))
        asked = act.connection.exec_driver_sql("SELECT number FROM record WHERE uid = ?", (uid,))
        number = str(asked.scalar_one())
    frame = furnished(clerk)
    frame.go("backup")
    qtbot.keyClick(frame.page("backup"), Key.Key_F9)
    page = frame.page("checks")
    assert isinstance(page, ChecksPage)
    until(lambda: page.nothing.isVisible())
    seen = [*faults(frame, WIDE), *grown(frame, WIDE)]
    qtbot.keyClick(page, Key.Key_Return, CTRL)
    until(lambda: page.table.isVisible() and not page.at_work())
    assert (page.results[0].item, page.results[0].outcome) == ("Z1", Outcome.FAILED)
    assert len(page.results) == 31
    assert number in page.evidence.text()
    assert "备份" in page.fix.text()
    seen += [*faults(frame, WIDE), *grown(frame, WIDE)]
    frame.set_narrow(True)
    frame.resize(*NARROW)
    assert [*seen, *faults(frame, NARROW), *grown(frame, NARROW)] == []
    page.save_pdf(tmp_path / "report.pdf")
    until(lambda: (tmp_path / "report.json.minisig").exists())
    told = json.loads((tmp_path / "report.json").read_bytes())
    assert [one["subject"] for one in told["results"][0]["evidence"]] == [uid]
    with pymupdf.open(tmp_path / "report.pdf") as sheet:
        words = "".join(one.get_text() for one in sheet)
        assert sheet[0].rect.width > sheet[0].rect.height
    assert all(part in words for part in ("四性检测报告", "固化信息有效性检测", number, "操作过程安全性检测"))
    assert "何晨" not in words
    qtbot.keyClick(page.table, Key.Key_Return)
    until(lambda: frame.here == "search")
    frame.go("checks")
    assert page.escape()
    assert frame.here == "backup"
