"""The stick on the line's page (优盘递送): U writes what waits, I reads what came back; each fault has its own sentence."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, QThreadPool, Signal

from desktop.ui import workers
from desktop.ui.keeping import carried_roots
from desktop.ui.widgets.stick_form import StickForm
from desktop.ui.words import Words

if TYPE_CHECKING:
    from desktop.services.desk import Desk
    from desktop.services.sticks import StickProgress, StickRead, Taken, Written

Tell = Callable[..., None]


class StickWork(QObject):
    """Writes and reads one stick at a time, off the screen's thread."""

    ended = Signal()
    failed = Signal(object)

    def __init__(self, words: Words, desk: Desk, form: StickForm, tell: Tell) -> None:
        super().__init__(form)
        self._words, self._desk, self._form, self._tell = words, desk, form, tell
        self._task: workers.Task | None = None
        form.given.connect(self.begin)

    def at_work(self) -> bool:
        return self._task is not None

    def ask(self, act: str) -> bool:
        """Go on at once if one carried disk is in; else the form asks which, and True is returned."""
        found = carried_roots()
        self._form.ask(act, str(found[0]) if found else "")
        if len(found) == 1:
            self._form.submit()
        return len(found) != 1

    def begin(self, act: str, place: str) -> None:
        """The stick is being written or read."""
        service, stick = self._desk.sticks, Path(place)
        self._form.say(self._words(f"stick.{act}_going"))
        pool = QThreadPool.globalInstance()
        if act == "write":
            self._task = workers.run_long(
                pool, partial(service.write, stick), self._written, self._stopped, self._progressed
            )
        else:
            self._task = workers.run_long(
                pool, partial(service.read, stick), self._read, self._stopped, self._progressed
            )

    def stop(self) -> bool:
        """Ask it to stop where it is safe; False if nothing is under way."""
        if self._task is None:
            return False
        self._task.cancel()
        self._form.say(self._words("stick.stopping"), "warn")
        return True

    def _progressed(self, report: object) -> None:
        progress = cast("StickProgress", report)
        self._form.say(
            self._words("stick.progress", pages=progress.pages, size=f"{progress.size_bytes / 1024 / 1024:,.1f}")
        )

    def _written(self, written: Written) -> None:
        self._settle()
        if not written.packets:
            self._tell("stick.stopped", "warn")
        elif written.pages_left:
            self._tell(
                "stick.written_in_part", "warn", count=written.revisions, pages=written.pages, left=written.pages_left
            )
        else:
            self._tell("stick.written", count=written.revisions, pages=written.pages)
        self.ended.emit()

    def _read(self, read: StickRead) -> None:
        self._settle()
        key, tone = said_of(read.taken)
        taken = read.taken
        self._tell(
            key, tone, events=taken.events, batches=taken.batches, pages=taken.pages, broken=taken.broken,
            foreign=taken.foreign,
        )  # fmt: skip
        self.ended.emit()

    def _stopped(self, fault: Exception) -> None:
        self._settle()
        self.failed.emit(fault)

    def _settle(self) -> None:
        self._task = None
        self._form.rest()


def said_of(taken: Taken) -> tuple[str, str]:
    """Return the sentence for what a stick brought, the gravest first, and its tone."""
    said = (
        (taken.broken > 0, "stick.broken", "danger"),
        (taken.digest_equal is False, "stick.disagreed", "danger"),
        (taken.new_epoch, "stick.new_epoch", "warn"),
        (taken.late > 0, "stick.late", "warn"),
        (taken.packets > 0, "stick.read_done", "ok"),
        (taken.stale > 0, "stick.stale", "warn"),
        (taken.foreign > 0, "stick.foreign", "warn"),
    )
    return next(((key, tone) for holds, key, tone in said if holds), ("stick.nothing", "warn"))
