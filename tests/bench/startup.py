"""CPU until the first painted window beside an empty QMainWindow's, and from password to usable beside Argon2id alone.

Each measurement is a process of its own; those that are compared take turns, so that a busy moment meets both.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from desktop.folders import OFFICE
from sync.vault.slots import Keystore, Role
from sync.vault.stretching import FLOOR
from tests.bench import filled_office
from tests.bench.startup_child import PASSWORD, PERSON

PROJECT = Path(__file__).resolve().parents[2]
DATA_KEY = bytes(range(32))  # of an invented office
FEWEST_RUNS = 3


def spent_by(*arguments: str) -> float:
    """Return the CPU seconds one child names."""
    command = [sys.executable, "-m", "tests.bench.startup_child", *arguments]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=180, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return float(done.stdout)


def take_turns(runs: int, *children: tuple[str, ...]) -> list[list[float]]:
    """Return the CPU seconds of each child over several rounds; one round before them warms the disk."""
    for child in children:
        spent_by(*child)
    rounds = [[spent_by(*child) for child in children] for _ in range(runs)]
    return [list(one) for one in zip(*rounds, strict=True)]


def office_of(folder: Path, records: int) -> None:
    """An office with that many records stands in the folder, opened by the bench's person."""
    filled_office.begin(folder / OFFICE, records).close()
    Keystore.create(folder / OFFICE, DATA_KEY).add(DATA_KEY, PERSON, Role.CLERK, PASSWORD, cost=FLOOR)


def run(arguments: list[str]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the figures in CPU seconds and the ratios over their floors, each of the cheapest run."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench startup")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--records", type=int, default=10_000)
    asked = parser.parse_args(arguments)
    runs = max(FEWEST_RUNS, asked.runs)
    with tempfile.TemporaryDirectory(prefix="lantai-bench-") as name:
        folder = Path(name)
        office_of(folder, asked.records)
        bare, window = take_turns(runs, ("bare",), ("window", str(folder)))
        stretch, usable = take_turns(runs, ("stretch",), ("usable", str(folder)))
    series = {"bare_qt": bare, "window": window, "key_stretch": stretch, "usable": usable}
    figures: dict[str, float] = {"records": asked.records, "runs": runs}
    for what, times in series.items():
        figures[f"{what}_cpu_seconds_min"] = min(times)
        figures[f"{what}_cpu_seconds_median"] = statistics.median(times)
    ratios = {
        "window_over_bare_qt": min(window) / min(bare),
        "window_over_bare_qt_median": statistics.median(window) / statistics.median(bare),
        "usable_over_key_stretch": min(usable) / min(stretch),
        "usable_over_key_stretch_median": statistics.median(usable) / statistics.median(stretch),
    }
    return figures, ratios
