"""Sealing by whoever has something to hide: a tar, an age file, a signature, from files at hand."""

from __future__ import annotations

import hashlib
import io
import tarfile

import pyrage

from sync.vault.signing import SigningKey, sign_detached
from tests.tampering.originals import Members


def seal(root: str, members: Members, reader: pyrage.x25519.Identity) -> bytes:
    """Return the files as an age file that the reader opens."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in members:
            entry = tarfile.TarInfo(f"{root}/{name}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    sealed: bytes = pyrage.encrypt(out.getvalue(), [reader.to_public()])
    return sealed


def sign(key: SigningKey, sealed: bytes) -> str:
    """Return the signature file over these bytes."""
    digest = hashlib.blake2b(sealed)
    return sign_detached(key, digest, f"file:copy blake2b:{digest.hexdigest()}")
