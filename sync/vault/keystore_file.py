"""The keystore's file (钥匙库文件): what stands in keys.json, and its second copy.

The format stands in docs/vault.md, section 4.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from filelock import FileLock, Timeout

from sync.contract.errors import ArchiveBusy, ArchiveTooNew, SealBroken
from sync.vault.engine import raise_storage_error
from sync.vault.handing import DATA_KEY_BYTES, FORMAT, HANDED_MAX, Handing, Receiver, take
from sync.vault.handing import canonical_json as canonical_json  # of the manifests as well
from sync.vault.stretching import StretchCost, stretch
from sync.vault.waiting import Failures
from sync.vault.whole_file import replace_whole

VERSION: Final = 2
FILE_NAME: Final = "keys.json"
COPY_NAME: Final = "keys.copy.json"
LOCK_NAME: Final = "keys.lock"
LOCK_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Opened:
    """What a slot holds: the data keys in the order they were handed on, the last one last; `private` is empty in version 1."""

    keys: tuple[bytes, ...]
    private: bytes


@dataclass(frozen=True, slots=True)
class Slot:
    """The data key, wrapped for one owner; later ones, handed on while the owner was away."""

    owner: str  # a person's name; empty for the recovery slot
    made_as: str  # the role it was wrapped with
    generation: int
    cost: StretchCost
    salt: bytes
    nonce: bytes
    wrapped: bytes
    public: bytes = b""  # of the owner's key pair; empty in a slot of version 1, which nothing can be handed to
    temporary: bool = False  # somebody else chose the password: it opens nothing but the way to one's own
    handed: tuple[Handing, ...] = ()

    @property
    def role(self) -> str:
        return self.handed[-1].role if self.handed else self.made_as

    @property
    def reached(self) -> int:
        """The generation of the keystore in which the slot was last written or handed a key."""
        return self.handed[-1].generation if self.handed else self.generation

    @property
    def receiver(self) -> Receiver:
        """Whom the next key is handed to."""
        return Receiver(self.owner, self.public, self.reached)

    def meaning(self) -> bytes:
        """What is authenticated with the wrapped keys."""
        said = [FORMAT, 1, self.owner, self.made_as, self.cost.as_json(), self.generation]
        if self.public:
            said = [FORMAT, 2, *said[2:], self.temporary, base64.b64encode(self.public).decode()]
        return canonical_json(said)

    def unwrap(self, slot_key: bytes) -> Opened | None:
        """What the slot holds, or None if the key does not open it.

        Raises:
            SealBroken: it opens, but what was handed on later is not what a holder of the data key wrote.
        """
        try:
            found = AESGCM(slot_key).decrypt(self.nonce, self.wrapped, self.meaning())
        except InvalidTag:
            return None
        keys, private = [found[:DATA_KEY_BYTES]], found[DATA_KEY_BYTES:]
        after = self.generation
        for handing in self.handed:
            keys.append(take(keys[-1], private, Receiver(self.owner, self.public, after), handing))
            after = handing.generation
        return Opened(tuple(dict.fromkeys(keys)), private)

    def stretch(self, secret: str) -> bytes:
        """Return the key of this slot for a password or code."""
        return stretch(secret, self.salt, self.cost)

    def as_json(self) -> dict[str, object]:
        kept = {"salt": self.salt, "nonce": self.nonce, "wrapped": self.wrapped}
        shown: dict[str, object] = {
            "name": self.owner,
            "role": self.made_as,
            "generation": self.generation,
            "kdf": self.cost.as_json(),
            **{field: base64.b64encode(value).decode() for field, value in kept.items()},
        }
        if self.public:  # a slot of version 1 is written as it was sealed
            shown["public"] = base64.b64encode(self.public).decode()
            shown["temporary"] = self.temporary
            shown["handed"] = [one.as_json() for one in self.handed]
        return shown

    @classmethod
    def from_json(cls, found: dict[str, object]) -> Slot:
        salt, nonce, wrapped = (base64.b64decode(str(found[field])) for field in ("salt", "nonce", "wrapped"))
        cost = StretchCost.from_json(found["kdf"])
        public, handed = base64.b64decode(str(found.get("public", ""))), found.get("handed", [])
        if not isinstance(handed, list) or len(handed) > HANDED_MAX or (handed and not public):
            raise SealBroken("keystore")
        return cls(
            str(found["name"]), str(found["role"]), int(str(found["generation"])), cost, salt, nonce, wrapped, public,
            found.get("temporary", False) is True, tuple(Handing.from_json(one) for one in handed),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Content:
    """What the file says."""

    generation: int
    slots: tuple[Slot, ...]
    recovery: Slot | None
    seal: bytes
    failures: dict[str, Failures]
    version: int = VERSION  # as it was read: its seal is over it

    def sealed_by(self, data_key: bytes) -> bytes:
        """Return the seal that only a holder of the data key can write under this list of slots."""
        key = hmac.digest(data_key, b"lantai-keystore-seal-v1", "sha256")
        return hmac.digest(key, canonical_json(self.sealed_part()), "sha256")

    def sealed_part(self) -> dict[str, object]:
        return {
            "format": FORMAT,
            "version": self.version,
            "generation": self.generation,
            "slots": [slot.as_json() for slot in self.slots],
            "recovery": self.recovery.as_json() if self.recovery else None,
        }

    def to_bytes(self) -> bytes:
        whole = self.sealed_part() | {
            "seal": base64.b64encode(self.seal).decode(),
            "failures": {name: failed.as_json() for name, failed in self.failures.items()},
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
                failures={name: Failures.from_json(failed) for name, failed in whole["failures"].items()},
                version=int(whole["version"]),
            )
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise SealBroken("keystore") from error


@contextmanager
def keystore_turn(folder: Path) -> Iterator[None]:
    """Within the block nobody else reads or writes the keystore: a second window that counts a wrong password least of all.

    Raises:
        ArchiveBusy: somebody else had it for ten seconds.
        DiskFull, DiskFails: the turn cannot be taken.
    """
    lock = FileLock(folder / LOCK_NAME, timeout=LOCK_SECONDS)
    try:
        lock.acquire()
    except Timeout as taken:
        raise ArchiveBusy("keystore") from taken
    except OSError as error:
        raise_storage_error(error)
    try:
        yield
    finally:
        lock.release()


def read_keystore(folder: Path) -> Content:
    """Return what the keystore says; a damaged or older copy was made like the good one.

    Raises:
        SealBroken: neither copy is whole.
        ArchiveTooNew: written by a newer program; left alone.
    """
    with keystore_turn(folder):
        return read_in_turn(folder)


def read_in_turn(folder: Path) -> Content:
    """The same as `read_keystore`, for whoever has the turn."""
    paths = (folder / FILE_NAME, folder / COPY_NAME)  # the first is written first, so it is the newer
    copies = [_read_copy(path) for path in paths]
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


def _read_copy(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        if error.errno == errno.EIO:
            return b""  # on a bad sector: as good as away, and the other copy is used
        raise_storage_error(error)


def write_keystore(folder: Path, content: Content) -> None:
    """Both copies say this, on the disk."""
    written = content.to_bytes()
    for name in (FILE_NAME, COPY_NAME):
        replace_whole(folder / name, written)
