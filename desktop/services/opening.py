"""Opening the archive (开库): creating an office, unlocking it by a person's password, recovering it by the sealed code."""

from __future__ import annotations

import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from desktop.archive import key_register, reindexing, restored, settings
from desktop.archive.archive import DATABASE, Act, Archive
from desktop.archive.clock import Clock, system_clock
from desktop.archive.reindexing import Told
from desktop.services.desk import Desk
from desktop.services.log_witnessing import sign_here
from sync.contract.errors import NotAllowed, PasswordTemporary, Refused, SealBroken, WeakPassword
from sync.vault.engine import raise_storage_error
from sync.vault.recovery_code import RecoverySheet as RecoverySheet
from sync.vault.slot_keeping import SlotKeeping
from sync.vault.slots import Entrance, Keystore, Person, Role, Ticks, clean_name, new_data_key, person_of
from sync.vault.stretching import FLOOR, StretchCost, check_password
from sync.vault.whole_file import flush_folder, make_folder


@dataclass(frozen=True, slots=True)
class OfficeFacts:
    """What an office says of itself when its archive is begun. `township_code` has nine digits (GB/T 2260 + township)."""

    county: str
    township: str
    township_code: str
    fonds: str
    practice: str = ""

    @property
    def name(self) -> str:
        return self.county + self.township


@dataclass(frozen=True, slots=True)
class NewPerson:
    """A person who will be able to open the archive."""

    name: str
    role: Role
    password: str


class Opening:
    """The door of one office's folder."""

    def __init__(
        self, folder: Path, clock: Clock = system_clock, cost: StretchCost = FLOOR, ticks: Ticks = time.monotonic
    ) -> None:
        """`ticks` counts the seconds since the machine was switched on, for the waits after wrong passwords."""
        self.folder = folder
        self._clock = clock
        self._cost = cost
        self._ticks = ticks

    def exists(self) -> bool:
        """Whether an archive stands in the folder, whole."""
        return (self.folder / DATABASE).is_file() and Keystore.exists(self.folder)

    def people(self) -> list[Person]:
        """Return who can open the archive, in the order they were added."""
        return Keystore.open(self.folder, self._ticks).people()

    def create(self, office: OfficeFacts, people: list[NewPerson]) -> RecoverySheet:
        """An encrypted archive stands in the folder, whole or not at all; every person can open it.

        It is made beside its place and moved there in one step, so a pulled plug leaves no half archive.

        Raises:
            Refused: an archive is there already; WeakPassword: a password is too easy; DiskFull: no room; in each case
                no archive stands in the folder.
        """
        if self.exists():
            raise Refused("an archive is there already")
        try:
            return self._grow(office, people)
        except OSError as error:
            raise_storage_error(error)

    def _grow(self, office: OfficeFacts, people: list[NewPerson]) -> RecoverySheet:
        growing = self.folder.with_name(self.folder.name + ".new")
        if growing.exists():
            shutil.rmtree(growing)
        make_folder(growing)
        data_key = new_data_key()
        keystore = Keystore.create(growing, data_key)
        for person in people:
            keystore.add(data_key, person.name, person.role, person.password, cost=self._cost)
        code = keystore.make_recovery(data_key, cost=self._cost)
        now = self._clock()
        Archive.create(growing, data_key, asdict(office), people[0].name, now).close()
        if self.folder.exists():
            self.folder.rmdir()
        flush_folder(growing)
        growing.rename(self.folder)
        flush_folder(self.folder.parent)  # before the recovery sheet is shown, for then people think it is there
        return RecoverySheet(office.name, code, now.isoformat(timespec="seconds"))

    def unlock(
        self, name: str, password: str, own_password: str | None = None, told: Told = lambda _done, _whole: None
    ) -> Desk:
        """The archive is open for this person.

        Args:
            told: called with (done, whole) while the search index is made again, which a new version may need once.
            own_password: instead of one that somebody else chose; it is the person's from now on.
        Raises:
            WrongPassword, LockedOut: as the keystore says; PasswordTemporary: somebody else chose it, nothing was opened;
            ArchiveBusy: another window has it; ArchiveTooNew, SealBroken (`reason` rolled_back: the keystore is an older one);
            BackupBroken: it was restored from something that nobody with the key had sealed.
        """
        keystore = Keystore.open(self.folder, self._ticks)
        entrance = keystore.enter(name, password, self._clock())
        if entrance.temporary:
            if own_password is None:
                raise PasswordTemporary("chosen by somebody else")
            if own_password == password:
                raise WeakPassword("same", reason="same")
            check_password(own_password, entrance.owner)
        return self._desk(
            _Comer(keystore, entrance, entrance.owner, own_password if entrance.temporary else None), told
        )

    def recover(self, code: str, name: str, new_password: str, *, appoint: bool = False) -> Desk:
        """The person has the new password and the archive is open.

        Args:
            appoint: the person becomes administrator, where there is none.
        Raises:
            WrongCode: the recovery code is not this archive's; NotAllowed: no such person, or there is an administrator.
        """
        keystore = Keystore.open(self.folder, self._ticks)
        person = person_of(keystore.slot_of(name))
        if appoint and not self.lacks_administrator():
            raise NotAllowed("there is an administrator", reason="administrator")
        check_password(new_password, person.name)
        entrance = keystore.enter_by_code(code)
        return self._desk(_Comer(keystore, entrance, clean_name(name), new_password, appoint))

    def lacks_administrator(self) -> bool:
        """Whether nobody of this archive may add, remove and reset people."""
        return all(person.role is not Role.ADMIN for person in self.people())

    def _desk(self, comer: _Comer, told: Told = lambda _done, _whole: None) -> Desk:
        entrance = comer.entrance
        fresh = restored.awaits_proof(self.folder)
        if fresh:
            restored.prove(self.folder, entrance.data_key)
        archive = Archive.open(self.folder, entrance.data_key, entrance.keys[:-1])
        try:
            comer.look_at(archive)
            if fresh:
                with archive.act(comer.name, self._clock()) as act:
                    restored.settle(archive, act)
                restored.forget(self.folder)
            with archive.reading() as connection:
                facts = {name: settings.get(connection, name) for name in OfficeFacts.__dataclass_fields__}
            with archive.act(comer.name, self._clock()) as act:
                person = comer.enter(archive, act, self._cost)
                details = {"failed": entrance.failed} if entrance.failed else {}
                act.note("archive-opened", "archive", role=person.role.value, **details)
                sign_here(act)
            desk = Desk(archive, person, facts, self._clock)
            reindexing.bring_up(archive, desk.kinds, person.name, self._clock(), told)
            return desk
        except BaseException:
            archive.close()  # else the next try would say that another window has it
            raise


