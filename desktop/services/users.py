"""Users and keys (用户与钥匙): who can open the archive, in which role, with which password; and another data key.

Only an administrator does any of it, and every act is a line of the log. One's own password: `OwnPassword`.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from desktop.archive import key_register, settings
from desktop.archive.archive import Act, Archive
from desktop.archive.backup_check import Asked
from desktop.archive.clock import Clock
from desktop.archive.rekeyed_file import put_in_place, sweep
from desktop.archive.rekeying import Rekeying
from desktop.services.changed import Progress
from sync.contract.errors import LantaiError, NotAllowed, WeakPassword
from sync.vault.keystore_file import Slot
from sync.vault.recovery_code import RecoverySheet
from sync.vault.slot_keeping import SlotKeeping
from sync.vault.slots import Keystore, Person, Role, clean_name, new_data_key, person_of
from sync.vault.stretching import FLOOR, StretchCost

IDLE_CHOICES = (5, 10, 15, 30)
TEMPORARY_SIGNS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # no 0 O 1 I: it is read out and typed once
TEMPORARY_GROUPS = 4  # of four: 80 bits
STEP = "key"


class SlotState(StrEnum):
    """How a person's slot stands."""

    READY = "ready"
    TEMPORARY = "temporary"  # the password was chosen by somebody else and not changed yet
    OLD = "old"  # not opened since key pairs came: nothing can be handed to it
    WAITING = "waiting"  # too many wrong passwords; a waiting time runs


@dataclass(frozen=True, slots=True)
class UserLine:
    """One person as the administrator sees one. `last_opened_at` is empty before the first time."""

    name: str
    role: Role
    state: SlotState
    last_opened_at: str
    oneself: bool


def temporary_password() -> str:
    """Return a password nobody has used, to be told to somebody and changed at the first unlocking."""
    groups = ("".join(secrets.choice(TEMPORARY_SIGNS) for _ in range(4)) for _ in range(TEMPORARY_GROUPS))
    return "-".join(groups)


