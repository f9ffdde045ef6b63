"""Work off the screen's thread: every answer arrives, on the screen's thread, and nothing is left alive."""

from __future__ import annotations

import gc
import threading
from functools import partial

import pytest
from PySide6.QtCore import QObject, QThreadPool
from pytestqt.qtbot import QtBot

from desktop.ui import workers
from sync.contract.errors import DiskFull

TASKS = 3000


class Listener(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.answers: list[object] = []
        self.faults: list[Exception] = []
        self.reports: list[object] = []
        self.threads: set[bool] = set()

    def hear(self, answer: object) -> None:
        self.answers.append(answer)
        self.threads.add(threading.current_thread() is threading.main_thread())

    def hear_fault(self, fault: Exception) -> None:
        self.faults.append(fault)
        self.threads.add(threading.current_thread() is threading.main_thread())

    def hear_report(self, report: object) -> None:
        self.reports.append(report)


@pytest.fixture
def pool() -> QThreadPool:
    pool = QThreadPool()
    pool.setMaxThreadCount(4)
    return pool


def square(number: int) -> int:
    if number % 10 == 0:
        raise DiskFull(number=number)
    return number * number


def test_three_thousand_answers_all_arrive_on_the_screens_thread(qtbot: QtBot, pool: QThreadPool) -> None:
    listener = Listener()
    for number in range(TASKS):
        workers.run(pool, partial(square, number), listener.hear, listener.hear_fault)
        if number % 100 == 0:
            gc.collect(0)
    qtbot.waitUntil(lambda: len(listener.answers) + len(listener.faults) == TASKS, timeout=30_000)
    qtbot.waitUntil(lambda: workers.under_way() == 0)
    assert len(listener.faults) == TASKS // 10
    assert set(listener.answers) == {n * n for n in range(TASKS) if n % 10}
    assert listener.threads == {True}


def test_an_answer_to_something_that_could_vanish_is_refused(qtbot: QtBot, pool: QThreadPool) -> None:
    listener = Listener()
    with pytest.raises(TypeError):
        workers.run(pool, partial(square, 1), lambda _answer: None, listener.hear_fault)
    assert workers.under_way() == 0


def test_a_page_that_is_gone_when_the_answer_comes_is_left_alone(qtbot: QtBot, pool: QThreadPool) -> None:
    gate, listener = threading.Event(), Listener()
    workers.run(pool, gate.wait, listener.hear, listener.hear_fault)
    del listener
    gc.collect()
    gate.set()
    pool.waitForDone()
    qtbot.waitUntil(lambda: workers.under_way() == 0)


def test_long_work_reports_how_far_it_is_and_stops_when_asked(qtbot: QtBot, pool: QThreadPool) -> None:
    listener, reached = Listener(), threading.Event()

    def count(report: workers.Report, asked: workers.Asked) -> str:
        for step in range(10_000):
            report(step)
            if step == 3:
                reached.set()
            if step > 3 and asked():
                return "stopped"
            if step > 3:
                threading.Event().wait(0.001)
        return "ran out"

    task = workers.run_long(pool, count, listener.hear, listener.hear_fault, listener.hear_report)
    assert reached.wait(5)
    task.cancel()
    qtbot.waitUntil(lambda: bool(listener.answers), timeout=10_000)
    assert listener.answers == ["stopped"]
    assert listener.reports[:4] == [0, 1, 2, 3]
