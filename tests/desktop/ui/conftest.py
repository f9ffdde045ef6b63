"""What the tests of the screens share: the application dressed in a look, and the words."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtWidgets import QApplication

from desktop.ui.theme import Look, open_look
from desktop.ui.words import Words


@pytest.fixture(scope="session")
def look(qapp: QApplication) -> Look:
    return open_look(qapp, "light")


@pytest.fixture(scope="session")
def words() -> Words:
    return Words()
