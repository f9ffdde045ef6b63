"""Received lists (交接单): how many records of a batch came and what became of them, signed by the county (docs/extracts.md)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from sync.contract.errors import BadRequest, SealBroken
from sync.contract.extracts import BODY_BYTES_MAX, SIGNATURE_BYTES
from sync.contract.wire import pack, unpack

MARK: Final = "LANTAI-R1:"
_SIGNED: Final = b"lantai-received-list-v1\0"
_ECDSA: Final = ec.ECDSA(hashes.SHA256())
_HALF: Final = SIGNATURE_BYTES // 2


@dataclass(frozen=True, slots=True)
class ReceivedList:
    """What a batch brought and what became of it; the sum of what became of them is what came.

    Args:
        sent: how many the desk sealed; digest: the batch's, in hex; received_at, made_at: ISO 8601; by: who had it made.
        open: neither decided on nor in conflict.
    Raises:
        BadRequest: it does not add up, so it is no list.
    """

    POSITIONAL: ClassVar[bool] = True
    county: str
    township: str
    township_name: str
    batch: str
    sequence: int
    received_at: str
    made_at: str
    by: str
    digest: str
    sent: int
    received: int
    accepted: int
    returned: int
    conflicts: int
    set_aside: int
    open: int

    def __post_init__(self) -> None:
        became = self.accepted + self.returned + self.conflicts + self.set_aside + self.open
        if not self.sent == self.received == became:
            raise BadRequest(
                "a received list that does not add up", sent=self.sent, received=self.received, became=became
            )


@dataclass(frozen=True, slots=True)
class SignedReceivedList:
    """The packed list as it was signed, and the signature of the county's authority over it: r and s, 32 bytes each."""

    body: bytes
    signature: bytes

    def __post_init__(self) -> None:
        if len(self.signature) != SIGNATURE_BYTES:
            raise BadRequest("a signature has 64 bytes")


def sign_received_list(told: ReceivedList, key: ec.EllipticCurvePrivateKey) -> SignedReceivedList:
    """Return the list under the signature of the county's authority."""
    body = pack(told)
    r, s = decode_dss_signature(key.sign(_SIGNED + body, _ECDSA))
    return SignedReceivedList(body, r.to_bytes(_HALF, "big") + s.to_bytes(_HALF, "big"))


def check_received_list(signed: SignedReceivedList, authority: x509.Certificate) -> ReceivedList:
    """Return what the list says, once the county's authority is known to have signed it.

    Raises:
        SealBroken: another did, or something was changed. BadRequest: it does not add up, or a newer program made it.
    """
    key = authority.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise SealBroken("no county's authority")
    r, s = (int.from_bytes(half, "big") for half in (signed.signature[:_HALF], signed.signature[_HALF:]))
    try:
        key.verify(encode_dss_signature(r, s), _SIGNED + signed.body, _ECDSA)
    except InvalidSignature as error:
        raise SealBroken("received list") from error
    return unpack(ReceivedList, signed.body, BODY_BYTES_MAX)
