"""Backing up (备份): two backups to a second folder with a save between them, then a third that lets one go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from desktop.archive import backup_rows, restored
from desktop.archive.backup_check import plain_flaws, sealed_flaws
from desktop.archive.generations import HOME, LABEL, Place
from desktop.services.backing_up import BackingUp
from desktop.services.restoring import restore_from
from sync.vault.slots import Keystore
from tests.desktop.services.office import SmallOffice, begin_office
from tests.powercut.judging import KEY, OFFICE, Fault, Mark, Sort, Tell, acts, archive_faults, goes_on, opened

SECOND, BACK = "second", "back"
RESTORED_EVERY = 8


class Backing:
    """A place is chosen and three generations are made at it."""

    name = "backup"
    share = 3
    size = 1

    def __init__(self) -> None:
        self._judged = 0

    def prepare(self, folder: Path) -> None:
        office = begin_office(folder / OFFICE)
        office.file_marriage(data=b"%PDF- one" + bytes(30_000))
        office.archive.close()
        Keystore.create(folder / OFFICE, KEY)
        (folder / SECOND).mkdir()

    def run(self, folder: Path, tell: Tell) -> None:
        with opened(folder / OFFICE) as archive:
            office = SmallOffice(archive)
            backing = BackingUp(archive, office.person, office.clock)
            place = backing.where.choose_folder(folder / SECOND).id
            tell("chosen")
            for number in range(3 * self.size):
                made = backing.back_up(place, lambda _: None, lambda: False)
                tell("backed up", name=made.line.name)
                office.clock.forward(timedelta(minutes=1))
                filed = office.file_marriage(
                    data=b"%PDF- more" + bytes([number]) * 30_000, cert_no=f"J339921-2016-{number:06}"
                )
                tell("filed", uid=filed.record)

    def judge(self, folder: Path, told: Sequence[Mark]) -> Iterator[Fault]:
        with opened(folder / OFFICE) as archive:
            yield from archive_faults(archive)
            with archive.reading() as connection:
                registered = {one.name for one in backup_rows.backups(connection)}
            goes_on(archive)
        names = [str(mark["name"]) for mark in acts(told, "backed up")]
        if acts(told, "chosen") and not (folder / SECOND / LABEL).is_file():
            yield Fault(Sort.LOST, "the label of the place")
        there = place_faults(folder / SECOND)
        sound: set[str] = set()
        for name, faults in there:
            sound.add(name)
            yield from faults
        if names and names[-1] not in sound:
            yield Fault(Sort.LOST, f"the backup {names[-1]}")
        if names and names[-1] not in registered:
            yield Fault(Sort.LOST, "the backup in the register")
        self._judged += 1
        if names and self._judged % RESTORED_EVERY == 0:
            yield from self._restored(folder)

    def _restored(self, folder: Path) -> Iterator[Fault]:
        """What lies at the place comes back: restored, proved, opened."""
        made = restore_from(folder / SECOND, folder / BACK, lambda _: None, lambda: False)
        restored.prove(made.folder, KEY)
        with opened(made.folder) as archive:
            yield from archive_faults(archive)
        if made.lost:
            yield Fault(Sort.LOST, "files of the backup")


def place_faults(root: Path) -> Iterator[tuple[str, list[Fault]]]:
    """Yield every generation under a final name, with what is wrong with it."""
    if not (root / HOME).is_dir():
        return
    place = Place.to_read(root)
    for one in place.generations():
        found = [flaw.value for flaw, _ in plain_flaws(place, one, lambda: False, lambda _: None, deep=True)]
        if not found:
            found = [flaw.value for flaw in sealed_flaws(one.database, one.manifest(), KEY)]
        yield one.name, [Fault(Sort.CORRUPT, f"backup {one.name}: {flaw}") for flaw in found]
