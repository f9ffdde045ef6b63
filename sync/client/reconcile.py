"""Finding where desk and county differ (对账): bucket by bucket, then record by record; nothing is changed."""

from __future__ import annotations

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
    differing = [
        bucket
        for bucket, digest in _digests(ledger).items()
        if (digest.value, digest.heads) != county.get(bucket, _EMPTY)
    ]
    found = [difference for bucket in differing for difference in _compare(ledger, session, bucket)]
    return tuple(sorted(found, key=lambda difference: difference.record))


_EMPTY = (HeadDigest().value, 0)


def _digests(ledger: TownshipLedger) -> dict[int, HeadDigest]:
    digests = dict.fromkeys(range(BUCKETS), HeadDigest())
    for head in ledger.heads():
        bucket = bucket_of(head.record)
        digests[bucket] = digests[bucket].with_head(head.record, head.revision)
    return digests


def _compare(ledger: TownshipLedger, session: LineSession, bucket: int) -> list[Difference]:
    desk = {head.record: head.revision for head in ledger.heads(bucket)}
    reply = session.ask("GET", f"/v1/digest?bucket={bucket}", DigestReply)
    county = {head.record: head.revision for head in reply.heads}
    both = desk.keys() | county.keys()
    return [Difference(one, desk.get(one), county.get(one)) for one in both if desk.get(one) != county.get(one)]
