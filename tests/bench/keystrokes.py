"""How many keys the clerk's daily acts take, replayed by real key events in the real window; a mouse is never touched.

The ceilings are those of an expert's count for the same acts (keystroke-level model); see docs/design.md, section 11.
"""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtWidgets import QApplication

from tests.journeys import keystrokes

WANTED = {
    keystrokes.marriage_with_numbers: 77,
    keystrokes.marriage_without_numbers: 60,
    keystrokes.household: 107,
    keystrokes.find_and_open: 8,
    keystrokes.returned_and_sent_again: 5,
}


def run(arguments: Sequence[str]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the keys of each act, and each over what is wanted."""
    argparse.ArgumentParser(prog="python -m tests.bench keystrokes").parse_args(arguments)
    app = QApplication.instance() or QApplication(["lantai"])
    assert isinstance(app, QApplication)
    figures: dict[str, float] = {}
    ratios: dict[str, float] = {}
    for act, wanted in WANTED.items():
        with tempfile.TemporaryDirectory(prefix="lantai-keys-") as folder:
            done = act(app, Path(folder))
        name = act.__name__
        print(f"{name:28} {done.keys:4} keys, wanted {wanted}, mouse events {done.mouse}")
        figures |= {name: done.keys, f"{name}_mouse": done.mouse}
        ratios[name] = done.keys / wanted
    return figures, ratios
