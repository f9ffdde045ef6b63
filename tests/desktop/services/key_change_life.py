"""An administrator who changes the key and is killed at the n-th thing done to a file; without a number, nobody is killed."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from desktop.services.opening import Opening

ADMIN, CLERK, GONE = "赵主任", "陈晓兰", "孙立"
PASSWORD = "这一句口令只在测试里用一用"
EVENTS = frozenset({"open", "os.rename", "os.remove"})


class KillAt:
    """Counts what Python is about to do to files of the folder, and dies before doing the n-th of it."""

    def __init__(self, folder: Path, number: int) -> None:
        self._folder, self._left = str(folder), number

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if event in EVENTS and str(arguments[0]).startswith(self._folder):
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def main(folder: Path, number: int) -> None:
    desk = Opening(folder).unlock(ADMIN, PASSWORD)
    say("begun")
    if number:
        sys.addaudithook(KillAt(folder, number))
    desk.users.change_key(lambda _: None, lambda: False, without=GONE)
    say("changed")
    desk.close()


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
