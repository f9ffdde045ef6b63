"""Attachments on the line: sent range by range, gone on with where the county says."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Event, Lock
from typing import Final

from sync.client.pacing import Pace
from sync.client.session import Answer, LineSession
from sync.contract.errors import BadRequest, SealBroken
from sync.contract.messages import Hashes
from sync.ledger import AttachmentSize, TownshipLedger

AT_ONCE: Final = 500
LINES: Final = 4  # at once: while the county flushes one attachment, the next ones travel
WORTH_LINES: Final = 4  # attachments from which more lines than one are opened
MARKED_TOGETHER: Final = 32
MOST_STANDSTILLS: Final = 3

Sent = Callable[[int, int], None]
"""Called with the attachments the county holds now, and the bytes that arrived with the last range."""


class AttachmentSender:
    """Sends what the county lacks, several attachments at once where there are several.

    Args:
        sent: told after each range, by one thread at a time.
        cancelled: True ends the sending after the ranges under way.
        another_line: opens one more session with the county; None: one line is all there is.
        pace: of the ranges; one of less than half a range is sent whole, for asking how much has arrived costs no less.

    `refused` holds the attachments that could not be sent, each with the code of the error: the file here is damaged,
    or the county does not take it.
    """

    def __init__(
        self,
        session: LineSession,
        ledger: TownshipLedger,
        sent: Sent,
        cancelled: Callable[[], bool],
        another_line: Callable[[], LineSession] | None,
        pace: Pace,
    ) -> None:
        self._session, self._ledger = session, ledger
        self._sent, self._cancelled, self._another_line = sent, cancelled, another_line
        self._pace, self._worth_asking_bytes = pace, pace.size_bytes // 2
        self._held, self._unmarked = 0, list[str]()
        self._telling = Lock()
        self._asked = 0
        self.refused: dict[str, str] = {}

    def send_all(self) -> bool:
        """Send every attachment the county lacks; False if it was cancelled before that.

        One that cannot be sent is noted in `refused` and holds up none of the others.
        """
        with ExitStack() as stack:
            lines = [self._session]
            while unsent := [one for one in self._ledger.unsent_attachments(AT_ONCE) if one.sha256 not in self.refused]:
                missing = self._ask_missing([one.sha256 for one in unsent])
                self._held += len(unsent) - len(missing)
                self._mark([one.sha256 for one in unsent if one.sha256 not in missing])
                if self._another_line is not None and len(missing) >= WORTH_LINES:
                    lines += [self._open(stack, self._another_line) for _ in range(LINES - len(lines))]
                if not self._send_some(lines, [one for one in unsent if one.sha256 in missing]):
                    return False
        return True

    def _open(self, stack: ExitStack, another_line: Callable[[], LineSession]) -> LineSession:
        line = another_line()
        stack.callback(line.close)
        line.traffic = self._session.traffic  # counted together
        return line

    def _send_some(self, lines: list[LineSession], several: list[AttachmentSize]) -> bool:
        """Send these over all lines; False if it was cancelled. What failed first is raised once all have come to rest."""
        queue = iter(several)
        stopped = Event()

        def work(line: LineSession) -> bool:
            try:
                for one in _taken(queue, self._telling):
                    if stopped.is_set() or self._cancelled() or not self._try(line, one):
                        return False
            except BaseException:
                stopped.set()
                raise
            return True

        try:
            if len(lines) == 1:
                return work(lines[0])
            with ThreadPoolExecutor(len(lines), "attachments") as pool:
                done = [pool.submit(work, line) for line in lines]
            results = [one.result() for one in done]  # every one is asked: what failed is raised
            return all(results)
        finally:
            self._mark(self._unmarked)

    def _try(self, line: LineSession, one: AttachmentSize) -> bool:
        """Send one attachment to its end, or note that it cannot be; False if it was cancelled on the way."""
        try:
            return self._send(line, one)
        except (BadRequest, SealBroken) as error:
            self.refused[one.sha256] = error.code
            return True

    def _ask_missing(self, hashes: list[str]) -> set[str]:
        asked = Hashes(tuple(bytes.fromhex(name) for name in hashes))
        return {name.hex() for name in self._session.ask("POST", "/v1/blobs/missing", Hashes, asked).hashes}

    def _mark(self, hashes: list[str]) -> None:
        """The county holds these; one act for many, for a mark that a cut takes away is asked for again."""
        if hashes:
            self._ledger.mark_attachments_sent(hashes)
        self._unmarked = []

    def _tell(self, whole: str, arrived_bytes: int) -> None:
        with self._telling:
            if whole:
                self._held += 1
                self._unmarked.append(whole)
            if len(self._unmarked) >= MARKED_TOGETHER:
                self._mark(self._unmarked)
            self._sent(self._held, arrived_bytes)

    def _send(self, line: LineSession, one: AttachmentSize) -> bool:
        """Send one attachment to its end; False if it was cancelled on the way."""
        path = f"/v1/blobs/{one.sha256}"
        arrived, standstills = 0, 0
        if one.size_bytes > self._worth_asking_bytes and self._may_have_begun(one):
            arrived, _ = _progress(line.send("HEAD", path, None))
        while True:
            content = self._ledger.read_attachment(one.sha256, arrived, self._pace.size_bytes)
            headers = {"upload-offset": str(arrived), "upload-length": str(one.size_bytes)}
            began_s = time.monotonic()
            now_arrived, whole = _progress(line.send("PATCH", path, content, headers))
            self._pace = self._pace.after(time.monotonic() - began_s)
            self._tell(one.sha256 if whole else "", max(0, now_arrived - arrived))
            if whole or self._cancelled():
                return whole
            standstills = standstills + 1 if now_arrived <= arrived else 0
            if standstills > MOST_STANDSTILLS:
                raise BadRequest("the county does not take the attachment in", sha256=one.sha256)
            arrived = now_arrived

    def _may_have_begun(self, one: AttachmentSize) -> bool:
        """Of one that goes in a single range there may be a part at the county only where a run was cut: the first ones know."""
        with self._telling:
            self._asked += 1
            return self._asked <= LINES or one.size_bytes > self._pace.size_bytes


def _taken(queue: Iterator[AttachmentSize], lock: Lock) -> Iterator[AttachmentSize]:
    """Yield what is left of the queue, each thing to one thread only."""
    while True:
        with lock:
            one = next(queue, None)
        if one is None:
            return
        yield one


def read_range(session: LineSession, sha256: str, start: int, size_bytes: int, token: str = "") -> bytes:
    """Return a range of an attachment the county holds, fewer bytes at its end or beyond 4 MiB.

    Args:
        token: of a signed-in person; a desk needs none for its own township's.
    """
    headers = {"Range": f"bytes={start}-{start + size_bytes - 1}"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return session.send("GET", f"/v1/blobs/{sha256}", None, headers).content


def _progress(answer: Answer) -> tuple[int, bool]:
    text = answer.headers.get("upload-offset", "")
    if not text.isdecimal():
        raise BadRequest("no progress in the county's answer")
    return int(text), answer.headers.get("upload-complete") == "1"
