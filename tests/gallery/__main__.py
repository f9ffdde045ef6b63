"""`python -m tests.gallery OUT`: every page in every theme and at 100 % and 150 %, as PNG, and what is wrong with each.

Leaves OUT/<theme>-<scale>/<page>.png and OUT/faults.txt; ends with 1 when something is wrong.
"""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from PySide6.QtWidgets import QApplication

from desktop.ui.theme import MODES
from tests.gallery.faults import WIDE, faults, grown, settle, unseen_focus
from tests.gallery.office import furnish_offices
from tests.gallery.tour import Tour

SCALES = (100, 150)


def show(out: Path, scale: int, modes: list[str]) -> list[str]:
    """Pictures of the whole tour at one scale stand in the folder; what is wrong comes back, a line for each."""
    app = QApplication.instance() or QApplication(["lantai"])
    assert isinstance(app, QApplication)
    app.setCursorFlashTime(0)
    size = (round(WIDE[0] * 100 / scale), round(WIDE[1] * 100 / scale))
    found: list[str] = []
    with tempfile.TemporaryDirectory(prefix="lantai-gallery-") as folder:
        tour = Tour(app, furnish_offices(Path(folder)), out, size)
        for stop in tour.stops():
            for mode in modes:
                stop.shown.look.turn(app, mode)  # type: ignore[attr-defined]
                settle()
                place = out / f"{mode}-{scale}"
                place.mkdir(parents=True, exist_ok=True)
                stop.shown.grab().save(str(place / f"{stop.name}.png"))
                wrong = [*faults(stop.shown, size), *grown(stop.shown, size)]
                found += [f"{mode} {scale} % {stop.name}: {one}" for one in wrong]
            found += [f"{mode} {scale} % {stop.name}: {one}" for one in unseen_focus(stop.shown)]
            stop.shown.look.turn(app, "light")  # type: ignore[attr-defined]
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.gallery", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--scale", type=int, choices=SCALES, help="one scale alone, in this process")
    parser.add_argument("--theme", choices=MODES, action="append", help="one theme alone")
    asked = parser.parse_args()
    out, modes = asked.out.resolve(), asked.theme or list(MODES)
    if asked.scale:
        found = show(out, asked.scale, modes)
        (out / f"faults-{asked.scale}.txt").write_text("".join(f"{one}\n" for one in found), encoding="utf-8")
        print(f"{asked.scale} %: {len(list(out.glob(f'*-{asked.scale}/*.png')))} pictures, {len(found)} faults")
        return 1 if found else 0
    wrong = 0
    for scale in SCALES:  # a process of its own for each: Qt takes a scale once, when it starts
        words = [sys.executable, "-m", "tests.gallery", str(out), "--scale", str(scale)]
        words += [part for mode in modes for part in ("--theme", mode)]
        wrong |= subprocess.run(words, env={**os.environ, "QT_SCALE_FACTOR": str(scale / 100)}, check=False).returncode
    return wrong


if __name__ == "__main__":
    sys.exit(main())
