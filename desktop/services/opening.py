"""Opening the archive (开库): creating an office, unlocking it by a person's password, recovering it by the sealed code."""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from desktop.archive import indexing, restored, settings
from desktop.archive.archive import DATABASE, Archive
from desktop.archive.clock import Clock, system_clock
from desktop.services.desk import Desk
from sync.contract.errors import NotAllowed, Refused
from sync.vault.engine import raise_storage_error
from sync.vault.slots import Keystore, Person, Role, new_data_key
from sync.vault.stretching import FLOOR, StretchCost
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


@dataclass(frozen=True, slots=True)
class RecoverySheet:
    """What is printed once and sealed in the safe (恢复码): whoever holds it can set a new password."""

    office: str
    code: str
    made_at: str


class Opening:
    """The door of one office's folder."""

    def __init__(self, folder: Path, clock: Clock = system_clock, cost: StretchCost = FLOOR) -> None:
        self.folder = folder
        self._clock = clock
        self._cost = cost

    def exists(self) -> bool:
        """Whether an archive stands in the folder, whole."""
        return (self.folder / DATABASE).is_file() and Keystore.exists(self.folder)

    def people(self) -> list[Person]:
        """Return who can open the archive, in the order they were added."""
        return Keystore.open(self.folder).people()

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

    def unlock(self, name: str, password: str) -> Desk:
        """The archive is open for this person.

        Raises:
            WrongPassword, LockedOut: as the keystore says; ArchiveBusy: another window has it; ArchiveTooNew, SealBroken;
            BackupBroken: it was restored from something that nobody with the key had sealed.
        """
        person, data_key = Keystore.open(self.folder).unlock(name, password, self._clock())
        return self._desk(person, data_key)

    def recover(self, code: str, name: str, new_password: str) -> Desk:
        """The person has the new password and the archive is open.

        Raises:
            WrongCode: the recovery code is not this archive's; NotAllowed: no such person.
        """
        keystore = Keystore.open(self.folder)
        person = next((one for one in keystore.people() if one.name == name), None)
        if person is None:
            raise NotAllowed("no such person")
        data_key = keystore.recover(code)
        keystore.set_password(data_key, name, new_password, cost=self._cost)
        return self._desk(person, data_key)

    def _desk(self, person: Person, data_key: bytes) -> Desk:
        fresh = restored.awaits_proof(self.folder)
        if fresh:
            restored.prove(self.folder, data_key)
        archive = Archive.open(self.folder, data_key)
        try:
            if fresh:
                with archive.act(person.name, self._clock()) as act:
                    restored.settle(archive, act)
                restored.forget(self.folder)
            with archive.reading() as connection:
                facts = {name: settings.get(connection, name) for name in OfficeFacts.__dataclass_fields__}
            with archive.act(person.name, self._clock()) as act:
                act.note("archive-opened", "archive", role=person.role.value)
            desk = Desk(archive, person, facts, self._clock)
            with archive.act(person.name, self._clock()) as act:
                if indexing.bring_up(act.connection, desk.kinds):
                    act.note("index-made-again", "archive")
            return desk
        except BaseException:
            archive.close()  # else the next try would say that another window has it
            raise
