"""The manual speaks of every page, in every language, and of no key that is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QThreadPool
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.services.desk import Desk
from desktop.ui.desk_frame import DeskFrame
from desktop.ui.manual import topics
from desktop.ui.pages.help import HelpPage
from desktop.ui.rooms import furnish
from desktop.ui.theme import Look
from desktop.ui.words import LANGUAGES, Words
from tests.desktop.ui.desks import Until

Key = Qt.Key
PROJECT = Path(__file__).parents[3]
KEYS = (PROJECT / "docs" / "keys.md").read_text(encoding="utf-8")
ROOMS = (PROJECT / "desktop" / "ui" / "rooms.py").read_text(encoding="utf-8")


def is_key_of(page: str, key: str) -> bool:
    """Whether docs/keys.md has the key for that page or for everywhere: in its column, or named among what it does."""
    wanted = [one for one in re.split(r"(?m)^## ", KEYS) if one.startswith("Everywhere") or f"`page:{page}`" in one]
    lines = [line for one in wanted for line in one.splitlines() if line.startswith("|")]
    cells = {part.strip() for line in lines for part in (line.split("|")[1], *line.split("|")[1].split(","))}
    named = re.compile(rf"(?<![\w+]){re.escape(key)}(?![\w+])")
    return key in cells or (len(key) > 1 and any(named.search(one) for one in wanted))


def test_every_page_of_the_program_has_a_topic_in_every_language() -> None:
    rooms = set(re.findall(r'Place\("(\w+)"', ROOMS))
    assert {"today", "catalogue", "register", "help"} <= rooms
    for language in LANGUAGES:
        assert rooms <= set(topics(language)), language
    assert list(topics("zh")) == list(topics("en"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_key_in_a_topic_is_a_key_of_its_page(language: str) -> None:
    strange = {
        f"{page}: {key}"
        for page, topic in topics(language).items()
        for key in re.findall(r"`([^`]+)`", topic.text)
        if not is_key_of(page, key)
    }
    assert not strange


def test_a_key_that_is_not_there_would_be_found() -> None:
    assert is_key_of("today", "Enter")
    assert not is_key_of("today", "Q")
    assert not is_key_of("today", "Ctrl+Alt+F11")


@pytest.fixture
def frame(clerk: Desk, qtbot: QtBot, look: Look, words: Words) -> Iterator[DeskFrame]:
    made = furnish(look, words, clerk)
    qtbot.addWidget(made)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    made.enter()
    yield made
    made.leave()
    QThreadPool.globalInstance().waitForDone()


def test_f1_opens_the_topic_of_the_page_then_its_keys_and_esc_goes_back(
    qtbot: QtBot, frame: DeskFrame, until: Until
) -> None:
    frame.go("search", "")
    qtbot.keyClick(frame.page("search"), Key.Key_F1)
    until(lambda: frame.here == "help")
    page = frame.page("help")
    assert isinstance(page, HelpPage)
    assert page.list.id_here() == "search"
    assert "Alt+V" in page.text.toPlainText()
    qtbot.keyClick(page, Key.Key_F1)
    assert page.showing_keys()
    for _ in range(2):  # from the keys to the topic, from the topic to the page
        qtbot.keyClick(page, Key.Key_Escape)
    assert frame.here == "search"


def test_typed_words_find_their_topics_and_arrows_go_through_them(qtbot: QtBot, frame: DeskFrame, until: Until) -> None:
    qtbot.keyClick(frame, Key.Key_F1)
    page = frame.page("help")
    assert isinstance(page, HelpPage)
    until(page.search.hasFocus)
    page.search.insert("登记簿")
    page.search.textEdited.emit(page.search.text())
    assert page.list.id_here() == "register"
    qtbot.keyClick(QApplication.focusWidget(), Key.Key_Escape)
    assert page.list.id_here() == "today"
    qtbot.keyClick(QApplication.focusWidget(), Key.Key_Down)
    assert page.list.id_here() == "inbox"
    page.search.insert("没有这样的词")
    page.search.textEdited.emit(page.search.text())
    assert page.text.toPlainText() == ""
