"""A desk asking for what other townships hold: the slice of the catalogue, grants, and pages under one (docs/one-window.md, section 5)."""

from __future__ import annotations

import hashlib

from sync.client.session import LineSession
from sync.contract.errors import BadRequest, CountyOlder, SealBroken
from sync.contract.one_window import GrantAsked, Granted, SliceAsked, SliceTold

RANGE_BYTES = 1024 * 1024


class WindowLine:
    """The calls of one window over one session."""

    def __init__(self, session: LineSession) -> None:
        self._session = session

    def slice(self, asked: SliceAsked) -> SliceTold:
        """Return what changed in the slice. Raises Offline, NotTheCounty; CountyOlder: it has no catalogue yet."""
        try:
            return self._session.ask("POST", "/v1/catalogue", SliceTold, asked)
        except BadRequest as error:  # a program from before there was one: «no such call»
            raise CountyOlder("the county has no catalogue yet") from error

    def grant(self, asked: GrantAsked) -> Granted:
        """Return the record under a grant.

        Raises:
            Offline, NotTheCounty, CountyBusy. NotAllowed: the rule; HeadMoved: voided; NotNamed: it names nobody so called.
            SealBroken: the county sent another record.
        """
        granted = self._session.ask("POST", "/v1/grants", Granted, asked)
        if granted.revision.record_id != asked.record:
            raise SealBroken("another record than was asked for", record=asked.record)
        return granted

    def page(self, grant: str, sha256: str) -> bytes:
        """Return a whole file of the granted record. Raises as `grant`; SealBroken: its bytes are not those of its name."""
        content = b""
        while True:
            headers = {"Range": f"bytes={len(content)}-{len(content) + RANGE_BYTES - 1}"}
            answer = self._session.send("GET", f"/v1/grants/{grant}/{sha256}", None, headers)
            content += answer.content
            total = int(answer.headers.get("content-range", "bytes 0-0/0").rpartition("/")[2])
            if not answer.content or len(content) >= total:
                break
        if hashlib.sha256(content).hexdigest() != sha256:
            raise SealBroken("the county's copy of a file", sha256=sha256)
        return content
