"""What a watching system reads (监测): whether the county answers, and its figures in the Prometheus text form; no name of a person in any."""

from __future__ import annotations

import shutil
from pathlib import Path

from sync.contract.board import Board, Light

LOCAL = ("127.0.0.1", "::1")


def gauges(board: Board, folder: Path) -> str:
    """Return the figures as text; townships by their code.

    Source: Prometheus text exposition format 0.0.4.
    """
    lines = [
        "# HELP lantai_disk_free_bytes Room on the disk of the county's folder.",
        "# TYPE lantai_disk_free_bytes gauge",
        f"lantai_disk_free_bytes {shutil.disk_usage(folder).free}",
        "# HELP lantai_townships Townships by how they stand.",
        "# TYPE lantai_townships gauge",
    ]
    lights = [one.light(board.now()) for one in board.townships]
    lines += [f'lantai_townships{{light="{light.value}"}} {lights.count(light)}' for light in Light]
    for name, told in (
        ("heads", "Records with a head."),
        ("undecided", "Revisions to be decided on."),
        ("conflicts", "Revisions in conflict."),
        ("set_aside", "Records set aside of which nothing else is here."),
        ("waiting", "Records filed at the township and not sent, when it was last here."),
    ):
        lines += [f"# HELP lantai_{name} {told}", f"# TYPE lantai_{name} gauge"]
        lines += [f'lantai_{name}{{township="{one.township}"}} {getattr(one, name)}' for one in board.townships]
    lines += [
        "# HELP lantai_agrees 1 if both ends held the same, 0 if not; absent while unknown.",
        "# TYPE lantai_agrees gauge",
    ]
    lines += [
        f'lantai_agrees{{township="{one.township}"}} {int(one.agrees)}'
        for one in board.townships
        if one.agrees is not None
    ]
    return "\n".join(lines) + "\n"
