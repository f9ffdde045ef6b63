"""A real PostgreSQL for the tests that ask for one, started in a temporary folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sync.postgres_cluster import find_programs, new_database, running_cluster


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Path]:
    """A running cluster; its folder holds the socket."""
    programs = find_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql)")
    with running_cluster(programs) as folder:
        yield folder


@pytest.fixture
def postgres_database(postgres_cluster: Path) -> str:
    """The URL of an empty database."""
    return new_database(postgres_cluster)


@pytest.fixture
def another_postgres_database(postgres_cluster: Path) -> str:
    """The URL of one more empty database."""
    return new_database(postgres_cluster)
