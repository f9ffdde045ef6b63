"""An import in a process of its own, so that it can be killed: `importing_child FOLDER FILE` tells each block it has filed."""

from __future__ import annotations

import sys
from pathlib import Path

from desktop.archive.archive import Archive
from desktop.archive.clock import system_clock
from desktop.services.changed import Progress
from desktop.services.imports.importing import Importing
from sync.contract.kind_files import load_kinds
from tests.desktop.services.imports.marriages import EXCUSES


def told(progress: Progress) -> None:
    sys.stdout.write(f"{progress.done}\n")
    sys.stdout.flush()


def main() -> None:
    folder, file = map(Path, sys.argv[1:3])
    archive = Archive.open(folder, bytes(range(32)))
    importing = Importing(archive, load_kinds(), "陈晓兰", system_clock)
    table = importing.look(file.name, importing.read(file)).table
    importing.file(table, EXCUSES, told, lambda: False)


if __name__ == "__main__":
    main()
