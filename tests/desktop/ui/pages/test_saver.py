"""What is typed is kept in the order it was typed, and the last word at a field is the one that stays."""

from __future__ import annotations

import threading
from collections.abc import Callable

from pytestqt.qtbot import QtBot

from desktop.ui.pages.saver import Saver
from sync.contract.errors import DiskFull


def test_of_several_words_at_one_field_the_last_is_kept_and_the_order_of_fields_stays(qtbot: QtBot) -> None:
    kept: list[str] = []
    gate = threading.Event()

    def act(text: str) -> Callable[[], None]:
        def keep() -> None:
            gate.wait(5)
            kept.append(text)

        return keep

    saver = Saver()
    for key, text in (("name", "王"), ("job", "务"), ("name", "王建"), ("name", "王建国"), ("job", "务工")):
        saver.put(key, act(text))
    with qtbot.waitSignal(saver.settled):
        gate.set()
    assert kept == ["王", "王建国", "务工"]


def test_a_refusal_is_told_with_its_field_and_the_rest_is_still_kept(qtbot: QtBot) -> None:
    def full() -> None:
        raise DiskFull

    kept: list[str] = []
    saver = Saver()
    told: list[tuple[Exception, str]] = []
    saver.failed.connect(lambda fault, key: told.append((fault, key)))
    with qtbot.waitSignal(saver.settled):
        saver.put("name", full)
        saver.put("job", lambda: kept.append("务工"))
    assert kept == ["务工"]
    assert [(type(fault), key) for fault, key in told] == [(DiskFull, "name")]
