"""Records handed over from a desk to a county in a process of its own, on SQLCipher and on PostgreSQL, beside three floors of the same run.

The floors: the store alone (the same rows in the same transactions, nothing carried, read or judged), the county's intake without a
line (the same bytes unpacked, judged and kept in one process), and PouchDB handing the same bodies to express-pouchdb.
`--townships 200 --seconds 60`: that many desks ask at once, at a steady rate; see `townships`.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from desktop.archive.archive import Archive
from desktop.archive.clock import system_clock
from desktop.archive.township_ledger import ArchiveTownshipLedger
from desktop.services.syncing import Syncing
from sync.client.pacing import LARGEST_BYTES
from sync.contract.batches import BatchSeal
from sync.contract.histories import RevisionStanding
from sync.contract.kind_files import load_kinds
from sync.contract.messages import BatchState, SentBatch, SyncRequest
from sync.contract.wire import pack_request, unpack
from sync.county import registry
from sync.county.desk_calls import DeskCalls
from sync.county.service import County, create_county
from sync.county.tables import Device
from sync.ledger.county_book import KeptPart
from tests.bench import filled_office, townships
from tests.bench.handing_over import PERSON, bodies
from tests.bench.pouchdb import push_by_pouchdb
from tests.sync.county_process import NAME, running_county
from tests.sync.postgres_cluster import find_programs, new_database, running_cluster

MOST_FOR_POUCHDB = 20_000  # it does less than a thousand a second
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Pushed:
    """One hand-over: of a sealed batch, until the county has received it."""

    seconds: float
    desk_cpu_s: float
    county_cpu_s: float
    county_rss_mb: float
    up_bytes: int
    down_bytes: int
    requests: int


def cpu_s(pid: int) -> float:
    """Return the CPU time a process has used."""
    told = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / TICKS_A_SECOND


def largest_mb(pid: int) -> float:
    """Return the most resident memory a process ever had."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
    return int(found[1]) * 1024 / 1e6 if found else 0.0


def push(archive: Archive, folder: Path, records: int, database: str | None) -> tuple[Pushed, BatchSeal, float]:
    """Return what handing over everything that was filed took, the batch, and the seconds of checking and sealing it before."""
    with running_county(folder, database=database) as county:
        syncing = Syncing(archive, load_kinds(), PERSON, system_clock)
        syncing.enrol(county.address, county.code_for_desk())
        began = time.perf_counter()
        seal = syncing.seal_batch()
        seal_s = time.perf_counter() - began
        pid = county.process.pid
        before, began, own = cpu_s(pid), time.perf_counter(), time.process_time()
        outcome = syncing.sync(lambda progress: None, lambda: False).outcome
        seconds, own = time.perf_counter() - began, time.process_time() - own
        pushed = Pushed(
            seconds, own, cpu_s(pid) - before, largest_mb(pid), outcome.up_bytes, outcome.down_bytes, outcome.rounds
        )
        if seal is None or syncing.status().received != records:
            raise SystemExit(f"only {syncing.status().received} of {records} records arrived")
    return pushed, seal, seal_s


@contextmanager
def _new_county(folder: Path, database: str | None) -> Iterator[County]:
    create_county(folder, NAME, folder / "county.key", database)
    with closing(County(folder, folder / "county.key", database)) as county:
        yield county


def _find_desk(folder: Path, database: str | None) -> Device:
    """Return the one desk that is enrolled with a county."""
    with closing(County(folder, folder / "county.key", database)) as county, county.storage.connection() as connection:
        return next(one for one in registry.list_devices(connection) if one.township)


def _requests(archive: Archive, seal: BatchSeal) -> Iterator[bytes]:
    """Yield the parts of a batch in requests of the largest size."""
    ledger = ArchiveTownshipLedger(archive, load_kinds(), system_clock)
    want = 0
    while want < seal.parts:
        parts = ledger.read_parts(seal.batch_id, want, LARGEST_BYTES)
        want = parts[-1].number + 1
        yield pack_request(SyncRequest("", 0, b"", batch=SentBatch(seal, parts)))


def take_in(county: County, desk: Device, sent: list[bytes]) -> float:
    """Return the seconds of the county's intake without a line."""
    desks, epoch = DeskCalls(county), county.ledger.epoch
    began = time.perf_counter()
    for message in sent:
        reply = desks.sync(desk, replace(unpack(SyncRequest, message), epoch=epoch))
    seconds = time.perf_counter() - began
    if reply.batch is None or reply.batch.state is not BatchState.RECEIVED:
        raise SystemExit("the intake did not take the batch")
    return seconds


