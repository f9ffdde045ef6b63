"""One save, each way to ask and a bulk of filings; beside a LIKE scan, and beside the same text in a file that is not encrypted.

The peer is SQLite itself with the same settings for safety (WAL, FULL): one table of bodies and one text index over the same
tokens. It keeps no log, no lookup, no numbers: what it costs is the floor.
"""

from __future__ import annotations

import argparse
import itertools
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from sqlalchemy import text
from sqlcipher3 import dbapi2 as sqlite3

from desktop.archive import segments
from desktop.archive.archive import Archive
from desktop.archive.clock import system_clock
from desktop.services.cataloguing import Cataloguing
from desktop.services.finding import Finding
from sync.contract.kind_files import load_kinds
from tests.bench import filled_office
from tests.bench.filled_office import AT

PERSON = "陈晓兰"
A_SCREEN = 50  # rows
SCANS = 5
QUESTIONS = {
    "number": "J001-HY·2001-D100-0003",
    "name": "王秀",
    "surname": "仇",
    "initials": "wxy",
    "pinyin": "wangxiu",
    "last_four": "0017",
    "text": "白沙村",
    "two_words": "柳林村 王",
}
SCANNED = ("number", "name", "surname", "text")  # what a LIKE scan can answer at all


def milliseconds(act: Callable[[], object], rounds: int) -> float:
    """Return the median time of the act."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        act()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


class Plain:
    """The peer: the bodies of an archive in a file that is not encrypted."""

    def __init__(self, archive: Archive, path: Path) -> None:
        self._database = sqlite3.connect(path)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.execute("CREATE TABLE body (id INTEGER PRIMARY KEY, said TEXT)")
        self._database.execute(
            "CREATE VIRTUAL TABLE fulltext USING fts5(said, content='', contentless_delete=1, tokenize='ascii')"
        )
        with archive.reading() as connection:
            self.bodies = [bytes(row[0]).decode() for row in connection.execute(text("SELECT body FROM revision"))]
        self._number = itertools.count(1)

    def keep(self, bodies: list[str]) -> None:
        """The bodies are kept and found, in one transaction."""
        with self._database:
            for said in bodies:
                number = next(self._number)
                self._database.execute("INSERT INTO body VALUES (?, ?)", (number, said))
                self._database.execute(
                    "INSERT INTO fulltext (rowid, said) VALUES (?, ?)", (number, segments.tokens(said))
                )

    def fill(self, a_transaction: int = 500) -> None:
        for first in range(0, len(self.bodies), a_transaction):
            self.keep(self.bodies[first : first + a_transaction])

    def find(self, question: str) -> list[tuple[int]]:
        asked = "SELECT rowid FROM fulltext WHERE fulltext MATCH ? ORDER BY rowid DESC"
        return self._database.execute(asked, (segments.query(question),)).fetchall()

    def close(self) -> None:
        self._database.close()


def scan(archive: Archive, question: str) -> int:
    """Return how many bodies hold the question, read one by one."""
    with archive.reading() as connection:
        asked = text("SELECT count(*) FROM revision WHERE CAST(body AS TEXT) LIKE :like")
        return int(connection.execute(asked, {"like": f"%{question}%"}).scalar_one())


def measure_asking(archive: Archive, plain: Plain, rounds: int) -> tuple[dict[str, float], dict[str, float]]:
    """Return what each way to ask costs, what a screen of rows costs after it, and how the asking compares."""
    finding = Finding(archive, load_kinds(), PERSON, system_clock)
    figures: dict[str, float] = {}
    for way, question in QUESTIONS.items():
        figures[f"find_{way}_ms"] = milliseconds(partial(finding.find, question), rounds)
        figures[f"find_{way}_hits"] = finding.find(question).total
    for way in SCANNED:
        figures[f"scan_{way}_ms"] = milliseconds(partial(scan, archive, QUESTIONS[way]), SCANS)
    everything = finding.find("")
    figures["screen_of_rows_ms"] = milliseconds(lambda: finding.rows(everything, 0, A_SCREEN), rounds)
    figures["plain_find_text_ms"] = milliseconds(lambda: plain.find(QUESTIONS["text"]), rounds)
    ratios = {f"find_{way}_over_scan": figures[f"find_{way}_ms"] / figures[f"scan_{way}_ms"] for way in SCANNED}
    ratios["find_text_over_plain"] = figures["find_text_ms"] / figures["plain_find_text_ms"]
    return figures, ratios


def measure_saving(archive: Archive, plain: Plain, rounds: int) -> tuple[dict[str, float], dict[str, float]]:
    """Return what one typed value and one filed record cost until they are on the disk."""
    draw, kinds = random.Random(7), load_kinds()
    cataloguing = Cataloguing(archive, kinds, PERSON, system_clock)
    uid, typed = cataloguing.start("document").draft.uid, itertools.count()

    def file() -> None:
        with archive.act(PERSON, AT) as act:
            filled_office.file_one(act, kinds["marriage"], draw)

    figures = {
        "save_typed_ms": milliseconds(
            lambda: cataloguing.put(uid, "subject", f"关于第 {next(typed)} 号来文的通知"), rounds
        ),
        "save_filed_ms": milliseconds(file, rounds),
        "plain_save_ms": milliseconds(lambda: plain.keep(plain.bodies[:1]), rounds),
    }
    return figures, {"save_filed_over_plain": figures["save_filed_ms"] / figures["plain_save_ms"]}


def run(arguments: list[str]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the figures and the ratios over the peers of the same run."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench archive")
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=15)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="lantai-bench-") as name:
        began = time.perf_counter()
        archive = filled_office.begin(Path(name) / "office", asked.records)
        bulk_seconds = time.perf_counter() - began
        plain = Plain(archive, Path(name) / "plain.db")
        began = time.perf_counter()
        plain.fill()
        plain_seconds = time.perf_counter() - began
        try:
            asking, asked_ratios = measure_asking(archive, plain, asked.rounds)
            saving, saved_ratios = measure_saving(archive, plain, asked.rounds)
        finally:
            plain.close()
            archive.close()
    figures = {"records": asked.records, "bulk_records_per_second": asked.records / bulk_seconds, **asking, **saving}
    return figures, {"bulk_over_plain": bulk_seconds / plain_seconds, **asked_ratios, **saved_ratios}
