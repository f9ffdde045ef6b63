"""Reading pages behind the scenes (后台识别): one file after another, while the clerk does something else."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QThreadPool, QTimer, Signal

from desktop.ui import workers
from sync.contract.errors import LantaiError

if TYPE_CHECKING:
    from desktop.services.desk import Desk

LOOK_AGAIN_MS = 1500


def read_one(desk: Desk, given_up: frozenset[str]) -> str:
    """Read the oldest file whose pages have no text yet; its hash comes back, or nothing when all are read."""
    for sha256 in desk.viewing.unread():
        if sha256 not in given_up:
            desk.viewing.read_text(sha256)
            return sha256
    return ""


class Recognition(QObject):
    """Reads in a pool of its own, one file at a time; a file that cannot be read is given up and never stops the others."""

    read = Signal(str)
    broke = Signal(object)

    def __init__(self, desk: Desk, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._given_up: set[str] = set()
        self._busy = False
        self._clock = QTimer(self)
        self._clock.setInterval(LOOK_AGAIN_MS)
        self._clock.timeout.connect(self._go_on)

    def begin(self) -> None:
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

    def _take(self, sha256: str) -> None:
        self._busy = False
        if sha256:
            # without a recogniser the file stays unread: it is asked about once, not for ever
            self._given_up.add(sha256)
            self.read.emit(sha256)
            self._go_on()

    def _refuse(self, fault: Exception) -> None:
        self._busy = False
        if isinstance(fault, LantaiError):
            unread = [one for one in self._desk.viewing.unread() if one not in self._given_up]
            self._given_up.update(unread[:1])
        else:
            self._clock.stop()
            self.broke.emit(fault)
