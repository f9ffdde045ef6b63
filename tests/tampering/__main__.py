"""`python -m tests.tampering --count 100000`: sealed copies tampered with, and verifiers that forgot something; 1 if one went unnoticed.

The last line is one JSON line: `figures.planted` tamperings that the document says are found, `figures.missed` of them not found.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from tests.tampering.campaign import BROKEN, Campaign, Report, broken_verifier
from tests.tampering.kinds import KINDS
from tests.tampering.originals import make


def play(count: int, seed: int) -> Report:
    """Return what came of a share of the tamperings, in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="lantai-tampering-") as name:
        told = lambda done: print(f"{done} of {count}", file=sys.stderr)  # noqa: E731
        return Campaign(make(Path(name) / "made"), Path(name)).run(count, seed, told)


def hunt(rounds: int, seed: int) -> dict[str, int]:
    """Return how many tamperings each broken verifier missed."""
    with tempfile.TemporaryDirectory(prefix="lantai-tampering-") as name:
        originals = make(Path(name) / "made")
        return {
            broken: Campaign(originals, Path(name), broken_verifier(broken, Path(name)))
            .run(rounds * len(KINDS), seed)
            .missed
            for broken in BROKEN
        }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.tampering", description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    began, whole = time.perf_counter(), Report()
    shares = [asked.count // asked.jobs + (number < asked.count % asked.jobs) for number in range(asked.jobs)]
    with ProcessPoolExecutor(asked.jobs, mp_context=get_context("spawn")) as pool:
        for part in pool.map(play, shares, range(asked.seed, asked.seed + asked.jobs)):
            for mine, other in ((whole.runs, part.runs), (whole.alone, part.alone), (whole.kept, part.kept)):
                mine.update(other)
            whole.planted, whole.missed = whole.planted + part.planted, whole.missed + part.missed
            whole.honest_blamed += part.honest_blamed
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
