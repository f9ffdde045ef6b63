"""Shared by the tests of pages: one reader for the whole run, and real files where they are at hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.documents.pages import PageReader

REAL_FILES = Path(__file__).parents[3].parent / "shared" / "data"


@pytest.fixture(scope="session")
def reader() -> Iterator[PageReader]:
    with PageReader() as reader:
        yield reader


@pytest.fixture(scope="session")
def real_files() -> Path:
    if not REAL_FILES.is_dir():
        pytest.skip("the shared test data is not beside the project (../shared/data)")
    return REAL_FILES
