"""A reader in a process of its own."""

from __future__ import annotations

import threading
import time

import pytest

from desktop.documents.child_process import ChildProcess
from sync.contract.errors import ReaderStopped
from tests.desktop.documents.drawn import nested_forms_pdf


def test_a_reader_that_does_not_come_up_is_said_so_and_leaves_nothing_behind():
    child = ChildProcess("desktop.documents.no_such_reader")
    for _ in range(2):
        with pytest.raises(ReaderStopped) as caught:
            child.ask({"act": "inspect"}, 5)
        assert caught.value.facts["reason"] == "start"
        assert child.process_id is None


def test_a_child_that_was_never_asked_was_never_started():
    child = ChildProcess("desktop.documents.child")
    assert child.process_id is None
    child.close()


def test_closing_gives_up_a_question_under_way_at_once():
    child = ChildProcess("desktop.documents.child")
    outcome: list[object] = []

    def ask() -> None:
        try:
            child.ask({"act": "picture", "key": b"k", "content": nested_forms_pdf(40), "page": 0, "dpi": 72}, 60)
        except ReaderStopped as stopped:
            outcome.append(stopped.facts["reason"])

    asking = threading.Thread(target=ask)
    asking.start()
    until = time.monotonic() + 30
    while child.process_id is None and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(0.5)
    child.close()
    asking.join(10)
    assert outcome in (["crash"], ["start"])
    assert child.process_id is None
