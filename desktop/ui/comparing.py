"""Comparing behind the scenes (后台比对): who is named in new records, and who they may be, a little at a time while the desk is idle."""

from __future__ import annotations

import atexit
from functools import cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QThreadPool, QTimer, Signal

from desktop.ui import workers
from sync.contract.errors import LantaiError

if TYPE_CHECKING:
    from desktop.services.desk import Desk

PORTION_SECONDS = 0.3
FIRST_MS, GO_ON_MS, LOOK_AGAIN_MS = 5_000, 600, 4_000  # not at once: a desk that opens has other things to do


@cache
def comparing_pool() -> QThreadPool:
    """Return the one thread that compares, as long-lived as the program."""
    pool = QThreadPool()
    pool.setMaxThreadCount(1)
    atexit.register(pool.waitForDone)
    return pool


class Comparing(QObject):
    """Works in portions, with a pause after each; ends with the desk, at the next record."""

    broke = Signal(object)

    def __init__(self, desk: Desk, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._task: workers.Task | None = None
        self._clock = QTimer(self)
        self._clock.setSingleShot(True)
        self._clock.timeout.connect(self._go_on)
        self._on = False

    def begin(self) -> None:
        """Portions begin after the desk has come to rest."""
        self._on = True
        self._clock.start(FIRST_MS)

    def end(self) -> None:
        """Nothing more is begun, and nothing is under way."""
        self._on = False
        self._clock.stop()
        if self._task is not None:
            self._task.cancel()
        comparing_pool().waitForDone()

    def _go_on(self) -> None:
        if self._on:
            self._task = workers.run_long(comparing_pool(), self._portion, self._done, self._failed)

    def _portion(self, _report: workers.Report, stopped: workers.Asked) -> bool:
        return self._desk.persons.work_on(PORTION_SECONDS, stopped)

    def _done(self, left: bool) -> None:
        if self._on:
            self._clock.start(GO_ON_MS if left else LOOK_AGAIN_MS)

    def _failed(self, fault: Exception) -> None:
        """What time can mend is tried again later; a bug ends the comparing."""
        if self._on and isinstance(fault, LantaiError):
            self._clock.start(LOOK_AGAIN_MS)
        elif self._on:
            self._on = False
            self.broke.emit(fault)
