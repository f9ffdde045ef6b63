"""Records workflows: `recording OUT SIZE NAME...`, started with the shim loaded. What is written is read by `cuts`.

OUT/NAME/base is the folder before, OUT/NAME/journal every call, OUT/NAME/folder the path the calls were made below.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tests.powercut.tap import Tap
from tests.powercut.workflows import UNSAFE, WORKFLOWS
from tests.powercut.workflows.backing_up import Backing
from tests.powercut.workflows.saving import Saving
from tests.powercut.workflows.syncing import Syncing
from tests.powercut.workflows.typing import Typing


def main() -> None:
    out, size, names = Path(sys.argv[1]).resolve(), int(sys.argv[2]), sys.argv[3:]
    tap = Tap()
    for name in names:
        workflow = {**WORKFLOWS, **UNSAFE}[name]()
        if isinstance(workflow, Saving | Typing | Backing | Syncing):  # those that can go on for longer
            workflow.size = size
        home, work = out / name, out / name / "work"
        work.mkdir(parents=True)
        workflow.prepare(work)
        shutil.copytree(work, home / "base")
        (home / "folder").write_text(str(work))
        tap.begin(work, home / "journal")
        try:
            workflow.run(work, lambda act, **facts: tap.mark({"done": act, **facts}))
        finally:
            tap.end()
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
