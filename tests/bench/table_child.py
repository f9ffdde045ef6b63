"""What tests.bench.table measures, each in a process of its own: prints one JSON line.

python -m tests.bench.table_child bare | table FOLDER JUMPS
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from tests.bench.search_child import largest_mib
from tests.bench.startup_child import PASSWORD, until

QUESTIONS = ("王", "wang", "李国", "0017", "石桥村")


def bare() -> dict[str, Any]:
    """Return the resident memory of an empty QMainWindow that was painted."""
    from PySide6.QtWidgets import QApplication, QMainWindow

    app = QApplication([])
    window = QMainWindow()
    window.resize(1366, 768)
    window.show()
    until(window.isVisible)
    window.repaint()
    del app
    return {"rss_mib": largest_mib()}


class Clock:
    """What something took: wall and CPU milliseconds of this process, all its threads."""

    def __init__(self) -> None:
        self.wall: list[float] = []
        self.cpu: list[float] = []

    def take(self, work: Callable[[], None]) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        self.wall.append((time.perf_counter() - wall) * 1000)
        self.cpu.append((time.process_time() - cpu) * 1000)


def soon(seen: Callable[[], object]) -> None:
    """The event loop has run until something is seen; it asks without sleeping, since the wait is measured."""
    from PySide6.QtCore import QCoreApplication, QEventLoop

    ends = time.monotonic() + 120
    while not seen():
        if time.monotonic() > ends:
            raise TimeoutError("what was waited for did not come")
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 2)


def table(folder: Path, jumps: int) -> dict[str, Any]:
    """Return how long a jump with the record beside it, a key in the search box and a page beside take in the real window over this office."""
    from PySide6.QtCore import QEvent, QObject, Qt
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from desktop.app import make_window
    from tests.hostile.ticking import Ticker

    class Painted(QObject):
        """Counts the paintings of the table in which the chosen row is there."""

        count = 0

        def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint and page.model.row_at(max(0, page.table.line())) is not None:
                self.count += 1
            return False

    app = QApplication([])
    ours = make_window(app, folder, "light")
    ours.resize(1366, 768)
    ours.start()
    until(lambda: ours._prepared and ours.unlock_page.people)
    QTest.keyClicks(ours.unlock_page.password, PASSWORD)
    QTest.keyClick(ours.unlock_page.password, Qt.Key.Key_Return)
    until(lambda: ours.desk is not None and ours._frame.top.line_words())
    assert ours.desk is not None
    frame, records = ours._frame, ours.desk.counts().records
    frame.go("search")
    page = frame.pages["search"]
    until(lambda: page.model.rowCount() == records)
    until(lambda: page.model.row_at(0) is not None)
    painted = Painted(page)
    page.table.viewport().installEventFilter(painted)
    ticker, draw = Ticker(), random.Random(5)
    jump, key = Clock(), Clock()

    def beside(line: int) -> bool:
        row = page.model.row_at(line)
        return row is not None and page.panel.uid == row.record.uid

    for _ in range(jumps):
        line = (page.table.line() + draw.randrange(1, records)) % records  # another one than that it stands on

        def go(line: int = line) -> None:
            painted.count = 0
            page.table.choose(line)
            soon(lambda: beside(line) and painted.count)

        jump.take(go)

    def answered(question: str) -> bool:
        if page._hits is None or page._hits.question != question:
            return False
        return not page.model.rowCount() or page.model.row_at(0) is not None

    for question in QUESTIONS:
        frame.top.search.setText("")
        page._ask_for(type(page.asked)())
        until(lambda: page._hits is not None and page._hits.total == records)
        frame.top.search.setText(question)

        def typed(question: str = question) -> None:
            painted.count = 0
            frame.top.search.textEdited.emit(question)  # as the last key of it does
            soon(lambda: answered(question) and (painted.count or not page.model.rowCount()))

        key.take(typed)
        until(lambda: page._count.accessibleName())
    rss = largest_mib()
    ours.close()
    return {
        "records": records, "jump_wall": jump.wall, "jump_cpu": jump.cpu, "key_wall": key.wall, "key_cpu": key.cpu,
        "block_ms": ticker.longest_ms, "block_wall_ms": ticker.longest_wall_ms, "rss_mib": rss,
    }  # fmt: skip


def main(arguments: list[str]) -> int:
    made = bare() if arguments[0] == "bare" else table(Path(arguments[1]), int(arguments[2]))
    print(json.dumps(made), flush=True)
    os._exit(0)  # nothing under way is waited for


if __name__ == "__main__":
    main(sys.argv[1:])
