"""What is typed is kept in the order it was typed, and the last word at a field is the one that stays."""

from __future__ import annotations

import threading
from collections.abc import Callable

from pytestqt.qtbot import QtBot

from desktop.ui.pages.saver import Saver
from sync.contract.errors import DiskFull, Refused


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
    def refuse() -> None:
        raise Refused

    kept: list[str] = []
    saver = Saver()
    told: list[tuple[Exception, str]] = []
    saver.failed.connect(lambda fault, key: told.append((fault, key)))
    with qtbot.waitSignal(saver.settled):
        saver.put("name", refuse)
        saver.put("job", lambda: kept.append("务工"))
    assert kept == ["务工"]
    assert [(type(fault), key) for fault, key in told] == [(Refused, "name")]
    assert saver.all_saved()


def test_what_a_full_disk_did_not_take_is_saved_when_there_is_room_again(qtbot: QtBot) -> None:
    kept: list[str] = []
    room = threading.Event()

    def keep(text: str) -> Callable[[], None]:
        def act() -> None:
            if not room.is_set():
                raise DiskFull
            kept.append(text)

        return act

    saver = Saver()
    with qtbot.waitSignal(saver.settled):
        saver.put("name", keep("王建国"))
    assert not saver.all_saved()
    assert saver.waits("name")
    room.set()
    with qtbot.waitSignal(saver.settled):
        saver.put("job", keep("务工"))
    assert kept == ["王建国", "务工"]
    assert saver.all_saved()


def test_a_newer_word_takes_the_place_of_one_that_could_not_be_saved(qtbot: QtBot) -> None:
    kept: list[str] = []

    def full() -> None:
        raise DiskFull

    saver = Saver()
    with qtbot.waitSignal(saver.settled):
        saver.put("name", full)
    with qtbot.waitSignal(saver.settled):
        saver.put("name", lambda: kept.append("王建国"))
    assert kept == ["王建国"]
    assert saver.all_saved()


def test_when_the_desk_is_closed_everything_typed_is_on_the_disk_in_its_order(qtbot: QtBot) -> None:
    kept: list[str] = []
    gate = threading.Event()

    def first() -> None:
        gate.wait(5)
        kept.append("王建国")

    saver = Saver()
    saver.put("name", first)
    saver.put("job", lambda: kept.append("务工"))
    saver.put("village", lambda: kept.append("青石村"))
    threading.Timer(0.2, gate.set).start()
    saver.flush()
    assert kept == ["王建国", "务工", "青石村"]
    assert saver.all_saved()
    qtbot.wait(50)  # the answer of the one that was under way comes late, and does no harm
    assert kept == ["王建国", "务工", "青石村"]


def test_what_a_full_disk_did_not_take_is_not_said_to_be_kept_when_the_desk_is_closed(qtbot: QtBot) -> None:
    full = threading.Event()
    full.set()
    kept: list[str] = []

    def keep() -> None:
        if full.is_set():
            raise DiskFull
        kept.append("王建国")

    saver = Saver()
    saver.put("name", keep)
    saver.flush()
    assert not saver.all_saved()
    full.clear()
    saver.flush()
    assert saver.all_saved()
    assert kept == ["王建国"]
    qtbot.wait(50)
