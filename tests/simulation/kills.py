"""Real processes, killed: a desk's archive and a county, each ended by SIGKILL at random moments while everything is handed over.

`python -m tests.simulation --kills 50 --records 30000 [--database URL]`. Whenever all has arrived before enough kills, the county takes a
new epoch, so that the desk witnesses and sends everything again.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from sqlalchemy import select

from desktop.archive.archive import DATABASE, Archive
from desktop.archive.clock import system_clock
from desktop.services.syncing import Syncing
from sync.contract.errors import Offline
from sync.contract.kind_files import load_kinds
from sync.contract.revisions import TownshipId
from sync.county.record_files import read_record_files
from sync.county.service import County
from sync.county.tables import Record, table
from sync.vault import audit
from sync.vault.engine import check_integrity, open_engine, read
from tests.bench import filled_office
from tests.sync.county_process import CountyProcess, run_county, running_county

PROJECT = Path(__file__).resolve().parents[2]
TOWNSHIP = TownshipId("339921102")
LONGEST_LIFE_S = 6.0


def be_the_desk(folder: Path) -> int:
    """Everything is handed over; 3 if the county was away."""
    archive = Archive.open(folder, filled_office.KEY)
    syncing = Syncing(archive, load_kinds(), "陈晓兰", system_clock)
    try:
        syncing.seal_batch()
        syncing.sync(lambda _: None, lambda: False)
    except Offline:
        return 3
    finally:
        archive.close()
    return 0


def kill_again_and_again(folder: Path, kills: int, records: int, seed: int, database: str | None) -> dict[str, object]:
    """Return what happened, and what was found wrong afterwards."""
    draw, began, done = random.Random(seed), time.monotonic(), Counter[str]()
    archive = filled_office.begin(folder / "office", records)
    with running_county(folder / "county", database=database) as county:
        syncing = Syncing(archive, load_kinds(), "陈晓兰", system_clock)
        syncing.enrol(county.address, county.code_for_desk(TOWNSHIP))
        syncing.seal_batch()  # one long act; what is killed below is the handing over
        archive.close()
        while done["county"] + done["desk"] < kills:
            arrived = live_once(folder / "office", county, draw, done)
            if arrived and done["county"] + done["desk"] < kills:
                done["new epochs"] += 1
                options = ["--database", database] if database else []
                run_county("declare-restore", "--data", str(county.folder), *options)
        until = time.monotonic() + 900
        while run_desk(folder / "office").wait() != 0:
            if time.monotonic() > until:
                raise AssertionError("the desk never came to its end")
        assert county.stop() == 0
        faults = [*look_at_the_county(county, records), *look_at(folder / "office" / DATABASE, filled_office.KEY)]
    seconds = round(time.monotonic() - began)
    return {"kills": done["county"] + done["desk"], **done, "records": records, "faults": faults, "seconds": seconds}


def run_desk(folder: Path) -> subprocess.Popen[bytes]:
    """The desk works, in a process of its own."""
    command = [sys.executable, "-m", "tests.simulation", "--desk", str(folder)]
    return subprocess.Popen(command, cwd=PROJECT, stderr=subprocess.DEVNULL)


def live_once(office: Path, county: CountyProcess, draw: random.Random, done: Counter[str]) -> bool:
    """One of the two is killed at a random moment; True if everything had arrived before."""
    desk = run_desk(office)
    try:
        return desk.wait(draw.uniform(0.5, LONGEST_LIFE_S)) == 0
    except subprocess.TimeoutExpired:
        victim = draw.choice(["county", "desk"])
        done[victim] += 1
    if victim == "county":
        county.kill()
        county.start()
        try:
            return desk.wait(draw.uniform(0, LONGEST_LIFE_S)) == 0  # 3 if it noticed that the county was away
        except subprocess.TimeoutExpired:
            done["desk"] += 1
    desk.kill()
    desk.wait()
    return False


def look_at_the_county(county: CountyProcess, records: int) -> list[str]:
    """Return what is wrong with what the county holds."""
    opened = County(county.folder, county.folder / "county.key", county.database)
    try:
        with opened.storage.connection() as connection:
            known = list(connection.execute(select(table(Record).c.id)).scalars())
            held = read_record_files(connection, known)
    finally:
        opened.close()
    faults = [] if len(held) == records else [f"{len(held)} of {records} records arrived"]
    twice = [file for file in held.values() if len(file.standings) != 1]
    hidden = [file for file in held.values() if any(it != "received" for it in file.standings.values())]
    faults += [f"{len(twice)} records with more than one revision"] * bool(twice)
    faults += [f"{len(hidden)} revisions not received"] * bool(hidden)
    return faults + look_at(county.folder / "county.db", (county.folder / "county.key").read_bytes())


def look_at(file: Path, key: bytes) -> list[str]:
    """Return what is wrong with an encrypted file and its log."""
    engine = open_engine(file, key)
    try:
        check_integrity(engine)
        with read(engine) as connection:
            verdict = audit.verify(connection)
    finally:
        engine.dispose()
    return [] if verdict.ok else [f"the log of {file.name} does not verify"]
