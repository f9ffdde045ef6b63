"""A real PostgreSQL, a real store of objects and a real disk that is soon full, for the tests that ask for one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

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


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of its own, with room for 2 MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if not sys.platform.startswith("linux"):
        pytest.skip("needs a small disk, which is made on Linux only")
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("needs a small disk, which this machine does not let us mount")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def fill(disk: Path) -> Path:
    """Return a file that takes up all that is left of a disk."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (65_536, 512, 1):
            while _fits(file, size):
                continue
    return filler


def _fits(file: BinaryIO, size: int) -> bool:
    try:
        return file.write(bytes(size)) == size
    except OSError:
        return False
