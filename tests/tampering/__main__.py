"""`python -m tests.tampering --count 100000`: sealed copies tampered with, and verifiers that forgot something; 1 if one went unnoticed.

The last line is one JSON line: `figures.planted` tamperings that the document says are found, `figures.missed` of them not found.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from tests.tampering.campaign import Report, hunt, play
from tests.tampering.kinds import KINDS

A_SHARE = 2000  # tamperings of one set of copies


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.tampering", description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    began, whole = time.perf_counter(), Report()
    shares = [min(A_SHARE, asked.count - first) for first in range(0, asked.count, A_SHARE)]
    with ProcessPoolExecutor(asked.jobs, mp_context=get_context("spawn")) as pool:
        for part in pool.map(play, shares, range(asked.seed, asked.seed + len(shares))):
            for mine, other in ((whole.runs, part.runs), (whole.alone, part.alone), (whole.kept, part.kept)):
                mine.update(other)
            whole.planted, whole.missed = whole.planted + part.planted, whole.missed + part.missed
            whole.honest_blamed += part.honest_blamed
            print(f"{whole.runs.total()} of {asked.count}, {whole.missed} missed", file=sys.stderr)
        broken = pool.submit(hunt, 3, asked.seed).result()
    for line in whole.lines():
        print(line)
    for name, missed in broken.items():
        print(f"a verifier that {name}: {'caught' if missed else 'NOT CAUGHT'}, {missed} missed")
    caught = sum(1 for missed in broken.values() if missed)
    figures = {
        "planted": whole.planted, "missed": whole.missed, "kinds": len(KINDS), "honest_blamed": whole.honest_blamed,
        "broken_verifiers": len(broken), "broken_caught": caught, "wall_s": round(time.perf_counter() - began, 1),
    }  # fmt: skip
    print(json.dumps({"bench": "tampering", "figures": figures}))
    return 0 if whole.as_promised and not whole.missed and caught == len(broken) else 1


if __name__ == "__main__":
    sys.exit(main())
