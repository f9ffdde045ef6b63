"""A real PostgreSQL and a real store of objects for the tests that ask for one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sync.objects_server import new_address, running_objects
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


@pytest.fixture(scope="session")
def objects_server() -> Iterator[str]:
    """The URL of a running store of objects, which the environment names."""
    with running_objects() as url:
        yield url


@pytest.fixture
def objects_address(objects_server: str) -> str:
    """An address in the store that nobody uses."""
    return new_address()
