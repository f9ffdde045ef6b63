"""Comparing behind the scenes reads what was filed, and ends with the desk: nothing is under way after it."""

from __future__ import annotations

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from desktop.services.opening import Opening
from desktop.ui.comparing import Comparing, comparing_pool
from sync.vault.slots import Role
from tests.desktop.ui.desks import PASSWORD, PEOPLE, Until, file_marriage


def test_what_was_filed_is_compared_while_the_desk_is_idle(qtbot: QtBot, until: Until, opening: Opening) -> None:
    desk = opening.unlock(PEOPLE[Role.CLERK], PASSWORD)
    file_marriage(desk, cert_no="J339921-2016-000055")
    assert desk.persons.counts().unread
    room, broken = QObject(), list[object]()
    behind = Comparing(desk, room)
    behind.broke.connect(broken.append)
    behind.begin()
    until(lambda: desk.persons.counts().unread == 0)
    assert desk.persons.counts().sure
    behind.end()
    assert broken == []
    desk.close()


def test_a_desk_locked_while_it_compares_is_asked_nothing_more(qtbot: QtBot, opening: Opening) -> None:
    desk = opening.unlock(PEOPLE[Role.CLERK], PASSWORD)
    room, broken = QObject(), list[object]()
    behind = Comparing(desk, room)
    behind.broke.connect(broken.append)
    behind.begin()
    behind._go_on()
    behind.end()
    assert comparing_pool().activeThreadCount() == 0
    desk.close()
    qtbot.wait(200)
    assert broken == []
