"""Attachments on the line: sent range by range, gone on with where the county says."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from sync.client.pacing import Pace
from sync.client.session import Answer, LineSession
from sync.contract.errors import BadRequest, SealBroken
from sync.contract.messages import Hashes
from sync.ledger import AttachmentSize, TownshipLedger

AT_ONCE: Final = 500
LARGEST_RANGE_BYTES: Final = 4 * 1024 * 1024
WORTH_ASKING_BYTES: Final = 256 * 1024  # below, sending the whole costs no more than asking how much has arrived
MOST_STANDSTILLS: Final = 3

Sent = Callable[[int, int], None]
"""Called with the attachments the county holds now, and the bytes that arrived with the last range."""


class AttachmentSender:
    """Sends what the county lacks.

    Args:
        sent: told after each range.
        cancelled: True ends the sending after the range under way.

    `refused` holds the attachments that could not be sent, each with the code of the error: the file here is damaged,
    or the county does not take it.
    """

    def __init__(self, session: LineSession, ledger: TownshipLedger, sent: Sent, cancelled: Callable[[], bool]) -> None:
        self._session, self._ledger = session, ledger
        self._sent, self._cancelled = sent, cancelled
        self._pace = Pace(size_bytes=512 * 1024, largest_bytes=LARGEST_RANGE_BYTES)
        self._held = 0
        self.refused: dict[str, str] = {}

    def send_all(self) -> bool:
        """Send every attachment the county lacks; False if it was cancelled before that.

        One that cannot be sent is noted in `refused` and holds up none of the others.
        """
        while unsent := [one for one in self._ledger.unsent_attachments(AT_ONCE) if one.sha256 not in self.refused]:
            missing = self._ask_missing([one.sha256 for one in unsent])
            self._mark([one.sha256 for one in unsent if one.sha256 not in missing])
            for one in unsent:
                if self._cancelled() or (one.sha256 in missing and not self._try(one)):
                    return False
        return True

    def _try(self, one: AttachmentSize) -> bool:
        """Send one attachment to its end, or note that it cannot be; False if it was cancelled on the way."""
        try:
            return self._send(one)
        except (BadRequest, SealBroken) as error:
            self.refused[one.sha256] = error.code
            return True

    def _ask_missing(self, hashes: list[str]) -> set[str]:
        asked = Hashes(tuple(bytes.fromhex(name) for name in hashes))
        return {name.hex() for name in self._session.ask("POST", "/v1/blobs/missing", Hashes, asked).hashes}

    def _mark(self, hashes: list[str]) -> None:
        if hashes:
            self._ledger.mark_attachments_sent(hashes)
            self._held += len(hashes)

    def _send(self, one: AttachmentSize) -> bool:
        """Send one attachment to its end; False if it was cancelled on the way."""
        path = f"/v1/blobs/{one.sha256}"
        arrived, standstills = 0, 0
        if one.size_bytes > WORTH_ASKING_BYTES:
            arrived, _ = _progress(self._session.send("HEAD", path, None))
        while True:
            content = self._ledger.read_attachment(one.sha256, arrived, self._pace.size_bytes)
            headers = {"upload-offset": str(arrived), "upload-length": str(one.size_bytes)}
            began_s = time.monotonic()
            now_arrived, whole = _progress(self._session.send("PATCH", path, content, headers))
            self._pace = self._pace.after(time.monotonic() - began_s)
            if whole:
                self._mark([one.sha256])
            self._sent(self._held, max(0, now_arrived - arrived))
            if whole or self._cancelled():
                return whole
            standstills = standstills + 1 if now_arrived <= arrived else 0
            if standstills > MOST_STANDSTILLS:
                raise BadRequest("the county does not take the attachment in", sha256=one.sha256)
            arrived = now_arrived


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