class Users:
    """The people of one open archive, in the hand of an administrator."""

    def __init__(self, archive: Archive, person: Person, clock: Clock, cost: StretchCost = FLOOR) -> None:
        self._archive, self._person, self._clock, self._cost = archive, person, clock, cost
        self._removed: list[Slot] = []

    def lines(self) -> tuple[UserLine, ...]:
        """Return everybody who can open the archive, in the order they were added."""
        self._only_an_administrator()
        with self._archive.reading() as connection:
            opened = key_register.last_opened(connection)
        content = Keystore.open(self._archive.folder).content
        waiting = {name for name, failed in content.failures.items() if failed.wait_seconds(time.monotonic())}
        return tuple(self._line(slot, opened, waiting) for slot in content.slots)

    def _line(self, slot: Slot, opened: dict[str, str], waiting: set[str]) -> UserLine:
        person = person_of(slot)
        state = SlotState.READY
        if slot.owner in waiting:
            state = SlotState.WAITING
        elif not slot.public:
            state = SlotState.OLD
        elif slot.temporary:
            state = SlotState.TEMPORARY
        return UserLine(person.name, person.role, state, opened.get(person.name, ""), person.name == self._person.name)

    def add(self, name: str, role: Role, password: str) -> Person:
        """The person can unlock the archive once with this password, to choose one of the own.

        Raises:
            NotAllowed: not an administrator, or the name is taken, empty or too long (`reason`). WeakPassword.
        """
        with self._act() as (act, keystore):
            person = keystore.add(self._archive.data_key, name, role, password, temporary=True, cost=self._cost)
            act.note("person-added", person.name, role=role.value)
        return person

    def reset_password(self, name: str, password: str) -> None:
        """The person's former password opens nothing; this one opens the way to another, of the person's own.

        Raises:
            NotAllowed: not an administrator, nobody of that name, or oneself (`reason`). WeakPassword.
        """
        with self._act() as (act, keystore):
            self._not_oneself(name)
            keystore.set_password(self._archive.data_key, name, password, temporary=True, cost=self._cost)
            act.note("password-reset", name)

    def change_role(self, name: str, role: Role) -> None:
        """The person may do what the role permits, from the next unlocking on.

        Raises:
            NotAllowed: not an administrator, nobody of that name, oneself, or the slot is of version 1 (`reason`).
        """
        with self._act() as (act, keystore):
            self._not_oneself(name)
            former = person_of(keystore.slot_of(name)).role
            SlotKeeping(keystore, self._archive.data_key).change_role(name, role)
            act.note("role-changed", name, former=former.value, role=role.value)

    def remove(self, name: str) -> None:
        """The person's slot is gone; `put_back` brings it again until the key is changed or the desk is locked.

        Raises:
            NotAllowed: not an administrator, nobody of that name, or oneself (`reason`).
        """
        with self._act() as (act, keystore):
            self._not_oneself(name)
            gone = keystore.remove(self._archive.data_key, name)
            key_register.forget_opened(act, gone.owner)
            act.note("person-removed", gone.owner)
        self._removed.append(gone)

    def put_back(self) -> str:
        """The person removed last opens again, with the password of before; the name is returned, empty if there was none.

        Raises:
            NotAllowed: not an administrator, or somebody else has the name by now (`reason`).
        """
        if not self._removed:
            return ""
        with self._act() as (act, keystore):
            slot = self._removed.pop()
            SlotKeeping(keystore, self._archive.data_key).put_back(slot)
            act.note("person-put-back", slot.owner)
        return slot.owner

    def renew_recovery(self) -> RecoverySheet:
        """A new recovery code, to be printed; every former sheet opens nothing any more."""
        with self._act() as (act, keystore):
            code = keystore.make_recovery(self._archive.data_key, cost=self._cost)
            act.note("recovery-renewed", "archive")
            office = settings.get(act.connection, "county") + settings.get(act.connection, "township")
        return RecoverySheet(office, code, act.at.isoformat(timespec="seconds"))

    def idle_minutes(self) -> int:
        """Return after how many minutes without a key the desk locks itself."""
        with self._archive.reading() as connection:
            return key_register.idle_minutes(connection)

    def set_idle_minutes(self, minutes: int) -> None:
        """The desk locks itself after so many minutes without a key, one of `IDLE_CHOICES`; never is it left open for good."""
        self._only_an_administrator()
        if minutes not in IDLE_CHOICES:
            raise NotAllowed("so many minutes", reason="minutes")
        with self._archive.act(self._person.name, self._clock()) as act:
            key_register.set_idle_minutes(act, minutes)
            act.note("idle-minutes-set", "archive", minutes=minutes)

    # another data key

    def cannot_be_handed(self, without: str = "") -> tuple[str, ...]:
        """Return who has to unlock once, or get another password, before the key can be changed; empty name: the recovery sheet."""
        self._only_an_administrator()
        keeping = SlotKeeping(Keystore.open(self._archive.folder), self._archive.data_key)
        return tuple(owner for owner in keeping.cannot_be_handed() if not without or owner != without)

    def change_key(self, progress: Callable[[Progress], None], asked: Asked, without: str = "") -> None:
        """The archive lies under another data key, for everybody but `without`, who is removed in the same act; it is shut.

        Whoever goes on unlocks anew. The recovery sheet stays valid.

        Raises:
            NotAllowed: not an administrator; oneself; somebody cannot be handed the key (`reason` old_slot).
            Refused: it was asked to stop. DiskFull, ArchiveBusy, SealBroken. In each case the key is the former one; the archive is
                shut only if somebody would not stop reading it.
        """
        self._only_an_administrator()
        if without:
            self._not_oneself(without)
            Keystore.open(self._archive.folder).slot_of(without)
        if blocked := self.cannot_be_handed(without):
            raise NotAllowed("slots of version 1", reason="old_slot", count=len(blocked))
        told = lambda done, whole: progress(Progress(STEP, done, whole))  # noqa: E731
        try:
            self._rekey(told, asked, without)
        except LantaiError as fault:
            if self._archive.is_open:
                with self._archive.act(self._person.name, self._clock()) as act:
                    act.note("key-change-failed", "archive", reason=str(fault.facts.get("reason", fault.code)))
            raise

    def _rekey(self, told: Callable[[int, int], None], asked: Asked, without: str) -> None:
        archive, keystore, data_key = self._archive, Keystore.open(self._archive.folder), new_data_key()
        keeping, generation = SlotKeeping(keystore, archive.data_key), keystore.content.generation + 1

        def say(act: Act) -> None:
            key_register.keep_former(act, archive.data_key)
            key_register.met(act, generation)
            if without:
                key_register.forget_opened(act, without)
                act.note("person-removed", without)
            act.note("key-changed", "archive", generation=generation)

        with archive.without_anybody() as engine:
            Rekeying(archive, engine, data_key, told, asked).make(self._person.name, self._clock, say)
            try:
                archive.put_down()
            except BaseException:
                sweep(archive.folder)
                raise
            keeping.hand_over(data_key, (without,) if without else ())
            put_in_place(archive.folder)

    # who may

    @contextmanager
    def _act(self) -> Iterator[tuple[Act, Keystore]]:
        """One act of an administrator: the keystore is changed and the log says so; there always is an administrator after it."""
        self._only_an_administrator()
        keystore = Keystore.open(self._archive.folder)
        with self._archive.act(self._person.name, self._clock()) as act:
            yield act, keystore
            key_register.met(act, keystore.content.generation)

    def _only_an_administrator(self) -> None:
        if self._person.role is not Role.ADMIN:
            raise NotAllowed("the role does not permit it", act="users", role=self._person.role.value)

    def _not_oneself(self, name: str) -> None:
        """Nobody takes the own slot or role away, so an administrator is always left."""
        if clean_name(name) == self._person.name:
            raise NotAllowed("oneself", reason="oneself")


class OwnPassword:
    """What everybody may do with the own slot."""

    def __init__(self, archive: Archive, person: Person, clock: Clock, cost: StretchCost = FLOOR) -> None:
        self._archive, self._person, self._clock, self._cost = archive, person, clock, cost

    def change(self, former: str, password: str) -> None:
        """The password opens the person's slot, and the former one opens nothing.

        Raises:
            WrongPassword, LockedOut: the former one is not right; it counts like a try to unlock. WeakPassword: `reason` same as well.
        """
        keystore = Keystore.open(self._archive.folder)
        keystore.enter(self._person.name, former, self._clock())
        if former == password:
            raise WeakPassword("same", reason="same")
        with self._archive.act(self._person.name, self._clock()) as act:
            keystore.set_password(self._archive.data_key, self._person.name, password, cost=self._cost)
            key_register.met(act, keystore.content.generation)
            act.note("password-changed", self._person.name)
