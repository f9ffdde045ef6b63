"""The keystore (钥匙库): one data key, wrapped once for each person, and once for the recovery code.

A role, a name or a cost changed by hand, or a slot put back from an older copy, does not open. The format stands in
docs/vault.md, section 4. What a holder of the data key does with other people's slots: sync.vault.slot_keeping.
"""

from __future__ import annotations

import hmac
import os
import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final, Self

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sync.contract.errors import LockedOut, NotAllowed, SealBroken, WrongCode, WrongPassword
from sync.vault.handing import DATA_KEY_BYTES, NONCE_BYTES, new_private, public_of
from sync.vault.keystore_file import (
    COPY_NAME,
    FILE_NAME,
    VERSION,
    Content,
    Slot,
    keystore_turn,
    read_in_turn,
    read_keystore,
    write_keystore,
)
from sync.vault.people import Entrance as Entrance
from sync.vault.people import Person as Person
from sync.vault.people import Role as Role
from sync.vault.people import clean_name as clean_name
from sync.vault.people import person_of as person_of
from sync.vault.recovery_code import new_code, read_code
from sync.vault.stretching import FLOOR, SALT_BYTES, StretchCost, check_password, stretch
from sync.vault.waiting import FREE_TRIES, Failures

RECOVERY: Final = "recovery"
Ticks = Callable[[], float]


