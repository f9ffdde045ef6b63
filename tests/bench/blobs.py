"""Attachments on the line: 200 files of 300 KB from a desk to a county over TLS, and what a cut costs.

The peer of the same run is rsync, from plain files to a daemon on loopback that flushes each file: no TLS, nothing encrypted on
the disk, nothing written into a book. The floor writes and flushes the same bytes here. What is sent again after a cut is counted
between desk and county: what went over the line with one cut, less what went without, less what an exchange with nothing new costs.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import uuid6

from desktop.archive import attachments, inbox
from desktop.archive.archive import Archive
from desktop.archive.clock import system_clock
from desktop.archive.inbox import Item, ItemState
from desktop.services.filing import file_new
from desktop.services.syncing import Syncing
from sync.client.exchange import Progress, Stage
from sync.contract.errors import Offline
from sync.contract.kind_files import load_kinds
from tests.bench import filled_office
from tests.bench.handing_over import PERSON
from tests.sync.county_process import CountyProcess, CuttingProxy, running_county

A_LARGE_ONE = 8 * 1024 * 1024


def file_with_pages(archive: Archive, contents: list[bytes], seed: int = 1) -> None:
    """Each content is an attachment of a record of its own, filed."""
    kind, draw = load_kinds()["marriage"], random.Random(seed)
    with archive.act(PERSON, filled_office.AT) as act:
        several = []
        for data in contents:
            sha256 = hashlib.sha256(data).hexdigest()
            attachments.keep(archive, act, data, sha256=sha256, pages=1, media="application/pdf")
            draft, judgement = filled_office.invented_marriage(kind, draw)
            several.append((replace(draft, attachments=(sha256,)), judgement))
            item = Item(str(uuid6.uuid7()), "扫描.pdf", ItemState.USED, sha256, len(data), 1, "", act.moment, draft.uid)
            inbox.add(act, item)
        file_new(act, kind, several, "bench")


def send_pages(syncing: Syncing, count: int) -> tuple[float, float]:
    """Return the seconds and this process's CPU seconds from the last row to the last page."""
    rows_done = [time.perf_counter(), time.process_time()]

    def note(progress: Progress) -> None:
        if progress.stage is Stage.RECORDS:
            rows_done[:] = time.perf_counter(), time.process_time()

    outcome = syncing.sync(note, lambda: False).outcome
    if outcome.attachments != count or outcome.refused:
        raise SystemExit(f"only {outcome.attachments} of {count} attachments arrived")
    return time.perf_counter() - rows_done[0], time.process_time() - rows_done[1]


def _line(folder: Path, county: CountyProcess, contents: list[bytes]) -> tuple[float, float]:
    with closing(Archive.create(folder, filled_office.KEY, filled_office.FACTS, PERSON, filled_office.AT)) as archive:
        file_with_pages(archive, contents)
        syncing = Syncing(archive, load_kinds(), PERSON, system_clock)
        syncing.enrol(county.address, county.code_for_desk())
        syncing.seal_batch()
        return send_pages(syncing, len(contents))


