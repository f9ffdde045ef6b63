"""Whether the window's thread stood still (窗口停顿): a timer on it ticks, and the time between two ticks is told apart.

What it waited for a processor that others had is not its fault; what it computed, and what it waited for a lock of ours, is.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer

TICK_MS: Final = 5
STALL_MS: Final = 100.0


class Ticker(QObject):
    """Ticks on the thread it was made on; `stalls` are (milliseconds, what was under way)."""

    def __init__(self) -> None:
        super().__init__()
        self.stalls: list[tuple[float, str]] = []
        self.longest_ms = self.longest_wall_ms = 0.0
        self.ticks = 0
        self.doing = ""
        self._before, self._waited = time.monotonic(), _waited_s()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def _tick(self) -> None:
        now, waited = time.monotonic(), _waited_s()
        wall_ms = 1000 * (now - self._before) - TICK_MS
        # of every thread, because the window's may wait for a lock whose holder waits for a processor
        gone_s = sum(max(0.0, waited_s - self._waited[one]) for one, waited_s in waited.items() if one in self._waited)
        own_ms = max(0.0, wall_ms - 1000 * gone_s)
        self.ticks += 1
        self.longest_wall_ms = max(self.longest_wall_ms, wall_ms)
        self.longest_ms = max(self.longest_ms, own_ms)
        if own_ms > STALL_MS:
            self.stalls.append((own_ms, self.doing))
        self._before, self._waited = time.monotonic(), waited


def _waited_s() -> dict[int, float]:
    """How long each thread of this process has been ready without a processor, by its id; none where the system does not tell."""
    found: dict[int, float] = {}
    for thread in threading.enumerate():
        try:
            told = Path(f"/proc/self/task/{thread.native_id}/schedstat").read_text(encoding="ascii")
            found[thread.native_id or 0] = int(told.split()[1]) / 1e9
        except (OSError, IndexError):
            continue  # the thread has ended, or this is no Linux
    return found