class Keystore:
    """The people who can open one archive.

    Every change is on the disk, in both copies, when its method returns. Nothing here knows what a role may do.
    """

    def __init__(self, folder: Path, ticks: Ticks = time.monotonic) -> None:
        self._folder, self._ticks = folder, ticks
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
    def open(cls, folder: Path, ticks: Ticks = time.monotonic) -> Self:
        """The keystore is read; a damaged copy was made good from the other one.

        Args:
            ticks: seconds since the machine was switched on; decides the waiting time.
        Raises:
            SealBroken: neither copy is whole.
            ArchiveTooNew: written by a newer version of the program; left alone.
        """
        return cls(folder, ticks)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Within the block nobody else changes the keystore; it is as it says on the disk."""
        with keystore_turn(self._folder):
            self._content = read_in_turn(self._folder)
            yield

    @property
    def content(self) -> Content:
        """What the keystore says now."""
        return self._content

    def people(self) -> list[Person]:
        """Return who has a slot, in the order they were added.

        Raises:
            SealBroken: a role that does not exist was written into the file.
        """
        return [person_of(slot) for slot in self._content.slots]

    def add(
        self,
        data_key: bytes,
        name: str,
        role: Role,
        password: str,
        *,
        temporary: bool = False,
        cost: StretchCost = FLOOR,
    ) -> Person:
        """The person can unlock the archive.

        Args:
            temporary: somebody else chose the password; the person has to choose another at the first unlocking.
        Raises:
            WeakPassword: nothing was changed.
            NotAllowed: the name is taken (`reason`), empty or too long.
        """
        name = clean_name(name)
        check_password(password, name)
        with self.turn():
            if self._slot(name) is not None:
                raise NotAllowed("name taken", reason="name_taken")
            slot = self._wrap(data_key, name, role, password, cost, temporary=temporary)
            self.change(data_key, replace(self._content, slots=(*self._content.slots, slot)))
        return Person(name, role)

    def remove(self, data_key: bytes, name: str) -> Slot:
        """The person's slot is gone, and returned; a copied data key is cured only by another key.

        Raises:
            NotAllowed: nobody of that name, or nobody would be left.
        """
        with self.turn():
            gone = self.slot_of(name)
            left = tuple(slot for slot in self._content.slots if slot is not gone)
            if not left:
                raise NotAllowed("last person", reason="last_person")
            self.change(data_key, replace(self._content, slots=left))
        return gone

    def unlock(self, name: str, password: str, now: datetime) -> tuple[Person, bytes]:
        """Return who this is and the newest data key; raises what `enter` raises."""
        entrance = self.enter(name, password, now)
        return Person(entrance.owner, Role(entrance.role)), entrance.data_key

    def enter(self, name: str, password: str, now: datetime) -> Entrance:
        """Return the person's slot, opened; earlier failures are forgotten.

        Args:
            now: aware time, noted with a failure; it decides nothing.
        Raises:
            WrongPassword: with `tries_left` before a waiting time starts.
            LockedOut: with `wait_seconds`; the password was not even tried.
            SealBroken: the list of slots was changed by somebody without the data key.
        """
        with self.turn():
            pass
        name = unicodedata.normalize("NFC", name).strip()
        slot = self._slot(name)
        if slot is None:
            raise WrongPassword("nobody of that name", tries_left=FREE_TRIES)
        failed = self._content.failures.get(name)
        if failed is not None and (wait := failed.wait_seconds(self._ticks())):
            raise LockedOut("waiting", wait_seconds=wait)
        slot_key = slot.stretch(password)
        entrance = self._entered(slot, slot_key, failed.count if failed else 0)
        if entrance is None:
            raise WrongPassword("password", tries_left=self._count_failure(name, now))
        person_of(slot)
        self._forget_failures(name)
        return entrance

    def enter_by_code(self, code: str) -> Entrance:
        """Return the recovery slot, opened by the printed code.

        Raises:
            WrongCode: mistyped (told before anything is tried), not the latest, or none was ever printed.
        """
        printed = read_code(code)
        with self.turn():
            slot = self._content.recovery
        entrance = self._entered(slot, slot.stretch(printed), 0) if slot else None
        if entrance is None:
            raise WrongCode("other", reason="other")
        return entrance

    def recover(self, code: str) -> bytes:
        """Return the newest data key for the printed code; raises what `enter_by_code` raises."""
        return self.enter_by_code(code).data_key

    def renew(self, entrance: Entrance, data_key: bytes) -> bool:
        """The slot that was opened holds this data key itself and a fresh key pair; False when it does already.

        Called once the archive has opened with the key: a slot is never written with a key that opens nothing.
        """
        with self.turn():
            slot = self._slot(entrance.owner) if entrance.owner else self._content.recovery
            if slot is None or slot.salt != entrance.salt or (slot.public and not slot.handed):
                return False
            fresh = self._seal(data_key, replace(slot, made_as=slot.role, handed=()), entrance.slot_key)
            self.change(data_key, self._with(slot, fresh))
        return True

    def change_password(self, name: str, old: str, new: str, now: datetime) -> None:
        """The new password opens the person's slot and the old one does not; raises what `unlock` and `add` raise."""
        _, data_key = self.unlock(name, old, now)
        self.set_password(data_key, name, new)

    def set_password(
        self, data_key: bytes, name: str, password: str, *, temporary: bool = False, cost: StretchCost | None = None
    ) -> None:
        """The password opens the person's slot: after a recovery, or by an administrator (then `temporary`).

        Raises:
            NotAllowed: nobody of that name.
            WeakPassword: nothing was changed.
        """
        with self.turn():
            slot = self.slot_of(name)
            check_password(password, slot.owner)
            fresh = self._wrap(data_key, slot.owner, slot.role, password, cost or slot.cost, temporary=temporary)
            failures = {known: failed for known, failed in self._content.failures.items() if known != slot.owner}
            self.change(data_key, replace(self._with(slot, fresh), failures=failures))

    def make_recovery(self, data_key: bytes, *, cost: StretchCost = FLOOR) -> str:
        """Return a new recovery code to be printed once; the former one no longer opens."""
        code = new_code()
        with self.turn():
            self.change(data_key, replace(self._content, recovery=self._wrap(data_key, "", RECOVERY, code, cost)))
        return code

    def slot_of(self, name: str) -> Slot:
        """Return the person's slot. Raises NotAllowed: nobody of that name."""
        slot = self._slot(clean_name(name))
        if slot is None:
            raise NotAllowed("nobody of that name", reason="nobody")
        return slot

    def change(self, data_key: bytes, wanted: Content, *, seal_with: bytes | None = None, after: int = 0) -> None:
        """The keystore says what is wanted, one generation later, in today's version; called within a turn.

        Args:
            data_key: what it is sealed by now; never is another key wrapped beside the right one.
            seal_with: the data key from now on, if it is another.
            after: a generation that this one is to be later than.
        Raises:
            SealBroken: it was not sealed by `data_key`.
        """
        self._check_seal(self._content, data_key)
        kept = {slot.owner for slot in wanted.slots}
        failures = {name: failed for name, failed in wanted.failures.items() if name in kept}
        generation = max(self._content.generation, after) + 1
        changed = replace(wanted, generation=generation, failures=failures, version=VERSION)
        self._keep(replace(changed, seal=changed.sealed_by(seal_with or data_key)))

    def _entered(self, slot: Slot, slot_key: bytes, failed: int) -> Entrance | None:
        opened = slot.unwrap(slot_key)
        if opened is None:
            return None
        self._check_seal(self._content, opened.keys[-1])
        return Entrance(slot.owner, slot.role, slot.temporary, failed, opened.keys, slot_key, slot.salt)

    def _slot(self, name: str) -> Slot | None:
        return next((slot for slot in self._content.slots if slot.owner == name), None)

    def _wrap(
        self, data_key: bytes, owner: str, role: str, secret: str, cost: StretchCost, *, temporary: bool = False
    ) -> Slot:
        cost.check()
        empty = Slot(owner, str(role), 0, cost, os.urandom(SALT_BYTES), b"", b"", temporary=temporary)
        return self._seal(data_key, empty, stretch(secret, empty.salt, cost))

    def _seal(self, data_key: bytes, slot: Slot, slot_key: bytes) -> Slot:
        if len(data_key) != DATA_KEY_BYTES:
            raise ValueError(f"a data key has {DATA_KEY_BYTES} bytes")
        private, nonce = new_private(), os.urandom(NONCE_BYTES)
        fresh = replace(slot, generation=self._content.generation + 1, nonce=nonce, public=public_of(private))
        return replace(fresh, wrapped=AESGCM(slot_key).encrypt(nonce, data_key + private, fresh.meaning()))

    def _with(self, slot: Slot, fresh: Slot) -> Content:
        if slot is self._content.recovery:
            return replace(self._content, recovery=fresh)
        return replace(self._content, slots=tuple(fresh if one is slot else one for one in self._content.slots))

    def _count_failure(self, name: str, now: datetime) -> int:
        with self.turn():  # whatever another window changed meanwhile stays
            known = self._content.failures.get(name)
            failed = Failures(known.count + 1 if known else 1, now, self._ticks())
            self._keep(replace(self._content, failures={**self._content.failures, name: failed}))
        return failed.tries_left()

    def _forget_failures(self, name: str) -> None:
        if name not in self._content.failures:
            return
        with self.turn():
            left = {known: failed for known, failed in self._content.failures.items() if known != name}
            self._keep(replace(self._content, failures=left))

    def _check_seal(self, content: Content, data_key: bytes) -> None:
        if not hmac.compare_digest(content.seal, content.sealed_by(data_key)):
            raise SealBroken("keystore")

    def _keep(self, content: Content) -> None:
        write_keystore(self._folder, content)
        self._content = content


def new_data_key() -> bytes:
    """Return 32 random bytes."""
    return os.urandom(DATA_KEY_BYTES)
