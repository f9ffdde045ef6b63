"""Twenty desks of one township give archive numbers in all weathers: how many twice (none), how many gaps without a reason (none).

Real encrypted archives and a county in its real file; lost answers, a county killed, copied and put back, declared or in
silence, desks that come late, desks put back. The peer of the same run: a plain insert into the same encrypted file.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from desktop.archive import numbering
from desktop.archive.archive import Act, Archive
from sync.contract.numbers import Series
from tests.desktop.archive.numbering_desks import CLERK, KEY, ArchiveDesk, StoredCounty
from tests.sync.contract.office import NOW
from tests.sync.numbering.world import Numbering, play

GIVEN = 2_000


def cpu_us(archive: Archive, work: Callable[[Act], None]) -> float:
    """Return the CPU time that doing it GIVEN times in one act takes, for one."""
    began = time.process_time()
    with archive.act(CLERK, NOW) as act:
        for _ in range(GIVEN):
            work(act)
    return (time.process_time() - began) / GIVEN * 1e6


def price(folder: Path) -> tuple[float, float]:
    """Return the CPU time in microseconds of one number, and of one plain insert beside it."""
    archive = Archive.create(folder, KEY, {"fonds": "J001"}, CLERK, NOW)
    with archive.act(CLERK, NOW) as act:
        act.connection.exec_driver_sql("CREATE TABLE plain (number TEXT PRIMARY KEY, item INTEGER)")
        numbering.await_seat(act)
        numbering.take_seat(act, 1, "e" * 32)
    series, count = Series("J001", "HY", 2026, "D100"), iter(range(GIVEN))
    given = cpu_us(archive, lambda act: _give(act, series))
    plain = cpu_us(archive, lambda act: _insert(act, series, next(count)))
    archive.close()
    return given, plain


def _give(act: Act, series: Series) -> None:
    numbering.allot(act, series)


def _insert(act: Act, series: Series, item: int) -> None:
    row = {"number": series.number(item), "item": item}
    act.connection.exec_driver_sql("INSERT INTO plain (number, item) VALUES (:number, :item)", row)


def run(arguments: list[str]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the figures, and what a number costs over a plain insert."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench numbers")
    parser.add_argument("--desks", type=int, default=20)
    parser.add_argument("--records", type=int, default=100_000, help="of all desks together")
    parser.add_argument("--each", type=int, default=0, help="of each desk at least")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="lantai-bench-") as name:
        folder = Path(name)
        given_us, plain_us = price(folder / "price")
        county = StoredCounty(folder / "county")
        alone = min(6_000, asked.records // 5)
        began = time.perf_counter()
        world = Numbering(
            asked.seed, county, partial(ArchiveDesk, folder), asked.desks, asked.records, alone, asked.each
        )
        play(world)
        unexplained = world.unexplained()
        figures: dict[str, float] = {
            "desks": len(world.clerks),
            "records": world.filed,
            "fewest_of_a_desk": min(len(clerk.given) for clerk in world.clerks),
            "doubles": len(world.doubles) + len(world.refused()),
            "gaps_unexplained": len(unexplained),
            "gaps": sum(count for what, count in world.seen.items() if what.startswith("gap: ")),
            "not_at_the_county": len(world.missing()),
            "number_cpu_us": given_us,
            "seconds": time.perf_counter() - began,
        }
        for what, count in sorted(world.seen.items()):
            print(f"{what:28} {count}")
        for clerk in world.clerks:
            clerk.desk.close()
        county.close()
    for one in (*world.doubles, *unexplained):
        print(one)
    return figures, {"number_over_plain_insert": given_us / plain_us}
