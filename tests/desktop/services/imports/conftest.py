"""One small real office for each test of imports, with the importer and its reader."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.services.imports.importing import Importing
from tests.desktop.services.office import SmallOffice, begin_office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[SmallOffice]:
    made = begin_office(tmp_path / "office")
    yield made
    made.archive.close()


@pytest.fixture
def importing(office: SmallOffice) -> Iterator[Importing]:
    made = Importing(office.archive, office.kinds, office.person, office.clock)
    yield made
    made.close()