def _cut(folder: Path, county: CountyProcess, size: int) -> tuple[float, float]:
    """Return the bytes of one large attachment that went over the line more than once, and how many times it was cut."""
    carried = []
    cuts = 0
    for number, cut_after in enumerate((None, size // 2)):
        office, proxy = folder / f"large{number}", CuttingProxy(county.port)
        with closing(
            Archive.create(office, filled_office.KEY, filled_office.FACTS, PERSON, filled_office.AT)
        ) as archive:
            syncing = Syncing(archive, load_kinds(), PERSON, system_clock)
            syncing.enrol(proxy.address, county.code_for_desk())
            syncing.sync(lambda _: None, lambda: False)  # introduces itself
            file_with_pages(archive, [random.Random(number).randbytes(size)], seed=9 + number)
            syncing.seal_batch()
            before = proxy.carried_up
            proxy.cut_after_bytes = [] if cut_after is None else [cut_after]
            while True:
                try:
                    send_pages(syncing, 1)
                    break
                except Offline:
                    cuts += 1
                    time.sleep(1.0)  # a desk waits at least so long before it tries again
            with_page = proxy.carried_up - before
            before = proxy.carried_up
            syncing.sync(lambda _: None, lambda: False)
            carried.append((with_page, proxy.carried_up - before))
        proxy.close()
    (whole, _), (cut, idle) = carried
    return max(0, cut - whole - cuts * idle), cuts


@contextmanager
def _rsync_daemon(program: str, folder: Path) -> Iterator[str]:
    """A daemon that takes files in, on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config = folder / "rsyncd.conf"
    (folder / "taken").mkdir()
    whose = f"uid = {os.getuid()}\ngid = {os.getgid()}\n"
    config.write_text(f"use chroot = no\n{whose}[taken]\npath = {folder / 'taken'}\nread only = no\n", "utf-8")
    options = ["--daemon", "--no-detach", f"--config={config}", "--address=127.0.0.1", f"--port={port}"]
    process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except ConnectionRefusedError:
                time.sleep(0.05)
        yield f"rsync://127.0.0.1:{port}/taken/"
    finally:
        process.terminate()
        process.wait()


def _rsync(folder: Path, contents: list[bytes]) -> float | None:
    """Return the seconds rsync takes for the same bytes, each file flushed; None, and a loud line, where there is none."""
    program = shutil.which("rsync")
    if program is None:
        print("SKIPPED: rsync is not measured, it is not on this machine (apt-get install rsync)")
        return None
    source = folder / "plain"
    source.mkdir()
    for number, data in enumerate(contents):
        (source / f"{number:04}.pdf").write_bytes(data)
    with _rsync_daemon(program, folder) as target:
        began = time.perf_counter()
        subprocess.run(
            [program, "-r", "--whole-file", "--fsync", f"{source}/", target], check=True, capture_output=True
        )
        seconds = time.perf_counter() - began
    if len(list((folder / "taken").iterdir())) != len(contents):
        raise SystemExit("rsync did not take all files")
    return seconds


def _floor(folder: Path, contents: list[bytes]) -> float:
    began = time.perf_counter()
    for number, data in enumerate(contents):
        with open(folder / f"floor{number}", "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    return time.perf_counter() - began


def run(arguments: list[str]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the figures and the ratios over rsync and over writing alone."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench blobs")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--kib", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3, help="the three ways take turns; medians are told")
    asked = parser.parse_args(arguments)
    mib = asked.count * asked.kib / 1024
    lines: list[tuple[float, float]] = []
    rsyncs: list[float] = []
    floors: list[float] = []
    with tempfile.TemporaryDirectory(prefix="lantai-bench-") as name, running_county(Path(name) / "county") as county:
        for turn in range(asked.rounds):
            folder = Path(name) / f"turn{turn}"
            folder.mkdir()
            draw = random.Random(turn)
            contents = [draw.randbytes(asked.kib * 1024) for _ in range(asked.count)]
            lines.append(_line(folder / "office", county, contents))
            seconds = _rsync(folder, contents)
            rsyncs += [] if seconds is None else [seconds]
            floors.append(_floor(folder, contents))
        resent, cuts = _cut(Path(name), county, A_LARGE_ONE)
    ours = sorted(seconds for seconds, _ in lines)[len(lines) // 2]
    floor = sorted(floors)[len(floors) // 2]
    figures = {
        "count": asked.count,
        "kib": asked.kib,
        "mib_per_second": mib / ours,
        "floor_mib_per_second": mib / floor,
        "desk_cpu_ms_an_attachment": sorted(cpu for _, cpu in lines)[len(lines) // 2] / asked.count * 1000,
        "cuts": cuts,
        "resent_bytes": resent,
        "resent_after_cut": round(resent / A_LARGE_ONE, 2),
    }
    ratios = {"over_floor": floor / ours}
    if rsyncs:
        rsync = sorted(rsyncs)[len(rsyncs) // 2]
        figures["rsync_mib_per_second"] = mib / rsync
        ratios["over_rsync_same_fsync"] = rsync / ours
    return figures, ratios
