"""Rulings (负责人签批): what an officer settles about the county itself, signed like a decision (docs/protocol.md, section 11).

A ruling names what its signer saw, so that it holds for that and nothing else, and cannot be brought a second time.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.contract.certificates import Holder, Role, check_issued, check_signature, read_certificate, sign_bytes
from sync.contract.decisions import read_time
from sync.contract.errors import BadRequest, NotAllowed
from sync.contract.log_heads import LogFlaw
from sync.contract.revisions import DeviceId, TownshipId, hash_parts

LONGEST_REASON: Final = 200  # what a line of the log holds


def check_reason(why: str) -> None:
    """A reason is given, and short enough to be kept.

    Raises:
        BadRequest: it is not.
    """
    if not why.strip() or len(why) > LONGEST_REASON:
        raise BadRequest("a ruling gives its reason, in 200 signs at most")


class RulingKind(StrEnum):
    """What an officer rules."""

    WAIVED = "waived"
    LOG_BEGUN_AGAIN = "log-begun-again"


@dataclass(frozen=True, slots=True)
class Ruling:
    """An officer's word on one matter, and why.

    Args:
        epoch: the county's when it was ruled.
        subject: the township whose desks are not waited for any more (免等), or the desk whose log is seen from its beginning.
        about: what the officer saw: those desks, in order; or the flaw, the rows kept of that log, and when it was found.
    Raises:
        BadRequest: no reason is given, or one longer than 200 signs.
    """

    kind: RulingKind
    epoch: str
    subject: str
    about: tuple[str, ...]
    why: str

    def __post_init__(self) -> None:
        check_reason(self.why)

    def digest(self) -> bytes:
        """Return the hash over all it says."""
        said = (self.kind.value, self.epoch, self.subject, self.why, *self.about)
        return hash_parts(b"lantai.ruling.1", tuple(part.encode() for part in said))


@dataclass(frozen=True, slots=True)
class SignedRuling:
    """A ruling, the officer's certificate (DER), when that person says it was made, and the signature over all."""

    ruling: Ruling
    signer: bytes
    at: str
    signature: bytes

    def __post_init__(self) -> None:
        read_time(self.at)


def sign_ruling(ruling: Ruling, signer: bytes, at: datetime, key: Ed25519PrivateKey) -> SignedRuling:
    """Return the ruling under an officer's signature."""
    stamp = at.isoformat(timespec="seconds")
    return SignedRuling(ruling, signer, stamp, sign_bytes(key, _signed_digest(ruling, signer, stamp)))


def check_ruling(signed: SignedRuling, authority: x509.Certificate) -> Holder:
    """Return who ruled; the county's authority vouches for that person as an officer. The time is a claim.

    Raises:
        SealBroken: signature or certificate do not fit. NotAllowed: the signer is no officer.
    """
    certificate = read_certificate(signed.signer)
    holder = check_issued(certificate, authority)
    check_signature(certificate, signed.signature, _signed_digest(signed.ruling, signed.signer, signed.at))
    if holder.role is not Role.OFFICER:
        raise NotAllowed("an officer rules", role=holder.role.value)
    return holder


def _signed_digest(ruling: Ruling, signer: bytes, at: str) -> bytes:
    return hash_parts(b"lantai.ruling-signature.1", (ruling.digest(), hashlib.sha256(signer).digest(), at.encode()))


@dataclass(frozen=True, slots=True)
class DoubtfulLog:
    """A desk whose audit log does not follow from what the county saw of it (日志有疑), until an officer has ruled.

    Args:
        seen: rows the county keeps a head of; said: how many the desk said last; seen_at, found_at: ISO 8601.
    """

    township: TownshipId
    township_name: str
    device: DeviceId
    flaw: LogFlaw
    seen: int
    seen_at: str
    said: int
    found_at: str

    @property
    def about(self) -> tuple[str, ...]:
        """What a ruling on it names."""
        return (self.flaw.value, str(self.seen), self.found_at)


@dataclass(frozen=True, slots=True)
class DoubtfulLogs:
    """Every log in doubt, by township; and the epoch a ruling on one names."""

    epoch: str
    logs: tuple[DoubtfulLog, ...]
