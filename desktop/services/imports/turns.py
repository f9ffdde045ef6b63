"""One long act at a time (一次一件), which ends at its next block when its desk is closed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from sync.contract.errors import Refused

END_SECONDS: Final = 30.0  # far longer than a block takes on a slow disk


class Turn:
    """Whoever has the turn may write in blocks; nobody else has it meanwhile."""

    def __init__(self) -> None:
        self._held = threading.Lock()
        self._ending = threading.Event()

    @contextmanager
    def taken(self, cancelled: Callable[[], bool]) -> Iterator[Callable[[], bool]]:
        """Within the block the turn is ours; what it yields tells, between blocks of work, whether to stop.

        Raises:
            Refused: somebody else has the turn.
        """
        if not self._held.acquire(blocking=False):
            raise Refused("another import is under way")
        try:
            yield lambda: cancelled() or self._ending.is_set()
        finally:
            self._held.release()

    def end(self) -> None:
        """What was under way has stopped at its next block; a later act may begin."""
        self._ending.set()
        if self._held.acquire(timeout=END_SECONDS):
            self._held.release()
        self._ending.clear()
