"""A process without a screen that opens an archive, asks and counts a little, and tells its largest resident memory in MiB."""

from __future__ import annotations

import re
import sys
from contextlib import closing
from pathlib import Path

from desktop.archive.archive import Archive
from desktop.archive.clock import system_clock
from desktop.services.finding import Asked, Finding
from sync.contract.kind_files import load_kinds
from tests.bench.filled_office import KEY

A_SCREEN = 50
QUESTIONS = ("", "王", "结婚登记", "wangxiu", "0017", "张秀英")


def largest_mib() -> float:
    """Return this process's own high-water mark; getrusage would tell that of the process it was started from as well."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


if __name__ == "__main__":
    with closing(Archive.open(Path(sys.argv[1]), KEY)) as archive:
        finding = Finding(archive, load_kinds(), "陈晓兰", system_clock)
        for question in QUESTIONS:
            finding.first(Asked(question), A_SCREEN)
            hits, _counts = finding.find_and_count(Asked(question))
            finding.rows(hits, 0, A_SCREEN)
    print(largest_mib())
