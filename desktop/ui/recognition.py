"""Reading pages behind the scenes (后台识别): one page after another, while the clerk does something else."""

from __future__ import annotations

import atexit
from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, QThreadPool, QTimer, Signal

from desktop.ui import workers
from sync.contract.errors import LantaiError

if TYPE_CHECKING:
    from desktop.services.desk import Desk

LOOK_AGAIN_MS = 1500
T = TypeVar("T")
Page = tuple[str, int]  # a file by its hash, and a page of it


def read_one(desk: Desk, given_up: frozenset[Page]) -> tuple[Page, bool] | None:
    """Read the next page that has no text yet; which one and whether it has its text now, None when all are read.

    A page that cannot be read keeps its place among the unread: it is asked for again when the desk is opened next.
    """
    for page in desk.viewing.unread(len(given_up) + 1):
        if page not in given_up:
            try:
                return page, desk.viewing.read_text(*page)
            except LantaiError:
                return page, False
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
        self._clock.start()
        self._do(self._desk.viewing.begin_reading, self._begun)

    def end(self) -> None:
        """Nothing more is begun; the page in hand is given up, to be read another time."""
        self._clock.stop()
        self._desk.viewing.stop_reading()
        self._pool.waitForDone()

    def under_way(self) -> bool:
        """Whether pages are read or looked for."""
        return self._clock.isActive()

    def _do(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        self._busy = True
        workers.run(self._pool, work, done, self._refuse)

    def _begun(self, _none: None) -> None:
        self._busy = False

    def _go_on(self) -> None:
        # an answer may be heard after the end, when the archive is closed
        if not self._busy and self.under_way():
            self._do(partial(read_one, self._desk, frozenset(self._given_up)), self._take)

    def _take(self, read: tuple[Page, bool] | None) -> None:
        self._busy = False
        if read is not None:
            page, done = read
            if done:
                self.read.emit(page[0])
            else:
                self._given_up.add(page)
            self._go_on()

    def _refuse(self, fault: Exception) -> None:
        """What time can mend is tried again at the next look; a bug ends the reading."""
        self._busy = False
        if not isinstance(fault, LantaiError) and self.under_way():
            self._clock.stop()
            self.broke.emit(fault)
