"""The shim around the system's calls (`journal.c`): built with this machine's compiler, loaded before a process begins, told what to do from inside it."""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from enum import IntFlag
from pathlib import Path

SOURCE = Path(__file__).with_name("journal.c")
PROJECT = Path(__file__).resolve().parents[2]
LONGEST_SECONDS = 6 * 3600  # a campaign's part by command; the suite's tests have their own, shorter limits


class Calls(IntFlag):
    """Kinds of calls that can be made to fail."""

    OPENS = 1
    WRITES = 2
    SYNCS = 4
    NAMES = 8


def compiler() -> str | None:
    """Return the machine's C compiler; None where the shim cannot be built or loaded (no compiler, or not Linux)."""
    return shutil.which("cc") if sys.platform == "linux" else None


def built(folder: Path) -> Path:
    """The shim stands in the folder, made from the source as it is now."""
    shim = folder / f"journal-{hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:16]}.so"
    if not shim.exists():
        cc = compiler()
        if cc is None:
            raise RuntimeError(
                "no C compiler on this machine: the power-cut simulator cannot listen to the system's calls"
            )
        making = shim.with_suffix(f".{os.getpid()}")
        command = [cc, "-O2", "-shared", "-fPIC", "-o", str(making), str(SOURCE), "-ldl", "-lpthread"]
        subprocess.run(command, check=True)
        making.rename(shim)
    return shim


def run_tapped(shim: Path, module: str, words: Sequence[str], **environment: str) -> str:
    """Return what a Python module printed that ran with the shim loaded."""
    env = {**os.environ, "LD_PRELOAD": str(shim), "LANTAI_TAP": str(shim), **environment}
    done = subprocess.run(
        [sys.executable, "-m", module, *words],
        cwd=PROJECT, env=env, capture_output=True, text=True, timeout=LONGEST_SECONDS,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{module} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-6000:]}")
    return done.stdout


class Tap:
    """The shim inside this process, which was started with it."""

    def __init__(self) -> None:
        self._shim = ctypes.CDLL(os.environ["LANTAI_TAP"], use_errno=True)  # the one already loaded

    def begin(self, folder: Path, journal: Path | None = None) -> None:
        """Calls below the folder are seen from now on, and written down in the journal if one is named."""
        if self._shim.journal_begin(os.fsencode(folder), os.fsencode(journal) if journal else None) < 0:
            raise OSError(ctypes.get_errno(), "journal")

    def end(self) -> None:
        """Nothing is seen any more, and nothing fails."""
        self._shim.journal_end()

    def mark(self, said: Mapping[str, object]) -> None:
        """What a person was told stands in the journal, behind every call made for it."""
        self._shim.journal_mark(json.dumps(said, ensure_ascii=False).encode())

    def fail(self, nth: int, kinds: Calls, error: int, *, lasts: bool = False, half: bool = False) -> None:
        """The nth call of these kinds fails; 0 fails none and counts them.

        Args:
            lasts: every later call of these kinds fails too.
            half: the nth, if it writes, writes one half and says so, which is no failure.
        """
        self._shim.journal_fail(ctypes.c_long(nth), int(kinds), error, int(lasts), int(half))

    def mend(self) -> tuple[int, int]:
        """Nothing fails any more; returns how many calls were counted and how many failed."""
        found = int(self._shim.journal_calls()), int(self._shim.journal_failed())
        self._shim.journal_fail(ctypes.c_long(0), 0, 0, 0, 0)
        return found
