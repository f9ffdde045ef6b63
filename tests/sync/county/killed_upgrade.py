"""A program of its own: an older county is upgraded and killed before statements that change something, then judged; on both stores.

    python -m tests.sync.county.killed_upgrade FOLDER URL [every]

Each time the process that upgrades dies by SIGKILL, and the book must stand whole at the revision before or after. Says how often
it was killed: at a few statements, or before each. A county that needs no upgrade and has no store of objects is opened first: Alembic and boto3 must not have been read for it.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine, event

from sync.county import upgrading
from sync.county.service import County, create_county, read_clock
from sync.county.storage import Storage
from tests.sync.county.older_county import LATER, make_older, shape

CHANGING = ("ALTER", "CREATE", "INSERT", "UPDATE", "DELETE")
STEP = 4


def main() -> None:
    folder, url = Path(sys.argv[1]), sys.argv[2]
    today = folder / "today"
    create_county(today, "云泽县", today / "county.key", None)
    County(today, today / "county.key").close()
    assert not {"alembic", "boto3"} & sys.modules.keys()
    importlib.import_module("alembic.command")  # once here, not in each process that is killed
    step = 1 if "every" in sys.argv else STEP
    for name, store in (("encrypted", None), ("postgres", url)):
        killed, stood = kill_upgrades(folder / name, folder / f"{name}.key", store, step)
        sys.stdout.write(f"{name} {killed} {' '.join(stood)}\n")


def kill_upgrades(folder: Path, key: Path, url: str | None, step: int) -> tuple[int, list[str]]:
    """An older county was upgraded at last; returns how often that was killed before, and where the book stood then."""
    whole = make_older(folder, key, url)
    seen = [look(folder, key, url)]
    number = 1
    while not upgrade_and_die(folder, key, url, number):
        seen.append(look(folder, key, url))
        number = number + step if seen[-1] == seen[-2] else 1  # counted from the revision where the book stands
    assert look(folder, key, url) == upgrading.NEWEST
    assert sorted(seen) == seen, seen
    assert seen[0] == upgrading.BEFORE
    with closing(County(folder, key, url)) as county, county.storage.connection() as connection:
        assert shape(connection) == whole
        assert connection.exec_driver_sql("SELECT record, number FROM revision").fetchall() == [("r1", "")]
    return len(seen) - 1, list(dict.fromkeys(one or "before" for one in seen))


def upgrade_and_die(folder: Path, key: Path, url: str | None, number: int) -> bool:
    """A process upgrades the county and dies before its n-th statement that changes something; True if there was no such one."""
    child = os.fork()
    if child == 0:
        left = number

        @event.listens_for(Engine, "before_cursor_execute")
        def die(_connection, _cursor, statement, *_more) -> None:
            nonlocal left
            left -= statement.startswith(CHANGING)
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        storage = Storage(folder, key.read_bytes(), url, read_clock)
        storage.bring_up()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status == 0 or os.WTERMSIG(status) == signal.SIGKILL, status
    return status == 0


def look(folder: Path, key: Path, url: str | None) -> str:
    """Return where the book stands; it is whole there."""
    with closing(Storage(folder, key.read_bytes(), url, read_clock)) as storage, storage.connection() as connection:
        at, tables = upgrading.standing(connection), shape(connection)
    later = {"pair_said"} & tables.keys()
    later |= {name for name, columns in LATER.items() if name in tables and columns and set(columns) <= tables[name][0]}
    half = {name for name, columns in LATER.items() if name in tables and set(columns) & tables[name][0]} - later
    assert not half, (at, half)
    assert later == (set() if at == upgrading.BEFORE else set(LATER)), (at, later)
    return at


if __name__ == "__main__":
    main()
