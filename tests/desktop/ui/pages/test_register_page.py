"""利用登记 by keys: a visit about a found record is entered, found again, taken back, and stands in the PDF."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pymupdf
import pytest
from PySide6.QtCore import Qt, QThreadPool
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.services.desk import Desk
from desktop.services.finding import Asked
from desktop.ui.desk_frame import DeskFrame
from desktop.ui.keeping import keeping_pool
from desktop.ui.pages.register import RegisterPage
from desktop.ui.pages.search import SearchPage
from sync.vault.slots import Role
from tests.desktop.ui.desks import PASSWORD, PEOPLE, Furnished, Until, file_marriage, make_office

Key, Modifier = Qt.Key, Qt.KeyboardModifier


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = make_office(tmp_path).unlock(PEOPLE[Role.CLERK], PASSWORD)
    file_marriage(made)
    yield made
    keeping_pool().waitForDone()
    QThreadPool.globalInstance().waitForDone()
    made.close()


@pytest.fixture
def frame(desk: Desk, furnished: Furnished) -> DeskFrame:
    made = furnished(desk)
    made.enter()
    return made


def press(qtbot: QtBot, key: Key, modifier: Modifier = Modifier.NoModifier) -> None:
    widget = QApplication.focusWidget()
    assert widget is not None
    qtbot.keyClick(widget, key, modifier)


def write(words: str) -> None:
    """As an input method commits them."""
    event = QInputMethodEvent()
    event.setCommitString(words)
    QApplication.sendEvent(QApplication.focusWidget(), event)


def enter_visit(qtbot: QtBot, page: RegisterPage) -> None:
    for name, words in (("applicant", "何晨"), ("relation", "本人"), ("document", ""), ("purpose", "办理房产登记")):
        assert page.fields[name].hasFocus(), name
        if words:
            write(words)
            press(qtbot, Key.Key_Return)
        else:
            press(qtbot, Key.Key_1)  # a digit chooses and goes on
    press(qtbot, Key.Key_1)
    assert page.add_button.hasFocus()
    press(qtbot, Key.Key_Return, Modifier.ControlModifier)


def test_a_visit_about_a_found_record_is_entered_printed_and_taken_back_by_keys(
    qtbot: QtBot, frame: DeskFrame, desk: Desk, until: Until, tmp_path: Path
) -> None:
    frame.go("search", "何晨")
    search = frame.page("search")
    assert isinstance(search, SearchPage)
    until(lambda: search.panel.title.text() != "")
    qtbot.keyClick(search.table, Key.Key_U, Modifier.AltModifier)
    page = frame.page("register")
    assert isinstance(page, RegisterPage)
    until(lambda: page.fields["applicant"].hasFocus())
    enter_visit(qtbot, page)
    until(lambda: len(page.lines) == 1)
    assert page.lines[0].number.startswith("J001-HY")
    assert "接待 1 次" in page.sums.accessibleName()

    page.save_pdf(str(tmp_path / "register.pdf"))
    until(lambda: "没有加密" in frame.notice.words())
    with pymupdf.open(tmp_path / "register.pdf") as document:
        assert [round(side) for side in document[0].rect[2:]] == [842, 595]
        said = unicodedata.normalize("NFKC", document[0].get_text().replace("\n", ""))
    assert page.log is not None
    for words in ("档案利用登记簿", "何晨", "办理房产登记", "J001-HY", "接待 1 次", f"校验码 {page.log.digits}"):
        assert words in said

    page.table.setFocus()
    press(qtbot, Key.Key_Delete)
    until(lambda: "再按一次" in frame.notice.words())
    press(qtbot, Key.Key_Delete)
    until(lambda: page.lines[0].undone_by != "")
    assert "接待 0 次" in page.sums.accessibleName()


def test_what_is_missing_is_said_at_its_field_and_nothing_is_entered(
    qtbot: QtBot, frame: DeskFrame, until: Until
) -> None:
    frame.go("today")
    qtbot.keyClick(frame.page("today"), Key.Key_V)
    page = frame.page("register")
    assert isinstance(page, RegisterPage)
    until(lambda: page.year is not None)
    assert page.empty.isVisible()
    qtbot.keyClick(page, Key.Key_F2)
    assert page.fields["applicant"].hasFocus()
    press(qtbot, Key.Key_Return, Modifier.ControlModifier)
    until(lambda: page.refused.isVisible())
    assert page.fields["purpose"].state() == "danger"
    assert page.lines == []
    for where in ("register", "today"):  # first out of the form, then back to where one came from
        assert frame.here == "register"
        qtbot.keyClick(page, Key.Key_Escape)
        until(lambda where=where: frame.here == where)


def test_the_list_is_narrowed_while_typing(qtbot: QtBot, frame: DeskFrame, desk: Desk, until: Until) -> None:
    uid = str(desk.finding.look_up("", desk.finding.first(Asked(""), 1).ids[:])[0].record.uid)
    desk.finding.show(uid, "核对信息")
    frame.go("register")
    page = frame.page("register")
    assert isinstance(page, RegisterPage)
    until(lambda: len(page.lines) == 1)
    qtbot.keyClick(page, Key.Key_F4)
    qtbot.keyClicks(page.filter, "1999")
    until(lambda: page.lines == [] and page.empty.isVisible())
    press(qtbot, Key.Key_Escape)
    until(lambda: len(page.lines) == 1)
