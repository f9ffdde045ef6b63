"""Signed notes of where an audit log stands (检查点), in the form of C2SP tlog-checkpoint and signed-note.

Kept by the county, or on paper, they show what a chain alone cannot: a past rewritten or cut by somebody with the key.
A desk signs with Ed25519, a county with its authority's P-256 key: docs/audit.md, section 2.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sync.contract.errors import SealBroken
from sync.vault.merkle import HASH_BYTES
from sync.vault.signing import PublicKey, SigningKey

DIGITS: Final = 16
_KEY_HINT_BYTES: Final = 4
_ED25519: Final = b"\n\x01"
_ECDSA: Final = ec.ECDSA(hashes.SHA256())
_NOTE: Final = re.compile(r"[^\n]+\n[0-9]+\n[^\n]+\n[^\n]+\n\n— [^\n]+\n?")

Signer = SigningKey | ec.EllipticCurvePrivateKey
Public = PublicKey | ec.EllipticCurvePublicKey


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What was signed: which log, how many rows, the root over them and the hash of the last."""

    origin: str
    size: int
    root: bytes
    chain: bytes

    def body(self) -> str:
        """Return the text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\nchain {self.chain.hex()}\n"

    @property
    def digits(self) -> str:
        """The sixteen digits that stand on paper (校验码)."""
        return self.root.hex()[:DIGITS]


def public_of(certificate: x509.Certificate) -> Public:
    """Return the key that a device's signing certificate, or a county's authority, signs checkpoints with.

    Raises:
        SealBroken: it is for something else.
    """
    key = certificate.public_key()
    if isinstance(key, Ed25519PublicKey):
        return PublicKey(key.public_bytes_raw())
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key
    raise SealBroken("certificate is not for signing")


def sign(checkpoint: Checkpoint, key: Signer) -> bytes:
    """Return the signature over the checkpoint's text.

    Raises:
        ValueError: the origin is empty or holds spaces or a plus sign, which the form does not allow.
    """
    origin, body = checkpoint.origin, checkpoint.body().encode()
    if not origin or any(character.isspace() or character == "+" for character in origin):
        raise ValueError("an origin has no spaces and no plus sign")
    return key.sign(body) if isinstance(key, SigningKey) else key.sign(body, _ECDSA)


def check(checkpoint: Checkpoint, signature: bytes, public: Public) -> None:
    """The key signed this checkpoint.

    Raises:
        SealBroken: another did, or other words were signed.
    """
    body = checkpoint.body().encode()
    if isinstance(public, PublicKey):
        public.verify(body, signature)
        return
    try:
        public.verify(signature, body, _ECDSA)
    except InvalidSignature as error:
        raise SealBroken("signature", origin=checkpoint.origin) from error


def spell_note(checkpoint: Checkpoint, signature: bytes, public: Public) -> str:
    """Return a checkpoint and the signature over it as a note."""
    encoded = base64.b64encode(_key_hint(checkpoint.origin, public) + signature).decode()
    return f"{checkpoint.body()}\n— {checkpoint.origin} {encoded}\n"


def sign_note(checkpoint: Checkpoint, key: Signer) -> str:
    """Return the checkpoint as a signed note; raises as `sign` does."""
    public = key.public if isinstance(key, SigningKey) else key.public_key()
    return spell_note(checkpoint, sign(checkpoint, key), public)


def parse_note(note: str) -> Checkpoint:
    """Return what a note says, whoever signed it.

    Raises:
        SealBroken: not a note of this form.
    """
    return _parse(note)[0]


def read_note(note: str, public: Public) -> Checkpoint:
    """Return what the note says, once the signature is known to be right.

    Raises:
        SealBroken: not a note of this form, another key, or changed words.
    """
    checkpoint, hint, signature = _parse(note)
    if hint != _key_hint(checkpoint.origin, public):
        raise SealBroken("checkpoint")
    check(checkpoint, signature, public)
    return checkpoint


def split_notes(text: str) -> Iterator[str]:
    """Yield the notes that stand one after another in a file.

    Raises:
        SealBroken: something else stands there.
    """
    end = 0
    for found in _NOTE.finditer(text):
        if text[end : found.start()].strip():
            break
        end = found.end()
        yield found[0]
    if text[end:].strip():
        raise SealBroken("checkpoint")


def _parse(note: str) -> tuple[Checkpoint, bytes, bytes]:
    """Return checkpoint, key hint and signature."""
    try:
        body, signature_line = note.split("\n\n", 1)
        origin, size, root, chain = body.split("\n")
        mark, signer, encoded = signature_line.strip("\n").split(" ")
        blob = base64.b64decode(encoded, validate=True)
        checkpoint = Checkpoint(
            origin, int(size), base64.b64decode(root, validate=True), bytes.fromhex(chain.removeprefix("chain "))
        )
    except (ValueError, binascii.Error) as error:
        raise SealBroken("checkpoint") from error
    well_formed = (
        mark == "—"
        and signer == origin
        and len(checkpoint.root) == len(checkpoint.chain) == HASH_BYTES
        and checkpoint.body() == body + "\n"
    )
    if not well_formed:
        raise SealBroken("checkpoint")
    return checkpoint, blob[:_KEY_HINT_BYTES], blob[_KEY_HINT_BYTES:]


def _key_hint(origin: str, public: Public) -> bytes:
    if isinstance(public, PublicKey):
        return hashlib.sha256(origin.encode() + _ED25519 + public.raw).digest()[:_KEY_HINT_BYTES]
    spki = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).digest()[:_KEY_HINT_BYTES]
