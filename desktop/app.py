"""Puts the parts together: finds the archive's folder, paints the first page, then brings in the rest while a password is typed.

Until the first page is painted nothing heavy is imported: no SQL, no cryptography, no HTTP, no page reader.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QThreadPool
from PySide6.QtWidgets import QApplication

from desktop import VERSION
from desktop.folders import OFFICE, PRACTICE, data_folder
from desktop.preferences import LANGUAGES, PreferenceFile
from desktop.ui.pages.unlock import Somebody
from desktop.ui.theme import MODES, open_look
from desktop.ui.window import Prepared, Window
from desktop.ui.words import Words
from sync.vault.memory import keep_out_of_dumps

ARCHIVE_FILE = "archive.db"


def prepare(folder: Path) -> Prepared:
    """Return what the window needs once somebody wants to come in; the imports here cost most of the start."""
    # Imported here, on a pool thread, while the first page is already on the screen.
    from desktop.services.opening import Opening
    from desktop.services.practising import Practice
    from desktop.ui.rooms import begin_page, crash_page, furnish

    opening = Opening(folder / OFFICE)
    practice = Practice(folder / PRACTICE)
    return Prepared(
        people=lambda: [Somebody(one.name, one.role.value) for one in opening.people()],
        unlock=lambda name, password, told: opening.unlock(name, password, told=told),
        practise=practice.open,
        begin=lambda look, words, way, name: begin_page(look, words, opening, way, name),
        furnish=partial(furnish, preferences=PreferenceFile(folder)),
        crash=crash_page,
    )


def make_window(app: QApplication, folder: Path, mode: str | None = None, language: str | None = None) -> Window:
    """Return the window, not yet shown; theme and language as they were chosen, unless they are named."""
    liked = PreferenceFile(folder).read()
    look = open_look(app, mode or (None if liked.theme == "system" else liked.theme))
    begun = (folder / OFFICE / ARCHIVE_FILE).is_file()
    return Window(look, Words(language or liked.language), begun, VERSION, lambda: prepare(folder))


def main(arguments: Sequence[str] | None = None) -> int:
    """Open the desk; return when its window is closed."""
    parser = argparse.ArgumentParser(prog="lantai", description="兰台 民政档案工作台 · the archive desk")
    parser.add_argument("--data", type=Path, default=None, help="folder of the archives")
    parser.add_argument("--theme", choices=MODES, default=None)
    parser.add_argument("--language", choices=LANGUAGES, default=None)
    asked = parser.parse_args(arguments)
    keep_out_of_dumps()
    folder = asked.data or data_folder()
    _take_scale(folder)
    app = QApplication([sys.argv[0]])
    app.setApplicationName("Lantai")
    window = make_window(app, folder, asked.theme, asked.language)
    _show_faults_in(window)
    window.start()
    status = app.exec()
    QThreadPool.globalInstance().waitForDone()
    return status


def _take_scale(folder: Path) -> None:
    """Text and everything with it is as large as was chosen; Qt takes that once, before it starts."""
    scale = PreferenceFile(folder).read().scale
    if scale != 100:
        os.environ.setdefault("QT_SCALE_FACTOR", str(scale / 100))


def _show_faults_in(window: Window) -> None:
    """A fault of ours shows the crash page, which keeps what was typed; what came before still goes to the terminal."""

    def take(kind: type[BaseException], fault: BaseException, trace: TracebackType | None) -> None:
        if isinstance(fault, KeyboardInterrupt):
            QApplication.quit()
        else:
            window.show_crash(fault)

    sys.excepthook = take
