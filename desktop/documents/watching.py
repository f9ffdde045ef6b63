"""Events of the scanner's folder: they say that it is time for a sweep, and nothing more.

Apart from `scanner`, so that the desk's first window does not wait for watchdog (0.08 CPU-s to import).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.polling import PollingObserver


class FolderWatch:
    """Calls `changed` from a thread of its own whenever something in the folder was written, moved or made."""

    def __init__(self, folder: Path, changed: Callable[[], None], *, polling: bool = False) -> None:
        """Watching starts.

        Args:
            polling: look every second instead of asking the system; network shares send no events.
        """
        self._observer = PollingObserver() if polling else Observer()
        self._observer.schedule(_Bell(changed), str(folder), recursive=False)
        self._observer.start()

    def close(self) -> None:
        """`changed` is not called any more."""
        self._observer.stop()
        self._observer.join()


class _Bell(FileSystemEventHandler):
    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type in ("created", "modified", "moved", "closed"):
            self._changed()
