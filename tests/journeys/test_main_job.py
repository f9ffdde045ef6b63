"""The main job through the real windows ends well, leaves legible pictures, and a stranger can open what it sealed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

PROJECT = Path(__file__).resolve().parents[2]
STEPS = [
    "1-archive",
    "2-county",
    "3-inbox",
    "4-catalogue",
    "5-file",
    "6-find",
    "7-sync",
    "8-review",
    "9-sealed-copy",
]


pytestmark = pytest.mark.timeout(
    1000
)  # whichever test comes first plays the journey; a loaded machine reads pages slowly


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder the journey left, played once for all that is asked of it."""
    folder = tmp_path_factory.mktemp("journey")
    played = subprocess.run(
        [sys.executable, "-m", "tests.journeys.main_job", "--out", str(folder)],
        cwd=PROJECT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert played.returncode == 0, played.stdout[-3000:] + played.stderr[-3000:]
    return folder


def facts(out: Path) -> dict[str, dict[str, object]]:
    told = json.loads((out / "journey.json").read_text(encoding="utf-8"))
    return {one["step"]: one["facts"] for one in told["steps"]}


def test_every_step_of_the_main_job_ends_well(out: Path) -> None:
    told = json.loads((out / "journey.json").read_text(encoding="utf-8"))
    assert told["ok"] is True
    assert [one["step"] for one in told["steps"]] == STEPS
    assert all(one["ok"] and one["seconds"] >= 0 and one["peak_mib"] > 0 for one in told["steps"])


def test_no_file_that_came_was_lost(out: Path) -> None:
    told = facts(out)["3-inbox"]
    assert told["files_seen"] == told["taken"] + told["doubled"] + told["set_aside"] == 16
    assert told["reasons"] == ["cut_short", "unknown_format"]


def test_every_record_is_filed_found_decided_and_agreed_on(out: Path) -> None:
    told = facts(out)
    assert told["5-file"]["filed"] == 12
    assert all(told["6-find"].values())
    assert told["7-sync"]["cut_once"] is True
    review = told["8-review"]
    assert (review["accepted"], review["returned"], review["corrected"], review["accepted_then"]) == (10, 2, 2, 2)
    assert review["digest_desk"] == review["digest_county"]
    assert review["heads_desk"] == review["heads_county"] == 12


def test_every_picture_shows_something(out: Path) -> None:
    pictures = sorted(out.glob("*.png"))
    assert len(pictures) >= 20
    for one in pictures:
        image = QImage(str(one))
        assert (image.width(), image.height()) == (1366, 768), one.name
        colours = {image.pixel(x, y) for x in range(0, 1366, 7) for y in range(0, 768, 7)}
        assert len(colours) > 20, one.name


@pytest.mark.skipif(
    not all(map(shutil.which, ("age", "tar", "minisign"))), reason="age, tar and minisign are not installed here"
)
def test_a_stranger_opens_the_copy_with_stock_tools(out: Path, tmp_path: Path) -> None:
    copy = next((out / "sealed-copy").glob("*.tar.age"))
    signed = ["minisign", "-V", "-m", str(copy), "-x", f"{copy}.minisig", "-p", str(out / "signer.pub")]
    subprocess.run(signed, check=True, capture_output=True)
    opened = subprocess.run(["age", "-d", "-i", str(out / "reader.key"), str(copy)], check=True, capture_output=True)
    subprocess.run(["tar", "-x"], input=opened.stdout, cwd=tmp_path, check=True)
    bag = next(tmp_path.iterdir())
    subprocess.run([sys.executable, "-m", "bagit", "--validate", str(bag)], check=True, capture_output=True)
    lines = [
        line for file in sorted((bag / "data" / "records").iterdir()) for line in file.read_text("utf-8").splitlines()
    ]
    assert len(lines) == 12
    assert {json.loads(line)["state"] for line in lines} == {"accepted"}
