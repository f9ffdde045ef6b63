"""Reading pages behind the scenes (后台识别): one page after another, while the clerk does something else."""

from __future__ import annotations

import atexit
from functools import cache, partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QThreadPool, QTimer, Signal

from desktop.ui import workers
from sync.contract.errors import LantaiError

if TYPE_CHECKING:
    from desktop.services.desk import Desk

LOOK_AGAIN_MS = 1500
Page = tuple[str, int]  # a file by its hash, and a page of it


def read_one(desk: Desk, given_up: frozenset[Page]) -> tuple[Page, bool] | None:
    """Read the next page that has no text yet; which one and whether it was read comes back, None when all are read."""
    for page in desk.viewing.unread(len(given_up) + 1):
        if page not in given_up:
            return page, desk.viewing.read_text(*page)
    return None


@cache
def reading_pool() -> QThreadPool:
    """Return the one thread that reads in the background, as long-lived as the program.

    It belongs to no widget: Qt ends a pool by waiting for it, and a widget's end would wait with Python's lock held,
    which the thread needs to finish.
    """
    pool = QThreadPool()
    pool.setMaxThreadCount(1)
    atexit.register(pool.waitForDone)
    return pool


class Recognition(QObject):
    """Reads in a pool of its own, one page at a time; a page that cannot be read is given up and never stops the others."""

    read = Signal(str)
    broke = Signal(object)

    def __init__(self, desk: Desk, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._pool = reading_pool()
        self._given_up: set[Page] = set()
        self._busy = False
        self._clock = QTimer(self)
        self._clock.setInterval(LOOK_AGAIN_MS)
        self._clock.timeout.connect(self._go_on)

    def begin(self) -> None:
        """Reading begins; pages that nothing could read before are asked about again if something can by now."""
        workers.run(self._pool, self._desk.viewing.begin_reading, self._begun, self._refuse)

    def _begun(self, _none: None) -> None:
        self._clock.start()

    def end(self) -> None:
        """Nothing more is begun; the page in hand is given up, to be read another time."""
        self._clock.stop()
        self._desk.viewing.stop_reading()
        self._pool.waitForDone()

    def _go_on(self) -> None:
        if not self._busy:
            self._busy = True
            workers.run(self._pool, partial(read_one, self._desk, frozenset(self._given_up)), self._take, self._refuse)

    def _take(self, read: tuple[Page, bool] | None) -> None:
        self._busy = False
        if read is not None:
            page, done = read
            if done:
                self.read.emit(page[0])
            self._go_on()

    def _refuse(self, fault: Exception) -> None:
        self._busy = False
        if isinstance(fault, LantaiError):
            waiting = self._desk.viewing.unread(len(self._given_up) + 1)
            self._given_up.update([page for page in waiting if page not in self._given_up][:1])
        else:
            self._clock.stop()
            self.broke.emit(fault)
