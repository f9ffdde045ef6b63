"""Keeping the archive behind the scenes (自动备份与复查): sticks are noticed, backups made when due, bytes read again when idle."""

from __future__ import annotations

import atexit
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, QStorageInfo, QThreadPool, QTimer, Signal
from PySide6.QtWidgets import QApplication

from desktop.ui import workers
from sync.contract.errors import LantaiError, Refused

if TYPE_CHECKING:
    from desktop.services.backing_up import BackedUp, BackupStatus
    from desktop.services.desk import Desk

LOOK_AGAIN_MS = 5000
IDLE_SECONDS = 120.0
TEND_AFTER_SECONDS = 30.0
OVERDUE = timedelta(hours=2)
AT_CLOSING = timedelta(minutes=5)
AFTER_A_FAILURE_SECONDS = 600.0
END_WAIT_MS = 3000
OVER_THE_NET = ("nfs", "cifs", "smb", "fuse.sshfs", "9p")  # asking one may take for ever
INPUT = frozenset({QEvent.Type.KeyPress, QEvent.Type.MouseButtonPress, QEvent.Type.Wheel})

Report = Callable[[object], None]
Asked = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found when somebody looked: which places lack something, by how long."""

    new_stick: bool
    due: tuple[str, ...]
    overdue: tuple[str, ...]
    at_closing: tuple[str, ...]
    status: BackupStatus


def mounted_roots() -> list[Path]:
    """Return where disks are mounted, the system's own left out."""
    volumes = (one for one in QStorageInfo.mountedVolumes() if one.isValid() and one.isReady() and not one.isRoot())
    near = (one for one in volumes if not bytes(one.fileSystemType().data()).decode().startswith(OVER_THE_NET))
    return [Path(one.rootPath()) for one in near]


def carried_roots() -> list[Path]:
    """Return mounted disks that look like ones that are carried: under the usual places, or a drive letter other than C."""
    return [root for root in mounted_roots() if is_carried(root)]


def is_carried(root: Path) -> bool:
    """Whether a mounted disk looks like one that is carried."""
    return str(root).startswith(("/media/", "/run/media/", "/Volumes/")) or (
        len(root.drive) == 2 and root.drive.upper() > "C:"
    )


def survey(desk: Desk) -> Survey:
    """Look which sticks are there and what is due."""
    backing = desk.backing_up
    new = backing.where.look_at(mounted_roots())
    due = tuple(backing.due())
    return Survey(new, due, tuple(backing.due(OVERDUE)), tuple(backing.due(AT_CLOSING)), backing.status())


def back_up_all(desk: Desk, places: Sequence[str], report: Report, asked: Asked) -> list[BackedUp]:
    """Each of these places has a new generation."""
    return [desk.backing_up.back_up(place, report, asked) for place in places]


def tend(desk: Desk, _report: Report, asked: Asked) -> object:
    """A portion of what is to be read again today was read, and when all was, a block was checked; None when nothing is left."""
    return desk.tending.step(asked) or desk.examining.step(asked)


@cache
def keeping_pool() -> QThreadPool:
    """Return the one thread that keeps, as long-lived as the program: what is read to its end outlives its desk's window."""
    pool = QThreadPool()
    pool.setMaxThreadCount(1)
    atexit.register(pool.waitForDone)
    return pool


@dataclass(frozen=True, slots=True)
class Turn:
    """How one piece of work ended."""

    number: int
    answer: Any
    fault: LantaiError | None


def in_turn(number: int, work: Callable[[Report, Asked], Any], report: Report, asked: Asked) -> Turn:
    """Return how the work ended; only a bug is raised."""
    try:
        return Turn(number, work(report, asked), None)
    except LantaiError as fault:
        return Turn(number, None, fault)


