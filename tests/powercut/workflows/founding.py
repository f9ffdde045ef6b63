"""Founding (建库): an office's archive is begun; from the moment the recovery sheet is shown, it is there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from desktop.archive import settings
from desktop.services.opening import NewPerson, OfficeFacts, Opening
from sync.vault.slots import Keystore, Role
from tests.desktop.services.office import NOON
from tests.powercut.judging import CLERK, OFFICE, Fault, Mark, Sort, Tell, acts, archive_faults, goes_on, opened

PASSWORD = "哪怕断电也不怕的一个好口令"
FACTS = OfficeFacts("云泽县", "青石镇", "339921102", "J001")
AGAIN_EVERY = 10


class Founding:
    """An archive with one person is created where there was nothing, two folders down."""

    name = "founding"
    share = 1

    def __init__(self) -> None:
        self._keys: dict[bytes, bytes] = {}  # stretching a password costs more than all the rest of a state
        self._absent = 0

    def prepare(self, folder: Path) -> None:
        """There is nothing."""

    def run(self, folder: Path, tell: Tell) -> None:
        sheet = _door(folder).create(FACTS, [NewPerson(CLERK, Role.CLERK, PASSWORD)])
        tell("created", code=sheet.code)

    def judge(self, folder: Path, told: Sequence[Mark]) -> Iterator[Fault]:
        door = _door(folder)
        if not door.exists():
            if acts(told, "created"):
                yield Fault(Sort.LOST, "the archive")
                return
            self._absent += 1
            if self._absent % AGAIN_EVERY:
                return
            door.create(FACTS, [NewPerson(CLERK, Role.CLERK, PASSWORD)])
        keystore = (door.folder / "keys.json").read_bytes()
        if keystore not in self._keys:
            _, self._keys[keystore] = Keystore.open(door.folder).unlock(CLERK, PASSWORD, NOON)
            for mark in acts(told, "created"):
                if Keystore.open(door.folder).recover(str(mark["code"])) != self._keys[keystore]:
                    yield Fault(Sort.LOST, "the recovery code")
        with opened(door.folder, self._keys[keystore]) as archive:
            yield from archive_faults(archive)
            with archive.reading() as connection:
                if settings.get(connection, "township_code") != FACTS.township_code:
                    yield Fault(Sort.HALF, "an archive without its office")
            goes_on(archive)


def _door(folder: Path) -> Opening:
    return Opening(folder / "data" / "lantai" / OFFICE, lambda: NOON)
