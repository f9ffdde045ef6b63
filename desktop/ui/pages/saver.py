"""Keeps what is typed in the order it was typed: one act at a time, and of several waiting for one field only the last."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject, QThreadPool, Signal

from desktop.ui import workers

T = TypeVar("T")


class Saver(QObject):
    """Acts on one draft. `saved` carries what the service answered; `settled` tells that nothing waits any more."""

    saved = Signal(object)
    settled = Signal()
    failed = Signal(object, str)  # the fault, and the key it happened at

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: OrderedDict[str, Callable[[], object]] = OrderedDict()
        self._under_way = ""
        self._busy = False

    def put(self, key: str, act: Callable[[], object]) -> None:
        """The act will be done; one that waits under the same key is overtaken by it."""
        self._waiting.pop(key, None)
        self._waiting[key] = act
        self._go_on()

    def busy(self) -> bool:
        return self._busy or bool(self._waiting)

    def waits(self, key: str) -> bool:
        """Whether something typed at that key is not on the disk yet."""
        return key in self._waiting or (self._busy and self._under_way == key)

    def _go_on(self) -> None:
        if self._busy or not self._waiting:
            return
        self._busy = True
        self._under_way, act = self._waiting.popitem(last=False)
        workers.run(QThreadPool.globalInstance(), act, self._take, self._refuse)

    def _take(self, answer: object) -> None:
        self._busy = False
        self.saved.emit(answer)
        self._next()

    def _refuse(self, fault: Exception) -> None:
        self._busy = False
        self.failed.emit(fault, self._under_way)
        self._next()

    def _next(self) -> None:
        self._go_on()
        if not self.busy():
            self.settled.emit()
