"""审计 by keys: a scope is listed, a finding noted, refused without words, withdrawn; the list is a PDF."""

from __future__ import annotations

from pathlib import Path

import pymupdf
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop.services.desk import Desk
from desktop.ui.pages.audit import AuditPage
from tests.desktop.ui.desks import Furnished, Until
from tests.gallery.faults import NARROW, WIDE, faults, grown

Key, CTRL = Qt.Key, Qt.KeyboardModifier.ControlModifier


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
