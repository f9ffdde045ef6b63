"""`python -m tests.powercut --states 20000`: cuts of the power; `--fail 1000000`: every call of the system failing; `--kills 200`: kill -9.

The last line is one JSON line; it ends with 1 if anything was lost, or if a planted bug was not found. docs/faults.md says what is simulated.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence

from tests.journeys.killed_job import kill_again_and_again
from tests.powercut import campaign
from tests.powercut.workflows import CARELESS, WORKFLOWS


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.powercut", description=__doc__)
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--states", type=int, default=2000, help="cut the power: at least so many states of the disk")
    kind.add_argument(
        "--fail", type=int, metavar="MOST", help="make calls fail: at most so many a trouble and workflow"
    )
    kind.add_argument("--kills", type=int, help="kill the real job, desk and county, so many times")
    parser.add_argument("--seed", type=int, default=20260302)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--workflow", action="append", choices=list(WORKFLOWS), help="only these")
    asked = parser.parse_args()
    names = asked.workflow or tuple(WORKFLOWS)
    if asked.fail is not None:
        return _fail(asked.fail, asked.jobs, names)
    if asked.kills is not None:
        return _kill(asked.kills, asked.seed)
    return _cut(asked.states, asked.seed, asked.jobs, names)


def _cut(states: int, seed: int, jobs: int, names: Sequence[str]) -> int:
    found = campaign.run(states, seed, jobs, names)
    for one in found.by_workflow.values():
        for example in one.examples:
            print(example)
    for missed in found.missed:
        print(f"not found: {missed}")
    print(json.dumps(found.as_json(), ensure_ascii=False))
    return 0 if found.ok else 1


def _fail(most: int, jobs: int, names: Sequence[str]) -> int:
    began = time.monotonic()
    *tried, careless = campaign.fail_all(most, jobs, names)
    faults: Counter[str] = Counter()
    for one in tried:
        faults.update(one.faults)
        for example in one.examples:
            print(example)
    caught = careless.faults["lost"] > 0
    said = {
        "runs": sum(one.runs for one in tried),
        "by_workflow": {one.name: {"runs": one.runs, "told": one.told} for one in tried},
        "faults": faults,
        "careless_caught": caught,
        "careless": next(iter(CARELESS)),
        "seconds": round(time.monotonic() - began),
    }
    print(json.dumps(said, ensure_ascii=False))
    return 0 if caught and not faults else 1


def _kill(kills: int, seed: int) -> int:
    began = time.monotonic()
    with campaign.room() as folder:
        told = kill_again_and_again(  # raises at the first thing that is lost
            folder, kills, seed, lambda made, told: print(f"{made} kills, {told} acts told, none lost", flush=True)
        )
    print(json.dumps({"kills": kills, "told": told, "lost": 0, "seconds": round(time.monotonic() - began)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
