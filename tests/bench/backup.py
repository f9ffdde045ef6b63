"""The ways to copy an open archive, beside `cp` and a flush; and what a save costs while the copy is made.

Each way leaves the same bytes on the disk, flushed. A backup is the copy, read back and checked page by page.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from sqlcipher3 import dbapi2

from desktop.archive.archive import DATABASE, Archive
from desktop.archive.clock import system_clock
from desktop.services.backing_up import BackingUp
from sync.vault.engine import checkpoint, open_engine
from sync.vault.slots import Keystore
from tests.bench import filled_office

PERSON = "陈晓兰"
KEY = bytes(range(32))
MIB = 1 << 20


def flushed(path: Path) -> None:
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def plain_copy(source: Path, target: Path) -> None:
    """The floor: the bytes and a flush, of a file that nobody has open for writing."""
    shutil.copyfile(source, target)
    flushed(target)


def still_copy(archive: Archive, target: Path) -> None:
    """Ours: the main file stands still under a reader while people save."""
    with archive.standing_still() as (_, blocks), open(target, "wb") as file:
        for block in blocks:
            file.write(block)
    flushed(target)


def keyed(path: Path) -> dbapi2.Connection:
    connection = dbapi2.connect(str(path), isolation_level=None)
    connection.set_key(f"x'{KEY.hex()}'")
    return connection


def api_copy(source: Path, target: Path) -> None:
    """SQLite's backup interface, which reads and seals every page anew."""
    here, there = keyed(source), keyed(target)
    here.backup(there)
    here.close()
    there.close()
    flushed(target)


def vacuum_copy(source: Path, target: Path) -> None:
    here = keyed(source)
    here.execute("VACUUM INTO ?", (str(target),))
    here.close()
    flushed(target)


def costs(act: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Return the median of CPU seconds and of wall seconds."""
    cpu, wall = [], []
    for _ in range(rounds):
        began_cpu, began = time.process_time(), time.perf_counter()
        act()
        cpu.append(time.process_time() - began_cpu)
        wall.append(time.perf_counter() - began)
    return statistics.median(cpu), statistics.median(wall)


def measure_copies(archive: Archive, folder: Path, rounds: int) -> tuple[dict[str, float], dict[str, float]]:
    """Return what each way costs, and how it compares with the floor of the same run."""
    source, target = archive.folder / DATABASE, folder / "copy.db"
    ways: dict[str, Callable[[], object]] = {
        "cp": lambda: plain_copy(source, target),
        "still": lambda: still_copy(archive, target),
        "backup_api": lambda: api_copy(source, target),
        "vacuum_into": lambda: vacuum_copy(source, target),
    }
    figures: dict[str, float] = {}
    for name, way in ways.items():

        def once(way: Callable[[], object] = way) -> None:
            target.unlink(missing_ok=True)
            way()

        figures[f"{name}_cpu_s"], figures[f"{name}_wall_s"] = costs(once, rounds)
    target.unlink()
    ratios = {
        f"{name}_{clock}_over_cp": figures[f"{name}_{clock}_s"] / figures[f"cp_{clock}_s"]
        for name in ways
        if name != "cp"
        for clock in ("cpu", "wall")
    }
    return figures, ratios


def measure_saves(archive: Archive, backing: BackingUp, place: str) -> dict[str, float]:
    """Return how long saves take when nothing else is done, and while backups are made one after another."""

    def saves(until: threading.Event | None, most: int) -> list[float]:
        times = []
        while len(times) < most and not (until and until.is_set()):
            began = time.perf_counter()
            with archive.act(PERSON, system_clock()) as act:
                act.note("save", str(len(times)))
            times.append((time.perf_counter() - began) * 1000)
            time.sleep(0.01)
        return times

    quiet = saves(None, 200)
    done = threading.Event()

    def back_up() -> None:
        backing.back_up(place, lambda _: None, lambda: False)
        done.set()

    worker = threading.Thread(target=back_up)
    worker.start()
    meanwhile = saves(done, 100_000)
    worker.join()
    return {
        "save_ms": statistics.median(quiet),
        "save_p99_ms": sorted(quiet)[int(len(quiet) * 0.99)],
        "save_in_backup_ms": statistics.median(meanwhile),
        "save_in_backup_p99_ms": sorted(meanwhile)[int(len(meanwhile) * 0.99)],
        "save_in_backup_longest_ms": max(meanwhile),
        "saves_in_backup": len(meanwhile),
    }


def run(arguments: list[str]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the figures and the ratios over the floor of the same run."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench backup")
    parser.add_argument("--records", type=int, default=2_000)
    parser.add_argument("--mebibytes", type=int, default=200, help="how large the database is made")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="lantai-bench-") as name:
        folder = Path(name)
        archive = filled_office.begin(folder / "office", asked.records)
        Keystore.create(folder / "office", KEY)
        with archive.act(PERSON, system_clock()) as act:
            act.connection.exec_driver_sql("CREATE TABLE padding (x BLOB)")
            for _ in range(asked.mebibytes):
                act.connection.exec_driver_sql("INSERT INTO padding VALUES (?)", (os.urandom(MIB),))
        archive.close()
        engine = open_engine(folder / "office" / DATABASE, KEY)
        checkpoint(engine)
        engine.dispose()
        archive = Archive.open(folder / "office", KEY)
        try:
            figures, ratios = measure_copies(archive, folder, asked.rounds)
            (folder / "second").mkdir()
            backing = BackingUp(archive, PERSON, system_clock)
            place = backing.where.choose_folder(folder / "second").id
            figures["backup_cpu_s"], figures["backup_wall_s"] = costs(
                lambda: backing.back_up(place, lambda _: None, lambda: False), asked.rounds
            )
            figures |= measure_saves(archive, backing, place)
            figures["mebibytes"] = (folder / "office" / DATABASE).stat().st_size / MIB
        finally:
            archive.close()
    ratios["backup_wall_over_cp"] = figures["backup_wall_s"] / figures["cp_wall_s"]
    ratios["save_in_backup_over_save"] = figures["save_in_backup_ms"] / figures["save_ms"]
    return figures, ratios
