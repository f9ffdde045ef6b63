"""Signing keys of this archive (签名密钥): made at first need, kept in the encrypted database and nowhere else."""

from __future__ import annotations

from desktop.archive import settings
from desktop.archive.archive import Archive
from desktop.archive.clock import Clock
from sync.vault.signing import SigningKey


def signing_key(archive: Archive, name: str, person: str, clock: Clock) -> SigningKey:
    """Return the key kept under that name; that it was made stands in the audit log, with whose first need it was."""
    with archive.reading() as connection:
        seed = settings.get(connection, name)
    if not seed:
        with archive.act(person, clock()) as act:
            seed = settings.get(act.connection, name)  # another thread may have made it meanwhile
            if not seed:
                seed = SigningKey.new().seed.hex()
                settings.put(act.connection, name, seed)
                act.note("signing-key-made", person)
    return SigningKey(bytes.fromhex(seed))
