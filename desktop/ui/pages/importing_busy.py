"""导入, what is under way: how far it is, and Esc to stop it where that is safe."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QThreadPool, Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout

from desktop.services.changed import Progress
from desktop.ui import workers
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, row
from desktop.ui.widgets.keys import Button
from desktop.ui.widgets.measure import Measure
from desktop.ui.widgets.text import Text
from desktop.ui.words import Words


class BusyBar(QFrame):
    """One long piece of work at a time; the bar is there while it runs."""

    failed = Signal(object)

    def __init__(self, look: Look, words: Words) -> None:
        super().__init__()
        self.words = words
        self._task: workers.Task | None = None
        self._done: Callable[..., None] = lambda _answer: None
        self._measure = Measure(look, words("import.progress"), height_px=6)
        self._state = Text(look, "", "label", "accent")
        self.cancel_button = Button(look, words("import.cancel"), "Esc", "danger")
        line = row((self._measure, 1), self._state, self.cancel_button, gap=12, margins=(16, 8, 12, 8), height=48)
        lay = QVBoxLayout(self)
        lay.setContentsMargins(0, 0, 0, 0)
        lay.addWidget(card(line))
        self.cancel_button.clicked.connect(self.stop)
        self.hide()

    @property
    def running(self) -> bool:
        """Whether something is under way."""
        return self._task is not None

    def begin(self, words: str, work: Callable[..., object], done: Callable[..., None]) -> None:
        """The work is under way; `done` is told its answer once the bar is gone again."""
        self._state.say(self.words(words), "accent")
        self._measure.show_shares([])
        self.show()
        self._done = done
        self._task = workers.run_long(QThreadPool.globalInstance(), work, self._end, self._fail, self._progressed)

    def stop(self) -> bool:
        """What is under way is asked to stop; True if there was something."""
        if self._task is None:
            return False
        self._task.cancel()
        self._state.say(self.words("import.stopping"), "warn")
        return True

    def _progressed(self, report: object) -> None:
        if isinstance(report, Progress) and self._task is not None:
            self._measure.show_shares([(min(1.0, report.done / max(1, report.whole)), "accent")])

    def _end(self, answer: object) -> None:
        self._task = None
        self.hide()
        self._done(answer)

    def _fail(self, fault: Exception) -> None:
        self._task = None
        self.hide()
        self.failed.emit(fault)
