"""Making a batch's received list (交接单): counted in the book at that moment, signed by the county, noted in the log."""

from __future__ import annotations

from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import func, select

from sync.contract.batches import BatchId
from sync.contract.errors import BadRequest
from sync.contract.messages import BatchState
from sync.contract.received_list import ReceivedList, SignedReceivedList, sign_received_list
from sync.county import tables
from sync.county.book import SqlBook
from sync.county.reviewing import show_batch
from sync.county.tables import table

_PLACED = table(tables.BatchRevision)


def make_received_list(
    book: SqlBook, county: str, key: ec.EllipticCurvePrivateKey, batch_id: BatchId, by: str, at: datetime
) -> SignedReceivedList:
    """Return the signed list; that it was made, and what it says, stands in the log.

    Raises:
        BadRequest: there is no such batch, or it was not received.
    """
    detail = show_batch(book, book.connection, batch_id, 0)
    one, kept = detail.summary, book.batch(batch_id)
    if kept is None or kept.state is not BatchState.RECEIVED:
        raise BadRequest("a batch that was not received", batch=batch_id)
    here = select(func.count()).select_from(_PLACED).where(_PLACED.c.batch == batch_id)
    told = ReceivedList(
        county, one.township, one.township_name, batch_id, one.sequence, one.received_at, at.isoformat(timespec="seconds"), by,
        kept.seal.digest.hex(), kept.seal.revisions, int(book.connection.execute(here).scalar_one()), one.accepted,
        one.returned, one.conflicts, one.set_aside, one.open,
    )  # fmt: skip
    counts: dict[str, int] = {"received": told.received, "accepted": told.accepted, "returned": told.returned}
    counts |= {"conflicts": told.conflicts, "set_aside": told.set_aside, "open": told.open}
    book.log(by, "received-list.made", batch_id, counts)
    return sign_received_list(told, key)
