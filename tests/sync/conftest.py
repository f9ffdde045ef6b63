"""A real PostgreSQL for the tests that ask for one, started in a temporary folder."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

_numbers = count(1)


def _find_programs() -> Path | None:
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    on_path = shutil.which("pg_ctl")
    return installed[-1].parent if installed else Path(on_path).parent if on_path else None


def _as_postgres(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return []
    user = pwd.getpwnam("postgres")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return ["runuser", "-u", "postgres", "--"]


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Path]:
    """A running cluster; its folder holds the socket."""
    programs = _find_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="lantai-pg-"))
    folder.chmod(0o755)
    prefix = _as_postgres(folder)

    def run(program: str, *arguments: str) -> None:
        command = [*prefix, str(programs / program), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")

    data = str(folder / "data")
    run("initdb", "-D", data, "-A", "trust", "-U", "postgres", "-N", "--locale=C.UTF-8", "-E", "UTF8")
    options = f"-c listen_addresses='' -c fsync=off -c max_connections=40 -k {folder}"
    run("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
    yield folder
    run("pg_ctl", "-D", data, "-m", "immediate", "stop")
    shutil.rmtree(folder)


@pytest.fixture
def postgres_database(postgres_cluster: Path) -> str:
    """The URL of an empty database."""
    return _new_database(postgres_cluster)


@pytest.fixture
def another_postgres_database(postgres_cluster: Path) -> str:
    """The URL of one more empty database."""
    return _new_database(postgres_cluster)


def _new_database(postgres_cluster: Path) -> str:
    name = f"county{next(_numbers)}"
    with psycopg.connect(host=str(postgres_cluster), user="postgres", dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return f"postgresql+psycopg://postgres@/{name}?host={postgres_cluster}"
