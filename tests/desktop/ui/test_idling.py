"""A desk without anybody at it locks itself; what was typed comes back."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from desktop.services.opening import Opening
from desktop.ui.idling import IdleWatch
from desktop.ui.pages.catalogue_opening import ToStart
from sync.vault.slots import Role
from tests.desktop.ui.desks import PASSWORD, PEOPLE, Until
from tests.desktop.ui.test_window import enter, open_window


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_keys_keep_it_open_and_time_without_them_is_told_by_whichever_clock_went_on(qtbot: QtBot) -> None:
    awake, wall, told = Clock(), Clock(), []
    watch = IdleWatch(60, (awake, wall))
    watch.idled.connect(lambda: told.append(True))
    field = QLineEdit()
    qtbot.addWidget(field)
    watch.begin()
    try:
        for _ in range(3):
            awake.now, wall.now = awake.now + 50, wall.now + 50
            qtbot.keyClick(field, Qt.Key.Key_A)
            watch.look()
        assert told == []
        wall.now += 61  # the computer slept: only the clock on the wall went on
        qtbot.keyClick(field, Qt.Key.Key_A)
        watch.look()
        assert told == [True], "the first key after it does not undo the time nobody was there"
        wall.now -= 86_400  # a clock put back
        awake.now += 61
        watch.look()
        assert told == [True, True]
    finally:
        watch.end()


def test_a_desk_nobody_is_at_locks_itself_and_the_draft_in_hand_is_there_again(
    qtbot: QtBot, qapp: QApplication, opening: Opening, until: Until
) -> None:
    window = open_window(qtbot, qapp, opening.folder.parent, until)
    enter(qtbot, window, until)
    until(lambda: window.desk is not None)
    frame = window._frame
    frame.go("catalogue", ToStart("document"))
    page = frame.page("catalogue")
    until(lambda: page.form is not None)
    uid = page.form.draft.uid
    until(lambda: bool(page.card.key_here()))
    qtbot.keyClicks(QApplication.focusWidget(), "qingshizhen tongzhi")
    key = page.card.key_here()
    watch = frame.findChild(IdleWatch)
    watch.seconds = 0.0
    watch.look()  # nothing was waited for: what was typed last is still on its way to the disk
    assert window.desk is None
    enter(qtbot, window, until)
    until(lambda: window.desk is not None)
    again = window._frame.page("catalogue")
    until(lambda: again.form is not None)
    assert window._frame.here == "catalogue"
    assert again.form.draft.uid == uid
    assert again.form.draft.fields[key] == "qingshizhen tongzhi"
    until(lambda: again.card.key_here() == key)
    window.lock()
    qtbot.keyClick(window.unlock_page.password, Qt.Key.Key_Down)
    enter(qtbot, window, until, PASSWORD)
    until(lambda: window.desk is not None)
    assert window.desk.person.name == PEOPLE[Role.REVIEWER]
    assert window._frame.here != "catalogue", "somebody else begins at the own first place"
    window.close()
