"""设置 by keys in the real window: each change is seen at once, kept, and taken back by Ctrl+Z."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QThreadPool
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.app import make_window
from desktop.preferences import PreferenceFile
from desktop.ui.pages.settings import SettingsPage
from desktop.ui.window import Window
from sync.vault import audit
from sync.vault.slots import Role
from tests.desktop.ui.desks import PASSWORD, PEOPLE, Until, make_office

Key, Modifier = Qt.Key, Qt.KeyboardModifier


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, tmp_path: Path, until: Until) -> Iterator[Window]:
    make_office(tmp_path)
    made = make_window(qapp, tmp_path, "light")
    qtbot.addWidget(made)
    with qtbot.waitActive(made):
        made.start()
        made.activateWindow()
    until(lambda: bool(made.unlock_page.people))
    assert made.unlock_page.people[0].name == PEOPLE[Role.CLERK]
    made.unlock_page.password.setText(PASSWORD)
    qtbot.keyClick(made.unlock_page.password, Key.Key_Return)
    until(lambda: made.desk is not None)
    yield made
    made._parting = True
    made.close()
    QThreadPool.globalInstance().waitForDone()
    made.look.turn(qapp, "light")


def settings_of(qtbot: QtBot, window: Window, until: Until) -> SettingsPage:
    if window._frame.here != "settings":
        qtbot.keyClick(window, Key.Key_Comma, Modifier.ControlModifier)
    until(lambda: window._frame.here == "settings")
    page = window._frame.page("settings")
    assert isinstance(page, SettingsPage)
    until(lambda: page.fields["township"].text() != "")
    return page


def press(qtbot: QtBot, key: Key, modifier: Modifier = Modifier.NoModifier) -> None:
    widget = QApplication.focusWidget()
    assert widget is not None
    qtbot.keyClick(widget, key, modifier)


def test_a_theme_is_worn_at_once_kept_and_taken_back(
    qtbot: QtBot, window: Window, until: Until, tmp_path: Path
) -> None:
    page = settings_of(qtbot, window, until)
    assert page.fields["theme"].hasFocus()
    press(qtbot, Key.Key_A, Modifier.ControlModifier)
    press(qtbot, Key.Key_4)
    until(lambda: window.look.mode == "contrast")
    assert PreferenceFile(tmp_path).read().theme == "contrast"
    press(qtbot, Key.Key_Z, Modifier.ControlModifier)
    until(lambda: PreferenceFile(tmp_path).read().theme == "system")
    until(lambda: window.look.mode == "light")


def test_a_language_is_spoken_at_once_where_one_is_and_taken_back(
    qtbot: QtBot, window: Window, until: Until, tmp_path: Path
) -> None:
    page = settings_of(qtbot, window, until)
    page.fields["language"].setFocus()
    press(qtbot, Key.Key_Down)
    until(lambda: window.words.language == "en")
    english = settings_of(qtbot, window, until)
    assert english is not page
    assert english.accessibleName() == "Settings"
    qtbot.keyClick(english, Key.Key_Z, Modifier.ControlModifier)
    until(lambda: window.words.language == "zh")
    assert PreferenceFile(tmp_path).read().language == "zh"


def test_the_scanners_folder_and_the_office_s_name_are_changed_logged_and_taken_back(
    qtbot: QtBot, window: Window, until: Until, tmp_path: Path
) -> None:
    desk = window.desk
    usual = desk.scanner_folder
    (tmp_path / "scans").mkdir()
    page = settings_of(qtbot, window, until)
    field = page.fields["scanner_folder"]
    field.setFocus()
    for typed, state in ((str(tmp_path / "nowhere"), "danger"), (str(tmp_path / "scans"), "typed")):
        field.selectAll()
        qtbot.keyClicks(field, typed)
        press(qtbot, Key.Key_Return)
        until(
            lambda state=state: (
                field.state() == state and not field.isModified() if state == "typed" else field.state() == state
            )
        )  # type: ignore[misc]
        field.setFocus()
    assert desk.scanner_folder == tmp_path / "scans"
    assert desk.receiving is not None
    page.fields["township"].setFocus()
    page.fields["township"].selectAll()
    qtbot.keyClicks(page.fields["township"], "Baishi")
    press(qtbot, Key.Key_Return)
    until(lambda: desk.office == "云泽县Baishi")
    until(lambda: window._frame.here == "settings" and window._frame.page("settings") is not page)
    again = settings_of(qtbot, window, until)
    qtbot.keyClick(again, Key.Key_Z, Modifier.ControlModifier)
    until(lambda: desk.office == "云泽县青石镇")
    until(lambda: window._frame.page("settings") is not again)
    last = settings_of(qtbot, window, until)
    qtbot.keyClick(last, Key.Key_Z, Modifier.ControlModifier)
    until(lambda: desk.scanner_folder == usual)
    with desk._archive.reading() as connection:
        acts = [one.act for one in audit.events(connection)]
    assert acts.count("office-renamed") == 2
    assert acts.count("scanner-folder-chosen") == 2


def test_text_sizes_that_leave_the_window_no_room_are_not_offered(qtbot: QtBot, window: Window, until: Until) -> None:
    page = settings_of(qtbot, window, until)
    assert 100 in page._scales
    screen = QApplication.primaryScreen().availableGeometry()
    assert all(one == 100 or screen.width() / one * 100 >= 880 for one in page._scales)
