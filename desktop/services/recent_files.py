"""Recent files (近用文件): the last few, whole in memory, for whoever turns their pages, from whatever thread."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

KEPT_FILES = 4


class RecentFiles:
    """Files by their SHA-256, fetched where they are not at hand; the one used longest ago goes first."""

    def __init__(self, fetch: Callable[[str], bytes]) -> None:
        self._fetch = fetch
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._keeping = threading.Lock()  # pages are drawn for the screen while others are read behind it

    def content(self, sha256: str) -> bytes:
        """Return the whole file; two threads that ask for it at once may both fetch it."""
        with self._keeping:
            if (known := self._kept.get(sha256)) is not None:
                self._kept.move_to_end(sha256)
                return known
        fetched = self._fetch(sha256)
        with self._keeping:
            self._kept[sha256] = fetched
            self._kept.move_to_end(sha256)
            while len(self._kept) > KEPT_FILES:
                self._kept.popitem(last=False)
        return fetched
