"""A plug pulled in the middle of an import costs nothing: the next one goes on, and no row comes in twice."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from desktop.archive import imports
from desktop.archive.archive import Archive
from desktop.archive.clock import system_clock
from desktop.archive.imports import EntryState, RunState
from desktop.services.imports.dry_run import Sums
from desktop.services.imports.importing import Importing
from sync.contract.kind_files import load_kinds
from sync.vault import audit
from tests.desktop.services.imports.marriages import EXCUSES, marriage, table
from tests.desktop.services.office import begin_office

PROJECT = Path(__file__).resolve().parents[4]
ROWS = 3_000


def kill_while_importing(folder: Path, file: Path, blocks: int, seconds: float) -> None:
    """An import runs until it told of that many blocks, and then a little longer; then it is killed without warning."""
    command = [sys.executable, "-m", "tests.desktop.services.imports.importing_child", str(folder), str(file)]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for _ in range(blocks):
            assert child.stdout.readline().strip().isdigit()
        time.sleep(seconds)
        child.kill()
        child.wait(30)


@pytest.mark.parametrize("seed", [1, 2])
def test_an_import_killed_again_and_again_ends_with_every_entry_once(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    begin_office(tmp_path / "office").archive.close()
    file = tmp_path / "结婚.csv"
    file.write_bytes(table([marriage(place) for place in range(1, ROWS + 1)]))
    for blocks in (0, 1, 2):
        kill_while_importing(tmp_path / "office", file, blocks, draw.uniform(0.0, 0.3))
    archive = Archive.open(tmp_path / "office", bytes(range(32)))
    importing = Importing(archive, load_kinds(), "陈晓兰", system_clock)
    try:
        done = importing.file(
            importing.look(file.name, importing.read(file)).table, EXCUSES, lambda _: None, lambda: False
        )
        assert (done.state, done.sums) == (RunState.DONE, Sums(ROWS, ROWS, 0, 0, 0))
        with archive.reading() as connection:
            assert len(imports.runs(connection)) == 1
            assert imports.count(connection, done.run_id)[EntryState.FILED] == ROWS
            counted = "SELECT count(*), count(DISTINCT number), count(DISTINCT title || case_date) FROM record"
            assert tuple(connection.exec_driver_sql(counted).one()) == (ROWS, ROWS, ROWS)
            assert audit.verify(connection).ok
    finally:
        importing.close()
        archive.close()
