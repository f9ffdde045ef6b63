"""Makes the Nth call of the system fail, for every N until none fails, and asks what the product says and what it still holds.

`failing NAME MOST EVERY` (at most so many calls a trouble, every so manieth trouble), started with the shim loaded, prints one JSON line. A person must be told by an error of the tree, never by a
bare one; nothing that was told to be done may be lost; and when the fault is gone, the work goes on.
"""

from __future__ import annotations

import random
import shutil
import sys
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path

from sync.contract.errors import LantaiError
from tests.powercut.campaign import room
from tests.powercut.judging import Mark, Workflow, judged
from tests.powercut.tap import Tap
from tests.powercut.troubles import TROUBLES, Tried, Trouble
from tests.powercut.workflows import CARELESS, WORKFLOWS


def fail_each(workflow: Workflow, most: int, troubles: Sequence[Trouble], tap: Tap, folder: Path) -> Tried:
    """Return what became of every call of the workflow failing in every way, or of `most` calls a way, drawn at random."""
    tried = Tried(workflow.name)
    base, work = folder / "base", folder / "work"
    base.mkdir()
    workflow.prepare(base)
    for trouble in troubles:
        for nth in _which(workflow, trouble, most, tap, base, work, tried):
            _one(workflow, trouble, nth, tap, base, work, tried)
    shutil.rmtree(base)
    return tried


def _which(
    workflow: Workflow, trouble: Trouble, most: int, tap: Tap, base: Path, work: Path, tried: Tried
) -> Iterator[int]:
    """Yield which calls are to fail; 0 is a run in which they are only counted."""
    same = next((one.name for one in TROUBLES if one.name in tried.calls and one.counts_as(trouble)), None)
    calls = tried.calls[same] if same else _count(workflow, trouble, tap, base, work)
    tried.calls[trouble.name] = calls
    every = range(1, calls + 1)
    yield from every if calls <= most else sorted(random.Random(f"{workflow.name} {trouble.name}").sample(every, most))


def _count(workflow: Workflow, trouble: Trouble, tap: Tap, base: Path, work: Path) -> int:
    shutil.copytree(base, work)
    tap.begin(work)
    tap.fail(0, trouble.kinds, trouble.error)
    try:
        workflow.run(work, lambda act, **facts: None)
    finally:
        calls, _ = tap.mend()
        tap.end()
        shutil.rmtree(work)
    return calls


def _one(workflow: Workflow, trouble: Trouble, nth: int, tap: Tap, base: Path, work: Path, tried: Tried) -> None:
    marks: list[Mark] = []
    shutil.copytree(base, work)
    tap.begin(work)
    tap.fail(nth, trouble.kinds, trouble.error, lasts=trouble.lasts, half=trouble.half)
    try:
        workflow.run(work, lambda act, **facts: marks.append({"done": act, **facts}))
        tried.told["done"] += 1
    except LantaiError as error:
        tried.told[error.code] += 1
        if error.code not in trouble.right:
            tried.fault("wrong kind", trouble, nth, traceback.format_exc(limit=-7))
    except Exception:  # noqa: BLE001  # a bare error is what is looked for
        tried.told["bare"] += 1
        tried.fault("bare", trouble, nth, traceback.format_exc(limit=-7))
    finally:
        tap.mend()
        tap.end()
    tried.runs += 1
    for fault in judged(workflow, work, marks):
        tried.fault(fault.sort.value, trouble, nth, fault.what)
    shutil.rmtree(work)


def main() -> None:
    name, most, every = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with room() as folder:
        tried = fail_each({**WORKFLOWS, **CARELESS}[name](), most, TROUBLES[::every], Tap(), folder)
    sys.stdout.write(tried.line() + "\n")


if __name__ == "__main__":
    main()
