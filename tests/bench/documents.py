"""Every odd document there is through the inbox of a desk, and what a drawn page costs beside MuPDF alone.

Malformed, encrypted, hanging and repaired PDFs and OFDs lie beside the project, not in it. A file is taken in, or set aside with a
sentence; a crash, a limit overrun and an aside without words are counted. Drawn are the first pages of the files that MuPDF opens without a word.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Final

import pymupdf

from desktop.documents.pages import LIMIT_SECONDS, VIEW_DPI, PageReader
from sync.contract.errors import LantaiError
from tests.bench.ocr import cpu_seconds
from tests.bench.search import percentile
from tests.hostile.corpus import SHARED, shared_scans
from tests.hostile.pipeline import Hostile, Importers

TIMES: Final = 5  # drawings of a page; a clock tick of the system is 10 ms


def take_all(folder: Path, several: list[Hostile]) -> tuple[Counter[str], dict[str, float]]:
    """Return what became of the files, by outcome and reason, and the figures of the run."""
    importers, came = Importers(folder, LIMIT_SECONDS), Counter[str]()
    began = time.process_time()
    try:
        for number, one in enumerate(several):
            became = importers.take(replace(one, name=f"{number}-{Path(one.name).name}"))
            came[became] += 1
            if became.startswith("crash"):
                print(f"{one.name}: {became}")
    finally:
        importers.close()
    told = importers.told
    unexplained = sum(count for what, count in came.items() if "no words" in what or "without a sentence" in what)
    return came, {
        "files": len(several),
        "taken": came["taken"],
        "aside": sum(count for what, count in came.items() if what.startswith("aside:")),
        "crashes": len(told.crashes) - unexplained,
        "hangs": len(told.over_limit),
        "unexplained": unexplained,
        "slowest_s": told.slowest_s,
        "desk_cpu_s": time.process_time() - began,
    }


def clean_pages() -> list[bytes]:
    """Return the documents that MuPDF opens without a word."""
    with (SHARED / "pdf" / "MANIFEST.csv").open(encoding="utf-8", newline="") as rows:
        names = [row["file"] for row in csv.DictReader(rows) if row["class"] == "ok"]
    return [(SHARED / name).read_bytes() for name in names]


def draw_all(several: list[bytes]) -> tuple[list[float], list[float]]:
    """Return the CPU milliseconds of each first page drawn by our reader, both processes together, and by MuPDF in this one."""
    ours: list[float] = []
    theirs: list[float] = []
    with PageReader() as reader:
        for content in several:
            try:
                reader.picture(content, 0)  # it is opened once and then looked at
            except LantaiError:
                continue
            child = reader._child.process_id
            assert child is not None
            spent, mine = cpu_seconds(child), time.process_time()
            for _ in range(TIMES):
                reader.picture(content, 0)
            ours.append((cpu_seconds(child) - spent + time.process_time() - mine) * 1000 / TIMES)
            with pymupdf.open(stream=content) as alone:
                began = time.process_time()
                for _ in range(TIMES):
                    alone[0].get_pixmap(dpi=VIEW_DPI).samples  # noqa: B018  the pixels are what is measured
                theirs.append((time.process_time() - began) * 1000 / TIMES)
    return ours, theirs


def run(arguments: list[str]) -> tuple[dict[str, float], dict[str, float]]:
    """Return what became of the files, and what a page costs over MuPDF alone."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench documents")
    parser.add_argument("--files", type=int, default=0, help="only so many of them; 0: all")
    asked = parser.parse_args(arguments)
    several = shared_scans()
    if not several:
        raise SystemExit("needs the documents beside the project (../shared/data/pdf and ofd)")
    several = several[:: max(1, len(several) // asked.files)][: asked.files] if asked.files else several
    with tempfile.TemporaryDirectory(prefix="lantai-bench-") as name:
        came, figures = take_all(Path(name), several)
    for what, count in came.most_common():
        print(f"{what:40} {count}")
    clean = clean_pages()
    ours, theirs = draw_all(clean[: asked.files] if asked.files else clean)
    figures |= {
        "pages_drawn": len(ours),
        "picture_cpu_ms_median": percentile(ours, 0.5),
        "picture_cpu_ms_p95": percentile(ours, 0.95),
        "mupdf_cpu_ms_median": percentile(theirs, 0.5),
    }
    return figures, {"picture_over_mupdf": sum(ours) / sum(theirs)}
