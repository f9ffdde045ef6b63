"""The main job through the real windows, off-screen: from a scanned paper to a sealed copy, by keys alone.

    python -m tests.journeys.main_job --out DIR [--input FOLDER] [--without-text] [--scale 1.5]

Leaves in DIR: a picture of every screen, the sealed copy with its signature, and journey.json.
"""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import argparse
import json
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PySide6.QtCore import QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from desktop.app import make_window
from desktop.archive.inbox import ItemState
from desktop.services.county_process import CountyProcess
from tests.journeys import steps_at_the_county, steps_at_the_desk
from tests.journeys.hands import Hands
from tests.journeys.headless_job import COUNTY
from tests.journeys.practice_papers import PracticePaper, papers_in, practice_papers
from tests.sync.county_process import CuttingProxy

WIDTH, HEIGHT = 1366, 768


@dataclass
class Journey:
    """One office, its county, and what the steps tell each other."""

    out: Path
    data: Path
    papers: list[PracticePaper]
    recognise: bool
    window: Any = None
    hands: Hands = None  # type: ignore[assignment]
    county: CountyProcess = None  # type: ignore[assignment]
    line: CuttingProxy = None  # type: ignore[assignment]
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def desk(self) -> Any:
        """The open desk, only ever asked how things stand; every act goes through the keys."""
        return self.window.desk

    @property
    def frame(self) -> Any:
        return self.window._frame

    def page(self) -> Any:
        return self.frame.pages[self.frame.here]

    def items(self) -> list[Any]:
        return self.desk.receiving.items() if self.desk else []

    def taken(self) -> list[Any]:
        return [item for item in self.items() if item.state is ItemState.TAKEN]


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    act: Callable[[Journey], dict[str, Any]]


STEPS = (
    Step("1-archive", steps_at_the_desk.begin_archive),
    Step("2-county", steps_at_the_county.start_and_enrol),
    Step("3-inbox", steps_at_the_desk.receive),
    Step("4-catalogue", steps_at_the_desk.catalogue),
    Step("5-file", steps_at_the_desk.check_filed),
    Step("6-find", steps_at_the_desk.find),
    Step("7-sync", steps_at_the_county.sync_with_a_cut),
    Step("8-review", steps_at_the_county.review_and_correct),
    Step("9-sealed-copy", steps_at_the_desk.export_and_verify),
)


def peak_mib() -> float:
    """Return this process's highest memory since the last call, in MiB (of its whole life where the system keeps no other)."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        peak = int(lines["VmHWM"].split()[0]) / 1024
        try:
            Path("/proc/self/clear_refs").write_text("5")
        except OSError:
            return peak
        return peak
    import resource  # Unix only

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / 1024


def play(journey: Journey) -> dict[str, Any]:
    """Play every step; stop at the first that fails, and say why."""
    results: list[dict[str, Any]] = []
    for step in STEPS:
        began = time.monotonic()
        try:
            facts, ok = step.act(journey), True
        except Exception as fault:  # noqa: BLE001  whatever stops a step is what journey.json is for
            facts, ok = {"fault": f"{type(fault).__name__}: {fault}", "notice": _notice(journey)}, False
            traceback.print_exc()
            journey.hands.picture("fault")
        seconds = round(time.monotonic() - began, 2)
        results.append(
            {"step": step.name, "ok": ok, "seconds": seconds, "peak_mib": round(peak_mib(), 1), "facts": facts}
        )
        sys.stdout.write(
            f"{step.name:14} {'ok' if ok else 'FAILED'} {seconds:7.1f} s  {json.dumps(facts, ensure_ascii=False)}\n"
        )
        sys.stdout.flush()
        if not ok:
            break
    whole = len(results) == len(STEPS) and all(one["ok"] for one in results)
    return {"ok": whole, "steps": results}


def _notice(journey: Journey) -> str:
    """What the notice bar says; it never names people."""
    frame = journey.frame
    return str(frame.notice.words()) if frame is not None else ""


def _say(kind: QtMsgType, _context: object, text: str) -> None:
    """Pass on what Qt says, but for the one line that the off-screen platform repeats at every window."""
    if "propagateSizeHints" not in text:
        sys.stderr.write(f"{kind.name}: {text}\n")


def run(out: Path, source: Path | None, recognise: bool, scale: float = 1.0) -> dict[str, Any]:
    """Play the journey into a folder and return what journey.json holds."""
    out.mkdir(parents=True, exist_ok=True)
    papers = papers_in(source) if source else practice_papers()
    os.environ["QT_SCALE_FACTOR"] = str(scale)
    qInstallMessageHandler(_say)
    app = QApplication.instance() or QApplication(["lantai"])
    assert isinstance(app, QApplication)
    with tempfile.TemporaryDirectory(prefix="lantai-journey-") as folder:
        journey = Journey(out, Path(folder), papers, recognise)
        journey.window = make_window(app, journey.data, "light")
        journey.window.resize(round(WIDTH / scale), round(HEIGHT / scale))
        journey.hands = Hands(journey.window, out)
        journey.county = CountyProcess.start(journey.data / "county", COUNTY)
        journey.line = CuttingProxy(int(journey.county.address.rsplit(":", 1)[1]))
        try:
            journey.window.start()
            journey.hands.wait("the first page", lambda: journey.window._prepared)
            told = play(journey)
        finally:
            journey.window.close()
            journey.line.close()
            journey.county.close()
    (out / "journey.json").write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
    return told


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.journeys.main_job", description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--input", type=Path)
    parser.add_argument("--without-text", action="store_true", help="do not wait for text recognition")
    parser.add_argument("--scale", type=float, default=1.0, help="1.5: as on a screen set to 150 %%")
    asked = parser.parse_args()
    told = run(asked.out.resolve(), asked.input, not asked.without_text, asked.scale)
    sys.stdout.write(f"journey.json: {'all steps ok' if told['ok'] else 'NOT ok'}\n")
    return 0 if told["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
