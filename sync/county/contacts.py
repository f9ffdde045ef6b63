"""Contacts (联络记录): when each desk was last here and how it stood, for the board; kept at most once a minute a desk."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, insert

from sync.contract.errors import Unavailable
from sync.contract.messages import STANDING_DIGEST_BYTES, Standing, SyncReply, SyncRequest
from sync.contract.revisions import DeviceId
from sync.county import tables
from sync.county.storage import Storage
from sync.county.tables import table
from sync.ledger import Desk

KEPT_EVERY: Final = timedelta(minutes=1)

_CONTACT = table(tables.Contact)
_log = logging.getLogger(__name__)


class Contacts:
    """Who was here when. What is not kept yet is a minute old at most: a crash loses no more than that."""

    def __init__(self, storage: Storage, clock: Callable[[], datetime]) -> None:
        self._storage, self._clock = storage, clock
        self._known: dict[DeviceId, tuple[datetime, Standing, int]] = {}
        self._noting = threading.Lock()

    def note(self, desk: Desk, request: SyncRequest, reply: SyncReply) -> None:
        """The desk was here, and stood as its request says; one on the way through the feed, or answered with another epoch, says nothing."""
        standing = request.standing
        if (
            reply.more
            or standing is None
            or reply.epoch != request.epoch
            or len(standing.digest) != STANDING_DIGEST_BYTES
        ):
            return
        now = self._clock()
        with self._noting:
            before = self._known.get(desk.holder.device)
            same = before is not None and before[1:] == (standing, request.after)
            if before is not None and same and abs(now - before[0]) < KEPT_EVERY:
                return
        values = {
            "device": desk.holder.device, "township": desk.township, "at": now.isoformat(timespec="seconds"),
            "epoch": request.epoch, "after": request.after, "waiting": standing.waiting, "heads": standing.heads,
            "digest": standing.digest,
        }  # fmt: skip
        try:
            with self._storage.connection(writing=True, township=desk.township) as connection:
                connection.execute(delete(_CONTACT).where(_CONTACT.c.device == desk.holder.device))
                connection.execute(insert(_CONTACT), values)
        except Unavailable as error:  # the board waits; what the desk came for was done, and it is answered
            _log.warning("contact not kept: %s", error.code)
            return
        with self._noting:
            self._known[desk.holder.device] = (now, standing, request.after)
