"""A bulk of filings through the product's own path, beside tantivy's build of the same tokens and the same archive in a plain file.

CPU of the process. The drafts are typed and judged before the clock runs: what is measured is number, revision, line, search
index and log, in blocks of one transaction. A save is one more record, filed alone and on the disk.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import sqlalchemy
from filelock import FileLock
from sqlalchemy import event
from sqlalchemy.pool import QueuePool
from sqlcipher3 import dbapi2

from desktop.archive import search_index, settings
from desktop.archive.archive import DATABASE, Archive, furnish
from desktop.services.filing import file_new
from sync.contract.kind_files import load_kinds
from sync.vault.engine import CACHE_KIB, write
from tests.bench import corpus
from tests.bench.filled_office import AT, FACTS, KEY
from tests.bench.peers import Tantivy
from tests.bench.search import percentile, remembered_mib

A_TRANSACTION = 2_000
MERGE_EVERY = 100  # saves between two idle moments, in which the desk merges and moves the log


def plain_archive(folder: Path) -> Archive:
    """Return the same archive in a file that is not encrypted: the floor."""
    folder.mkdir()
    engine = sqlalchemy.create_engine(f"sqlite:///{folder / DATABASE}", module=dbapi2, poolclass=QueuePool)

    @event.listens_for(engine, "connect")
    def settle(connection: dbapi2.Connection, _record: object) -> None:
        connection.isolation_level = None
        for setting in ("journal_mode=WAL", "synchronous=FULL", "temp_store=MEMORY", f"cache_size=-{CACHE_KIB}"):
            connection.execute(f"PRAGMA {setting}")

    @event.listens_for(engine, "begin")
    def begin(connection: sqlalchemy.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    with write(engine) as connection:
        furnish(connection)
        settings.put(connection, "fonds", FACTS["fonds"])
    lock = FileLock(folder / "window.lock", thread_local=False)
    lock.acquire()
    return Archive(folder, engine, lock, KEY)


def fill(archive: Archive, records: int, pages: float) -> float:
    """The archive holds the records; the CPU seconds that filing them took are returned, with commits and the last merge."""
    kind, spent = load_kinds()["marriage"], 0.0
    for first in range(0, records, A_TRANSACTION):
        several = list(corpus.papers(first, min(A_TRANSACTION, records - first), pages=pages))
        with archive.act(corpus.PERSON, AT) as act:  # the text was read before, behind the scenes
            corpus.lay_pages(act, several)
        began = time.process_time()
        with archive.act(corpus.PERSON, AT) as act:
            file_new(act, kind, [(one.draft, one.judgement) for one in several], "bench")
        spent += time.process_time() - began
    began = time.process_time()
    with archive.act(corpus.PERSON, AT) as act:
        search_index.optimise(act.connection)
    return spent + time.process_time() - began


def save_one_by_one(archive: Archive, first: int, count: int, pages: float) -> tuple[list[float], list[float]]:
    """Return the CPU and the wall milliseconds of each of `count` more records, filed alone, each on the disk."""
    kind, cpu, wall = load_kinds()["marriage"], [], []
    for number in range(first, first + count):
        one = corpus.paper(number, pages=pages)
        with archive.act(corpus.PERSON, AT) as act:
            corpus.lay_pages(act, [one])
        began, clock = time.process_time(), time.perf_counter()
        with archive.act(corpus.PERSON, AT) as act:
            file_new(act, kind, [(one.draft, one.judgement)], "bench")
        cpu.append((time.process_time() - began) * 1000)
        wall.append((time.perf_counter() - clock) * 1000)
        if number % MERGE_EVERY == 0:
            with archive.act(corpus.PERSON, AT) as act:
                search_index.tidy(act.connection)
            archive.move_log()
    return cpu, wall


def build_tantivy(folder: Path, records: int, pages: float) -> float:
    """Return the CPU seconds tantivy needs for the same records, cutting their text into the same tokens included."""
    kind, tantivy = load_kinds()["marriage"], Tantivy(folder)
    several = [(number, corpus.paper(number, pages=pages)) for number in range(records)]
    began = time.process_time()
    tantivy.fill((number, corpus.indexed(kind, number, one)) for number, one in several)
    return time.process_time() - began


def run(arguments: list[str]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the figures and the ratios over the peers of the same run."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench ingest")
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--saves", type=int, default=1_000)
    parser.add_argument("--pages", type=float, default=0.3, help="share of the records with page text")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="lantai-bench-") as name:
        folder = Path(name)
        archive = Archive.create(folder / "office", KEY, FACTS, corpus.PERSON, AT)
        spent = fill(archive, asked.records, asked.pages)
        cpu, wall = save_one_by_one(archive, asked.records, asked.saves, asked.pages)
        archive.close()
        size = sum(one.stat().st_size for one in (folder / "office").iterdir() if one.is_file())
        plain = plain_archive(folder / "plain")
        plain_spent = fill(plain, asked.records, asked.pages)
        plain.close()
        tantivy_spent = build_tantivy(folder / "tantivy", asked.records, asked.pages)
        rss = remembered_mib(folder / "office")
    figures = {
        "records": asked.records,
        "records_per_cpu_s": asked.records / spent,
        "tantivy_records_per_cpu_s": asked.records / tantivy_spent,
        "save_median_ms": percentile(cpu, 0.5),
        "save_p99_ms": percentile(cpu, 0.99),
        "save_worst_ms": max(cpu),
        "save_wall_median_ms": percentile(wall, 0.5),
        "save_wall_p99_ms": percentile(wall, 0.99),
        "rss_mib": rss,
        "file_mb": size / 1e6,
        "file_bytes_per_record": size / (asked.records + asked.saves),
    }
    return figures, {
        "ingest_over_tantivy_build": spent / tantivy_spent,
        "encrypted_over_plain": spent / plain_spent,
    }
