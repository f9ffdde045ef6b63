"""The gallery's tests share the application and its look with the tests of the screens."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtWidgets import QApplication

from desktop.ui.theme import Look, open_look


@pytest.fixture(scope="session")
def look(qapp: QApplication) -> Look:
    return open_look(qapp, "light")
