"""How much one caller may ask in a while."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from sync.contract.errors import CountyBusy

MOST_CALLERS = 10_000


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at_s: float


class Limit:
    """A bucket of calls for each caller, refilled steadily.

    Args:
        per_second: how fast it refills.
        burst: how many calls it holds.
        monotonic: seconds that only go forward.
    """

    def __init__(self, per_second: float, burst: int, monotonic: Callable[[], float]) -> None:
        self._per_second, self._burst, self._monotonic = per_second, burst, monotonic
        self._buckets: dict[str, _Bucket] = {}
        self._lock = Lock()

    def take(self, caller: str) -> None:
        """One call is taken from the caller's bucket.

        Raises:
            CountyBusy: it is empty.
        """
        now_s = self._monotonic()
        with self._lock:
            if len(self._buckets) > MOST_CALLERS:
                self._buckets.clear()
            bucket = self._buckets.setdefault(caller, _Bucket(self._burst, now_s))
            bucket.tokens = min(self._burst, bucket.tokens + (now_s - bucket.filled_at_s) * self._per_second)
            bucket.filled_at_s = now_s
            if bucket.tokens < 1:
                raise CountyBusy("too many calls")
            bucket.tokens -= 1
