"""The slice of a county's catalogue in a desk's archive: bytes for each person named, what a part costs, and how soon a name is found.

Names that are asked for are hashed as they would be; the keys of all others are drawn, for hashing two million takes hours. A common
name has thousands of bearers, as in a county. Floor: one row by its key.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from desktop.archive import county_slice
from desktop.archive.archive import DATABASE, Archive
from desktop.archive.county_slice import SliceState
from desktop.documents.pages import PageReader
from desktop.services.one_window import ENTRIES_AN_ACT, OneWindow
from sync.contract.one_window import SALT_BYTES, SliceEntry, SlicePerson, name_key, pack_people
from tests.desktop.services.office import NOON, begin_office

ASKED = 100
COMMONEST_SHARE = 2_000  # one of so many people bears the commonest of the asked names, half as many the second …
KINDS = ("marriage", "dibao", "death", "census", "veteran")
SALT = bytes(range(SALT_BYTES))


def entries(draw: random.Random, people: int, keys: list[int], weights: list[float]) -> list[SliceEntry]:
    """Return records that name so many people, two in most of them."""
    made: list[SliceEntry] = []
    rare = 1.0 - sum(weights)
    while people > 0:
        named = min(people, draw.choice((1, 2, 2, 2)))
        people -= named
        told = [
            SlicePerson(_key(draw, keys, weights, rare), draw.randint(1930, 2005), draw.choice((0, 0, 0, 2)))
            for _ in range(named)
        ]
        record = UUID(int=draw.getrandbits(128)).bytes
        township = f"3399211{draw.randint(0, 19):02}"
        made.append(SliceEntry(record, draw.choice(KINDS), draw.randint(1950, 2026), township, pack_people(told)))
    return made


def _key(draw: random.Random, keys: list[int], weights: list[float], rare: float) -> int:
    return draw.getrandbits(24) if draw.random() < rare else draw.choices(keys, weights)[0]


def timed(work: Callable[[], object]) -> float:
    """Return the milliseconds that the work took."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1e3


def slowest_hundredth(times: list[float]) -> float:
    """Return the time that one in a hundred exceeds."""
    return sorted(times)[min(len(times) - 1, int(len(times) * 0.99))]


def fill(archive: Archive, people: int, keys: list[int]) -> tuple[int, list[float]]:
    """The slice names so many people; returns its records, and the CPU milliseconds that each part held the writer."""
    draw, weights = random.Random(6), [1 / COMMONEST_SHARE / place for place in range(1, len(keys) + 1)]
    records, left, acts = 0, people, []
    while left > 0:
        part = entries(draw, min(left, int(ENTRIES_AN_ACT * 1.75)), keys, weights)
        began = time.thread_time()  # the wall beside it is the disk's and whoever else works
        with archive.act("陈晓兰", NOON) as act:
            records += county_slice.put(act, part)
            county_slice.put_state(act, SliceState(view="00", salt=SALT.hex(), records=records, whole=left <= 0))
        acts.append((time.thread_time() - began) * 1e3)
        left -= sum(len(one.people) // 6 for one in part)
    return records, acts


def run(arguments: list[str]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the figures and the ratios over one row by its key."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench slice")
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--asked", type=int, default=ASKED)
    asked = parser.parse_args(arguments)
    names = [f"陈思{chr(0x4E00 + place)}" for place in range(asked.asked)]
    with tempfile.TemporaryDirectory(prefix="lantai-bench-") as folder:
        office, reader = begin_office(Path(folder)), PageReader()
        archive, file = office.archive, Path(folder) / DATABASE
        archive.move_log()
        empty = file.stat().st_size
        records, acts = fill(archive, asked.people, [name_key(name, SALT) for name in names])
        archive.move_log()
        size_bytes = file.stat().st_size - empty
        window = OneWindow(archive, office.kinds, reader, office.person, office.clock)
        finds = [timed(lambda name=name: window.find(name)) for name in names]
        with archive.reading() as connection:
            some = connection.exec_driver_sql("SELECT record FROM slice_record LIMIT 1000").scalars().all()
            read = "SELECT year FROM slice_record WHERE record = ?"
            lookups = [timed(lambda one=one: connection.exec_driver_sql(read, (one,)).scalar_one()) for one in some]
            inside = [
                timed(lambda key=key: county_slice.find(connection, key, None, 201)) for key in map(_hashed, names)
            ]
        hashed = timed(lambda: name_key("陈思", SALT))
        reader.close()
        archive.close()
    figures = {
        "people": asked.people, "records": records, "slice_bytes_per_row": size_bytes / asked.people,
        "slice_mb": size_bytes / 1e6, "slice_find_p99_ms": slowest_hundredth(finds), "slice_find_ms": sorted(finds)[len(finds) // 2],
        "hash_ms": hashed, "part_cpu_p99_ms": slowest_hundredth(acts), "lookup_ms": sorted(lookups)[len(lookups) // 2],
    }  # fmt: skip
    return figures, {"find_without_hash_over_lookup": sorted(inside)[len(inside) // 2] / figures["lookup_ms"]}


def _hashed(name: str) -> int:
    return name_key(name, SALT)
