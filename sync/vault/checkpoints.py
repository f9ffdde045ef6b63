"""Signed notes of where an audit log stands (检查点), in the form of C2SP tlog-checkpoint and signed-note.

Kept by the county, or on paper, they show what a chain alone cannot: a past rewritten or cut by somebody with the key.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Final

from sync.contract.errors import SealBroken
from sync.vault.merkle import HASH_BYTES
from sync.vault.signing import SIGNATURE_BYTES, PublicKey, SigningKey

_KEY_HINT_BYTES: Final = 4
_ED25519: Final = b"\n\x01"


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


def sign_note(checkpoint: Checkpoint, key: SigningKey) -> str:
    """Return the checkpoint as a signed note.

    Raises:
        ValueError: the origin is empty or holds spaces or a plus sign, which the form does not allow.
    """
    origin = checkpoint.origin
    if not origin or any(character.isspace() or character == "+" for character in origin):
        raise ValueError("an origin has no spaces and no plus sign")
    body = checkpoint.body()
    signature = base64.b64encode(_key_hint(origin, key.public) + key.sign(body.encode())).decode()
    return f"{body}\n— {origin} {signature}\n"


def read_note(note: str, public: PublicKey) -> Checkpoint:
    """Return what the note says, once the signature is known to be right.

    Raises:
        SealBroken: not a note of this form, another key, or changed words.
    """
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
        and len(blob) == _KEY_HINT_BYTES + SIGNATURE_BYTES
        and len(checkpoint.root) == len(checkpoint.chain) == HASH_BYTES
        and checkpoint.body() == body + "\n"
    )
    if not well_formed or blob[:_KEY_HINT_BYTES] != _key_hint(origin, public):
        raise SealBroken("checkpoint")
    public.verify(checkpoint.body().encode(), blob[_KEY_HINT_BYTES:])
    return checkpoint


def _key_hint(origin: str, public: PublicKey) -> bytes:
    return hashlib.sha256(origin.encode() + _ED25519 + public.raw).digest()[:_KEY_HINT_BYTES]