def keep(county: County, seal: BatchSeal, sent: list[bytes]) -> float:
    """Return the seconds of the store alone: the rows of each request in one transaction, shown in the last."""
    runs = [_judged(county, message) for message in sent]
    began = time.perf_counter()
    for run in runs:
        with county.storage.writing(seal.township) as book:
            if run is runs[0]:
                book.add_batch(seal)
            book.add_parts(seal, run)
            if run is runs[-1]:
                book.claim_records(seal.township, seal.batch_id)
                book.claim_numbers(seal.township, seal.batch_id)
                book.release(seal.batch_id, RevisionStanding.RECEIVED)
                book.set_batch_state(seal.batch_id, BatchState.RECEIVED)
    return time.perf_counter() - began


def _judged(county: County, message: bytes) -> list[KeptPart]:
    batch = unpack(SyncRequest, message).batch
    if batch is None:
        raise SystemExit("a request without a batch")
    return [county.ledger._read_part(batch.seal.township, batch.seal, part) for part in batch.parts]


def _measure(office: Path, folder: Path, records: int, store: str, cluster: Path | None) -> dict[str, float]:
    """Return a store's figures by their names, those of PostgreSQL begin with pg_."""
    book = [new_database(cluster) for _ in range(3)] if cluster else [None] * 3
    shutil.copytree(office, folder / f"{store}copy")
    with closing(Archive.open(folder / f"{store}copy", filled_office.KEY)) as archive:
        pushed, seal, seal_s = push(archive, folder / f"{store}pushed", records, book[0])
        sent = list(_requests(archive, seal))
    with _new_county(folder / f"{store}intake", book[1]) as county:
        intake_s = take_in(county, _find_desk(folder / f"{store}pushed", book[0]), sent)
    with _new_county(folder / f"{store}bare", book[2]) as county:
        bare_s = keep(county, seal, sent)
    return {
        f"{store}records_per_second": records / pushed.seconds,
        f"{store}store_records_per_second": records / bare_s,
        f"{store}intake_records_per_second": records / intake_s,
        f"{store}desk_cpu_us_a_record": pushed.desk_cpu_s / records * 1e6,
        f"{store}county_cpu_us_a_record": pushed.county_cpu_s / records * 1e6,
        f"{store}county_rss_mb": pushed.county_rss_mb,
        f"{store}requests": pushed.requests,
        f"{store}wire_bytes_per_record": (pushed.up_bytes + pushed.down_bytes) / records,
        f"{store}seal_us_a_record": seal_s / records * 1e6,
    }


def _pushes(asked: argparse.Namespace) -> tuple[dict[str, float], dict[str, float]]:
    records: int = asked.records
    figures: dict[str, float] = {"records": records}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lantai-bench-")))
        with closing(filled_office.begin(folder / "office", records)) as archive:
            said = bodies(archive)
        figures["body_bytes_a_record"] = sum(map(len, said)) / records
        figures |= _measure(folder / "office", folder, records, "", None)
        programs = None if asked.without_peers else find_programs()
        if programs is not None:
            cluster = stack.enter_context(running_cluster(programs, durable=True))
            figures |= _measure(folder / "office", folder, records, "pg_", cluster)
        elif not asked.without_peers:
            print("SKIPPED: PostgreSQL is not measured, it is not on this machine")
        peer = None if asked.without_peers else push_by_pouchdb(said[:MOST_FOR_POUCHDB])
    ratios = {}
    for store in ("", "pg_") if "pg_records_per_second" in figures else ("",):
        for floor in ("store", "intake"):
            rate = figures[f"{store}{floor}_records_per_second"]
            ratios[f"push_{store}over_{floor}_limit"] = figures[f"{store}records_per_second"] / rate
    if peer is not None:
        count = len(said[:MOST_FOR_POUCHDB])
        figures["pouchdb_records_per_second"] = count / peer["seconds"]
        figures["pouchdb_cpu_us_a_record"] = peer["cpu_s"] / count * 1e6
        figures["pouchdb_wire_bytes_per_record"] = (peer["up"] + peer["down"]) / count
        ratios["push_over_pouchdb"] = figures["records_per_second"] / figures["pouchdb_records_per_second"]
        ours = figures["desk_cpu_us_a_record"] + figures["county_cpu_us_a_record"]
        ratios["pouchdb_cpu_over_ours"] = figures["pouchdb_cpu_us_a_record"] / ours
    return figures, ratios


def run(arguments: list[str]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the figures and the ratios over the floors."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench sync")
    parser.add_argument("--records", type=int, default=1_000)
    parser.add_argument("--without-peers", action="store_true", help="neither PostgreSQL nor PouchDB is measured")
    townships.add_arguments(parser)
    asked = parser.parse_args(arguments)
    return townships.measure(asked) if asked.townships else _pushes(asked)
