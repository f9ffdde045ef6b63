"""Reading behind the scenes ends with the desk: nothing is begun after it, and no page holds up the others."""

from __future__ import annotations

import time

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from desktop.services.opening import Opening
from desktop.ui import workers
from desktop.ui.recognition import LOOK_AGAIN_MS, Recognition, reading_pool
from sync.vault.slots import Role
from tests.desktop.ui.desks import PASSWORD, PEOPLE, Until, lay, make_office


@pytest.fixture
def opening(tmp_path_factory: pytest.TempPathFactory) -> Opening:
    """The door of an office with one paper of two pages in the inbox."""
    made = make_office(tmp_path_factory.mktemp("lantai"))
    desk = made.unlock(PEOPLE[Role.CLERK], PASSWORD)
    lay(desk, "document-2019.pdf")
    patience = time.monotonic() + 20
    while not desk.receiving.items() and time.monotonic() < patience:
        desk.receiving.sweep()
        time.sleep(0.2)
    desk.close()
    return made


def test_a_desk_locked_before_the_first_answer_came_is_asked_for_no_page(qtbot: QtBot, opening: Opening) -> None:
    desk = opening.unlock(PEOPLE[Role.CLERK], PASSWORD)
    room, broken = QObject(), list[object]()
    behind = Recognition(desk, room)
    behind.broke.connect(broken.append)
    behind.begin()
    reading_pool().waitForDone()  # answered, and the answer not heard yet
    behind.end()
    desk.close()
    qtbot.wait(LOOK_AGAIN_MS * 2)
    assert workers.under_way() == 0
    assert broken == []
    assert not behind.under_way()


def test_pages_are_read_until_none_is_left_and_then_looked_for_again(
    qtbot: QtBot, until: Until, opening: Opening
) -> None:
    desk = opening.unlock(PEOPLE[Role.CLERK], PASSWORD)
    waiting = {sha256 for sha256, _page in desk.viewing.unread()}
    assert waiting
    room, read = QObject(), list[str]()
    behind = Recognition(desk, room)
    behind.read.connect(read.append)
    behind.begin()
    assert behind.under_way()
    until(lambda: desk.viewing.unread() == [])
    until(lambda: set(read) == waiting)
    behind.end()
    assert not behind.under_way()
    desk.close()
