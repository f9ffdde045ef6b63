"""The first page: who, the password, the ways to begin; all of it by keyboard."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.ui.pages.unlock import Somebody, UnlockPage
from desktop.ui.theme import Look
from desktop.ui.words import Words

PEOPLE = (Somebody("陈晓兰", "clerk"), Somebody("周敏", "reviewer"), Somebody("何审", "auditor"))


@pytest.fixture
def page(qtbot: QtBot, look: Look, words: Words) -> UnlockPage:
    page = UnlockPage(look, words, True, "0.1.0")
    page.show_people(PEOPLE)
    qtbot.addWidget(page)
    page.resize(1366, 768)
    with qtbot.waitExposed(page):
        page.show()
    page.setFocus()
    return page


def test_arrows_choose_the_person_and_enter_asks_to_open(qtbot: QtBot, page: UnlockPage) -> None:
    qtbot.keyClick(page.password, Qt.Key.Key_Down)
    qtbot.keyClicks(page.password, "correct horse battery")
    with qtbot.waitSignal(page.unlocked) as asked:
        qtbot.keyClick(page.password, Qt.Key.Key_Return)
    assert asked.args == ["周敏", "correct horse battery"]


def test_enter_pressed_before_it_is_known_who_can_open_is_not_lost(qtbot: QtBot, look: Look, words: Words) -> None:
    page = UnlockPage(look, words, True, "0.1.0")
    qtbot.addWidget(page)
    qtbot.keyClicks(page.password, "correct horse battery")
    qtbot.keyClick(page.password, Qt.Key.Key_Return)
    with qtbot.waitSignal(page.unlocked) as asked:
        page.show_people(PEOPLE)
    assert asked.args == ["陈晓兰", "correct horse battery"]
    page.show_people(())
    qtbot.keyClick(page.password, Qt.Key.Key_Return)
    qtbot.keyClicks(page.password, "!")
    with qtbot.assertNotEmitted(page.unlocked):
        page.show_people(PEOPLE)


def test_nothing_is_asked_without_a_password(qtbot: QtBot, page: UnlockPage) -> None:
    with qtbot.assertNotEmitted(page.unlocked):
        qtbot.keyClick(page.password, Qt.Key.Key_Return)


def test_the_caps_lock_is_told_before_the_failure(qtbot: QtBot, page: UnlockPage) -> None:
    plain, shift = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
    for sign, modifier, on in (("a", plain, False), ("A", plain, True), ("A", shift, False), ("a", shift, True)):
        QApplication.sendEvent(page.password, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_A, modifier, sign))
        assert page.caps_told() == on


def test_a_wrong_password_is_said_under_the_field_and_typed_over(qtbot: QtBot, page: UnlockPage) -> None:
    qtbot.keyClicks(page.password, "wrong")
    page.show_refusal("口令不对。")
    assert page.note_words() == "口令不对。"
    qtbot.keyClicks(page.password, "right")
    assert page.password.text() == "right"


@pytest.mark.parametrize(("key", "way"), [(Qt.Key.Key_F7, "practice"), (Qt.Key.Key_F8, "county")])
def test_a_function_key_takes_each_way(qtbot: QtBot, page: UnlockPage, key: Qt.Key, way: str) -> None:
    with qtbot.waitSignal(page.way_chosen) as chosen:
        qtbot.keyClick(page.password, key)
    assert chosen.args == [way]


def test_f6_asks_for_the_recovery_code_of_the_chosen_person(qtbot: QtBot, page: UnlockPage) -> None:
    with qtbot.waitSignal(page.recovery_wanted) as asked:
        qtbot.keyClick(page.password, Qt.Key.Key_F6)
    assert asked.args == ["陈晓兰"]


def test_a_machine_without_an_archive_offers_to_make_one(qtbot: QtBot, look: Look, words: Words) -> None:
    page = UnlockPage(look, words, False, "0.1.0")
    qtbot.addWidget(page)
    with qtbot.waitExposed(page):
        page.show()
    page.setFocus()
    with qtbot.waitSignal(page.way_chosen) as chosen:
        qtbot.keyClick(page.create_button, Qt.Key.Key_Return)
    assert chosen.args == ["create"]


def test_the_first_start_says_what_it_waits_for_and_why_it_was_refused(qtbot: QtBot, look: Look, words: Words) -> None:
    page = UnlockPage(look, words, False, "0.1.0")
    qtbot.addWidget(page)
    page.show_opening(True)
    assert page.note_words() == words("unlock.preparing")
    assert not page.create_button.isEnabled()
    page.show_refusal("磁盘已满。")
    assert page.note_words() == "磁盘已满。"
    assert page.create_button.isEnabled()
