"""`python -m tests.simulation --examples 100000`: histories of the line in all weathers, and every planted bug from five seeds.

`python -m tests.simulation --store postgresql --examples 100`: the same histories on the county's real books, with its real attachments.

`python -m tests.simulation --kills 50`: a real desk and a real county killed while 30,000 records are handed over.

The last line is one JSON line; it ends with 1 if a history came out wrong, a planted bug was not found, too little was met,
or the kills lost something.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, closing
from multiprocessing import get_context
from pathlib import Path

from tests.simulation import campaign, kills
from tests.simulation.planted import PLANTED
from tests.simulation.real_books import RealStore, parts_on
from tests.sync.postgres_cluster import find_programs, new_database, running_cluster

MANY = 200  # histories from which how often each thing was met says something


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--examples", type=int, default=1000, help="how many histories without a planted bug")
    parser.add_argument("--seed", type=int, default=0, help="of the first history; each has the next")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--bug", action="append", choices=list(PLANTED), help="hunt only these planted bugs")
    parser.add_argument(
        "--store", choices=("sqlcipher", "postgresql"), help="play on the county's real books, no bug planted"
    )
    parser.add_argument("--kills", type=int, help="instead: kill a real desk and a real county so many times")
    parser.add_argument("--records", type=int, default=30_000, help="handed over meanwhile")
    parser.add_argument("--database", help="URL of an empty PostgreSQL database for that county's book")
    parser.add_argument("--desk", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.desk is not None:
        return kills.be_the_desk(asked.desk)
    if asked.kills is not None:
        return _kill(asked)
    return _play(asked) if asked.store is None else _play_on_real_books(asked)


def _play_on_real_books(asked: argparse.Namespace) -> int:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="lantai-books-") as name, ExitStack() as stack:
        url = None
        if asked.store == "postgresql":
            programs = find_programs()
            if programs is None:
                raise SystemExit("PostgreSQL is not installed (apt-get install postgresql)")
            url = new_database(stack.enter_context(running_cluster(programs)))
        store = stack.enter_context(closing(RealStore(Path(name), url)))
        seeds = range(asked.seed, asked.seed + asked.examples)
        seen, wrong = campaign.play_many(seeds, parts_on(store))
    for one in wrong[:10]:
        print(f"seed {one.seed}: {one.said}")
    thin = campaign.thin(seen, asked.examples) if asked.examples >= MANY else {}
    if thin:
        print(f"hardly met: {thin}")
    said = {
        "store": asked.store,
        "examples": asked.examples,
        "coverage": dict(sorted(seen.items())),
        "violations": len(wrong),
        "seconds": round(time.monotonic() - began),
        "cpu_s": round(_cpu_s()),
    }
    print(json.dumps(said, ensure_ascii=False))
    return 1 if wrong or thin else 0


def _kill(asked: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="lantai-kills-") as name:
        told = kills.kill_again_and_again(Path(name), asked.kills, asked.records, asked.seed, asked.database)
    print(json.dumps(told, ensure_ascii=False))
    return 1 if told["faults"] else 0


def _play(asked: argparse.Namespace) -> int:
    began, began_cpu = time.monotonic(), _cpu_s()
    seen, wrong = campaign.spread(asked.examples, asked.seed, asked.jobs)
    for one in wrong[:10]:
        print(f"seed {one.seed}: {one.said}")
    missed = _hunt(asked.bug or list(PLANTED), asked.jobs)
    thin = campaign.thin(seen, asked.examples)
    if thin:
        print(f"hardly met: {thin}")
    said = {
        "examples": asked.examples,
        "planted": len(asked.bug or PLANTED),
        "planted_missed": len(missed),
        "coverage": dict(sorted(seen.items())),
        "violations": len(wrong),
        "seconds": round(time.monotonic() - began),
        "cpu_s": round(_cpu_s() - began_cpu),
    }
    print(json.dumps(said, ensure_ascii=False))
    return 1 if wrong or missed or thin else 0


def _hunt(names: list[str], jobs: int) -> list[str]:
    """Return the planted bugs that were missed from one of the seeds; how soon each was found is printed."""
    missed = []
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for name, after in zip(names, pool.map(campaign.hunt_from_all_seeds, names), strict=True):
            shown = " ".join("-" if count is None else str(count) for count in after)
            print(f"planted: {name}: found after {shown}", flush=True)
            if None in after:
                missed.append(name)
    return missed


def _cpu_s() -> float:
    """CPU time of this process and of its children that have ended."""
    return sum(os.times()[:4])


if __name__ == "__main__":
    sys.exit(main())
