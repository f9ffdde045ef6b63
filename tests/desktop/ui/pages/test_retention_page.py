"""鉴定销毁 by keys: a record over its time is marked, listed, refused to its own proposer, approved by another, destroyed; the register is printed."""

from __future__ import annotations

from pathlib import Path

import pymupdf
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.services.desk import Desk
from desktop.services.retention import Retention
from desktop.ui.pages.retention import RetentionPage
from tests.desktop.ui.desks import Furnished, Until, file_marriage
from tests.gallery.faults import NARROW, WIDE, faults, grown

Key, CTRL = Qt.Key, Qt.KeyboardModifier.ControlModifier


def test_two_people_destroy_what_is_over_its_time_by_keys(
    qtbot: QtBot, clerk: Desk, furnished: Furnished, until: Until, tmp_path: Path
) -> None:
    uid = file_marriage(clerk, cert_no="J339921-2016-000055")
    with clerk._archive.act("x", clerk._clock()) as act:  # a year whose hundred are over
        act.connection.exec_driver_sql("UPDATE record SET year = 1900 WHERE uid = ?", (uid,))
        number = str(act.connection.exec_driver_sql("SELECT number FROM record WHERE uid = ?", (uid,)).scalar_one())
    frame = furnished(clerk)
    frame.go("numbers")
    qtbot.keyClick(frame.page("numbers"), Key.Key_D)
    page = frame.page("retention")
    assert isinstance(page, RetentionPage)
    until(lambda: len(page.rows) == 1)
    seen = [*faults(frame, WIDE), *grown(frame, WIDE)]
    press(qtbot, page, Key.Key_D)
    page.reason.setText("期满")
    seen += [*faults(frame, WIDE), *grown(frame, WIDE)]
    frame.set_narrow(True)
    frame.resize(*NARROW)
    assert [*seen, *faults(frame, NARROW), *grown(frame, NARROW)] == []
    qtbot.keyClick(page.reason, Key.Key_Return)
    until(lambda: not page.rows)
    press(qtbot, page, Key.Key_P)
    until(lambda: page.view == "lists" and len(page.rows) == 1)
    press(qtbot, page, Key.Key_A)
    until(lambda: "另一位" in frame.notice.words())
    other = Retention(clerk._archive, clerk.kinds, "周敏", clerk._clock)
    other.approve(page.rows[0].id)
    page.show_view("lists")
    until(lambda: page.rows and page.rows[0].state == "approved")
    press(qtbot, page, Key.Key_Return, CTRL)
    assert not page.at_work()
    press(qtbot, page, Key.Key_Return, CTRL)
    until(lambda: page.view == "register" and len(page.rows) == 1)
    page.save_pdf(tmp_path / "register.pdf")
    until(lambda: (tmp_path / "register.pdf").exists())
    with pymupdf.open(tmp_path / "register.pdf") as sheet:
        told = "".join(one.get_text() for one in sheet)
    assert all(part in told for part in ("档案销毁清册", number, "结婚登记", "周敏", "期满", "周敏", "监销人"))
    assert "何晨" not in told
    assert page.escape()
    assert frame.here == "numbers"


def press(
    qtbot: QtBot, page: RetentionPage, key: Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    shown: QWidget = page.table if page.table.isVisible() else page
    qtbot.keyClick(shown, key, modifier)
