"""Bugs planted on purpose: each must be found, else the simulator proves nothing.

A journal is changed as a program with that bug would have written it: nothing of the product is touched. The two settings
of SQLite that the product does not use are recorded for real (`workflows.UNSAFE`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tests.powercut.cuts import Distort
from tests.powercut.journal import Call, What


@dataclass(frozen=True, slots=True)
class Planted:
    """A bug in one workflow."""

    workflow: str
    distort: Distort


def _without_flush_of(wanted: Callable[[str], bool]) -> Distort:
    def distort(calls: Sequence[Call]) -> list[Call]:
        paths = {call.file: call.path or "" for call in calls if call.what is What.OPEN}
        return [call for call in calls if call.what is not What.FLUSH or not wanted(paths[call.file])]

    return distort


def _folders_of(calls: Sequence[Call]) -> set[str]:
    made = {call.path or "" for call in calls if call.what is What.MAKE_FOLDER}
    written = {call.file for call in calls if call.what in (What.WRITE, What.CUT_TO)}
    opened = {
        call.path or "" for call in calls if call.what is What.OPEN and call.file not in written and not call.place
    }
    return made | {path for path in opened if "." not in path.rpartition("/")[2]}


def without_flush_of_folders(calls: Sequence[Call]) -> list[Call]:
    """No folder is ever flushed, so no name is ever safe."""
    folders = _folders_of(calls)
    return _without_flush_of(lambda path: path in folders)(calls)


def told_too_early(calls: Sequence[Call]) -> list[Call]:
    """Everything is told one flush before it is safe."""
    made = list(calls)
    for at in [number for number, call in enumerate(made) if call.what is What.TOLD]:
        flush = next((back for back in range(at - 1, -1, -1) if made[back].what is What.FLUSH), None)
        if flush is not None:
            made.insert(flush, made.pop(at))
    return made


PLANTED: Mapping[str, Planted] = {
    "a keystore renamed without a flush of its folder": Planted("keys", without_flush_of_folders),
    "an archive begun without a flush of its folder": Planted("founding", without_flush_of_folders),
    "a restored archive renamed without a flush of its folder": Planted("restore", without_flush_of_folders),
    "a backup named without a flush of its folder": Planted("backup", without_flush_of_folders),
    "a copy renamed without a flush of its folder": Planted("copy", without_flush_of_folders),
    "a page renamed before it is flushed": Planted("save", _without_flush_of(lambda path: path.endswith(".part"))),
    "a backup named before its database is flushed": Planted(
        "backup", _without_flush_of(lambda path: path.endswith("archive.db.part"))
    ),
    "a log that is never flushed": Planted("save", _without_flush_of(lambda path: path.endswith("-wal"))),
    "a log moved into the main file and not flushed there": Planted(
        "backup",
        _without_flush_of(lambda path: path == "office/archive.db"),  # which empties the log again and again
    ),
    "an archive under a new key renamed before it is flushed": Planted(
        "rekey", _without_flush_of(lambda path: path.endswith("archive.db.rekeyed.part"))
    ),
    "an open copy renamed before it is flushed": Planted(
        "open copy", _without_flush_of(lambda path: ".lantai-" in path)
    ),
    "a county's key that is never flushed": Planted(
        "county", _without_flush_of(lambda path: path.endswith(".key.part"))
    ),
    "a save told before it is kept": Planted("save", told_too_early),
    "a key stroke told before it is kept": Planted("typing", told_too_early),
    "an answer told before it is kept": Planted("sync-apply", told_too_early),
}
