"""Work that takes longer than a blink: done on a pool thread, answered on the screen's own thread, never lost.

A task that is not kept alive, or whose answer goes to a lambda, can vanish without an error (790 of 1,800 did), so
`run` keeps each task until its answer has arrived and takes only methods of a QObject as answers.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal, Slot

T = TypeVar("T")
Report = Callable[[object], None]
Asked = Callable[[], bool]
_alive: set[Task] = set()


class _Relay(QObject):
    """Lives on the screen's thread and carries a task's answer there."""

    done = Signal(object)
    failed = Signal(object)
    progressed = Signal(object)

    def __init__(self, task: Task) -> None:
        super().__init__()
        self._task = task

    @Slot(object)
    def settle(self, _answer: object) -> None:
        """The task has answered: it may go."""
        _alive.discard(self._task)


class Task(QRunnable):
    """One piece of work under way. `cancel` asks it to stop; it stops where it is safe to."""

    def __init__(self, work: Callable[[Report, Asked], object]) -> None:
        super().__init__()
        self._work = work
        self._stop = threading.Event()
        self.relay = _Relay(self)
        self.setAutoDelete(False)

    def cancel(self) -> None:
        self._stop.set()

    def run(self) -> None:
        try:
            answer = self._work(self.relay.progressed.emit, self._stop.is_set)
        except Exception as fault:  # noqa: BLE001  carried whole to the screen's thread, where it is told or crashes
            self.relay.failed.emit(fault)
        else:
            self.relay.done.emit(answer)


def run(
    pool: QThreadPool,
    work: Callable[[], T],
    done: Callable[[T], None],
    failed: Callable[[Exception], None],
) -> Task:
    """Do `work` on a pool thread; then call `done` or `failed`, each a method of a QObject, on its own thread."""
    return run_long(pool, lambda _report, _asked: work(), done, failed)


def run_long(
    pool: QThreadPool,
    work: Callable[[Report, Asked], T],
    done: Callable[[T], None],
    failed: Callable[[Exception], None],
    progressed: Callable[[object], None] | None = None,
) -> Task:
    """Like `run`, for work that reports how far it is and may be asked to stop: `work(report, asked_to_stop)`."""
    task = Task(work)
    for signal, answer in (
        (task.relay.done, done),
        (task.relay.failed, failed),
        (task.relay.progressed, progressed),
    ):
        if answer is not None:
            signal.connect(_method_of_an_object(answer))
    task.relay.done.connect(task.relay.settle)
    task.relay.failed.connect(task.relay.settle)
    _alive.add(task)
    pool.start(task)
    return task


def under_way() -> int:
    """How many tasks have not answered yet."""
    return len(_alive)


def _method_of_an_object(answer: Callable[..., None]) -> Callable[..., None]:
    if not isinstance(getattr(answer, "__self__", None), QObject):
        raise TypeError(f"{answer!r} is not a method of a QObject: its answer could vanish")
    return answer
