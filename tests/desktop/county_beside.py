"""A county as the desk starts it, in a process of its own; founding it and giving out codes need none of their own here.

A process that only imports the county costs a second of CPU, and dozens of tests ask for three of them.
"""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from pathlib import Path

from desktop.services.county_process import CountyProcess
from sync.county.__main__ import main
from sync.county.service import create_county

NAME = "云泽县民政局"


def start_county(folder: Path, port: int = 0) -> CountyProcess:
    """Return a running county, made at first need."""
    if not (folder / "county.key").exists():
        create_county(folder, NAME, folder / "county.key", None)
    return CountyProcess.start(folder, NAME, port)


def enrol_code(folder: Path, *arguments: str) -> str:
    """Return a code given out by the keeper's command, beside the running server."""
    said = io.StringIO()
    with redirect_stdout(said):
        assert main(["enrol-code", "--data", str(folder), *arguments]) == 0
    return said.getvalue().split()[-1]
