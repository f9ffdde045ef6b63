"""Every page of the real window, empty and at work: nothing cut, nothing laid over another, all of it readable and named.

Here each page is looked at at 100 % and at 150 % in one theme, which changes on the way; `python -m tests.gallery OUT` looks at
all of them in all, and leaves pictures.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QThreadPool
from PySide6.QtWidgets import QApplication

from desktop.ui.theme import MODES, Look
from sync.vault.slots import Role
from tests.gallery.faults import NARROW, WIDE, faults, grown, settle, unseen_focus
from tests.gallery.office import furnish_offices
from tests.gallery.tour import Tour

IN_ONE_THEME = 24  # stops


def test_every_page_is_whole_readable_and_named(qapp: QApplication, look: Look, tmp_path: Path) -> None:
    flash = qapp.cursorFlashTime()
    qapp.setCursorFlashTime(0)
    tour, found, seen = Tour(qapp, furnish_offices(tmp_path), tmp_path), [], []
    try:
        for number, stop in enumerate(tour.stops()):
            seen.append(stop.name)
            mode = MODES[number // IN_ONE_THEME % len(MODES)]
            if stop.shown.look.mode != mode:  # type: ignore[attr-defined]
                stop.shown.look.turn(qapp, mode)  # type: ignore[attr-defined]
            for size in (NARROW, WIDE):
                stop.shown.resize(*size)
                settle()
                wrong = [*faults(stop.shown, size), *grown(stop.shown, size)]
                found += [f"{stop.name} {mode} {size[0]} px: {one}" for one in wrong]
            found += [f"{stop.name} {mode}: {one}" for one in unseen_focus(stop.shown)]
    finally:
        QThreadPool.globalInstance().waitForDone()
        qapp.setCursorFlashTime(flash)
        look.turn(qapp, "light")
    assert not found, "\n".join(found)
    assert len(seen) == len(set(seen))
    assert {f"empty-{name}" for name in tour.rooms[Role.ADMIN]} <= set(seen)
