"""日志 by keys: who looked at a person, what somebody did on a day, the whole log checked, the list on paper and as a table."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pymupdf
import pytest
from PySide6.QtCore import Qt, QThreadPool
from pytestqt.qtbot import QtBot

from desktop.services.desk import Desk
from desktop.services.log_reading import LogRow
from desktop.ui.pages.log import LogPage
from desktop.ui.pages.log_details import detail_words
from desktop.ui.words import Words
from sync.vault.slots import Role
from tests.desktop.ui.desks import PASSWORD, PEOPLE, Furnished, Until, file_marriage, make_office
from tests.gallery.faults import NARROW, WIDE, faults, grown
from tests.sync.county.witnessed import alter
from tests.test_acts import described

Key, CTRL = Qt.Key, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def auditor(tmp_path: Path) -> Iterator[Desk]:
    """At the desk after a clerk who filed two marriages and looked at one of them."""
    door = make_office(tmp_path)
    clerk = door.unlock(PEOPLE[Role.CLERK], PASSWORD)
    uid = file_marriage(clerk)
    file_marriage(clerk, cert_no="J339921-2016-000011", husband__name="赵一")
    clerk.finding.show(uid, "低保复核")
    clerk.close()
    made = door.unlock(PEOPLE[Role.AUDITOR], PASSWORD)
    yield made
    QThreadPool.globalInstance().waitForDone()
    made.close()


def ask(page: LogPage, words: str) -> None:
    page.question.setText(words)
    page.question.textEdited.emit(words)


def test_an_auditor_sees_who_looked_and_what_for_and_the_list_goes_out_with_the_digits(
    qtbot: QtBot, auditor: Desk, furnished: Furnished, until: Until, tmp_path: Path
) -> None:
    frame = furnished(auditor)
    frame.enter()
    qtbot.keyClick(frame, Key.Key_9, CTRL)
    until(lambda: frame.here == "log")
    page = frame.page("log")
    assert isinstance(page, LogPage)
    until(lambda: page.answer is not None and len(page.answer.lines) >= 6)
    seen = [*faults(frame, WIDE), *grown(frame, WIDE)]
    qtbot.keyClick(page, Key.Key_F4)
    assert page.question.hasFocus()
    ask(page, "何晨")
    until(lambda: page.answer.records == 1)
    assert [one.act for one in page.answer.lines] == ["masked-fields-shown", "record-filed"]
    assert "低保复核" in page.detail.text()
    qtbot.keyClick(page, Key.Key_F6)
    until(lambda: len(page.answer.lines) == 1)
    day = auditor._clock().astimezone().strftime("%Y-%m-%d")
    ask(page, f"{PEOPLE[Role.CLERK]} {day}")
    until(lambda: page.answer.people == (PEOPLE[Role.CLERK],))
    assert {one.act for one in page.answer.lines} == {"masked-fields-shown"}
    qtbot.keyClick(page, Key.Key_F6)
    until(lambda: len(page.answer.lines) >= 4)
    assert {one.who for one in page.answer.lines} == {PEOPLE[Role.CLERK]}
    ask(page, "查无此人")
    until(lambda: page.empty.isVisible())
    seen += faults(frame, WIDE)
    qtbot.keyClick(page.question, Key.Key_Escape)
    until(lambda: page.table.isVisible())
    frame.set_narrow(True)
    frame.resize(*NARROW)
    assert [*seen, *faults(frame, NARROW), *grown(frame, NARROW)] == []
    page.save(str(tmp_path / "log.pdf"))
    until(lambda: "没有加密" in frame.notice.words())
    with pymupdf.open(tmp_path / "log.pdf") as sheet:
        words = unicodedata.normalize("NFKC", "".join(one.get_text() for one in sheet).replace("\n", ""))
    assert page.digits is not None
    assert all(part in words for part in ("审计日志摘录", "低保复核", f"校验码 {page.digits.digits}"))
    page.save(str(tmp_path / "log.csv"))
    csv = tmp_path / "log.csv"
    until(lambda: csv.exists() and csv.stat().st_size > 0)
    assert "查看隐去的内容" in csv.read_text(encoding="utf-8-sig")

    qtbot.keyClick(page, Key.Key_F9)
    until(lambda: page.verify_button.isEnabled())
    assert "前后相连" in page.verdict.text()
    with auditor._archive.act("somebody", auditor._clock()) as act:
        alter(act.connection)  # takes the guards away
        act.connection.exec_driver_sql("UPDATE audit SET who = 'x' WHERE sequence = 3")
    qtbot.keyClick(page, Key.Key_F9)
    until(lambda: "第 3 条" in page.verdict.text())


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_line_of_the_desk_has_words(language: str) -> None:
    words = Words(language)
    assert [act for act in described("desk") if not words.find(f"act.{act}")] == []


def test_a_detail_is_named_as_its_act_means_it(words: Words) -> None:
    def told(act: str, **details: object) -> str:
        return detail_words(words, {}, LogRow(1, "", "何审计", act, "archive", details, "", ""))

    assert told("checked", stage="nightly", records=3, passed=31, failed="") == "环节 夜间；件数 3；通过 31"
    assert told("checked", failed="Z3,W1") == "不合格的项 Z3,W1"
    assert told("archive-opened", failed=2, role="auditor") == "此前输错口令 2；角色 审计员"
