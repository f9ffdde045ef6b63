"""Changing the key (换钥): the archive is written anew under another data key, and somebody is removed in the same act."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from desktop.archive.archive import Archive
from desktop.archive.rekeyed_file import DATABASE, REKEYED
from desktop.services.opening import NewPerson, OfficeFacts, Opening
from sync.vault import audit
from sync.vault.another_key import opens
from sync.vault.keystore_file import FILE_NAME
from sync.vault.slots import Entrance, Keystore, Role
from tests.desktop.services.office import NOON, SmallOffice
from tests.powercut.judging import CLERK, OFFICE, Fault, Mark, Sort, Tell, acts, archive_faults, goes_on

ADMIN, GONE = "赵主任", "孙立"
PASSWORD = "换钥换到一半断电也不怕的口令"


class ChangingTheKey:
    """An office of three with a record; its key is changed, and one of the three is removed with it."""

    name = "rekey"
    share = 2

    def __init__(self) -> None:
        self._entrances: dict[bytes, Entrance] = {}  # stretching a password costs more than all the rest of a state

    def prepare(self, folder: Path) -> None:
        people = [(ADMIN, Role.ADMIN), (CLERK, Role.CLERK), (GONE, Role.CLERK)]
        door = Opening(folder / OFFICE, lambda: NOON)
        facts = OfficeFacts("云泽县", "青石镇", "339921102", "J001")
        door.create(facts, [NewPerson(name, role, PASSWORD) for name, role in people])
        desk = door.unlock(CLERK, PASSWORD)
        SmallOffice(desk._archive).file_marriage(data=b"%PDF- one" + bytes(30_000))
        desk.close()

    def run(self, folder: Path, tell: Tell) -> None:
        desk = Opening(folder / OFFICE, lambda: NOON).unlock(ADMIN, PASSWORD)
        try:
            tell("opened", former=desk._archive.data_key.hex())
            desk.users.change_key(lambda _: None, lambda: False, without=GONE)
            tell("changed")
        finally:
            desk.close()

    def judge(self, folder: Path, told: Sequence[Mark]) -> Iterator[Fault]:
        office = folder / OFFICE
        keystore = Keystore.open(office)
        written = (office / FILE_NAME).read_bytes()
        if written not in self._entrances:
            self._entrances[written] = keystore.enter(CLERK, PASSWORD, NOON)
        entrance = self._entrances[written]
        archive = Archive.open(office, entrance.data_key, entrance.keys[:-1])
        try:
            yield from archive_faults(archive)
            if archive.data_key != entrance.data_key:
                yield Fault(Sort.HALF, "a keystore that has gone on, and an archive that has not")
            with archive.reading() as connection:
                said = [one.act for one in audit.events(connection)]
            goes_on(archive)
            data_key = archive.data_key
        finally:
            archive.close()
        former = [bytes.fromhex(str(mark["former"])) for mark in acts(told, "opened")]
        new = bool(former) and data_key not in former
        if acts(told, "changed") and not new:
            yield Fault(Sort.LOST, "the new key")
        gone = GONE not in {one.name for one in keystore.people()}
        if former and not gone is new is ("key-changed" in said) is ("person-removed" in said):
            yield Fault(Sort.HALF, f"new key {new}, person gone {gone}, log {said[-3:]}")
        if former and new and opens(office / DATABASE, former[0]):
            yield Fault(Sort.CORRUPT, "the former key still opens the archive")
        if any(office.glob(f"{REKEYED}*")):
            yield Fault(Sort.HALF, "left beside the archive")
