"""A county of one's own on this machine (本机县中心): the real server as a separate process, for practice and journeys."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Self

from sync.contract.errors import Unavailable

READY = "listening "
PATIENCE_SECONDS = 30
_COUNTY = (sys.executable, "-m", "sync.county")


class CountyProcess:
    """A running county server; ends when closed, and when this process ends."""

    def __init__(self, process: subprocess.Popen[str], address: str) -> None:
        self._process = process
        self.address = address

    @classmethod
    def start(cls, folder: Path, name: str, port: int = 0) -> Self:
        """A county stands in the folder, made at first need, and answers on this machine only.

        Raises:
            Unavailable: the server did not come up.
        """
        if not (folder / "county.key").exists():
            _county("init", "--data", str(folder), "--name", name)
        process = subprocess.Popen(
            [*_COUNTY, "serve", "--data", str(folder), "--port", str(port), "--until-stdin-ends"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.PIPE,  # closed by our death, however sudden: the server then ends too
            text=True,
        )
        if process.stdout is not None:
            for line in process.stdout:
                if line.startswith(READY):
                    return cls(process, line.removeprefix(READY).strip())
        process.kill()
        process.wait()
        raise Unavailable("the county on this machine did not start")

    @staticmethod
    def enrol_code(folder: Path, *arguments: str) -> str:
        """Return a one-time code that the county in the folder gives out."""
        return _county("enrol-code", "--data", str(folder), *arguments).strip().splitlines()[-1]

    def close(self) -> None:
        """The server has ended and kept everything."""
        self._process.terminate()
        try:
            self._process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


def _county(*arguments: str) -> str:
    done = subprocess.run([*_COUNTY, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable("the county on this machine refused", command=arguments[0], status=done.returncode)
    return done.stdout
