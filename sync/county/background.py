"""What a county does beside its answers (后台): small steps on a thread of its own, with a breath between them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from sqlalchemy.exc import DBAPIError

from sync.contract.errors import LantaiError

PAUSE_S: Final = 2.0
BREATH_S: Final = 0.02
ASIDE_S: Final = 1.0
"""Between two steps while somebody hands over, and for so long after: those who wait come first, but nothing waits for ever."""
_log = logging.getLogger(__name__)


class HandingOver:
    """Whether somebody hands records or pages over just now."""

    def __init__(self) -> None:
        self._until = 0.0

    def note(self) -> None:
        """Somebody does."""
        self._until = time.monotonic() + ASIDE_S

    def breath_s(self) -> float:
        """Return how long to leave the county to others before the next little."""
        return ASIDE_S if time.monotonic() < self._until else BREATH_S


class Background:
    """Work that is done step by step while the county serves; it stands aside for whoever hands over.

    Args:
        name: of the thread, and in the county's own log.
        step: does the next little; returns how much that was, 0 when nothing is left for now.
    """

    def __init__(self, name: str, step: Callable[[], int], handing_over: HandingOver) -> None:
        self._name, self._step, self._handing_over = name, step, handing_over
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """From now on steps are taken as there is something to do, until `end`."""
        self._ending.clear()
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """No step is taken any more; what was under way is finished."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                while self._step() and not self._ending.wait(self._handing_over.breath_s()):
                    continue
            except LantaiError as error:  # a busy book or a full disk: nothing is lost, it is tried again
                _log.warning("%s put off: %s", self._name, error.code)
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                _log.warning("%s put off: the database went away", self._name)
            self._ending.wait(PAUSE_S)
