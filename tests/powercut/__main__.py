"""`python -m tests.powercut --states 20000`: the power-cut simulator; its last line is one JSON line.

Ends with 1 if anything was lost, or if a planted bug was not found. docs/faults.md says what is simulated.
"""

from __future__ import annotations

import argparse
import json
import os
import sys

from tests.powercut import campaign
from tests.powercut.workflows import WORKFLOWS


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.powercut", description=__doc__)
    parser.add_argument("--states", type=int, default=2000, help="at least so many states of the disk")
    parser.add_argument("--seed", type=int, default=20260302)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--workflow", action="append", choices=list(WORKFLOWS), help="only these")
    asked = parser.parse_args()
    found = campaign.run(asked.states, asked.seed, asked.jobs, asked.workflow or tuple(WORKFLOWS))
    for one in (*found.by_workflow.values(),):
        for example in one.examples:
            print(example)
    for missed in found.missed:
        print(f"not found: {missed}")
    print(json.dumps(found.as_json(), ensure_ascii=False))
    return 0 if found.ok else 1


if __name__ == "__main__":
    sys.exit(main())
