"""Importing (导入): a table of marriages is filed block by block; after a cut the next import ends with every entry once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from desktop.archive import imports
from desktop.archive.archive import Archive
from desktop.archive.imports import EntryState, RunState
from desktop.services.changed import Progress
from desktop.services.imports.importing import BLOCK_ENTRIES, Importing, Outcome
from tests.desktop.services.imports.marriages import EXCUSES, marriage, table
from tests.desktop.services.office import NOON, begin_office
from tests.powercut.judging import CLERK, KINDS, OFFICE, Fault, Mark, Sort, Tell, acts, archive_faults, opened

ROWS = BLOCK_ENTRIES + 60
FILE = "结婚.csv"
HEAD_ROWS = 1


class ImportingSheet:
    """A table of two blocks."""

    name = "import"
    share = 1  # a state costs six times the others'

    def __init__(self) -> None:
        self._judged = 0

    def prepare(self, folder: Path) -> None:
        begin_office(folder / OFFICE).archive.close()
        (folder / FILE).write_bytes(table([marriage(place) for place in range(1, ROWS + 1)]))

    def run(self, folder: Path, tell: Tell) -> None:
        def told(progress: Progress) -> None:
            tell("filed", rows=progress.done - HEAD_ROWS)

        with opened(folder / OFFICE) as archive:
            done = _import(archive, folder / FILE, told)
            tell("imported", run=done.run_id, filed=done.sums.filed)

    def judge(self, folder: Path, told: Sequence[Mark]) -> Iterator[Fault]:
        with opened(folder / OFFICE) as archive:
            yield from archive_faults(archive)
            with archive.reading() as connection:
                counted = "SELECT count(*), count(DISTINCT number) FROM record"
                rows, numbers = connection.exec_driver_sql(counted).one()
                entries = sum(imports.count(connection, run.id)[EntryState.FILED] for run in imports.runs(connection))
                states = {run.state for run in imports.runs(connection)}
            if not (rows == numbers == entries) or (rows % BLOCK_ENTRIES and rows != ROWS):
                yield Fault(Sort.HALF, f"{rows} records with {numbers} numbers from {entries} entries")
            if rows < max((int(str(mark["rows"])) for mark in acts(told, "filed")), default=0):
                yield Fault(Sort.LOST, "a block")
            if acts(told, "imported") and states != {RunState.DONE}:
                yield Fault(Sort.LOST, "the end of the import")
            self._judged += 1
            if self._judged % 8 == 0:  # the import to its end costs ten times the rest
                done = _import(archive, folder / FILE, lambda _: None)
                if (done.state, done.sums.filed + done.sums.there) != (RunState.DONE, ROWS):
                    yield Fault(Sort.STUCK, f"the import went on and ended with {done}")


def _import(archive: Archive, file: Path, told: object) -> Outcome:
    importing = Importing(archive, KINDS, CLERK, lambda: NOON)
    try:
        seen = importing.look(file.name, importing.read(file)).table
        return importing.file(seen, EXCUSES, told, lambda: False)  # type: ignore[arg-type]
    finally:
        importing.close()
