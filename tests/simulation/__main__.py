"""`python -m tests.simulation --examples 100000`: histories of the line in all weathers, and every planted bug from five seeds.

The last line is one JSON line; it ends with 1 if a history came out wrong, a planted bug was not found, or too little was met.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from tests.simulation import campaign
from tests.simulation.planted import PLANTED


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--examples", type=int, default=1000, help="how many histories without a planted bug")
    parser.add_argument("--seed", type=int, default=0, help="of the first history; each has the next")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--bug", action="append", choices=list(PLANTED), help="hunt only these planted bugs")
    asked = parser.parse_args()
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
