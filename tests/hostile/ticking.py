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
        own_ms = wall_ms - 1000 * (waited - self._waited)
        self.ticks += 1
        self.longest_wall_ms = max(self.longest_wall_ms, wall_ms)
        self.longest_ms = max(self.longest_ms, own_ms)
        if own_ms > STALL_MS:
            self.stalls.append((own_ms, self.doing))
        self._before, self._waited = time.monotonic(), waited


def _waited_s() -> float:
    """How long any thread of this process was ready and had no processor; 0 where the system does not tell.

    All threads, because the window's may wait for a lock whose holder waits for a processor.
    """
    total = 0
    for thread in threading.enumerate():
        try:
            total += int(Path(f"/proc/self/task/{thread.native_id}/schedstat").read_text(encoding="ascii").split()[1])
        except (OSError, IndexError):
            continue  # the thread has ended, or this is no Linux
    return total / 1e9
