"""导出复核 and 审计 by keys: a scope listed, a finding noted and withdrawn; a copy asked for, approved by another's password, carried out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pymupdf
import pytest
from PySide6.QtCore import Qt, QThreadPool
from pytestqt.qtbot import QtBot

from desktop.services.desk import Desk
from desktop.ui.pages.approvals import ApprovalsPage
from desktop.ui.pages.audit import AuditPage
from desktop.ui.pages.export import ExportPage
from sync.vault.slots import Keystore, Role
from tests.desktop.ui.desks import PASSWORD, PEOPLE, Furnished, Until, file_marriage, make_office
from tests.gallery.faults import NARROW, WIDE, faults, grown

Key, CTRL = Qt.Key, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def auditor(tmp_path: Path) -> Iterator[Desk]:
    """At the desk after a clerk who filed two marriages."""
    door = make_office(tmp_path)
    clerk = door.unlock(PEOPLE[Role.CLERK], PASSWORD)
    for number in ("10", "11"):
        file_marriage(clerk, cert_no=f"J339921-2016-0000{number}")
    clerk.close()
    made = door.unlock(PEOPLE[Role.AUDITOR], PASSWORD)
    yield made
    QThreadPool.globalInstance().waitForDone()
    made.close()


def test_a_sample_is_listed_and_a_finding_noted_and_withdrawn_by_keys(
    qtbot: QtBot, furnished: Furnished, auditor: Desk, until: Until, tmp_path: Path
) -> None:
    frame = furnished(auditor)
    frame.go("export")
    qtbot.keyClick(frame.page("export"), Key.Key_F8)
    page = frame.page("audit")
    assert isinstance(page, AuditPage)
    until(lambda: page.listed is not None and len(page.rows) == 2)
    seen = faults(frame, WIDE)
    qtbot.keyClick(page.table, Key.Key_F4)
    page.scope.setText("无此门类")
    qtbot.keyClick(page.scope, Key.Key_Return)
    until(lambda: "没有这个范围" in frame.notice.words())
    page.scope.setText("结婚 抽:1 风险:迟归档")
    qtbot.keyClick(page.scope, Key.Key_Return)
    until(lambda: len(page.rows) == 1 and "种子:" in page.scope.text() and page.table.hasFocus())
    qtbot.keyClick(page.table, Key.Key_N)
    qtbot.keyClick(page.place, Key.Key_Return)
    qtbot.keyClicks(page.gravity, "3")
    qtbot.keyClick(page.gravity, Key.Key_Return)
    qtbot.keyClick(page.text, Key.Key_Return)
    until(lambda: "五百字" in page.refused.text())
    seen += [*faults(frame, WIDE), *grown(frame, WIDE)]
    frame.set_narrow(True)
    frame.resize(*NARROW)
    assert [*seen, *faults(frame, NARROW), *grown(frame, NARROW)] == []
    page.text.setText("材料散失，没有说明")
    qtbot.keyClick(page.text, Key.Key_Return)
    until(lambda: "没有动" in frame.notice.words() and page.table.hasFocus())
    page.save_pdf(tmp_path / "list.pdf")
    until(lambda: (tmp_path / "list.pdf").exists())
    with pymupdf.open(tmp_path / "list.pdf") as sheet:
        told = "".join(one.get_text() for one in sheet)
    assert page.listed is not None
    assert all(part in told for part in ("审计清单", page.listed.scope.seed, "迟归档", page.rows[0].number))
    page.save_statistics(tmp_path / "statistics.csv")
    until(lambda: "统计表" in frame.notice.words())
    assert "结婚登记,2016,—,*" in (tmp_path / "statistics.csv").read_text(encoding="utf-8-sig")
    qtbot.keyClick(page.table, Key.Key_2)
    until(lambda: page.view == "findings" and len(page.rows) == 1)
    qtbot.keyClick(page.table, Key.Key_Z, CTRL)
    until(lambda: bool(page.rows[0].finding.withdrawn_at))
    for _ in ("the sentence that it was noted", "the page"):
        qtbot.keyClick(page.table, Key.Key_Escape)
    assert frame.here == "export"


def test_a_copy_waits_for_another_persons_password_and_is_made_once_it_was_typed(
    qtbot: QtBot, furnished: Furnished, auditor: Desk, until: Until, tmp_path: Path
) -> None:
    (tmp_path / "stick").mkdir()
    Keystore.open(auditor._archive.folder).add(auditor._archive.data_key, "赵管理", Role.ADMIN, PASSWORD)
    frame = furnished(auditor)
    frame.go("export")
    page = frame.page("export")
    assert isinstance(page, ExportPage)
    page.folder.setText(str(tmp_path / "stick"))
    page.scope.setText("结婚 2010-2016")
    qtbot.keyClick(page.folder, Key.Key_F2)
    until(lambda: page.recipient.text().startswith("age1"))
    qtbot.keyClick(page.folder, Key.Key_F3)
    qtbot.keyClick(page.folder, Key.Key_Return, CTRL)
    until(lambda: "赵管理" in frame.notice.words())
    assert not list((tmp_path / "stick").glob("*.age"))
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
    page.folder.setText(str(tmp_path / "stick"))
    qtbot.keyClick(page.folder, Key.Key_Return, CTRL)
    until(lambda: page.copy.text().endswith(".tar.age"))
    until(lambda: page._task is None)
    qtbot.keyClick(page.folder, Key.Key_F5)
    until(lambda: "脱敏副本" in page.verdict.accessibleName())
    qtbot.keyClick(page.folder, Key.Key_F7)
    until(lambda: bool(desk.rows) and desk.rows[0].state == "done")
