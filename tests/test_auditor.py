"""The auditor's document is true: its script, run word for word, opens and proves a copy, and refuses a changed one."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from desktop.services.exporting import Exporting
from tests.desktop.services.office import begin_office

DOCUMENT = Path(__file__).resolve().parents[1] / "docs/auditor.md"

pytestmark = pytest.mark.skipif(
    not all(shutil.which(tool) for tool in ("age", "tar", "minisign", "sha256sum", "bash")),
    reason="age, tar, minisign or sha256sum is not installed (Debian: age minisign)",
)


def run_script(folder: Path, copy: Path) -> subprocess.CompletedProcess[str]:
    found = re.search(r"^```bash\n(.*?)^```$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert found
    (folder / "script.sh").write_text(found[1], encoding="utf-8")
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "script.sh", str(copy), "office.pub", "KEY"], cwd=folder, capture_output=True, text=True,
        env={**os.environ, "PATH": tools, "TMPDIR": str(folder), "PYTHONWARNINGS": "ignore"}, check=False,
    )  # fmt: skip


def run_verifier(folder: Path, copy: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """The verifier that lies beside the copy, with nothing of ours to import."""
    asked = ["lantai_verify.py", copy.name, "--signer", "../office.pub", "--key", "../KEY", *more]
    return subprocess.run([sys.executable, "-I", *asked], cwd=copy.parent, capture_output=True, text=True, check=False)


def test_the_script_of_the_document_opens_and_proves_a_copy_and_refuses_a_changed_one(tmp_path: Path) -> None:
    office = begin_office(tmp_path / "office")
    office.file_marriage()
    exporting = Exporting(office.archive, office.kinds, "吴审计", office.clock)
    reader = exporting.make_recipient()
    (tmp_path / "stick").mkdir()
    made = exporting.export(tmp_path / "stick", [reader.public_key], lambda _: None, lambda: False)
    (tmp_path / "office.pub").write_text(exporting.signature_key(), encoding="ascii")
    shutil.copy(reader.key_file, tmp_path / "KEY")
    office.archive.close()
    done = run_script(tmp_path, made.path)
    assert done.returncode == 0, done.stderr
    page = Path(re.findall(r"^intact: (.*)$", done.stdout, re.MULTILINE)[0])
    assert "何晨" in next((page.parent / "list").iterdir()).read_text(encoding="utf-8")
    assert "Bag-Count: 1 of 1" in done.stdout
    (tmp_path / "notes").write_text(
        json.loads((page.parent / "proof.json").read_text(encoding="utf-8"))["checkpoint"], encoding="utf-8"
    )
    told = run_verifier(tmp_path, made.path, "--checkpoint", "../notes")
    assert (told.returncode, "up to checkpoint 0" in told.stdout, "INTACT AND COMPLETE" in told.stdout) == (
        0,
        False,
        True,
    )
    assert "up to checkpoint 0" in run_verifier(tmp_path, made.path).stdout
    (tmp_path / "notes").write_text("", encoding="utf-8")  # a file without a checkpoint proves nothing, and says so
    assert run_verifier(tmp_path, made.path, "--checkpoint", "../notes").returncode == 2
    whole = made.path.read_bytes()
    made.path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert run_script(tmp_path, made.path).returncode != 0
    told = run_verifier(tmp_path, made.path)
    assert (told.returncode, told.stdout.splitlines()[0]) == (
        1,
        f"不能采信：签名不符，或签后被改动（{made.path.name}）。",
    )
