"""The window from the first page to the desk and back, by keys, over a real archive."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.app import make_window
from desktop.archive import reindexing, settings
from desktop.folders import OFFICE
from desktop.services.finding import Asked
from desktop.services.opening import NewPerson, OfficeFacts, Opening
from desktop.ui.pages.begin import CreatePage, RecoverPage
from desktop.ui.pages.catalogue import CataloguePage
from desktop.ui.pages.catalogue_opening import ToStart
from desktop.ui.pages.crash import CrashPage, traced
from desktop.ui.window import Window
from sync.vault.slots import Role
from tests.desktop.ui.desks import PASSWORD, PEOPLE, Until

Key = Qt.Key


def open_window(qtbot: QtBot, qapp: QApplication, folder: Path, until: Until) -> Window:
    window = make_window(qapp, folder, "light")
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.start()
    with qtbot.waitSignal(window.ready, timeout=30_000):
        pass
    return window


def front(window: Window) -> object:
    return window._stack.currentWidget()


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, opening: Opening, until: Until) -> Window:
    """A window over the office that stands already."""
    return open_window(qtbot, qapp, opening.folder.parent, until)


def enter(qtbot: QtBot, window: Window, until: Until, password: str = PASSWORD) -> None:
    window.unlock_page.password.setText(password)
    qtbot.keyClick(window.unlock_page.password, Key.Key_Return)


def test_an_index_that_must_be_made_again_is_told_while_it_is_made(
    qtbot: QtBot, window: Window, opening: Opening, until: Until
) -> None:
    desk = opening.unlock(PEOPLE[Role.CLERK], PASSWORD)
    with desk._archive.act("x", desk._clock()) as act:
        settings.put(act.connection, reindexing.FINGERPRINT, "of an older program")
    desk.close()
    said: list[str] = []
    window.index_told.connect(lambda: said.append(window.unlock_page.note_words()))
    enter(qtbot, window, until)
    until(lambda: window.desk is not None)
    assert "2 / 2" in said[-1]
    assert window.desk is not None
    assert window.desk.finding.find(Asked("陈思")).total == 1
    window.close()


def test_a_wrong_password_is_told_and_the_right_one_opens(qtbot: QtBot, window: Window, until: Until) -> None:
    enter(qtbot, window, until, "这一句口令是不对的，打不开")
    until(lambda: "口令不对" in window.unlock_page.note_words())
    enter(qtbot, window, until)
    until(lambda: window.desk is not None)
    assert window.desk.person.name == PEOPLE[Role.CLERK]
    assert window._frame.here == "today"
    window.close()
    assert window.desk is None


def test_what_stands_while_a_desk_is_open_is_not_looked_through_again_and_is_let_go_with_it(
    qtbot: QtBot, window: Window, until: Until
) -> None:
    enter(qtbot, window, until)
    until(lambda: window.desk is not None)
    assert gc.get_freeze_count() > 10_000
    window.lock()
    assert gc.get_freeze_count() == 0
    window.close()


def test_locking_closes_the_archive_and_another_person_may_open_it(qtbot: QtBot, window: Window, until: Until) -> None:
    enter(qtbot, window, until)
    until(lambda: window.desk is not None)
    window.lock()
    assert window.desk is None
    qtbot.keyClick(window.unlock_page.password, Key.Key_Down)
    qtbot.keyClick(window.unlock_page.password, Key.Key_Down)
    enter(qtbot, window, until)
    until(lambda: window.desk is not None)
    assert window.desk.person.name == PEOPLE[Role.AUDITOR]
    assert set(window._frame.nav.items) == {"search", "persons", "export", "log"}
    window.close()


def test_a_slip_of_the_program_keeps_what_was_typed(qtbot: QtBot, window: Window, until: Until) -> None:
    enter(qtbot, window, until)
    until(lambda: window.desk is not None)
    frame = window._frame
    frame.go("catalogue", ToStart("document"))
    page = frame.page("catalogue")
    assert isinstance(page, CataloguePage)
    until(lambda: page.form is not None)
    page.card.focus("subject")
    field = page.card.entry.boxes["subject"].field  # type: ignore[union-attr]
    qtbot.keyClicks(field, "half a title")
    try:
        raise ZeroDivisionError("something about 何晨 339921198903080032")
    except ZeroDivisionError as slip:
        window.show_crash(slip)
    crash = front(window)
    assert isinstance(crash, CrashPage)
    assert "339921198903080032" not in crash.trace.toPlainText()
    assert "何晨" not in crash.trace.toPlainText()
    assert "ZeroDivisionError" in crash.trace.toPlainText()
    qtbot.keyClick(crash.back_button, Key.Key_Return)
    assert front(window) is frame
    assert field.text() == "half a title"
    until(lambda: not page._saver.busy())
    assert window.desk.cataloguing.form(page.form.draft.uid).draft.fields["subject"] == "half a title"
    window.close()


def test_a_new_office_is_made_by_keys_and_its_code_must_be_kept(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path, until: Until
) -> None:
    window = open_window(qtbot, qapp, tmp_path, until)
    qtbot.keyClick(window.unlock_page.create_button, Key.Key_Return)
    page = front(window)
    assert isinstance(page, CreatePage)
    for key, text in {"county": "云泽县", "township": "青石镇", "township_code": "339921102"}.items():
        page.office[key].setText(text)
    for role, name in PEOPLE.items():
        page.names[role].setText(name)
        for field in page.passwords[role]:
            field.setText(PASSWORD)
    page.submit()
    assert "全宗号" in page.refusal_words()
    page.office["fonds"].setText("J001")
    page.passwords[Role.CLERK][1].setText("另外的一句口令")
    page.submit()
    assert "两次不一样" in page.refusal_words()
    page.passwords[Role.CLERK][1].setText(PASSWORD)
    page.submit()
    until(lambda: page.sheet is not None)
    assert page.sheet is not None
    code = "".join(sign for sign in page.sheet.sheet.code if sign.isalnum())
    page.sheet.typed.setText("ZZZZ" if code[-4:] != "ZZZZ" else "AAAA")
    page.sheet.submit()
    assert window.desk is None
    page.sheet.typed.setText(code[-4:].lower())
    page.sheet.submit()
    until(lambda: window.desk is not None)
    assert window.desk.office == "云泽县青石镇"
    window.close()


def test_the_recovery_code_opens_with_a_new_password(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path, until: Until
) -> None:
    facts = OfficeFacts("云泽县", "青石镇", "339921102", "J001")
    sheet = Opening(tmp_path / OFFICE).create(facts, [NewPerson("陈晓兰", Role.CLERK, PASSWORD)])
    window = open_window(qtbot, qapp, tmp_path, until)
    qtbot.keyClick(window.unlock_page.password, Key.Key_F6)
    page = front(window)
    assert isinstance(page, RecoverPage)
    page.code.setText("AAAA-BBBB")
    for field in (page.password, page.again):
        field.setText("新换上的这一句口令也要够长才好")
    page.submit()
    until(lambda: "不对" in page.refusal_words())
    page.code.setText(sheet.code.lower())
    page.submit()
    until(lambda: window.desk is not None)
    assert window.desk.person.name == "陈晓兰"
    window.close()


def test_light_dark_and_high_contrast_follow_one_another_at_once(
    qtbot: QtBot, window: Window, qapp: QApplication
) -> None:
    for mode in ("dark", "contrast", "light"):
        window.change_theme()
        assert window.look.mode == mode
        assert window.look.hex("ground") in qapp.styleSheet()


def test_a_trace_names_places_and_never_what_was_typed() -> None:
    with pytest.raises(ValueError, match="何晨") as slip:
        int("何晨")
    assert "何晨" not in traced(slip.value)
    assert traced(slip.value).startswith("ValueError")
