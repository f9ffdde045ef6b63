"""Typing (随打随存): every key stroke in a draft is saved; a draft is put away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from desktop.archive import drafts
from tests.desktop.services.office import SmallOffice, begin_office
from tests.powercut.judging import OFFICE, Fault, Mark, Sort, Tell, acts, archive_faults, goes_on, opened
from tests.powercut.workflows.saving import typed_faults

TITLE = "关于青石镇柳林村村民低保申请的批复"


class Typing:
    """A title typed character by character, a second draft begun and put away."""

    name = "typing"
    share = 4
    size = 1

    def prepare(self, folder: Path) -> None:
        begin_office(folder / OFFICE).archive.close()

    def run(self, folder: Path, tell: Tell) -> None:
        with opened(folder / OFFICE) as archive:
            office = SmallOffice(archive)
            uid = office.cataloguing.start("document").draft.uid
            whole = TITLE * self.size
            for length in range(1, len(whole) + 1):
                office.cataloguing.put(uid, "subject", whole[:length])
                tell("typed", uid=uid, key="subject", text=whole[:length])
            other = office.cataloguing.start("document").draft.uid
            tell("begun", uid=other)
            office.cataloguing.put_away(other)
            tell("put away", uid=other)
            office.cataloguing.put(uid, "author", "青石镇人民政府")
            tell("typed", uid=uid, key="author", text="青石镇人民政府")

    def judge(self, folder: Path, told: Sequence[Mark]) -> Iterator[Fault]:
        with opened(folder / OFFICE) as archive:
            yield from archive_faults(archive)
            with archive.reading() as connection:
                yield from typed_faults(connection, told)
                for mark in acts(told, "put away"):
                    if drafts.find(connection, str(mark["uid"])) is not None:
                        yield Fault(Sort.LOST, "putting away")
            goes_on(archive)
