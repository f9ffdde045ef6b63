"""Preferences are kept whole, and what cannot be read never keeps anybody out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from desktop.preferences import FILE, PreferenceFile, Preferences


def test_what_was_chosen_is_read_again(tmp_path: Path) -> None:
    file = PreferenceFile(tmp_path / "data")
    assert file.read() == Preferences()
    file.write(Preferences("contrast", 150, "en"))
    assert PreferenceFile(tmp_path / "data").read() == Preferences("contrast", 150, "en")


@pytest.mark.parametrize(
    ("content", "read"),
    [
        (b"", Preferences()),
        (b"\xff\xfe", Preferences()),
        (b"[1]", Preferences()),
        (b'{"layout": 2, "theme": "dark"}', Preferences()),
        (b'{"layout": 1, "theme": "pink", "scale": 99999, "language": "en"}', Preferences(language="en")),
    ],
)
def test_what_cannot_be_read_counts_as_not_chosen(tmp_path: Path, content: bytes, read: Preferences) -> None:
    (tmp_path / FILE).write_bytes(content)
    assert PreferenceFile(tmp_path).read() == read


def test_nothing_heavy_is_imported_before_the_first_page_is_painted() -> None:
    asked = "import sys, desktop.app; print(*{'sqlalchemy', 'sqlmodel', 'cryptography', 'requests', 'pymupdf', 'numpy'} & set(sys.modules))"
    project = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", asked], cwd=project, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split() == []
