"""Decisions (审核决定): what a person at the county decided about a record, under that person's signature.

A decision is treated as a revision is: immutable, known by its hash, and naming the decisions it follows. Two offices
hold growing sets of decisions; where the union has two ends, a person joins them. No clock takes part.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final, NewType

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.contract.certificates import (
    DECIDING_ROLES,
    Holder,
    check_issued,
    check_signature,
    read_certificate,
    sign_bytes,
)
from sync.contract.errors import BadRequest, NotAllowed
from sync.contract.revisions import (
    SHA256_HEX,
    RecordId,
    RevisionId,
    TownshipId,
    canonical_bytes,
    hash_parts,
    is_uuid_text,
)

DecisionId = NewType("DecisionId", str)
"""SHA-256 in hex."""


class DecisionKind(StrEnum):
    """What a person at the county decided."""

    ACCEPTED = "accepted"
    RETURNED = "returned"
    MERGED = "merged"
    COUNTY = "county"
    SETTLED = "settled"
    VOIDED = "voided"
    RESTORED = "restored"


MAKES_A_REVISION: Final = frozenset(
    {DecisionKind.MERGED, DecisionKind.COUNTY, DecisionKind.VOIDED, DecisionKind.RESTORED}
)


@dataclass(frozen=True, slots=True)
class Ground:
    """One reason for a return or a void: the field it stands on, a code, and what the reviewer wrote."""

    field: str
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about a revision, and the head after it; `id` leaves out who and when.

    Args:
        revision: the revision decided on.
        head: the record's head after the decision, None if it still has none.
        previous: the tips it follows: none, one, or two for a settlement.
    Raises:
        BadRequest: malformed ids, a return without a ground.
    """

    township: TownshipId
    record_id: RecordId
    kind: DecisionKind
    revision: RevisionId
    head: RevisionId | None
    previous: tuple[DecisionId, ...]
    grounds: tuple[Ground, ...] = ()
    id: DecisionId = field(init=False, compare=False)

    def __post_init__(self) -> None:
        named = [self.revision, *self.previous, *([] if self.head is None else [self.head])]
        if not is_uuid_text(self.record_id) or not all(SHA256_HEX.fullmatch(name) for name in named):
            raise BadRequest("decision names no record, revision or decision")
        if len(self.previous) > 2 or list(self.previous) != sorted(set(self.previous)):
            raise BadRequest("a decision follows at most two others, in order")
        if self.kind is DecisionKind.RETURNED and not self.grounds:
            raise BadRequest("a return gives a ground")
        object.__setattr__(self, "id", _decision_id(self))


def _decision_id(decision: Decision) -> DecisionId:
    grounds = [{"field": g.field, "code": g.code, "text": g.text} for g in decision.grounds]
    parts = (
        decision.township.encode(),
        decision.record_id.encode(),
        decision.kind.encode(),
        bytes.fromhex(decision.revision),
        bytes.fromhex(decision.head or ""),
        b"".join(bytes.fromhex(previous) for previous in decision.previous),
        canonical_bytes({"grounds": grounds}),
    )
    return DecisionId(hash_parts(b"lantai.decision.1", parts).hex())


@dataclass(frozen=True, slots=True)
class SignedDecision:
    """A decision, the person's certificate (DER), when that person says it was made, and the signature over all."""

    decision: Decision
    signer: bytes
    at: str
    signature: bytes

    def __post_init__(self) -> None:
        read_time(self.at)


def sign_decision(decision: Decision, signer: bytes, at: datetime, key: Ed25519PrivateKey) -> SignedDecision:
    """Return the decision under a person's signature."""
    stamp = at.isoformat(timespec="seconds")
    return SignedDecision(decision, signer, stamp, sign_bytes(key, _signed_digest(decision.id, signer, stamp)))


def check_decision(signed: SignedDecision, authority: x509.Certificate) -> Holder:
    """Return who decided; the county's authority vouches for that person, whose role may decide.

    The time is a claim and is not judged: whether the certificate holds today is asked when the person signs in.


    Raises:
        SealBroken: signature or certificate do not fit.
        NotAllowed: the signer's role does not decide.
    """
    certificate, holder = _issued(signed.signer, authority)
    check_signature(certificate, signed.signature, _signed_digest(signed.decision.id, signed.signer, signed.at))
    if holder.role not in DECIDING_ROLES:
        raise NotAllowed("role does not decide", role=holder.role.value)
    return holder


@lru_cache(maxsize=256)
def _issued(der: bytes, authority: x509.Certificate) -> tuple[x509.Certificate, Holder]:
    """Return a signer's certificate and holder; few people sign a feed, and vouching for one is most of the work."""
    certificate = read_certificate(der)
    return certificate, check_issued(certificate, authority)


def read_time(text: str) -> datetime:
    """Return an aware time from ISO 8601 text.

    Raises:
        BadRequest: no time, or one without its zone.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadRequest("not a time") from error
    if at.tzinfo is None:
        raise BadRequest("a time without its zone")
    return at


def certificate_bytes(certificate: x509.Certificate) -> bytes:
    """Return the DER form in which certificates travel."""
    return certificate.public_bytes(serialization.Encoding.DER)


def _signed_digest(decision: DecisionId, signer: bytes, at: str) -> bytes:
    fingerprint = hashlib.sha256(signer).digest()
    return hash_parts(b"lantai.decision-signature.1", (bytes.fromhex(decision), fingerprint, at.encode()))
