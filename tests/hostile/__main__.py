"""Hostile files through every importer while a window ticks: `python -m tests.hostile --files 1000 [--seed N] [--age FOLDER]`.

Wanted: no crash, no stall of the window's thread over 100 ms, no limit overrun, nothing written outside. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QThreadPool, QTimer
from PySide6.QtWidgets import QApplication, QLabel

from desktop.documents.limits import READER_BYTES
from desktop.ui import workers
from tests.hostile.corpus import SHARED, gathered
from tests.hostile.pipeline import Hostile, Importers, Told
from tests.hostile.ticking import Ticker

MEMORY_MIB: Final = READER_BYTES >> 20


class Run(QLabel):
    """A window on the screen; the files go in on a worker, as from any page."""

    def __init__(self, importers: Importers, several: list[Hostile]) -> None:
        super().__init__("兰台")
        self._importers, self._several = importers, several
        self.ticker = Ticker()
        self.fault: Exception | None = None

    def begin(self) -> None:
        workers.run(QThreadPool.globalInstance(), self._work, self._done, self._failed)

    def _work(self) -> None:
        for number, one in enumerate(self._several):
            self.ticker.doing = f"{one.way} {one.name}"
            came = self._importers.take(one)
            if came.startswith("crash"):
                sys.stdout.write(f"{one.way} {one.name}: {came}\n")
            elif number % 100 == 99:
                sys.stdout.write(f"{number + 1} of {len(self._several)}\n")
            sys.stdout.flush()

    def _done(self, _none: None) -> None:
        QApplication.quit()

    def _failed(self, fault: Exception) -> None:
        self.fault = fault
        QApplication.quit()


def play(folder: Path, several: list[Hostile]) -> tuple[Told, Ticker, list[str]]:
    """Return what became of the files, how the window ticked, and what was written outside the importers' own folder."""
    app = QApplication.instance() or QApplication([sys.argv[0]])
    inside = folder / "inside"
    inside.mkdir()
    before = {one.name for one in folder.iterdir()}
    importers = Importers(inside)
    window = Run(importers, several)
    window.show()
    QTimer.singleShot(0, window.begin)
    app.exec()
    importers.close()
    if window.fault is not None:
        raise window.fault
    return importers.told, window.ticker, sorted({one.name for one in folder.iterdir()} - before)


def children_mib() -> float:
    """Return how much memory the largest child that has ended took, in MiB; 0 where the system does not tell."""
    if sys.platform == "win32":
        return 0.0
    import resource

    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def main() -> int:
    """Return 0 when nothing crashed, stalled, overran or got out."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile")
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--age", type=Path, default=None, help="the folder age/testdata of C2SP/CCTV")
    asked = parser.parse_args()
    if not SHARED.is_dir():
        sys.stdout.write(f"SKIPPED: the shared test data is not at {SHARED.name}: only generated files are tried\n")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="lantai-hostile-") as name:
        room = Path(name)
        (room / "keys").mkdir()
        (room / "run").mkdir()
        several = gathered(room / "keys", asked.files, asked.seed, asked.age)
        told, ticker, outside = play(room / "run", several)
    for stall in ticker.stalls[:10]:
        sys.stdout.write(f"stall of {stall[0]:.0f} ms at {stall[1]}\n")
    for over in told.over_limit[:10]:
        sys.stdout.write(f"over its limit: {over}\n")
    memory = children_mib()
    figures: dict[str, Any] = {
        "files": len(several), "crashes": len(told.crashes), "stalls": len(ticker.stalls), "over_limit": len(told.over_limit),
        "outside": len(outside), "child_mib": round(memory), "child_mib_limit": MEMORY_MIB, "slowest_s": round(told.slowest_s, 1),
        "longest_stall_ms": round(ticker.longest_ms, 1), "longest_wall_ms": round(ticker.longest_wall_ms, 1), "ticks": ticker.ticks,
        "seconds": round(time.monotonic() - began),
    }  # fmt: skip
    sys.stdout.write(
        json.dumps({"bench": "hostile", "figures": figures, "outcomes": dict(sorted(told.outcomes.items()))}) + "\n"
    )
    bad = told.crashes or ticker.stalls or told.over_limit or outside or memory > MEMORY_MIB
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