class Keeper(QObject):
    """Does one piece of keeping at a time; `began`, `ended` and `failed` carry which: backup, check, drill or tend."""

    began = Signal(str)
    progressed = Signal(object)
    ended = Signal(str, object)
    failed = Signal(str, object)
    surveyed = Signal(object)
    broke = Signal(object)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.doing = ""
        self._turn = 0
        self._task: workers.Task | None = None
        self._looking = False
        self._input_at = time.monotonic()
        self._not_before: dict[str, float] = {}
        self._clock = QTimer(self)
        self._clock.setInterval(LOOK_AGAIN_MS)
        self._clock.timeout.connect(self.look)
        self.last_survey: Survey | None = None

    def begin(self) -> None:
        """Keeping begins."""
        app = QApplication.instance()
        assert app is not None
        app.installEventFilter(self)
        self._clock.start()
        self.look()

    def end(self) -> None:
        """Nothing more is begun; what is under way is stopped and leaves nothing half."""
        self._clock.stop()
        app = QApplication.instance()
        if app is not None:
            app.removeEventFilter(self)
        self.stop()
        keeping_pool().waitForDone(END_WAIT_MS)

    def under_way(self) -> bool:
        return self._clock.isActive()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() in INPUT:
            self._input_at = time.monotonic()
        return False

    def idle_seconds(self) -> float:
        """How long nobody has pressed anything."""
        return time.monotonic() - self._input_at

    def stop(self) -> None:
        """What is under way is asked to stop."""
        if self._task is not None:
            self._task.cancel()

    # looking

    def look(self) -> None:
        """Look at the places, off the screen's thread; one look at a time."""
        if not self._looking and not self.doing:
            self._looking = True
            workers.run(keeping_pool(), partial(survey, self._desk), self._take_survey, self._fail_survey)

    def _take_survey(self, found: Survey) -> None:
        self._looking = False
        if not self.under_way():
            return
        self.last_survey = found
        self.surveyed.emit(found)
        now, idle = time.monotonic(), self.idle_seconds()
        wanted = found.due if idle >= IDLE_SECONDS or found.new_stick else found.overdue
        ready = [place for place in wanted if self._not_before.get(place, 0.0) <= now]
        if self.doing:
            return
        if ready:
            self.back_up(ready[:1])
        elif idle >= TEND_AFTER_SECONDS:
            self._start("tend", partial(tend, self._desk))

    def _fail_survey(self, fault: Exception) -> None:
        self._looking = False
        if not isinstance(fault, LantaiError) and self.under_way():
            self._clock.stop()
            self.broke.emit(fault)

    # doing

    def back_up(self, places: Sequence[str]) -> bool:
        """A backup to each of the places is being made; False when something else is under way."""
        for place in places:
            self._not_before[place] = time.monotonic() + AFTER_A_FAILURE_SECONDS
        return self._start("backup", partial(back_up_all, self._desk, tuple(places)))

    def check(self, place: str, name: str) -> bool:
        """The generation is being read again."""
        backing = self._desk.backing_up
        return self._start("check", lambda report, asked: backing.check(place, name, report, asked))

    def drill(self, place: str, name: str) -> bool:
        """The generation is being restored for trial."""
        backing = self._desk.backing_up
        return self._start("drill", lambda report, asked: backing.drill(place, name, report, asked))

    def _start(self, doing: str, work: Callable[[Report, Asked], Any]) -> bool:
        if self.doing and self.doing != "tend":
            return False
        self.stop()  # reading again when idle gives way; the one thread does one after the other
        self.doing, self._turn = doing, self._turn + 1
        turn = partial(in_turn, self._turn, work)
        self._task = workers.run_long(keeping_pool(), turn, self._settle, self._break, self._progress)
        self.began.emit(doing)
        return True

    def _progress(self, report: object) -> None:
        if self.doing != "tend":
            self.progressed.emit(report)

    def _settle(self, came: Turn) -> None:
        """The work has ended, one way or another; what came of one that had given way is of no interest."""
        if came.number != self._turn:
            return
        doing, self.doing, self._task = self.doing, "", None
        if came.fault is None:
            if doing == "backup":
                self._not_before.clear()
            self.ended.emit(doing, came.answer)
        elif not isinstance(came.fault, Refused) or doing != "tend":
            self.failed.emit(doing, came.fault)
        read_all = doing == "tend" and came.fault is None and came.answer is None
        if self.under_way() and not read_all:  # else an idle desk would ask itself without end; the clock looks again
            self.look()

    def _break(self, fault: Exception) -> None:
        self.doing, self._task = "", None
        if self.under_way():
            self._clock.stop()
            self.broke.emit(fault)
