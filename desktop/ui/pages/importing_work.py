"""What the pages of an import ask for off the screen's thread: each may report and be stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from desktop.services.imports.error_list import ErrorList
from desktop.services.imports.importing import Look as TableLook
from desktop.services.imports.importing import Outcome
from desktop.services.imports.undoing import Undone
from desktop.ui.pages.importing_words import wording
from desktop.ui.words import Words

if TYPE_CHECKING:
    from desktop.services.desk import Desk


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a file is to be looked at; `kind` and `header_row` only where a person said so."""

    path: Path
    sheet: int = 0
    header_row: int = 0
    kind: str = ""


def look_at(desk: Desk, wanted: Wanted, before: TableLook | None) -> TableLook:
    """Return what the table is; the file is read again only when it is another one."""
    same = before is not None and before.table.name == wanted.path.name
    file = before.table.file if before is not None and same else desk.importing.read(wanted.path)
    sheet = wanted.sheet % len(file.sheets)
    return desk.importing.look(wanted.path.name, file, sheet, header_row=wanted.header_row, kind=wanted.kind)


def try_table(desk: Desk, seen: TableLook, report: Callable[[object], None], asked: Callable[[], bool]) -> ErrorList:
    """Return what would become of every entry."""
    return desk.error_list(seen.table, desk.importing.dry_run(seen.table, report, asked))


def file_table(
    desk: Desk,
    seen: TableLook,
    excuses: Mapping[str, str],
    report: Callable[[object], None],
    asked: Callable[[], bool],
) -> Outcome:
    """The entries are filed."""
    return desk.importing.file(seen.table, excuses, report, asked)


def undo_run(desk: Desk, run_id: str, report: Callable[[object], None], asked: Callable[[], bool]) -> Undone:
    """The import is taken back."""
    return desk.import_runs.undo(run_id, report, asked)


def save_list(
    made: ErrorList, path: Path, words: Words, excuses: Mapping[str, str], _report: object, asked: Callable[[], bool]
) -> tuple[Path, int]:
    """The list of errors stands in the file; where, and how many entries it has."""
    return path, made.save(path, wording(words), asked, excuses)


def quietly(
    work: Callable[..., TableLook],
    desk: Desk,
    wanted: Wanted,
    before: TableLook | None,
    _report: object,
    _asked: object,
) -> TableLook:
    """Work that has nothing to report and ends soon."""
    return work(desk, wanted, before)