class _Comer:
    """Somebody on the way in, whose slot was opened: what the keystore and the archive have to say to each other then."""

    def __init__(
        self,
        keystore: Keystore,
        entrance: Entrance,
        name: str,
        password: str | None = None,
        appoint: bool = False,
    ) -> None:
        self.keystore, self.entrance, self.name = keystore, entrance, name
        self._password, self._appoint = password, appoint
        self._put_back = False
        self._known = 0

    def look_at(self, archive: Archive) -> None:
        """Nothing happens if this keystore is not older than the one the archive met last, or the recovery code came with it.

        Raises:
            SealBroken: `reason` rolled_back.
        """
        with archive.reading() as connection:
            self._known = key_register.generation(connection)
        self._put_back = self.keystore.content.generation < self._known
        if self._put_back and self.entrance.owner:
            raise SealBroken("an older keystore", reason="rolled_back")

    def enter(self, archive: Archive, act: Act, cost: StretchCost) -> Person:
        """The slot leads to the archive's key, the password is the own one, and the log says what was out of the ordinary."""
        keystore, data_key = self.keystore, archive.data_key
        if 0 < self._known < keystore.content.generation and data_key == self.entrance.data_key:
            # the plug was pulled between the keystore and the log
            act.note("keystore-change-found", "archive", known=self._known, generation=keystore.content.generation)
        if data_key != self.entrance.data_key:
            SlotKeeping(keystore, self.entrance.data_key).withdraw(data_key)
            act.note("key-change-withdrawn", "archive")
        keystore.renew(self.entrance, data_key)
        if self._put_back:
            gone = SlotKeeping(keystore, data_key).keep_only(self.name, self._known)
            act.note("keystore-put-back", "archive", known=self._known, removed=len(gone))
        if self._password is not None:
            keystore.set_password(data_key, self.name, self._password, cost=cost)
            act.note("password-recovered" if not self.entrance.owner else "password-changed", self.name)
        if self._appoint:
            SlotKeeping(keystore, data_key).change_role(self.name, Role.ADMIN)
            act.note("role-changed", self.name, role=Role.ADMIN.value)
        key_register.met(act, keystore.content.generation)
        key_register.opened(act, self.name)
        return person_of(keystore.slot_of(self.name))
