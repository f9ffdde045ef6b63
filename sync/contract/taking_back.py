"""Taking back (撤回): decisions that no desk has been told of, undone by whoever made them (docs/protocol.md, section 4)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.contract.certificates import (
    DECIDING_ROLES,
    Holder,
    check_issued,
    check_signature,
    read_certificate,
    sign_bytes,
)
from sync.contract.decisions import DecisionId, DecisionKind, read_time
from sync.contract.errors import BadRequest, NotAllowed
from sync.contract.revisions import SHA256_HEX, TownshipId, hash_parts

MOST_TAKEN_BACK: Final = 500
FETCHED: Final = "fetched"
"""What became of a decision that some desk was told of: it stands."""
TAKEN_BACK_KINDS: Final = frozenset({DecisionKind.ACCEPTED, DecisionKind.RETURNED})
"""What makes no revision of its own: undoing it leaves the record as it was received, and nothing that nobody asked for."""


@dataclass(frozen=True, slots=True)
class TakeBack:
    """A person's word that these decisions of a township shall not stand, as far as no desk was told of them.

    Raises:
        BadRequest: none or too many are named, or not by their ids, each once and in order.
    """

    township: TownshipId
    decisions: tuple[DecisionId, ...]

    def __post_init__(self) -> None:
        if not 0 < len(self.decisions) <= MOST_TAKEN_BACK or not all(map(SHA256_HEX.fullmatch, self.decisions)):
            raise BadRequest("between one decision and 500 are taken back at once", most=MOST_TAKEN_BACK)
        if list(self.decisions) != sorted(set(self.decisions)):
            raise BadRequest("decisions are named once each, in order")

    def digest(self) -> bytes:
        """Return the hash over all it says."""
        named = b"".join(bytes.fromhex(one) for one in self.decisions)
        return hash_parts(b"lantai.take-back.1", (self.township.encode(), named))


@dataclass(frozen=True, slots=True)
class SignedTakeBack:
    """A taking back, the person's certificate (DER), when that person says it was made, and the signature over all."""

    said: TakeBack
    signer: bytes
    at: str
    signature: bytes

    def __post_init__(self) -> None:
        read_time(self.at)


def sign_take_back(said: TakeBack, signer: bytes, at: datetime, key: Ed25519PrivateKey) -> SignedTakeBack:
    """Return it under a person's signature."""
    stamp = at.isoformat(timespec="seconds")
    return SignedTakeBack(said, signer, stamp, sign_bytes(key, _signed_digest(said, signer, stamp)))


def check_take_back(signed: SignedTakeBack, authority: x509.Certificate) -> Holder:
    """Return who takes back; the county's authority vouches for that person, whose role decides. The time is a claim.

    Raises:
        SealBroken: signature or certificate do not fit. NotAllowed: the signer's role does not decide.
    """
    certificate = read_certificate(signed.signer)
    holder = check_issued(certificate, authority)
    check_signature(certificate, signed.signature, _signed_digest(signed.said, signed.signer, signed.at))
    if holder.role not in DECIDING_ROLES:
        raise NotAllowed("role does not decide", role=holder.role.value)
    return holder


def _signed_digest(said: TakeBack, signer: bytes, at: str) -> bytes:
    return hash_parts(b"lantai.take-back-signature.1", (said.digest(), hashlib.sha256(signer).digest(), at.encode()))
