"""The keystore (钥匙库): one data key, wrapped once for each person, and once for the recovery code.

A role, a name or a cost changed by hand, or a slot put back from an older copy, does not open. The format stands in
docs/vault.md, section 4.
"""

from __future__ import annotations

import hmac
import os
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final, Self

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sync.contract.errors import LockedOut, NotAllowed, SealBroken, WrongCode, WrongPassword
from sync.vault.keystore_file import (
    COPY_NAME,
    FILE_NAME,
    NONCE_BYTES,
    Content,
    Failures,
    Slot,
    read_keystore,
    write_keystore,
)
from sync.vault.recovery_code import new_code, read_code
from sync.vault.stretching import FLOOR, SALT_BYTES, StretchCost, check_password, stretch

FREE_TRIES: Final = 3
WAIT_SECONDS_MAX: Final = 15 * 60
NAME_CHARACTERS_MAX: Final = 40


class Role(StrEnum):
    """What a person may do; kept inside the slot and authenticated with it."""

    CLERK = "clerk"  # 档案员
    REVIEWER = "reviewer"  # 审核员
    AUDITOR = "auditor"  # 审计员
    ADMIN = "admin"  # 管理员


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a slot."""

    name: str
    role: Role


class Keystore:
    """The people who can open one archive.

    Every change is on the disk, in both copies, when its method returns. Nothing here knows what a role may do.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._content = read_keystore(self._folder)

    @staticmethod
    def exists(folder: Path) -> bool:
        """Tell whether the folder holds a keystore."""
        return (folder / FILE_NAME).exists() or (folder / COPY_NAME).exists()

    @classmethod
    def create(cls, folder: Path, data_key: bytes) -> Self:
        """The folder holds a keystore without people for this data key (see `new_data_key`).

        Raises:
            NotAllowed: there is one already; it is left alone.
        """
        if cls.exists(folder):
            raise NotAllowed("keystore exists")
        empty = Content(generation=1, slots=(), recovery=None, seal=b"", failures={})
        write_keystore(folder, replace(empty, seal=empty.sealed_by(data_key)))
        return cls(folder)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The keystore is read; a damaged copy was made good from the other one.

        Raises:
            SealBroken: neither copy is whole.
            ArchiveTooNew: written by a newer version of the program; left alone.
        """
        return cls(folder)

    def people(self) -> list[Person]:
        """Return who has a slot, in the order they were added.

        Raises:
            SealBroken: a role that does not exist was written into the file.
        """
        return [_person(slot) for slot in self._content.slots]

    def has_recovery(self) -> bool:
        """Tell whether a recovery code was ever printed."""
        return self._content.recovery is not None

    def add(self, data_key: bytes, name: str, role: Role, password: str, *, cost: StretchCost = FLOOR) -> Person:
        """The person can unlock the archive.

        Raises:
            WeakPassword: nothing was changed.
            NotAllowed: the name is taken, empty or too long.
        """
        self._content = read_keystore(self._folder)
        name = _clean_name(name)
        if self._slot(name) is not None:
            raise NotAllowed("name taken")
        check_password(password, name)
        self._change(data_key, (*self._content.slots, self._wrap(data_key, name, role, password, cost)))
        return Person(name, role)

    def remove(self, data_key: bytes, name: str) -> None:
        """The person's slot is gone; a copied data key is cured only by re-encryption.

        Raises:
            NotAllowed: nobody of that name, or nobody would be left.
        """
        self._content = read_keystore(self._folder)
        left = tuple(slot for slot in self._content.slots if slot.owner != _clean_name(name))
        if not left or len(left) == len(self._content.slots):
            raise NotAllowed("last person" if not left else "nobody of that name")
        self._change(data_key, left)

    def unlock(self, name: str, password: str, now: datetime) -> tuple[Person, bytes]:
        """Return who this is and the data key; earlier failures are forgotten.

        Args:
            now: aware time; decides the waiting time only.
        Raises:
            WrongPassword: with `tries_left` before a waiting time starts.
            LockedOut: with `wait_seconds`; the password was not even tried.
            SealBroken: the list of slots was changed by somebody without the data key.
        """
        self._content = read_keystore(self._folder)
        name = unicodedata.normalize("NFC", name).strip()
        slot = self._slot(name)
        if slot is None:
            raise WrongPassword("nobody of that name", tries_left=FREE_TRIES)
        self._refuse_while_waiting(name, now)
        data_key = slot.unwrap(password)
        if data_key is None:
            raise WrongPassword("password", tries_left=self._count_failure(name, now))
        self._check_seal(data_key)
        if name in self._content.failures:
            self._forget_failures(name)
        return _person(slot), data_key

    def change_password(self, name: str, old: str, new: str, now: datetime) -> None:
        """The new password opens the person's slot and the old one does not; raises what `unlock` and `add` raise."""
        _, data_key = self.unlock(name, old, now)
        self.set_password(data_key, name, new)

    def set_password(self, data_key: bytes, name: str, password: str, *, cost: StretchCost | None = None) -> None:
        """The password opens the person's slot: after a recovery, or by an administrator.

        Raises:
            NotAllowed: nobody of that name.
            WeakPassword: nothing was changed.
        """
        self._content = read_keystore(self._folder)
        name = _clean_name(name)
        slot = self._slot(name)
        if slot is None:
            raise NotAllowed("nobody of that name")
        check_password(password, name)
        fresh = self._wrap(data_key, name, slot.role, password, cost or slot.cost)
        self._change(data_key, tuple(fresh if known is slot else known for known in self._content.slots))
        self._forget_failures(name)

    def make_recovery(self, data_key: bytes, *, cost: StretchCost = FLOOR) -> str:
        """Return a new recovery code to be printed once; the former one no longer opens."""
        self._content = read_keystore(self._folder)
        code = new_code()
        self._change(data_key, self._content.slots, recovery=self._wrap(data_key, "", "recovery", code, cost))
        return code

    def recover(self, code: str) -> bytes:
        """Return the data key for the printed code.

        Raises:
            WrongCode: mistyped (told before anything is tried), not the latest, or none was ever printed.
        """
        self._content = read_keystore(self._folder)
        printed = read_code(code)
        data_key = self._content.recovery.unwrap(printed) if self._content.recovery else None
        if data_key is None:
            raise WrongCode("other", reason="other")
        self._check_seal(data_key)
        return data_key

    def _slot(self, name: str) -> Slot | None:
        return next((slot for slot in self._content.slots if slot.owner == name), None)

    def _wrap(self, data_key: bytes, owner: str, role: str, secret: str, cost: StretchCost) -> Slot:
        cost.check()
        salt, nonce = os.urandom(SALT_BYTES), os.urandom(NONCE_BYTES)
        empty = Slot(owner, str(role), self._content.generation + 1, cost, salt, nonce, b"")
        wrapped = AESGCM(stretch(secret, salt, cost)).encrypt(nonce, data_key, empty.meaning())
        return replace(empty, wrapped=wrapped)

    def _change(self, data_key: bytes, slots: tuple[Slot, ...], *, recovery: Slot | None = None) -> None:
        self._check_seal(data_key)  # never wrap another key beside the right one
        kept = {slot.owner for slot in slots}
        changed = replace(
            self._content,
            generation=self._content.generation + 1,
            slots=slots,
            recovery=recovery or self._content.recovery,
            failures={name: failed for name, failed in self._content.failures.items() if name in kept},
        )
        self._keep(replace(changed, seal=changed.sealed_by(data_key)))

    def _refuse_while_waiting(self, name: str, now: datetime) -> None:
        failed = self._content.failures.get(name)
        if failed is None or failed.count < FREE_TRIES:
            return
        wait = timedelta(seconds=min(WAIT_SECONDS_MAX, 2 ** (failed.count - FREE_TRIES + 1)))
        if now < failed.last_at:  # the clock was put back: wait once more from now, not until it catches up
            self._keep(self._with_failures(name, replace(failed, last_at=now)))
            raise LockedOut("waiting", wait_seconds=int(wait.total_seconds()))
        left = failed.last_at + wait - now
        if left > timedelta(0):
            raise LockedOut("waiting", wait_seconds=max(1, round(left.total_seconds())))

    def _count_failure(self, name: str, now: datetime) -> int:
        known = self._content.failures.get(name)
        count = known.count + 1 if known else 1
        self._keep(self._with_failures(name, Failures(count, now)))
        return max(0, FREE_TRIES - count)

    def _with_failures(self, name: str, failed: Failures) -> Content:
        return replace(self._content, failures={**self._content.failures, name: failed})

    def _forget_failures(self, name: str) -> None:
        left = {known: failed for known, failed in self._content.failures.items() if known != name}
        if len(left) != len(self._content.failures):
            self._keep(replace(self._content, failures=left))

    def _check_seal(self, data_key: bytes) -> None:
        if not hmac.compare_digest(self._content.seal, self._content.sealed_by(data_key)):
            raise SealBroken("keystore")

    def _keep(self, content: Content) -> None:
        write_keystore(self._folder, content)
        self._content = content


def new_data_key() -> bytes:
    """Return 32 random bytes."""
    return os.urandom(32)


def _person(slot: Slot) -> Person:
    if slot.role not in set(Role):
        raise SealBroken("keystore")
    return Person(slot.owner, Role(slot.role))


def _clean_name(name: str) -> str:
    clean = unicodedata.normalize("NFC", name).strip()
    if not clean or len(clean) > NAME_CHARACTERS_MAX or not clean.isprintable():
        raise NotAllowed("name")
    return clean
