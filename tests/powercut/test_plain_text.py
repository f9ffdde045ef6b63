"""After a whole day and a crash, nothing that was typed, read or imported stands on the disk in plain."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.desktop.documents.drawn import drawn_pdf
from tests.desktop.services.imports.marriages import marriage, table
from tests.powercut.plain_text import LOOKED_FOR, PEOPLE, Leak, leaks, spellings
from tests.powercut.tap import PROJECT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="crashes and core files are tried on Linux")


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """What comes from outside: a page and a table."""
    folder = tmp_path / "inputs"
    folder.mkdir()
    page, row = PEOPLE["on the page"], PEOPLE["imported"]
    (folder / "page.pdf").write_bytes(drawn_pdf(f"{page.name} {page.number} {page.phone}"))
    rows = [marriage(1, man=row.name, man_id=row.number), marriage(2, woman=row.name)]
    (folder / "table.csv").write_bytes(table(rows))
    return folder


def crash(tmp_path: Path, inputs: Path, how: str) -> tuple[list[Path], int]:
    """Return every folder the day could have written into, and how it ended."""
    roots = [tmp_path / name for name in ("data", "home", "temporary", "here")]
    for root in roots:
        root.mkdir()
    env = {
        **os.environ,
        "HOME": str(roots[1]), "XDG_CACHE_HOME": str(roots[1]), "XDG_CONFIG_HOME": str(roots[1]),
        "TMPDIR": str(roots[2]), "SQLITE_TMPDIR": str(roots[2]), "PYTHONPATH": str(PROJECT), "QT_QPA_PLATFORM": "offscreen",
    }  # fmt: skip
    command = [sys.executable, "-m", "tests.powercut.day", str(roots[0]), str(inputs), how]
    ended = subprocess.run(command, cwd=roots[3], env=env, capture_output=True, text=True, timeout=240, check=False)
    assert ended.stdout == "done\n", ended.stderr[-3000:]
    return roots, ended.returncode


@pytest.mark.parametrize("how", ["SIGABRT", "SIGSEGV"])
def test_nothing_planted_stands_on_the_disk_in_plain_after_a_day_and_a_crash(
    tmp_path: Path, inputs: Path, how: str
) -> None:
    roots, ended = crash(tmp_path, inputs, how)
    assert ended < 0
    written = [path for root in roots for path in root.rglob("*") if path.is_file()]
    assert (
        sum(path.stat().st_size for path in written) > 10_000_000
    )  # the act in the middle had begun to reach the disk
    assert any(path.name == "archive.db-wal" for path in written)
    assert list(leaks(roots, [(inputs / "page.pdf").read_bytes()])) == []
    assert not any("core" in path.name for path in written)


def test_without_the_guard_the_crash_leaves_what_was_in_memory(tmp_path: Path, inputs: Path) -> None:
    pattern = Path("/proc/sys/kernel/core_pattern").read_text(encoding="ascii").strip()
    if "/" in pattern or pattern.startswith("|"):
        pytest.skip(f"this machine keeps core files elsewhere ({pattern})")
    roots, _ = crash(tmp_path, inputs, "without the guard")
    found = {leak.text for leak in leaks(roots, [(inputs / "page.pdf").read_bytes()])}
    assert PEOPLE["in the middle"].name in found


@pytest.mark.parametrize("text", LOOKED_FOR)
def test_every_spelling_of_what_is_planted_is_found(tmp_path: Path, text: str) -> None:
    for form, spelt in spellings(text).items():
        file = tmp_path / f"{form}.bin"
        file.write_bytes(os.urandom(99) + spelt + os.urandom(99))
        assert Leak(file, text, form) in set(leaks([tmp_path], []))
    (tmp_path / f"{text}.pdf").touch()
    assert Leak(tmp_path / f"{text}.pdf", text, "name") in set(leaks([tmp_path], []))


@pytest.mark.parametrize(
    "program",
    [
        ["-m", "desktop", "--data", "DATA"],
        ["-m", "desktop", "drill", "--from", "DATA"],
        ["-m", "sync.county", "serve", "--data", "DATA"],
    ],
    ids=["desk", "command", "county"],
)
def test_every_program_of_ours_keeps_out_of_dumps(tmp_path: Path, program: list[str]) -> None:
    words = [word.replace("DATA", str(tmp_path)) for word in program]
    watched = tmp_path / "watch.py"
    watched.write_text(WATCH, encoding="utf-8")
    env = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path), "PYTHONPATH": f"{PROJECT}"}
    done = subprocess.run(
        [sys.executable, str(watched), *words[1:]],
        cwd=PROJECT,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.splitlines()[-1] == "limit (0, 0) dumpable 0", done.stderr[-3000:]


WATCH = """
# runs a module as a program would be run, and says at its first look at the disk or at its end how it stands with dumps
import atexit, ctypes, resource, runpy, sys, threading, os
resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
def say():
    print("limit", resource.getrlimit(resource.RLIMIT_CORE), "dumpable", ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), flush=True)
def say_and_end():
    say(); os._exit(0)
atexit.register(say)
threading.Timer(6, say_and_end).start()
module, sys.argv = sys.argv[1], sys.argv[1:]
runpy.run_module(module, run_name="__main__", alter_sys=True)
"""
