"""Keeps what is typed in the order it was typed: one act at a time, and of several waiting for one field only the last."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from PySide6.QtCore import QObject, QThreadPool, Signal

from desktop.ui import workers
from sync.contract.errors import LantaiError, Unavailable

Act = Callable[[], object]
FLUSH_SECONDS = 10.0


class Saver(QObject):
    """Acts on one draft. `saved` carries what the service answered; `settled` tells that nothing waits any more.

    What time can mend (a full disk, a busy archive) is not forgotten: it is tried again with the next act, and before filing.
    """

    saved = Signal(object)
    settled = Signal()
    failed = Signal(object, str)  # the fault, and the key it happened at

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: OrderedDict[str, Act] = OrderedDict()
        self._unsaved: OrderedDict[str, Act] = OrderedDict()
        self._under_way: tuple[str, Act] | None = None
        self._done = threading.Event()
        self._done.set()
        self._fault: Exception | None = None

    def put(self, key: str, act: Act) -> None:
        """The act will be done; one that waits under the same key is overtaken by it."""
        self.retry()
        self._waiting.pop(key, None)
        self._waiting[key] = act
        self._go_on()

    def retry(self) -> None:
        """What could not be saved before is tried again, before anything newer."""
        for key, act in reversed(self._unsaved.items()):
            if key not in self._waiting:
                self._waiting[key] = act
                self._waiting.move_to_end(key, last=False)
        self._unsaved.clear()
        self._go_on()

    def busy(self) -> bool:
        return self._under_way is not None or bool(self._waiting)

    def all_saved(self) -> bool:
        """Whether everything typed is on the disk."""
        return not self.busy() and not self._unsaved

    def waits(self, key: str) -> bool:
        """Whether something typed at that key is not on the disk yet."""
        here = self._under_way is not None and self._under_way[0] == key
        return here or key in self._waiting or key in self._unsaved

    def flush(self) -> None:
        """Everything typed is on the disk, or waits among what could not be saved: the desk is about to be closed."""
        self._done.wait(FLUSH_SECONDS)
        if self._under_way is not None and isinstance(self._fault, Unavailable):
            self._unsaved.setdefault(*self._under_way)
        self._under_way = None
        self._waiting = OrderedDict([*self._unsaved.items(), *self._waiting.items()])
        self._unsaved.clear()
        while self._waiting:
            key, act = self._waiting.popitem(last=False)
            try:
                act()
            except LantaiError as fault:
                if isinstance(fault, Unavailable):
                    self._unsaved[key] = act
                self.failed.emit(fault, key)

    def forget(self) -> None:
        """Another draft comes: what was not saved of this one is of no use there."""
        self._waiting.clear()
        self._unsaved.clear()

    def _go_on(self) -> None:
        if self._under_way is None and self._waiting:
            self._under_way = self._waiting.popitem(last=False)
            self._done.clear()
            workers.run(QThreadPool.globalInstance(), self._doing(self._under_way[1]), self._take, self._refuse)

    def _doing(self, act: Act) -> Act:
        def doing() -> object:
            self._fault = None
            try:
                return act()
            except Exception as fault:
                self._fault = fault
                raise
            finally:
                self._done.set()

        return doing

    def _take(self, answer: object) -> None:
        self._under_way = None
        self.saved.emit(answer)
        self._next()

    def _refuse(self, fault: Exception) -> None:
        if self._under_way is None:  # everything was flushed meanwhile
            return
        key, act = self._under_way
        self._under_way = None
        if isinstance(fault, Unavailable) and key not in self._waiting:
            self._unsaved[key] = act
        self.failed.emit(fault, key)
        self._next()

    def _next(self) -> None:
        self._go_on()
        if not self.busy():
            self.settled.emit()
