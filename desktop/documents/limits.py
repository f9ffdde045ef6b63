"""What a reader process may take (子进程限额), set by itself before it touches a foreign byte."""

from __future__ import annotations

import faulthandler
import os
import sys
from typing import Any, BinaryIO, Final

from desktop.documents.frames import receive_frame, send_frame
from sync.vault.memory import keep_out_of_dumps

READER_BYTES: Final = 1536 << 20
"""The address space of a process that reads pages or tables."""
_GRACE_SECONDS = 5.0


def take_limits(*, memory_bytes: int, niceness: int) -> None:
    """This process cannot take more address space than that, and yields to the desk.

    Windows has no such limit for one process from inside (it asks a job object of its parent); there the limits on time
    and on the size of a picture hold, and the priority is set when the process is started.
    """
    if sys.platform == "win32":
        return
    import resource  # POSIX only

    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = memory_bytes if hard == resource.RLIM_INFINITY else min(memory_bytes, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    keep_out_of_dumps()  # a core file would be a plain copy of the page
    os.nice(niceness)


def own_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Return the pipes to the desk; what libraries print from now on goes nowhere near them."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    silence = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(silence, descriptor)
    os.close(silence)
    return requests, answers


def serve(requests: BinaryIO, answers: BinaryIO, answer: Any) -> None:
    """Every request was answered, in order, until the desk closed its end.

    A request that runs far over its limit ends this process even if the desk is gone and cannot.
    """
    send_frame(answers, {"ready": True})
    while (request := receive_frame(requests)) is not None:
        faulthandler.dump_traceback_later(request["limit_seconds"] + _GRACE_SECONDS, exit=True)
        try:
            reply = answer(request)
        except MemoryError:
            reply = {"stopped": "memory"}
        faulthandler.cancel_dump_traceback_later()
        send_frame(answers, reply)
