"""Signatures of people, devices and offices (签名): Ed25519, and minisign's format for what a stranger checks.

A detached signature made here is accepted by the stock `minisign -V`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from dataclasses import dataclass, field
from typing import Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sync.contract.errors import SealBroken

SEED_BYTES: Final = 32
PUBLIC_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
KEY_ID_BYTES: Final = 8
SIGNATURE_SUFFIX: Final = ".minisig"
_PREHASHED: Final = b"ED"
_PLAIN: Final = b"Ed"


class Digest(Protocol):
    """A BLAKE2b-512 that has seen the bytes to be signed; see `new_digest`."""

    def update(self, block: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


def new_digest() -> Digest:
    """Return the digest that a detached signature stands on, to be fed block by block."""
    return hashlib.blake2b(digest_size=64)


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What others know of a signer."""

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != PUBLIC_BYTES:
            raise SealBroken("public_key", size_bytes=len(self.raw))

    @property
    def key_id(self) -> bytes:
        """Eight bytes that tell which key signed; not a secret and not a proof."""
        return hashlib.sha256(self.raw).digest()[:KEY_ID_BYTES]

    def verify(self, signed: bytes, signature: bytes) -> None:
        """Nothing happens if the signature is this key's over exactly these bytes.

        Raises:
            SealBroken: it is not.
        """
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, signed)
        except (InvalidSignature, ValueError) as error:
            raise SealBroken("signature", key_id=self.key_id.hex()) from error

    def to_minisign(self) -> str:
        """Return the key as the text of a minisign public key file."""
        encoded = base64.b64encode(_PLAIN + self.key_id + self.raw).decode()
        return f"untrusted comment: minisign public key {self.key_id[::-1].hex().upper()}\n{encoded}\n"

    @classmethod
    def from_minisign(cls, text: str) -> PublicKey:
        """Return the key in a minisign public key file, or in its one line that people copy out.

        Raises:
            SealBroken: this is not one, or not one of ours.
        """
        lines = text.strip().splitlines()
        blob = _decode_line(lines, len(lines) - 1 if len(lines) <= 2 else 1)
        if len(blob) != len(_PLAIN) + KEY_ID_BYTES + PUBLIC_BYTES or not blob.startswith(_PLAIN):
            raise SealBroken("public_key", size_bytes=len(blob))
        return cls(blob[len(_PLAIN) + KEY_ID_BYTES :])


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A signer's secret. Its seed is kept in the encrypted database and nowhere else."""

    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.seed) != SEED_BYTES:
            raise ValueError(f"a seed has {SEED_BYTES} bytes")

    @classmethod
    def new(cls) -> SigningKey:
        """Return a fresh random key."""
        return cls(os.urandom(SEED_BYTES))

    @property
    def public(self) -> PublicKey:
        """What others may know."""
        return PublicKey(Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw())

    def sign(self, signed: bytes) -> bytes:
        """Return the 64-byte signature over these bytes."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(signed)


def sign_detached(key: SigningKey, digest: Digest, trusted_comment: str) -> str:
    """Return the text of a minisign signature file over the bytes that the digest has seen.

    Args:
        trusted_comment: one line, signed as well: time, file name, SHA-256; no personal data.
    """
    if not trusted_comment.isprintable():
        raise ValueError("a trusted comment is one printable line")
    signature = key.sign(digest.digest())
    over_comment = key.sign(signature + trusted_comment.encode())
    return (
        f"untrusted comment: signature from key {key.public.key_id[::-1].hex().upper()}\n"
        f"{base64.b64encode(_PREHASHED + key.public.key_id + signature).decode()}\n"
        f"trusted comment: {trusted_comment}\n"
        f"{base64.b64encode(over_comment).decode()}\n"
    )


def verify_detached(public: PublicKey, digest: Digest, text: str) -> str:
    """Return the trusted comment of a signature that is right.

    Raises:
        SealBroken: other bytes, another key, or a changed comment.
    """
    lines = text.strip("\n").split("\n")
    blob, over_comment = _decode_line(lines, 1), _decode_line(lines, 3)
    comment_mark = "trusted comment: "
    if blob[: len(_PREHASHED)] != _PREHASHED or not lines[2].startswith(comment_mark):
        raise SealBroken("signature_file")
    signature, comment = blob[len(_PREHASHED) + KEY_ID_BYTES :], lines[2].removeprefix(comment_mark)
    public.verify(digest.digest(), signature)
    public.verify(signature + comment.encode(), over_comment)
    return comment


def _decode_line(lines: list[str], number: int) -> bytes:
    try:
        return base64.b64decode(lines[number], validate=True)
    except (IndexError, binascii.Error, ValueError) as error:
        raise SealBroken("signature_file") from error
