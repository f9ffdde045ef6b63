"""Fail if a process of this checkout's environment outlived the tests that started it."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

PATIENCE_SECONDS = 10  # a process that was asked to end may be about to


def left_running() -> list[str]:
    """Return the command lines of this environment's processes, ours apart; empty where the system does not tell."""
    ours = str(Path(sys.prefix) / "bin" / "python")
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = place.read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue  # it has ended meanwhile
        if words[0].startswith(ours) and int(place.parent.name) != os.getpid():
            found.append(f"{place.parent.name} {' '.join(words)}")
    return found


def main() -> int:
    until = time.monotonic() + PATIENCE_SECONDS
    while (found := left_running()) and time.monotonic() < until:
        time.sleep(0.5)
    sys.stdout.write(f"{len(found)} processes left running\n" + "".join(f"  {one}\n" for one in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
