"""Open copies (开放导出): everything as a folder of open formats, and an archive made of it again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from desktop.archive import records
from desktop.services.open_copies import OpenCopies, reimport
from desktop.services.opening import Opening
from sync.vault.slots import Keystore
from tests.desktop.services.office import NOON, begin_office
from tests.powercut.judging import KINDS, OFFICE, Fault, Mark, Sort, Tell, acts, archive_faults, goes_on, opened

OPEN, AGAIN = "opened-up", "data/again"
PASSWORD = "哪怕断电也不怕的一个好口令"
PERSON = "周主任"
RECORDS = 2
AGAIN_EVERY = 12


class OpeningUp:
    """Two records go out and come in again."""

    name = "open copy"
    share = 1

    def __init__(self) -> None:
        self._keys: dict[bytes, bytes] = {}  # stretching a password costs more than all the rest of a state
        self._judged = 0

    def prepare(self, folder: Path) -> None:
        office = begin_office(folder / OFFICE)
        for number in range(RECORDS):
            office.file_marriage(data=b"%PDF-" + bytes([number]) * 20_000, cert_no=f"J339921-2016-{number:06}")
        office.archive.close()

    def run(self, folder: Path, tell: Tell) -> None:
        with opened(folder / OFFICE) as archive:
            made = OpenCopies(archive, KINDS, PERSON, lambda: NOON).export(folder / OPEN, lambda _: None, lambda: False)
        tell("exported", name=made.folder.name)
        _reimport(made.folder, folder / AGAIN)
        tell("reimported")

    def judge(self, folder: Path, told: Sequence[Mark]) -> Iterator[Fault]:
        copies = {one.name: one for one in (folder / OPEN).glob("lantai-open-*")}
        for mark in acts(told, "exported"):
            if mark["name"] not in copies:
                yield Fault(Sort.LOST, "the open copy")
                return
        again = Opening(folder / AGAIN, lambda: NOON)
        self._judged += 1
        if copies and not again.exists():
            if acts(told, "reimported"):
                yield Fault(Sort.LOST, "the archive made again")
            if self._judged % AGAIN_EVERY == 0 or acts(told, "reimported"):
                _reimport(next(iter(copies.values())), folder / AGAIN)
        for copy in copies.values():
            if broken := _broken(copy):
                yield Fault(Sort.HALF, f"an open copy under its name with {len(broken)} broken files: {broken[:3]}")
        if again.exists():
            yield from self._again_faults(again)

    def _again_faults(self, again: Opening) -> Iterator[Fault]:
        keystore = (again.folder / "keys.json").read_bytes()
        if keystore not in self._keys:
            _, self._keys[keystore] = Keystore.open(again.folder).unlock(PERSON, PASSWORD, NOON)
        with opened(again.folder, self._keys[keystore]) as archive:
            yield from archive_faults(archive)
            with archive.reading() as connection:
                if len(records.every(connection)) != RECORDS:
                    yield Fault(Sort.HALF, "an archive made again with a part of its records")
            goes_on(archive)


def _broken(copy: Path) -> list[str]:
    """Return the files that are not what the copy's own manifests say."""
    broken = []
    for listing in ("tagmanifest-sha256.txt", "manifest-sha256.txt"):
        said = (copy / listing).read_text(encoding="utf-8") if (copy / listing).is_file() else ""
        if not said:
            broken.append(listing)
        for line in said.splitlines():
            sha256, _, name = line.partition("  ")
            file = copy / name
            if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != sha256:
                broken.append(name)
    return broken


def _reimport(copy: Path, to: Path) -> None:
    reimport(copy, to, PERSON, PASSWORD, KINDS, lambda _: None, clock=lambda: NOON)
