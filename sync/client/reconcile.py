"""Finding where desk and county differ (对账): bucket by bucket, then record by record; nothing is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sync.client.session import LineSession
from sync.contract.messages import BUCKETS, DigestReply, HeadDigest, bucket_of
from sync.contract.revisions import RecordId, RevisionId
from sync.ledger import TownshipLedger


@dataclass(frozen=True, slots=True)
class Difference:
    """A record on whose head the two offices do not agree; None where one has no head at all."""

    record: RecordId
    desk: RevisionId | None
    county: RevisionId | None


def find_differences(ledger: TownshipLedger, session: LineSession) -> tuple[Difference, ...]:
    """Return every record whose head differs, in order; one request, and one more for each bucket that differs."""
    theirs = session.ask("GET", "/v1/digest", DigestReply)
    county = {one.bucket: (one.digest, one.heads) for one in theirs.buckets}
    ours = _by_bucket(ledger)
    found: list[Difference] = []
    for bucket in range(BUCKETS):
        desk = ours.get(bucket, {})
        digest = HeadDigest()
        for record, head in desk.items():
            digest = digest.with_head(record, head)
        if (digest.value, digest.heads) != county.get(bucket, _EMPTY):
            found += _compare(desk, session, bucket)
    return tuple(sorted(found, key=lambda difference: difference.record))


_EMPTY = (HeadDigest().value, 0)


def _by_bucket(ledger: TownshipLedger) -> dict[int, dict[RecordId, RevisionId]]:
    grouped: dict[int, dict[RecordId, RevisionId]] = {}
    for head in ledger.heads():
        grouped.setdefault(bucket_of(head.record), {})[head.record] = head.revision
    return grouped


def _compare(desk: Mapping[RecordId, RevisionId], session: LineSession, bucket: int) -> list[Difference]:
    reply = session.ask("GET", f"/v1/digest?bucket={bucket}", DigestReply)
    county = {head.record: head.revision for head in reply.heads}
    both = desk.keys() | county.keys()
    return [Difference(one, desk.get(one), county.get(one)) for one in both if desk.get(one) != county.get(one)]
