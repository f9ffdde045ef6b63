"""Another key for a whole archive, beside a plain copy and SQLCipher's own `PRAGMA rekey`; and how soon it stops when asked.

Ours writes everything anew beside the old file, reads it back page by page, compares it, and puts it in place by one rename;
`PRAGMA rekey` writes over the file that is there and checks nothing.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from pathlib import Path

from desktop.archive.archive import DATABASE, Archive
from desktop.archive.clock import system_clock
from desktop.services.users import Users
from sync.contract.errors import Refused
from sync.vault.slots import Keystore, Person, Role, new_data_key
from tests.bench import filled_office
from tests.bench.backup import KEY, MIB, costs, keyed, plain_copy

PERSON = "赵主任"
PASSWORD = "只在这里量一量换钥要多久"


def rekeyed_in_place(source: Path, target: Path) -> None:
    """The peer: the file itself under another key, page by page in one transaction."""
    shutil.copyfile(source, target)
    began = keyed(target)
    began.execute("PRAGMA journal_mode=DELETE")
    began.execute(f"PRAGMA rekey = \"x'{new_data_key().hex()}'\"")
    began.close()


class Changing:
    """The product's own way, again and again on one archive."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stop_seconds = 0.0

    def opened(self) -> Archive:
        entrance = Keystore.open(self.folder).enter(PERSON, PASSWORD, system_clock())
        return Archive.open(self.folder, entrance.data_key, entrance.keys[:-1])

    def change(self) -> None:
        archive = self.opened()
        users = Users(archive, Person(PERSON, Role.ADMIN), system_clock)
        users.change_key(lambda _: None, lambda: False)
        archive.close()

    def stop(self) -> None:
        """Asked to stop when a quarter is written; how long it went on is kept."""
        archive, asked_at = self.opened(), [0.0]

        def report(progress: object) -> None:
            if getattr(progress, "done", 0) * 8 >= getattr(progress, "whole", 1) and not asked_at[0]:
                asked_at[0] = time.perf_counter()

        try:
            Users(archive, Person(PERSON, Role.ADMIN), system_clock).change_key(report, lambda: bool(asked_at[0]))
        except Refused:
            self.stop_seconds = time.perf_counter() - asked_at[0]
        finally:
            archive.close()


def run(arguments: list[str]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the figures and the ratios over the floor and the peer of the same run."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench keys")
    parser.add_argument("--records", type=int, default=2_000)
    parser.add_argument("--mebibytes", type=int, default=200, help="how large the database is made")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="lantai-bench-") as name:
        folder = Path(name)
        archive = filled_office.begin(folder / "office", asked.records)
        keystore = Keystore.create(folder / "office", KEY)
        keystore.add(KEY, PERSON, Role.ADMIN, PASSWORD)
        with archive.act(PERSON, system_clock()) as act:
            act.connection.exec_driver_sql("CREATE TABLE padding (x BLOB)")
            for _ in range(asked.mebibytes):
                act.connection.exec_driver_sql("INSERT INTO padding VALUES (?)", (os.urandom(MIB),))
        archive.put_down()
        archive.close()
        source, target = folder / "office" / DATABASE, folder / "copy.db"
        figures = {"records": float(asked.records), "mebibytes": source.stat().st_size / MIB}
        figures["cp_cpu_s"], figures["cp_wall_s"] = costs(lambda: plain_copy(source, target), asked.rounds)
        figures["rekey_cpu_s"], figures["rekey_wall_s"] = costs(lambda: rekeyed_in_place(source, target), asked.rounds)
        changing = Changing(folder / "office")
        figures["change_cpu_s"], figures["change_wall_s"] = costs(changing.change, asked.rounds)
        changing.stop()
        figures["stop_s"] = changing.stop_seconds
    ratios = {
        "change_cpu_over_rekey": figures["change_cpu_s"] / figures["rekey_cpu_s"],
        "change_wall_over_rekey": figures["change_wall_s"] / figures["rekey_wall_s"],
        "change_wall_over_cp": figures["change_wall_s"] / figures["cp_wall_s"],
    }
    return figures, ratios
