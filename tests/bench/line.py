"""Records a second from a desk to a county in a process of its own, and what one changed record costs in bytes.

The peers of the same run: gzip over the same bodies (what a file sent by hand would weigh), and the bare round trip of a hello.
"""

from __future__ import annotations

import argparse
import gzip
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from desktop.archive import bodies as kept_bodies
from desktop.archive.archive import Archive
from desktop.archive.clock import system_clock
from desktop.services.enrolments import EnrolmentDrawer
from desktop.services.syncing import Synced, Syncing
from sync.contract.kind_files import load_kinds
from tests.bench import filled_office
from tests.sync.county_process import running_county

PERSON = "陈晓兰"
HELLOS = 20


@dataclass(frozen=True, slots=True)
class Sent:
    """One batch on its way to the county, and how long it took."""

    synced: Synced
    seconds: float


def send(syncing: Syncing) -> Sent:
    """What was filed is sealed and at the county."""
    began = time.perf_counter()
    syncing.seal_batch()
    synced = syncing.sync(lambda progress: None, lambda: False)
    return Sent(synced, time.perf_counter() - began)


def hello_ms(archive: Archive) -> float:
    """Return the median time of the smallest exchange there is, on an open line."""
    session = EnrolmentDrawer(archive, "desk", PERSON, system_clock).read().open_session()
    times = []
    for _ in range(HELLOS):
        began = time.perf_counter()
        session.hello()
        times.append((time.perf_counter() - began) * 1000)
    session.close()
    return statistics.median(times)


def bodies(archive: Archive) -> list[bytes]:
    """Return what every revision says, as it travels."""
    with archive.reading() as connection:
        rows = connection.execute(text("SELECT body FROM revision ORDER BY arrived"))
        return [kept_bodies.unpack(bytes(row[0])) for row in rows]


def run(arguments: list[str]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the figures and the ratios over gzip and over a hello."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench line")
    parser.add_argument("--records", type=int, default=2_000)
    records = parser.parse_args(arguments).records
    with tempfile.TemporaryDirectory(prefix="lantai-bench-") as name:
        archive = filled_office.begin(Path(name) / "office", records)
        with running_county(Path(name) / "county") as county:
            syncing = Syncing(archive, load_kinds(), PERSON, system_clock)
            syncing.enrol(county.address, county.code_for_desk())
            whole = send(syncing)
            filled_office.fill(archive, 1, seed=2)
            one = send(syncing)
            idle = send(syncing)
            hello = hello_ms(archive)
        status = syncing.status()
        if status.received != records + 1:
            raise SystemExit(f"only {status.received} of {records + 1} records arrived")
        said = bodies(archive)
        archive.close()
    out, changed = whole.synced.outcome, one.synced.outcome
    figures = {
        "records": records,
        "records_per_second": records / whole.seconds,
        "requests": out.rounds,
        "body_bytes_a_record": sum(map(len, said)) / len(said),
        "up_bytes_a_record": out.up_bytes / records,
        "down_bytes_a_record": out.down_bytes / records,
        "one_changed_requests": changed.rounds,
        "one_changed_up_bytes": changed.up_bytes,
        "one_changed_down_bytes": changed.down_bytes,
        "one_changed_ms": one.seconds * 1000,
        "nothing_new_bytes": idle.synced.outcome.up_bytes + idle.synced.outcome.down_bytes,
        "hello_ms": hello,
    }
    ratios = {
        "up_bytes_over_gzip": out.up_bytes / len(gzip.compress(b"\n".join(said[:-1]))),
        "one_changed_bytes_over_gzip": (changed.up_bytes + changed.down_bytes) / len(gzip.compress(said[-1])),
        "one_changed_over_hello": one.seconds * 1000 / hello,
    }
    return figures, ratios
