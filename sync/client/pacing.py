"""How much to send at once, and how long to wait before trying again; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

SMALLEST_BYTES = 16 * 1024
LARGEST_BYTES = 512 * 1024
AIM_S = 3.0
FIRST_WAIT_S = 2.0
LONGEST_WAIT_S = 600.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How many bytes go into the next request, so that one takes about three seconds on this line."""

    size_bytes: int = 64 * 1024
    smallest_bytes: int = SMALLEST_BYTES
    largest_bytes: int = LARGEST_BYTES

    def after(self, took_s: float) -> Pace:
        """Return the pace after a request of this size took so long; it at most doubles or halves."""
        factor = min(2.0, max(0.5, AIM_S / max(took_s, 0.001)))
        size_bytes = min(self.largest_bytes, max(self.smallest_bytes, int(self.size_bytes * factor)))
        return Pace(size_bytes, self.smallest_bytes, self.largest_bytes)

    def after_a_cut(self) -> Pace:
        """Return the pace after the line was cut."""
        return Pace(max(self.smallest_bytes, self.size_bytes // 2), self.smallest_bytes, self.largest_bytes)


def waits_s(draw: Callable[[], float]) -> Iterator[float]:
    """Yield how long to wait before each further try: twice as long each time, up to ten minutes, spread by chance.

    Args:
        draw: gives a number from 0 to 1.
    """
    wait_s = FIRST_WAIT_S
    while True:
        yield wait_s * (0.5 + draw() / 2)
        wait_s = min(LONGEST_WAIT_S, wait_s * 2)
