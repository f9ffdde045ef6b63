"""What is in memory stays there (内存不落盘): a crash writes no picture of it, with keys and records in it, to a disk.

Called once, first thing, by every program of ours; a child process that is started anew calls it for itself.
"""

from __future__ import annotations

import sys
from typing import Final

_SET_DUMPABLE: Final = 4  # PR_SET_DUMPABLE, linux/prctl.h


def keep_out_of_dumps() -> None:
    """A crash of this process leaves no core file, and hands none to a crash reporter; Windows keeps none by itself.

    The limit alone is not enough on Linux: a reporter that takes cores through a pipe is started whatever the limit says.
    """
    if sys.platform == "win32":
        return
    import resource  # Unix only

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        import ctypes  # some milliseconds that other systems do without

        ctypes.CDLL(None).prctl(_SET_DUMPABLE, 0, 0, 0, 0)
