"""A slice of the hostile files in every run of the suite: one of each way in, and that the harness sees what goes wrong."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import time
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from tests.hostile import bombs
from tests.hostile.__main__ import play
from tests.hostile.corpus import of_age, of_keystores, of_messages, of_open_copies
from tests.hostile.pipeline import Hostile, Importers
from tests.hostile.ticking import STALL_MS, Ticker

SMALL = 1 << 22
QUICK_SCANS = ("two-million-points.pdf", "javascript.pdf", "loop.pdf", "huge.tif", "laughs.ofd", "paths.ofd")  # fmt: skip
QUICK_TABLES = ("laughs.xlsx", "beyond.xlsx", "paths.xlsx", "head.xls", "nul.csv", "formulas.xlsx")  # fmt: skip


def test_hostile_files_end_taken_in_or_refused_and_the_window_ticks_on(tmp_path: Path, qapp: QApplication) -> None:
    several = [Hostile("scan", name, content) for name, content in bombs.scans(SMALL) if name in QUICK_SCANS]
    several += [Hostile("table", name, content) for name, content in bombs.tables(SMALL) if name in QUICK_TABLES]
    several += [Hostile("copy", name, content) for name, content in bombs.tars(SMALL)][::3]
    (tmp_path / "keys").mkdir()
    (tmp_path / "run").mkdir()
    several += [*of_age(None)[::2], *of_messages(SMALL), *of_keystores(tmp_path / "keys"), *of_open_copies()]
    told, ticker, outside = play(tmp_path / "run", several)
    assert told.crashes == []
    assert outside == []
    assert ticker.ticks > 20
    assert [
        one for one in ticker.stalls if one[0] > 5 * STALL_MS
    ] == []  # figures stand in the command: this machine is busy
    assert {one.split()[0] for one in told.outcomes} == {one.way for one in several}
    assert told.outcomes["table taken"]
    assert told.outcomes["keystore taken"]


def test_a_crash_is_seen_as_one(tmp_path: Path) -> None:
    importers = Importers(tmp_path)
    try:
        came = importers.take(Hostile("strange", "no way", b""))
    finally:
        importers.close()
    assert came.startswith("crash")
    assert len(importers.told.crashes) == 1


@pytest.mark.timeout(60)
def test_a_window_that_stands_still_is_seen(qapp: QApplication) -> None:
    ticker = Ticker()
    for held_s in (0.0, 0.0, 0.4, 0.0, 0.0):
        until = time.monotonic() + 0.05
        while time.monotonic() < until:
            qapp.processEvents()
        time.sleep(held_s)
    assert ticker.longest_wall_ms > 300
    assert any(one[0] > 200 for one in ticker.stalls)
