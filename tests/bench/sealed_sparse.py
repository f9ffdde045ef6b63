"""One huge file sealed in a process that holds nothing but what sealing needs; CPU of all threads, and the most memory it ever held."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

from sync.vault.bag import BagFile
from sync.vault.sealed_copy import write_copy
from sync.vault.signing import SigningKey
from sync.vault.whole_file import blocks_of


def measured(act: Callable[[], object]) -> None:
    """The act is done, and what it took stands on the last line."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cpu, wall = time.process_time(), time.perf_counter()
    told = act()
    spent = {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall}
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({**spent, "rss_mib": held, "grown_mib": held - before, "told": told}))


def sparse(file: Path, to: Path, reader: str) -> None:
    """One large file of nothing but zeros is sealed."""
    payload = [BagFile("data/files/000/0000001.pdf", file.stat().st_size, blocks_of(file))]
    measured(
        lambda: (
            write_copy(
                to / "sparse.tar.age",
                payload,
                recipients=[reader],
                signer=SigningKey.new(),
                bag_info={},
                progress=lambda *_: None,
                cancelled=lambda: False,
            ).files
        )
    )


if __name__ == "__main__":
    sparse(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
