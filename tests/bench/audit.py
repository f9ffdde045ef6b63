"""What the audit log costs: an event by itself and among others, a commit beside the same one without it, and reading it all.

The peer of the same run: the same act without the log. It is the filing of a marriage, as the clerk's key does it, in an archive of its own
whose acts note nothing; and, for the worst case, one bare row of 1.2 kB with two indexes. Both take turns; each commit is on the disk when it returns. `--events` rows are then read and verified, and asked for by record and by person and day.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy.engine import Connection, Engine

from desktop.archive.archive import Act, Archive
from desktop.archive.log_rows import Sought, newest
from sync.vault import audit
from sync.vault.engine import open_engine, read, write
from tests.desktop.services.office import MARRIAGE, PAPERS, SmallOffice

BATCHES, BATCH = 10, 100
BODY_BYTES: Final = 1242
BEGAN: Final = datetime(2026, 1, 5, tzinfo=UTC)
PEOPLE: Final = ("陈晓兰", "何志远", "周敏", "钱秀兰")


def note(connection: Connection, number: int) -> None:
    """One line, as a filing writes it."""
    record = f"0198f2a0-7c3e-7000-8000-{number % 50_000:012x}"
    details = {"number": "J001-HY·2026-D100-0012", "revision": f"{number:064x}"}
    audit.append(
        connection, PEOPLE[number % 4], "record-filed", record, details, BEGAN + timedelta(seconds=20 * number)
    )


def row(connection: Connection, number: int) -> None:
    """One record's row, without the log."""
    connection.exec_driver_sql(
        "INSERT INTO row (uid, number, body) VALUES (?, ?, ?)",
        (f"{number:032x}", f"J001-{number}", os.urandom(BODY_BYTES)),
    )


class Clocks:
    """CPU and wall of what is done within."""

    def __init__(self) -> None:
        self.cpu_s: list[float] = []
        self.wall_s: list[float] = []

    @contextmanager
    def taking(self) -> Iterator[None]:
        began = time.thread_time(), time.perf_counter()
        yield
        self.cpu_s.append(time.thread_time() - began[0])
        self.wall_s.append(time.perf_counter() - began[1])


def commits(engine: Engine, times: int, logged: Clocks, plain: Clocks, single: Clocks) -> None:
    """The same transaction in turns, with the log and without."""
    for number in range(2 * times):
        clocks = logged if number % 2 else plain
        with clocks.taking(), write(engine) as connection:
            row(connection, number)
            if number % 2:
                with single.taking():
                    note(connection, number)


class SilentAct(Act):
    """An act that stands in no log."""

    def note(self, act: str, subject: str, **details: str | int) -> None:
        """Nothing is noted."""


class SilentArchive(Archive):
    """The peer: the same archive without its log."""

    @contextmanager
    def act(self, by: str, at: datetime) -> Iterator[Act]:
        with super().act(by, at) as one:
            yield SilentAct(one.connection, one.by, one.at)


def filings(folder: Path, times: int, logged: Clocks, plain: Clocks) -> None:
    """Marriages are filed in turns in an archive with a log and in one without."""
    facts = {"county": "云泽县", "township": "青石镇", "township_code": "339921102", "fonds": "J001", "practice": ""}
    offices = [
        (SmallOffice(kind.create(folder / kind.__name__, bytes(32), facts, PEOPLE[0], BEGAN)), clocks)
        for kind, clocks in ((Archive, logged), (SilentArchive, plain))
    ]
    for number in range(times):
        for office, clocks in offices if number % 2 else reversed(offices):
            draft = office.draft(
                "marriage",
                office.receive(number.to_bytes(8)),
                {**MARRIAGE, "cert_no": f"J339921-2016-{number:06}"},
                PAPERS,
            )
            with clocks.taking():
                office.filing.file(draft)
    with offices[0][0].archive.reading() as one, offices[1][0].archive.reading() as other:
        if audit.head(other).size >= audit.head(one).size:
            raise AssertionError("the peer notes its acts")
    for office, _ in offices:
        office.archive.close()


