"""Restoring (恢复): an archive comes back out of a second folder and is opened by its clerk for the first time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from desktop.archive import records, reindexing, restored
from desktop.services.backing_up import BackingUp
from desktop.services.opening import Opening
from desktop.services.restoring import restore_from
from sync.vault import audit
from sync.vault.slots import Keystore, Role
from tests.desktop.services.office import NOON, begin_office
from tests.powercut.judging import CLERK, KEY, KINDS, Fault, Mark, Sort, Tell, acts, archive_faults, goes_on, opened
from tests.powercut.workflows.backing_up import SECOND, place_faults

BACK = "data/office"
PASSWORD = "哪怕断电也不怕的一个好口令"
RECORDS = 2


class Restoring:
    """Two records come back to a machine that has nothing but the second folder."""

    name = "restore"
    share = 2

    def prepare(self, folder: Path) -> None:
        lost = folder.with_name(folder.name + ".lost")
        office = begin_office(lost)
        for number in range(RECORDS):
            office.file_marriage(data=b"%PDF-" + bytes([number]) * 20_000, cert_no=f"J339921-2016-{number:06}")
        Keystore.create(lost, KEY).add(KEY, CLERK, Role.CLERK, PASSWORD)
        (folder / SECOND).mkdir()
        backing = BackingUp(office.archive, office.person, office.clock)
        backing.back_up(backing.where.choose_folder(folder / SECOND).id, lambda _: None, lambda: False)
        office.archive.close()

    def run(self, folder: Path, tell: Tell) -> None:
        made = restore_from(folder / SECOND, folder / BACK, lambda _: None, lambda: False)
        tell("restored", lost=list(made.lost))
        Opening(folder / BACK, lambda: NOON).unlock(CLERK, PASSWORD).close()
        tell("opened")

    def judge(self, folder: Path, told: Sequence[Mark]) -> Iterator[Fault]:
        for _, faults in place_faults(folder / SECOND):
            yield from faults
        back = folder / BACK
        if not Opening(back).exists():
            if told:
                yield Fault(Sort.LOST, "the restored archive")
                return
            restore_from(folder / SECOND, back, lambda _: None, lambda: False)
        fresh = restored.awaits_proof(back)
        if fresh:
            restored.prove(back, KEY)
        with opened(back) as archive:
            if fresh:
                with archive.act(CLERK, NOON) as act:
                    restored.settle(archive, act)
                restored.forget(back)
            reindexing.bring_up(archive, KINDS, CLERK, NOON)  # as every opening of a desk does
            lost = {str(one) for mark in acts(told, "restored") for one in mark["lost"]}  # type: ignore[attr-defined]
            yield from archive_faults(archive, told_lost=lost)
            with archive.reading() as connection:
                if len(records.every(connection)) != RECORDS:
                    yield Fault(Sort.LOST, "a record")
                notes = [one for one in audit.events(connection) if one.act == "archive-restored"]
                if len(notes) != 1:
                    yield Fault(Sort.HALF, f"restored {len(notes)} times by its own log")
            if acts(told, "opened") and fresh:
                yield Fault(Sort.LOST, "the first opening")
            goes_on(archive)
