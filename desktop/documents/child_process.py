"""A reader in a process of its own (页面读取子进程): it can be ended at any moment, and its end is never ours.

Real pages hang MuPDF in C, where no exception and no signal handler of Python reaches; a 2 kB page can ask for 43 s.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from queue import Empty, Queue
from typing import IO, Any, Final

from desktop.documents.frames import receive_frame, send_frame
from sync.contract.errors import ReaderStopped

START_LIMIT_SECONDS: Final = 90.0  # an old disk, a virus scanner, and 30 MB of models
_PROJECT_ROOT: Final = Path(__file__).parents[2]
_END_WAIT_SECONDS: Final = 5.0
# no console window; below the desk's own priority (BELOW_NORMAL_PRIORITY_CLASS | CREATE_NO_WINDOW)
_WINDOWS_FLAGS: Final = 0x00004000 | 0x08000000 if os.name == "nt" else 0


class ChildProcess:
    """One child at a time, started when first asked and again after it was ended. Safe to ask from several threads."""

    def __init__(self, module: str) -> None:
        self._module = module
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: Queue[dict[str, Any] | None] = Queue()
        self._closings = 0

    def ask(self, message: dict[str, Any], limit_seconds: float) -> dict[str, Any]:
        """Return the child's answer.

        Raises:
            ReaderStopped: with `reason`: time (overran its limit and was ended), crash (ended by itself), start (did
                not come up at all) or closed (nobody waits for the answer any more).
        """
        closings = self._closings
        with self._lock:
            process = self._running()
            if self._closings != closings:  # closed while this question waited or its child was starting
                self._end()
                raise ReaderStopped("reader", reason="closed", limit_seconds=limit_seconds)
            timer = threading.Timer(limit_seconds, process.kill)  # also ends a child that does not read its pipe
            timer.start()
            try:
                assert process.stdin is not None
                send_frame(process.stdin, {**message, "limit_seconds": limit_seconds})
                answer = self._answers.get()
            except (BrokenPipeError, OSError):
                answer = None
            finally:
                in_time = timer.is_alive()
                timer.cancel()
            if answer is None:
                self._end()
                raise ReaderStopped("reader", reason="crash" if in_time else "time", limit_seconds=limit_seconds)
            return answer

    def close(self) -> None:
        """No child is left; a question under way is answered with ReaderStopped, the next one starts a new child."""
        self._closings += 1
        process = self._process
        if process is not None:
            process.kill()  # before the lock, which a question holds until its answer or its child's end
        with self._lock:
            self._end()

    @property
    def process_id(self) -> int | None:
        """The running child's id, if there is one."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._end()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-X", "utf8", "-m", self._module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # parsers print words of the page they fail on
            env={**os.environ, "PYTHONPATH": str(_PROJECT_ROOT)},
            creationflags=_WINDOWS_FLAGS,
        )
        self._answers = Queue()
        assert self._process.stdout is not None
        threading.Thread(
            target=_pass_on, args=(self._process.stdout, self._answers), name=self._module, daemon=True
        ).start()
        self._await_start()
        return self._process

    def _await_start(self) -> None:
        """The child has loaded what it needs; a page's limit does not pay for that."""
        try:
            ready = self._answers.get(timeout=START_LIMIT_SECONDS)
        except Empty:
            ready = None
        if ready is None:
            self._end()
            raise ReaderStopped("reader", reason="start", limit_seconds=START_LIMIT_SECONDS)

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait(_END_WAIT_SECONDS)
        if process.stdin is not None:
            try:
                process.stdin.close()
            except OSError:  # what was still to be written has nobody to read it
                process.stdin = None
        _drain(self._answers)


def _pass_on(stdout: IO[bytes], answers: Queue[dict[str, Any] | None]) -> None:
    """Every answer goes into the queue, and None when the child is gone or talks nonsense."""
    with stdout:
        try:
            while (answer := receive_frame(stdout)) is not None:
                answers.put(answer)
        except ValueError:
            answers.put(None)
            return
        answers.put(None)


def _drain(answers: Queue[dict[str, Any] | None]) -> None:
    try:
        while answers.get(timeout=0.2) is not None:
            pass
    except Empty:
        return
