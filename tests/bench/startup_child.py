"""What tests.bench.startup measures, each in a process of its own: prints the CPU seconds (user and system) it took.

python -m tests.bench.startup_child bare | window FOLDER | usable FOLDER | stretch
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

PERSON, PASSWORD = "陈晓兰", "measured-at-the-door"
GIVE_UP_S = 120


def until(seen: Callable[[], object]) -> None:
    """The event loop has run until something is seen; it sleeps between events, so that waiting costs no CPU."""
    from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop

    ends = time.monotonic() + GIVE_UP_S
    while not seen():
        if time.monotonic() > ends:
            raise TimeoutError("what was waited for did not come")
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents)
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        time.sleep(0.002)


def first_paint(widget: object, show: Callable[[], object]) -> float:
    """Return this process's CPU seconds when the window has been painted for the first time, whole.

    The mark is taken by an event that is posted from within the paint and overtakes whatever waits behind it.
    """
    from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt
    from PySide6.QtWidgets import QApplication, QWidget

    assert isinstance(widget, QWidget)
    marks: list[float] = []
    begun: list[bool] = []

    class Mark(QObject):
        def event(self, event: QEvent) -> bool:
            if event.type() == QEvent.Type.User:
                marks.append(time.process_time())
                QApplication.quit()
                return True
            return super().event(event)

        def eventFilter(self, seen: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint and not begun:
                begun.append(True)
                QCoreApplication.postEvent(self, QEvent(QEvent.Type.User), Qt.EventPriority.HighEventPriority.value)
            return False

    mark = Mark()
    widget.installEventFilter(mark)
    show()
    QApplication.exec()
    return marks[0]


def bare() -> float:
    """Return what an empty QMainWindow costs."""
    from PySide6.QtWidgets import QApplication, QMainWindow

    app = QApplication([])
    window = QMainWindow()
    window.resize(1366, 768)
    spent = first_paint(window, window.show)
    del app
    return spent


def window(folder: Path) -> float:
    """Return what our first page costs, with everything imported until then."""
    # Imported here: the import is what is measured.
    from PySide6.QtWidgets import QApplication

    from desktop.app import make_window

    app = QApplication([])
    ours = make_window(app, folder, "light")
    return first_paint(ours, ours.start)


def usable(folder: Path) -> float:
    """Return the cost from Enter after the password to a desk whose first page is painted and whose counts are shown."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from desktop.app import make_window

    app = QApplication([])
    ours = make_window(app, folder, "light")
    ours.start()
    until(lambda: ours._prepared and ours.unlock_page.people)
    QTest.keyClicks(ours.unlock_page.password, PASSWORD)
    until(lambda: True)
    before = time.process_time()
    QTest.keyClick(ours.unlock_page.password, Qt.Key.Key_Return)
    until(
        lambda: (
            ours.desk is not None and ours._frame.top.line_words() and ours._frame.pages[ours._frame.here].isVisible()
        )
    )
    spent = time.process_time() - before
    assert ours.desk.counts().records, "the office measured is empty"
    ours.close()
    return spent


def stretch() -> float:
    """Return what Argon2id alone costs at the cost an office begins with."""
    from sync.vault.stretching import FLOOR
    from sync.vault.stretching import stretch as stretched

    before = time.process_time()
    stretched(PASSWORD, bytes(16), FLOOR)
    return time.process_time() - before


def main(arguments: list[str]) -> int:
    what = arguments[0]
    if what in ("window", "usable"):
        spent = {"window": window, "usable": usable}[what](Path(arguments[1]))
    else:
        spent = {"bare": bare, "stretch": stretch}[what]()
    print(spent, flush=True)
    os._exit(0)  # nothing after the mark is measured, and nothing under way is waited for


if __name__ == "__main__":
    main(sys.argv[1:])
