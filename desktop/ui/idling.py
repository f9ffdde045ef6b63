"""Nobody at the desk (自动锁屏): after so long without a key it locks, drops the key and closes the archive."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication

LOOK_AGAIN_MS = 1000
INPUT = frozenset({QEvent.Type.KeyPress, QEvent.Type.MouseButtonPress, QEvent.Type.Wheel})
Seconds = Callable[[], float]


class IdleWatch(QObject):
    """Tells that nobody has pressed anything for so long; a computer that slept counts as idle all the while.

    Args:
        clocks: two clocks; the one that stands while the computer sleeps, and the one that goes on. What either says counts.
    """

    idled = Signal()

    def __init__(self, seconds: float, clocks: tuple[Seconds, Seconds] = (time.monotonic, time.time)) -> None:
        super().__init__()
        self.seconds, self._clocks = seconds, clocks
        self._input_at = [clock() for clock in clocks]
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_AGAIN_MS)
        self._timer.timeout.connect(self.look)

    def begin(self) -> None:
        """The watch goes from now on."""
        self._touch()
        app = QApplication.instance()
        assert app is not None
        app.installEventFilter(self)
        self._timer.start()

    def end(self) -> None:
        """The watch stands."""
        self._timer.stop()
        app = QApplication.instance()
        if app is not None:
            app.removeEventFilter(self)

    def idle_seconds(self) -> float:
        """How long nobody has pressed anything."""
        return max(clock() - at for clock, at in zip(self._clocks, self._input_at, strict=True))

    def look(self) -> None:
        """Tell if it has been long enough."""
        if self.idle_seconds() >= self.seconds:
            self.idled.emit()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        # whoever comes back to a computer that slept finds it locked: the first key does not undo the time before it
        if event.type() in INPUT and self.idle_seconds() < self.seconds:
            self._touch()
        return False

    def _touch(self) -> None:
        self._input_at = [clock() for clock in self._clocks]
