"""Enrolment (设备登记): the one-time code that names the county's authority, and the proof of knowing it."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from sync.contract.errors import WrongCode
from sync.contract.leases import NumbersAsked, NumbersTold
from sync.contract.revisions import DeviceId, TownshipId, hash_parts

ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # 32 characters, without 0, 1, I and O
SECRET_BYTES: Final = 10
PIN_BYTES: Final = 10
CODE_CHARACTERS: Final = 32
MOST_TRIES: Final = 10
LONGEST_HOURS: Final = 72


@dataclass(frozen=True, slots=True)
class Code:
    """What an enrolment code holds: a secret of 80 bits, and the first 80 bits over the authority's public key."""

    secret: bytes
    pin: bytes

    @property
    def id(self) -> str:
        """What the county finds the code by, without learning the secret from it."""
        return hash_parts(b"lantai.code.1", (self.secret,)).hex()[:32]

    def spell(self) -> str:
        """Return the code as people read and type it: eight groups of four."""
        bits = int.from_bytes(self.secret + self.pin, "big")
        text = "".join(ALPHABET[bits >> shift & 31] for shift in range(155, -1, -5))
        return "-".join(text[start : start + 4] for start in range(0, CODE_CHARACTERS, 4))


def read_code(typed: str) -> Code:
    """Return the code somebody typed, whatever its case, spaces and hyphens.

    Raises:
        WrongCode: not 32 characters of the alphabet.
    """
    text = re.sub(r"[\s\-－—]", "", typed).upper()
    if len(text) != CODE_CHARACTERS or any(character not in ALPHABET for character in text):
        raise WrongCode("not a code")
    bits = 0
    for character in text:
        bits = bits << 5 | ALPHABET.index(character)
    whole = bits.to_bytes(SECRET_BYTES + PIN_BYTES, "big")
    return Code(whole[:SECRET_BYTES], whole[SECRET_BYTES:])


def pin_of(authority: x509.Certificate) -> bytes:
    """Return the bits by which a code names an authority."""
    der = serialization.Encoding.DER
    public = authority.public_key().public_bytes(der, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(public).digest()[:PIN_BYTES]


@dataclass(frozen=True, slots=True)
class EnrolRequest:
    """A wish to be enrolled: which code, a request for a line certificate (DER), a public Ed25519 key, the proof.

    `numbers`: of a desk, the archive numbers it gave so far, so that its seat is given in the same transaction.
    """

    code_id: str
    request: bytes
    signing_key: bytes
    proof: bytes
    numbers: NumbersAsked | None = None


@dataclass(frozen=True, slots=True)
class EnrolReply:
    """What the county gives: a device id and two certificates, and where the device belongs."""

    device: DeviceId
    role: str
    name: str
    township: TownshipId | None
    county: str
    epoch: str
    authority: bytes
    line_certificate: bytes
    signing_certificate: bytes
    numbers: NumbersTold | None = None


def prove(secret: bytes, request: bytes, signing_key: bytes) -> bytes:
    """Return the proof of knowing a secret, for these keys and no others."""
    return hmac.digest(secret, hash_parts(b"lantai.enrol.1", (request, signing_key)), "sha256")


def is_proven(secret: bytes, asked: EnrolRequest) -> bool:
    """True if who asked knows the secret."""
    return hmac.compare_digest(prove(secret, asked.request, asked.signing_key), asked.proof)
