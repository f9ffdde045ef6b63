"""A PostgreSQL of the machine's own, started in a temporary folder."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg

_numbers = count(1)


def find_programs() -> Path | None:
    """Return the folder of PostgreSQL's programs, None if it is not installed."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    on_path = shutil.which("pg_ctl")
    return installed[-1].parent if installed else Path(on_path).parent if on_path else None


@contextmanager
def running_cluster(programs: Path, *, durable: bool = False) -> Iterator[Path]:
    """A cluster runs while the block does; its folder holds the socket.

    Args:
        durable: commits are on the disk, as in an office; tests have no use for that.
    """
    folder = Path(tempfile.mkdtemp(prefix="lantai-pg-"))
    folder.chmod(0o755)
    prefix = _as_postgres(folder)

    def run(program: str, *arguments: str) -> None:
        command = [*prefix, str(programs / program), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")

    data = str(folder / "data")
    run("initdb", "-D", data, "-A", "trust", "-U", "postgres", "-N", "--locale=C.UTF-8", "-E", "UTF8")
    options = f"-c listen_addresses='' -c fsync={'on' if durable else 'off'} -c max_connections=40 -k {folder}"
    run("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield folder
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder)


def new_database(cluster: Path) -> str:
    """Return the URL of an empty database."""
    name = f"county{next(_numbers)}"
    with psycopg.connect(host=str(cluster), user="postgres", dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return f"postgresql+psycopg://postgres@/{name}?host={cluster}"


def _as_postgres(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return []
    user = pwd.getpwnam("postgres")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return ["runuser", "-u", "postgres", "--"]
