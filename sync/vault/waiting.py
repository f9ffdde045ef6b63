"""Waiting after wrong passwords (错后等候): three are free, then each waits twice as long, at most a quarter of an hour.

Counted by the machine's seconds since it was switched on, which nobody can set: a clock put forward opens nothing early, a clock
put back keeps nothing shut. After a restart of the machine the wait is counted from the restart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

FREE_TRIES: Final = 3
WAIT_SECONDS_MAX: Final = 15 * 60


@dataclass(frozen=True, slots=True)
class Failures:
    """Wrong passwords since the last right one. `ticks` decides; `last_at` is a claim, for people to read."""

    count: int
    last_at: datetime
    ticks: float

    def wait_seconds(self, ticks: float) -> int:
        """Return how long the next try has to wait; 0 when it may be made.

        Args:
            ticks: seconds since the machine was switched on, now.
        """
        if self.count < FREE_TRIES:
            return 0
        wait = min(WAIT_SECONDS_MAX, 2.0 ** min(self.count - FREE_TRIES + 1, 30))
        # Less than before: the machine was switched off between; what has passed since is at least what it has run.
        passed = ticks - self.ticks if ticks >= self.ticks else ticks
        return max(0, math.ceil(wait - passed))

    def tries_left(self) -> int:
        return max(0, FREE_TRIES - self.count)

    def as_json(self) -> dict[str, object]:
        return {"count": self.count, "last_at": self.last_at.isoformat(), "ticks": self.ticks}

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Failures:
        ticks = float(found.get("ticks", 0.0))  # version 1 had none: the wait is counted from the machine's start
        if not math.isfinite(ticks) or ticks < 0:
            ticks = 0.0
        return cls(max(0, int(found["count"])), datetime.fromisoformat(found["last_at"]), ticks)
