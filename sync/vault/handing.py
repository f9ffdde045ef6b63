"""Handing a new data key on (交接): to somebody who is not there, by the public half of a key pair only that person's password opens.

Two layers, each of a library: inside HPKE (RFC 9180) to the person's public key, so that a former data key does not read it;
outside AES-256-GCM under the former data key, so that nobody who never had one can put a key of his own in its place. The
format stands in docs/vault.md, section 4.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
from dataclasses import dataclass, replace
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from sync.contract.errors import SealBroken

FORMAT: Final = "lantai-keystore"
NONCE_BYTES: Final = 12
DATA_KEY_BYTES: Final = 32
HANDED_MAX: Final = 64  # more than anybody misses; a longer list is somebody's mischief
_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


@dataclass(frozen=True, slots=True)
class Handing:
    """A data key handed to one owner, and the role it is handed with; opened after the one before."""

    role: str
    generation: int
    nonce: bytes
    box: bytes

    def as_json(self) -> dict[str, object]:
        return {
            "role": self.role,
            "generation": self.generation,
            "nonce": base64.b64encode(self.nonce).decode(),
            "box": base64.b64encode(self.box).decode(),
        }

    @classmethod
    def from_json(cls, found: dict[str, object]) -> Handing:
        nonce, box = (base64.b64decode(str(found[field])) for field in ("nonce", "box"))
        return cls(str(found["role"]), int(str(found["generation"])), nonce, box)


@dataclass(frozen=True, slots=True)
class Receiver:
    """Whom a key is handed to: the owner, the public half, and the generation the owner stood at before."""

    owner: str
    public: bytes
    after: int

    def meaning(self, handing: Handing) -> bytes:
        """What is authenticated with both layers."""
        public = base64.b64encode(self.public).decode()
        return canonical_json([FORMAT, 2, "handed", self.owner, public, self.after, handing.role, handing.generation])


def new_private() -> bytes:
    """Return the private half of a new key pair, 32 bytes."""
    return X25519PrivateKey.generate().private_bytes_raw()


def public_of(private: bytes) -> bytes:
    """Return the public half, 32 bytes."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def hand(former: bytes, data_key: bytes, to: Receiver, role: str, generation: int) -> Handing:
    """Return the data key sealed to the receiver; only together with the former data key can it be opened or replaced."""
    empty = Handing(role, generation, os.urandom(NONCE_BYTES), b"")
    meaning = to.meaning(empty)
    sealed = _SUITE.encrypt(data_key, X25519PublicKey.from_public_bytes(to.public), meaning)
    return replace(empty, box=AESGCM(_outer_key(former)).encrypt(empty.nonce, sealed, meaning))


def take(former: bytes, private: bytes, to: Receiver, handing: Handing) -> bytes:
    """Return the data key that was handed on.

    Raises:
        SealBroken: it was not sealed by a holder of the former key, or not to this receiver in this role.
    """
    meaning = to.meaning(handing)
    try:
        sealed = AESGCM(_outer_key(former)).decrypt(handing.nonce, handing.box, meaning)
        data_key = _SUITE.decrypt(sealed, X25519PrivateKey.from_private_bytes(private), meaning)
    except (InvalidTag, ValueError) as error:
        raise SealBroken("keystore") from error
    if len(data_key) != DATA_KEY_BYTES:
        raise SealBroken("keystore")
    return data_key


def _outer_key(former: bytes) -> bytes:
    return hmac.digest(former, b"lantai-keystore-handing-v1", "sha256")


def canonical_json(value: object) -> bytes:
    """Return the one spelling that is hashed and authenticated."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
