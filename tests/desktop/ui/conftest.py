"""What the tests of the screens share: the application dressed in a look, the words, one office made through the door."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import time
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QThreadPool
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.services.desk import Desk
from desktop.services.opening import Opening
from desktop.ui.theme import Look, open_look
from desktop.ui.words import Words
from sync.vault.slots import Role
from tests.desktop.ui.desks import PASSWORD, PEOPLE, Until, file_marriage, lay, make_office


@pytest.fixture(scope="session")
def look(qapp: QApplication) -> Look:
    return open_look(qapp, "light")


@pytest.fixture(scope="session")
def words() -> Words:
    return Words()


@pytest.fixture
def until(qtbot: QtBot) -> Until:
    return lambda seen: qtbot.waitUntil(seen, timeout=60_000)


@pytest.fixture(scope="module")
def opening(tmp_path_factory: pytest.TempPathFactory) -> Opening:
    """The door of an office with two filed records, one draft, and papers in the scanner folder."""
    made = make_office(tmp_path_factory.mktemp("lantai"))
    desk = made.unlock(PEOPLE[Role.CLERK], PASSWORD)
    file_marriage(desk)
    file_marriage(desk, husband__name="仇志远", wife__name="单雅琴", cert_no="J339921-2016-000011")
    lay(desk, "marriage-2016.pdf", "document-2019.pdf")
    (desk.scanner_folder / "会议记录.docx").write_bytes(b"PK\x03\x04 not a scan")
    patience = time.monotonic() + 20
    while len(desk.receiving.items()) < 3 and time.monotonic() < patience:
        desk.receiving.sweep()
        time.sleep(0.2)
    desk.close()
    return made


@pytest.fixture
def clerk(opening: Opening) -> Iterator[Desk]:
    yield from _desk(opening, Role.CLERK)


@pytest.fixture
def reviewer(opening: Opening) -> Iterator[Desk]:
    yield from _desk(opening, Role.REVIEWER)


@pytest.fixture
def auditor(opening: Opening) -> Iterator[Desk]:
    yield from _desk(opening, Role.AUDITOR)


def _desk(opening: Opening, role: Role) -> Iterator[Desk]:
    desk = opening.unlock(PEOPLE[role], PASSWORD)
    yield desk
    QThreadPool.globalInstance().waitForDone()
    desk.close()
