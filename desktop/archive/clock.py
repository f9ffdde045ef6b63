"""The desk's clock: handed in, so that no act reads the time behind anybody's back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the present moment, aware, in UTC. Times are claims that are shown; none takes part in a decision."""


def system_clock() -> datetime:
    """Return the computer's own time; on old office computers it may be wrong by years."""
    return datetime.now(UTC)
