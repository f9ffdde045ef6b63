"""The change of key as the users' page sees it: begun, stopped by Esc, ended one way or another."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QThreadPool, Signal

from desktop.services.changed import Progress
from desktop.ui import workers

if TYPE_CHECKING:
    from desktop.services.users import Users


def change_or_name(
    users: Users, without: str, report: Callable[[object], None], asked: Callable[[], bool]
) -> tuple[str, ...]:
    """The key is changed; or it is not, and those are returned who have to unlock once before."""
    blocked = users.cannot_be_handed(without)
    if not blocked:
        users.change_key(report, asked, without)
    return blocked


class KeyChange(QObject):
    """One change of key at a time, off the screen's thread."""

    shared = Signal(float)  # how much of it is done
    changed = Signal()
    blocked = Signal(tuple)  # the names of those whom no key can be handed to yet
    failed = Signal(object)

    def __init__(self, users: Users) -> None:
        super().__init__()
        self._users = users
        self._task: workers.Task | None = None

    @property
    def running(self) -> bool:
        """Whether it is under way."""
        return self._task is not None

    def begin(self, without: str) -> None:
        """The archive is being written anew under another key."""
        work = partial(change_or_name, self._users, without)
        self._task = workers.run_long(QThreadPool.globalInstance(), work, self._end, self._fail, self._progressed)

    def stop(self) -> bool:
        """What is under way is asked to stop; True if there was something."""
        if self._task is not None:
            self._task.cancel()
        return self.running

    def _progressed(self, report: object) -> None:
        if isinstance(report, Progress):
            self.shared.emit(report.done / max(1, report.whole))

    def _end(self, names: tuple[str, ...]) -> None:
        self._task = None
        if names:
            self.blocked.emit(names)
        else:
            self.changed.emit()

    def _fail(self, fault: Exception) -> None:
        self._task = None
        self.failed.emit(fault)
