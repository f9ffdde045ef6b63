"""The two commands on machines that lack something: one sentence says what, and what to do."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
LOCKS = ("run.lock", "test.lock", "county.lock")


def bare_copy(folder: Path) -> Path:
    """Return a project folder with nothing but the installer, as after a fresh clone, without an environment."""
    shutil.copytree(PROJECT / "installer", folder / "installer")
    return folder


def run(
    project: Path, *arguments: str, tools: dict[str, str] | None = None, **environment: str
) -> subprocess.CompletedProcess:
    """Run the first command with only the given programs on PATH."""
    path = project / "tools"
    path.mkdir(exist_ok=True)
    for name, script in (tools or {}).items():
        (path / name).write_text(f"#!/bin/sh\n{script}\n")
        (path / name).chmod(0o755)
    return subprocess.run(
        [sys.executable, "installer/run.py", "--setup-only", *arguments],
        cwd=project,
        env={"PATH": str(path), "HOME": str(project), "LANG": "C.UTF-8", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    ("says", "sentence"),
    [
        ("error: No space left on device (os error 28)", "磁盘已满"),
        ("error: error sending request for url", "网络不通"),
        ("error: Hash mismatch for `requests`", "校验值不符"),
        ("error: something nobody foresaw", "没有完成"),
    ],
)
def test_what_goes_wrong_is_said_in_one_sentence(tmp_path: Path, says: str, sentence: str) -> None:
    done = run(bare_copy(tmp_path), tools={"uv": f"echo '{says}' >&2; exit 2"})
    assert done.returncode != 0
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_an_old_python_is_told_which_one_is_needed() -> None:
    old = (
        "import sys; sys.version_info = (3, 8, 0, 'final', 0); exec(open('installer/run.py', encoding='utf-8').read())"
    )
    done = subprocess.run([sys.executable, "-c", old], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "需要 Python 3.11" in done.stderr


def test_without_ensurepip_the_package_to_install_is_named(tmp_path: Path) -> None:
    project = bare_copy(tmp_path)
    (project / "installer" / "sitecustomize.py").write_text(
        "import importlib.util as u\nfound = u.find_spec\nu.find_spec = lambda n, *a: None if n == 'ensurepip' else found(n, *a)\n"
    )
    done = run(project, PYTHONPATH=str(project / "installer"))
    assert done.returncode != 0
    assert f"python{sys.version_info[0]}.{sys.version_info[1]}-venv" in done.stderr


def test_an_environment_without_pip_is_given_pip(tmp_path: Path) -> None:
    project = bare_copy(tmp_path)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(project / ".venv")], check=True, timeout=120)
    (project / "installer" / "run.lock").write_text("# nothing\n")
    done = run(project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "已就绪" in done.stdout
    assert list((project / ".venv").rglob("pip/__init__.py"))


@pytest.mark.skipif(os.name == "nt", reason="Windows environments hold a copy of Python, not a link")
def test_an_environment_whose_python_was_taken_away_is_made_anew(tmp_path: Path) -> None:
    project = bare_copy(tmp_path)
    (project / ".venv" / "bin").mkdir(parents=True)
    (project / ".venv" / "bin" / "python").symlink_to(tmp_path / "python-that-is-gone")
    (project / "installer" / "run.lock").write_text("# nothing\n")
    done = run(project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project / ".venv" / "bin" / "python").exists()


@pytest.mark.skipif(not (PROJECT / ".venv").is_dir(), reason="needs the environment that installer/test.py makes")
def test_a_second_set_up_installs_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "installer/test.py", "--setup-only"],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert "正在准备" not in done.stdout


def test_what_is_started_from_here_may_keep_what_it_compiled() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import setting_up; print('PYTHONDONTWRITEBYTECODE' in setting_up.environment())"],
        cwd=PROJECT / "installer",
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == "False"


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_of_a_lock_is_pinned_by_hash_and_names_no_registry(lock: str) -> None:
    text = (PROJECT / "installer" / lock).read_text(encoding="utf-8")
    pins = re.findall(r"^[a-z0-9][a-z0-9._-]*==[^ \\;]+", text, re.MULTILINE | re.IGNORECASE)
    assert pins
    assert len(re.findall(r"--hash=sha256:[0-9a-f]{64}", text)) >= len(pins)
    assert "://" not in text


def test_the_county_installs_without_qt_and_the_smaller_locks_agree_with_the_whole() -> None:
    pins = {
        lock: dict(re.findall(r"^([a-z0-9._-]+)==([^ \\;]+)", (PROJECT / "installer" / lock).read_text(), re.M | re.I))
        for lock in LOCKS
    }
    assert not {"pyside6-essentials", "pymupdf", "watchdog"} & set(pins["county.lock"])
    assert pins["run.lock"].items() <= pins["test.lock"].items()
    assert pins["county.lock"].items() <= pins["test.lock"].items()
