"""What the tests of the pages share: a desk's frame, shown, and left in order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from desktop.services.desk import Desk
from desktop.ui.desk_frame import DeskFrame
from desktop.ui.rooms import furnish
from desktop.ui.theme import Look
from desktop.ui.words import Words
from tests.desktop.ui.desks import Furnished


@pytest.fixture
def furnished(qtbot: QtBot, look: Look, words: Words) -> Iterator[Furnished]:
    frames: list[DeskFrame] = []

    def made(desk: Desk) -> DeskFrame:
        frame = furnish(look, words, desk)
        qtbot.addWidget(frame)
        frame.resize(1366, 768)
        with qtbot.waitExposed(frame):
            frame.show()
        frames.append(frame)
        return frame

    yield made
    for frame in frames:
        frame.leave()
