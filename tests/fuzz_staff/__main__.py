"""`python -m tests.fuzz_staff --calls 50000 [--seed 1]`: calls of the staff, made up from the county's own description of them.

A real county serves; an officer's real certificate and bearer open the door. Schemathesis makes up parameters and bodies from the
OpenAPI document, also ones that do not fit it. Ids that the county knows are put in half of the time, and rulings and decisions
are signed for real half of the time, so that calls get behind the first check. Each answer must be one that the document names,
of the shape it names; 500 is a fault. The last line is JSON; ends with 1 if a call had a fault.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.fuzz_staff.fuzzing import Fuzzed, Fuzzing


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz_staff", description=__doc__)
    parser.add_argument("--calls", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="lantai-fuzz-") as folder:
        fuzzed, began = Fuzzed(Path(folder)), time.process_time()
        try:
            told = Fuzzing(fuzzed, asked.seed).run(asked.calls)
        finally:
            fuzzed.close()
    for fault in sorted(set(told.faults))[:20]:
        print(fault)
    statuses = {str(status): count for status, count in sorted(told.by_status.items())}
    figures = {"calls": told.calls, "signed": told.signed, "cpu_s": round(time.process_time() - began, 1)}
    print(json.dumps({**figures, "statuses": statuses, "faults": len(told.faults)}))
    unable = told.calls < asked.calls or (asked.calls >= 500 and not told.signed)  # it could not have found anything
    return 1 if told.faults or unable else 0


if __name__ == "__main__":
    sys.exit(main())
