"""`python -m tests.attacks --histories 1000 [--seed N]`: every kind of attack on so many random histories; 1 if one ends otherwise than promised."""

from __future__ import annotations

import argparse
import sys

from tests.attacks.campaign import run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.attacks", description=__doc__)
    parser.add_argument("--histories", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    report = run(asked.histories, asked.seed, lambda done: print(f"{done} histories", file=sys.stderr))
    for line in report.lines():
        print(line)
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