def fill(engine: Engine, first: int, events: int) -> None:
    for start in range(first, first + events, 10_000):
        with write(engine) as connection:
            for number in range(start, min(start + 10_000, first + events)):
                note(connection, number)


def asked_for(engine: Engine, events: int) -> tuple[float, float]:
    """Return the seconds of: who looked at these five records, and what did this person do on a day in the middle."""
    middle = (BEGAN + timedelta(seconds=10 * events)).replace(hour=0, minute=0, second=0)
    records = [f"0198f2a0-7c3e-7000-8000-{number:012x}" for number in range(5)]
    of_records = Sought((), records, (), "", "~")
    of_day = Sought((PEOPLE[0],), None, (), middle.isoformat(), (middle + timedelta(days=1)).isoformat())
    seconds = []
    with write(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE record (uid TEXT PRIMARY KEY, number TEXT, kind TEXT)")
    for sought in (of_records, of_day):
        with read(engine) as connection:
            began = time.perf_counter()
            found = newest(connection, sought, 2_000)
            seconds.append(time.perf_counter() - began)
        if not found:
            raise AssertionError(sought)
    return seconds[0], seconds[1]


def run(arguments: list[str]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the figures, and the commit over the one without the log."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench audit")
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--commits", type=int, default=300)
    asked = parser.parse_args(arguments)
    events = asked.events
    with tempfile.TemporaryDirectory(prefix="lantai-bench-") as name:
        engine = open_engine(Path(name) / "archive.db", bytes(32))
        with write(engine) as connection:
            audit.create_log(connection)
            connection.exec_driver_sql(
                "CREATE TABLE row (id INTEGER PRIMARY KEY, uid TEXT UNIQUE, number TEXT, body BLOB)"
            )
            connection.exec_driver_sql("CREATE INDEX row_number ON row (number)")
        filed, filed_silently = Clocks(), Clocks()
        filings(Path(name), asked.commits // 3, filed, filed_silently)
        logged, plain, single, batched, verified = Clocks(), Clocks(), Clocks(), Clocks(), Clocks()
        commits(engine, asked.commits, logged, plain, single)
        for batch in range(BATCHES):
            with write(engine) as connection, batched.taking():
                for number in range(BATCH):
                    note(connection, batch * BATCH + number)
        fill(engine, 0, events)
        with read(engine) as connection, verified.taking():
            verdict = audit.verify(connection)
        by_person, by_day = asked_for(engine, events)
        engine.dispose()
    if not verdict.ok:
        raise AssertionError(verdict.first)
    alone_cpu = statistics.median(single.cpu_s)
    commit_cpu = statistics.median(logged.cpu_s) - statistics.median(plain.cpu_s)
    figures = {
        "events": asked.events,
        "event_cpu_us_in_a_batch": 1e6 * min(batched.cpu_s) / BATCH,
        "event_cpu_us_alone": 1e6 * alone_cpu,
        "event_cpu_us_alone_with_its_share_of_the_commit": 1e6 * commit_cpu,
        "filing_wall_ms": 1e3 * statistics.median(filed.wall_s),
        "bare_row_wall_ms": 1e3 * statistics.median(logged.wall_s),
        "who_looked_at_a_person_s": by_person,
        "what_did_a_user_do_on_a_day_s": by_day,
        "verify_events": verdict.size,
        "verify_events_per_cpu_s": verdict.size / verified.cpu_s[0],
    }
    ratios = {
        "commit_over_unlogged": statistics.median(filed.wall_s) / statistics.median(filed_silently.wall_s),
        "commit_cpu_over_unlogged": statistics.median(filed.cpu_s) / statistics.median(filed_silently.cpu_s),
        "bare_row_over_unlogged": statistics.median(logged.wall_s) / statistics.median(plain.wall_s),
    }
    return figures, ratios
