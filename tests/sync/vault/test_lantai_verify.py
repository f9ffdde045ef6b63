"""The verifier is one short file of its own: what it may import, how long it may be, and that it runs alone."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

from sync.vault import lantai_verify

SOURCE = Path(lantai_verify.__file__)
STRANGERS = {"cryptography", "pyrage"}


def test_a_stranger_can_read_it_in_one_sitting() -> None:
    lines = SOURCE.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 400
    assert max(map(len, lines)) <= 132


def test_it_imports_nothing_of_ours() -> None:
    tree = ast.parse(SOURCE.read_text(encoding="utf-8"))
    named = {one.name for node in ast.walk(tree) if isinstance(node, ast.Import) for one in node.names}
    named |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not any(isinstance(node, ast.ImportFrom) and node.level for node in ast.walk(tree))
    assert {name.split(".")[0] for name in named} <= STRANGERS | set(sys.stdlib_module_names)
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert not called & {"eval", "exec", "__import__", "compile"}


def test_it_writes_and_unpacks_nothing() -> None:
    tree = ast.parse(SOURCE.read_text(encoding="utf-8"))
    methods = {
        node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert not methods & {
        "write_bytes",
        "write_text",
        "extract",
        "extractall",
        "mkdir",
        "unlink",
        "rename",
        "system",
        "run",
    }


def test_alone_in_a_folder_it_says_what_it_was_not_given(tmp_path: Path) -> None:
    shutil.copy(SOURCE, tmp_path)
    asked = ["lantai_verify.py", "no.tar.age", "--signer", "no", "--key", "no"]
    done = subprocess.run([sys.executable, "-I", *asked], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "没有核验" in done.stdout
    assert sorted(one.name for one in tmp_path.iterdir()) == ["lantai_verify.py"]
