"""导出复核 by keys: a request is put down, refused to the one who asked, approved at this desk by another's password, and carried out."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop.services.desk import Desk
from desktop.ui.pages.approvals import ApprovalsPage
from desktop.ui.pages.export import ExportPage
from sync.vault.slots import Keystore, Role
from tests.desktop.ui.desks import PASSWORD, Furnished, Until
from tests.gallery.faults import NARROW, WIDE, faults, grown

Key, CTRL = Qt.Key, Qt.KeyboardModifier.ControlModifier


def test_a_copy_waits_for_another_persons_password_and_is_made_once_it_was_typed(
    qtbot: QtBot, furnished: Furnished, auditor: Desk, until: Until, tmp_path: Path
) -> None:
    Keystore.open(auditor._archive.folder).add(auditor._archive.data_key, "赵管理", Role.ADMIN, PASSWORD)
    frame = furnished(auditor)
    frame.go("export")
    page = frame.page("export")
    assert isinstance(page, ExportPage)
    page.folder.setText(str(tmp_path))
    page.scope.setText("结婚 2010-2016")
    qtbot.keyClick(page.folder, Key.Key_F2)
    until(lambda: page.recipient.text().startswith("age1"))
    qtbot.keyClick(page.folder, Key.Key_F3)
    qtbot.keyClick(page.folder, Key.Key_Return, CTRL)
    until(lambda: "赵管理" in frame.notice.words())
    assert not list(tmp_path.glob("*.age"))
    seen = faults(frame, WIDE)
    qtbot.keyClick(page.folder, Key.Key_F7)
    desk = frame.page("approvals")
    assert isinstance(desk, ApprovalsPage)
    until(lambda: len(desk.rows) == 1 and desk.table.hasFocus())
    seen += faults(frame, WIDE)
    qtbot.keyClick(desk.table, Key.Key_A)
    desk.who.setText(auditor.person.name)
    desk.password.setText(PASSWORD)
    qtbot.keyClick(desk.password, Key.Key_Return)
    until(lambda: "自己不能批" in desk.refused.accessibleName())
    seen += [*faults(frame, WIDE), *grown(frame, WIDE)]
    qtbot.keyClick(desk.password, Key.Key_Escape)
    qtbot.keyClick(desk.table, Key.Key_R)
    desk.who.setText("赵管理")
    qtbot.keyClick(desk.who, Key.Key_Return)
    desk.password.setText(PASSWORD)
    qtbot.keyClick(desk.password, Key.Key_Return)
    qtbot.keyClick(desk.reason, Key.Key_Return)
    until(lambda: "理由" in desk.refused.accessibleName())
    frame.set_narrow(True)
    frame.resize(*NARROW)
    assert [*seen, *faults(frame, NARROW), *grown(frame, NARROW)] == []
    qtbot.keyClick(desk.reason, Key.Key_Escape)
    qtbot.keyClick(desk.table, Key.Key_A)
    desk.who.setText("赵管理")
    desk.password.setText(PASSWORD)
    qtbot.keyClick(desk.password, Key.Key_Return)
    until(lambda: desk.rows[0].state == "approved" and desk.rows[0].said_by == "赵管理" and desk.table.hasFocus())
    qtbot.keyClick(desk.table, Key.Key_Return)
    assert (frame.here, page.scope.text(), page.masked) == ("export", "结婚登记 2010-2016", True)
    page.folder.setText(str(tmp_path))
    qtbot.keyClick(page.folder, Key.Key_Return, CTRL)
    until(lambda: page.copy.text().endswith(".tar.age"))
    until(lambda: page._task is None)
    qtbot.keyClick(page.folder, Key.Key_F5)
    until(lambda: "脱敏副本" in page.verdict.accessibleName())
    qtbot.keyClick(page.folder, Key.Key_F7)
    until(lambda: bool(desk.rows) and desk.rows[0].state == "done")
