"""The list of hits over a large office in the real window: a jump anywhere, a key in the search box, the thread of the window, memory.

The floors of the same run: the same window over a thousand records, and an empty Qt window.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.search import percentile
from tests.bench.startup import PROJECT, office_of

SMALL = 1_000
ENOUGH = 20  # jumps; fewer are a trial of the bench


def told_by(*arguments: str) -> dict[str, Any]:
    """Return what one child tells."""
    command = [sys.executable, "-m", "tests.bench.table_child", *arguments]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=900, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def run(arguments: list[str]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the figures and the ratios over a small table and an empty window."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench table")
    parser.add_argument("--records", type=int, default=50_000)
    parser.add_argument("--jumps", type=int, default=200)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="lantai-bench-") as name:
        large, small = Path(name) / "large", Path(name) / "small"
        office_of(large, asked.records)
        office_of(small, min(SMALL, asked.records))
        jumps = str(asked.jumps)
        few = [told_by("table", str(small), jumps)]
        many = told_by("table", str(large), jumps)
        if asked.jumps >= ENOUGH:
            few.append(told_by("table", str(small), jumps))  # before and after, so that a busy moment meets both
        bare = told_by("bare")
    jump_cpu = [one for told in few for one in told["jump_cpu"]]
    figures = {
        "records": many["records"],
        "jump_p95_ms": percentile(many["jump_wall"], 0.95),
        "small_jump_p95_ms": percentile([one for told in few for one in told["jump_wall"]], 0.95),
        "jump_cpu_median_ms": statistics.median(many["jump_cpu"]),
        "jump_cpu_p95_ms": percentile(many["jump_cpu"], 0.95),
        "small_jump_cpu_median_ms": statistics.median(jump_cpu),
        "key_to_hits_ms_median": statistics.median(many["key_wall"]),
        "key_to_hits_ms_max": max(many["key_wall"]),
        "key_to_hits_cpu_ms_max": max(many["key_cpu"]),
        "main_thread_block_max_ms": many["block_ms"],
        "main_thread_block_wall_max_ms": many["block_wall_ms"],
        "rss_mib": many["rss_mib"],
        "bare_qt_rss_mib": bare["rss_mib"],
    }
    return figures, {
        "jump_over_small_table": figures["jump_cpu_median_ms"] / figures["small_jump_cpu_median_ms"],
        "jump_p95_over_small_table": figures["jump_p95_ms"] / figures["small_jump_p95_ms"],
        "rss_over_bare_qt": many["rss_mib"] / bare["rss_mib"],
    }
