"""A sealed copy of many pages, beside `tar | age` of the same pages lying plain; opened by stock tools, and judged by the verifier.

`rss_mib` is what sealing adds to the memory of an open desk's process (`rss_whole_mib`; its imports alone are some 95). The peer neither decrypts what it reads nor lists, signs or reads back what it wrote. `first` is an export of an archive from before SM3 was kept.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyrage

from desktop.archive import attachments
from desktop.archive.archive import Archive
from desktop.services.filing import file_new
from sync.contract.kind_files import load_kinds
from tests.bench import filled_office

MIB = 1 << 20
A_TRANSACTION = 50


def fill(archive: Archive, plain: Path, mebibytes: int, file_bytes: int) -> int:
    """The archive holds records with a page file each, and the same files lie plain in the folder; how many is returned."""
    draw, kind = random.Random(7), load_kinds()["marriage"]
    count = mebibytes * MIB // file_bytes
    for first in range(0, count, A_TRANSACTION):
        drafts = []
        with archive.act("陈晓兰", filled_office.AT) as act:
            for number in range(first, min(first + A_TRANSACTION, count)):
                data = b"%PDF-1.7\n" + os.urandom(file_bytes - 9)
                sha256 = hashlib.sha256(data).hexdigest()
                attachments.keep(archive, act, data, sha256=sha256, pages=4, media="application/pdf")
                (plain / f"{number:07d}.pdf").write_bytes(data)
                draft, judgement = filled_office.invented_marriage(kind, draw)
                drafts.append((replace(draft, attachments=(sha256,)), judgement))
            file_new(act, kind, drafts, "bench")
    return count


def child(module: str, *arguments: object) -> dict[str, Any]:
    """Return what a measured process of its own told."""
    command = [sys.executable, "-m", f"tests.bench.{module}", *map(str, arguments)]
    told: dict[str, Any] = json.loads(
        subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1]
    )
    return told


def tar_age(plain: Path, to: Path, reader: str) -> float:
    """Return the CPU seconds of the peer, flushed to the disk as ours is."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        ["sh", "-c", 'tar cf - "$0" | age -r "$1" > "$2" && sync "$2"', plain.name, reader, to],
        cwd=plain.parent,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    to.unlink()
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def opened_by_stock_tools(copy: Path, signer: Path, key: Path, room: Path) -> bool:
    """Tell whether minisign, age, tar and bagit.py, and nothing of ours, open the copy and find it valid."""
    room.mkdir()
    steps = (
        f"minisign -Vqm '{copy}' -p '{signer}'",
        f"age -d -i '{key}' '{copy}' | tar xf - -C '{room}'",
        f"'{sys.executable}' -W ignore -m bagit --quiet --validate '{room}'/*",
    )
    good = all(subprocess.run(["sh", "-c", step], check=False, capture_output=True).returncode == 0 for step in steps)
    shutil.rmtree(room)
    return good


def run(arguments: list[str]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the figures and the ratios over `tar | age` of the same run."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench seal")
    parser.add_argument("--mebibytes", type=int, default=2000, help="of pages")
    parser.add_argument("--file-kib", type=int, default=1000)
    parser.add_argument("--records", type=int, default=0, help="so many records more, without pages")
    parser.add_argument("--sparse-gib", type=float, default=0, help="one file of zeros of this size instead")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where there is room; else the system's")
    asked = parser.parse_args(arguments)
    identity = pyrage.x25519.Identity.generate()
    reader = str(identity.to_public())
    with tempfile.TemporaryDirectory(prefix="lantai-bench-", dir=asked.folder) as name:
        folder = Path(name)
        (folder / "KEY").write_text(f"{identity}\n", encoding="ascii")
        if asked.sparse_gib:
            return seal_sparse(folder, int(asked.sparse_gib * 1024) * MIB, reader)
        (folder / "plain").mkdir()
        archive = Archive.create(folder / "office", filled_office.KEY, filled_office.FACTS, "陈晓兰", filled_office.AT)
        files = fill(archive, folder / "plain", asked.mebibytes, asked.file_kib * 1024)
        filled_office.fill(archive, asked.records)
        archive.close()
        return seal_office(folder, reader, asked.rounds, files)


def seal_sparse(folder: Path, size_bytes: int, reader: str) -> tuple[dict[str, float], dict[str, float]]:
    """Return what sealing one large file of zeros takes."""
    with open(folder / "sparse.pdf", "wb") as file:
        file.truncate(size_bytes)
    told = child("sealed_sparse", folder / "sparse.pdf", folder, reader)
    figures = {name: told[name] for name in ("cpu_s", "wall_s")}
    return {
        **figures,
        "rss_mib": told["grown_mib"],
        "rss_whole_mib": told["rss_mib"],
        "gibibytes": size_bytes / 1024**3,
    }, {"mib_per_cpu_s": size_bytes / MIB / told["cpu_s"]}


def seal_office(folder: Path, reader: str, rounds: int, files: int) -> tuple[dict[str, float], dict[str, float]]:
    """Return what an export takes, best of some rounds, each beside the peer; what opening and judging it takes."""
    ours, peers, memory, copy = [], [], 0.0, Path()
    told: dict[str, Any] = {}
    for number in range(rounds):
        peers.append(tar_age(folder / "plain", folder / "peer.tar.age", reader))
        stick = folder / f"stick{number}"
        stick.mkdir()
        told = child("seal_child", "export", folder / "office", stick, reader)
        ours.append(told["cpu_s"])
        memory, copy = max(memory, told["grown_mib"]), stick / told["told"]
    archive = Archive.open(folder / "office", filled_office.KEY)
    with archive.act("bench", filled_office.AT) as act:
        act.connection.exec_driver_sql("UPDATE attachment SET sm3 = ''")
    archive.close()
    good = opened_by_stock_tools(copy, folder / "office.pub", folder / "KEY", folder / "room")
    judged = child("seal_child", "verify", copy, folder / "office.pub", folder / "KEY")
    (folder / "first").mkdir()
    first = child("seal_child", "export", folder / "office", folder / "first", reader)
    if judged["told"]["findings"]:
        raise AssertionError("the verifier does not believe the copy")
    figures = {
        "files": files, "records": judged["told"]["records"], "copy_mib": copy.stat().st_size / MIB, "cpu_s": min(ours), "wall_s": told["wall_s"],
        "tar_age_cpu_s": min(peers), "rss_mib": memory, "rss_whole_mib": told["rss_mib"], "opened_by_stock_tools": good,
        "verify_cpu_s": judged["cpu_s"], "verify_wall_s": judged["wall_s"], "verify_rss_mib": judged["rss_mib"],
    }  # fmt: skip
    ratios = {"cpu_over_tar_age": min(ours) / min(peers), "first_cpu_over_tar_age": first["cpu_s"] / min(peers)}
    return figures, ratios
