"""The keystore's file (钥匙库文件): what stands in keys.json, and its second copy.

The format stands in docs/vault.md, section 4.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sync.contract.errors import ArchiveTooNew, SealBroken
from sync.vault.stretching import StretchCost, stretch
from sync.vault.whole_file import replace_whole

FORMAT: Final = "lantai-keystore"
VERSION: Final = 1
FILE_NAME: Final = "keys.json"
COPY_NAME: Final = "keys.copy.json"
NONCE_BYTES: Final = 12


@dataclass(frozen=True, slots=True)
class Slot:
    """The data key, wrapped for one owner."""

    owner: str  # a person's name; empty for the recovery slot
    role: str
    generation: int
    cost: StretchCost
    salt: bytes
    nonce: bytes
    wrapped: bytes

    def meaning(self) -> bytes:
        """What is authenticated with the wrapped key."""
        return canonical_json([FORMAT, VERSION, self.owner, self.role, self.cost.as_json(), self.generation])

    def unwrap(self, secret: str) -> bytes | None:
        """The data key, or None if the secret does not open this slot."""
        try:
            return AESGCM(stretch(secret, self.salt, self.cost)).decrypt(self.nonce, self.wrapped, self.meaning())
        except InvalidTag:
            return None

    def as_json(self) -> dict[str, object]:
        kept = {"salt": self.salt, "nonce": self.nonce, "wrapped": self.wrapped}
        return {
            "name": self.owner,
            "role": self.role,
            "generation": self.generation,
            "kdf": self.cost.as_json(),
            **{field: base64.b64encode(value).decode() for field, value in kept.items()},
        }

    @classmethod
    def from_json(cls, found: dict[str, object]) -> Slot:
        salt, nonce, wrapped = (base64.b64decode(str(found[field])) for field in ("salt", "nonce", "wrapped"))
        cost = StretchCost.from_json(found["kdf"])
        return cls(str(found["name"]), str(found["role"]), int(str(found["generation"])), cost, salt, nonce, wrapped)


@dataclass(frozen=True, slots=True)
class Failures:
    """Wrong passwords since the last right one."""

    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Content:
    """What the file says."""

    generation: int
    slots: tuple[Slot, ...]
    recovery: Slot | None
    seal: bytes
    failures: dict[str, Failures]

    def sealed_by(self, data_key: bytes) -> bytes:
        """Return the seal that only a holder of the data key can write under this list of slots."""
        key = hmac.digest(data_key, b"lantai-keystore-seal-v1", "sha256")
        return hmac.digest(key, canonical_json(self.sealed_part()), "sha256")

    def sealed_part(self) -> dict[str, object]:
        return {
            "format": FORMAT,
            "version": VERSION,
            "generation": self.generation,
            "slots": [slot.as_json() for slot in self.slots],
            "recovery": self.recovery.as_json() if self.recovery else None,
        }

    def to_bytes(self) -> bytes:
        whole = self.sealed_part() | {
            "seal": base64.b64encode(self.seal).decode(),
            "failures": {
                name: {"count": failed.count, "last_at": failed.last_at.isoformat()}
                for name, failed in self.failures.items()
            },
        }
        whole["sha256"] = hashlib.sha256(canonical_json(whole)).hexdigest()
        return json.dumps(whole, ensure_ascii=False, indent=1).encode()

    @classmethod
    def from_bytes(cls, found: bytes) -> Content:
        """Raises SealBroken if this is not a whole keystore, ArchiveTooNew if a newer program wrote it."""
        try:
            whole = json.loads(found)
            if whole["format"] == FORMAT and int(whole["version"]) > VERSION:
                raise ArchiveTooNew("keystore", version=whole["version"], known=VERSION)
            if whole.pop("sha256") != hashlib.sha256(canonical_json(whole)).hexdigest() or whole["format"] != FORMAT:
                raise SealBroken("keystore")
            return cls(
                generation=int(whole["generation"]),
                slots=tuple(Slot.from_json(slot) for slot in whole["slots"]),
                recovery=Slot.from_json(whole["recovery"]) if whole["recovery"] else None,
                seal=base64.b64decode(whole["seal"]),
                failures={
                    name: Failures(int(failed["count"]), datetime.fromisoformat(failed["last_at"]))
                    for name, failed in whole["failures"].items()
                },
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise SealBroken("keystore") from error


def read_keystore(folder: Path) -> Content:
    """Return what the keystore says; a damaged or older copy was made like the good one.

    Raises:
        SealBroken: neither copy is whole.
        ArchiveTooNew: written by a newer program; left alone.
    """
    paths = (folder / FILE_NAME, folder / COPY_NAME)  # the first is written first, so it is the newer
    copies = [path.read_bytes() if path.exists() else b"" for path in paths]
    damage = SealBroken("keystore")
    for found in copies:
        try:
            content = Content.from_bytes(found)
        except SealBroken as error:
            damage = error
            continue
        if copies[0] != copies[1]:
            write_keystore(folder, content)
        return content
    raise damage


def write_keystore(folder: Path, content: Content) -> None:
    """Both copies say this, on the disk."""
    written = content.to_bytes()
    for name in (FILE_NAME, COPY_NAME):
        replace_whole(folder / name, written)


def canonical_json(value: object) -> bytes:
    """Return the one spelling that is hashed and authenticated."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
