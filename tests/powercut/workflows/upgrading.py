"""Upgrading (升级): an archive of the first layout is opened by today's program, and its index made anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from desktop.archive import records, reindexing, search, search_question, settings
from desktop.archive.upgrades import LAYOUT, STEPS
from sync.vault import audit
from tests.desktop.archive.test_upgrades import old_archive
from tests.desktop.services.office import NOON
from tests.powercut.judging import CLERK, KINDS, OFFICE, Fault, Mark, Sort, Tell, acts, archive_faults, goes_on, opened


class Upgrading:
    """All steps since the first layout."""

    name = "migration"
    share = 2

    def prepare(self, folder: Path) -> None:
        old_archive(folder / OFFICE)

    def run(self, folder: Path, tell: Tell) -> None:
        with opened(folder / OFFICE) as archive:
            tell("upgraded")
            reindexing.bring_up(archive, KINDS, CLERK, NOON)
            tell("indexed")

    def judge(self, folder: Path, told: Sequence[Mark]) -> Iterator[Fault]:
        with opened(folder / OFFICE) as archive:
            again = reindexing.bring_up(archive, KINDS, CLERK, NOON)
            if again and acts(told, "indexed"):
                yield Fault(Sort.LOST, "the index")
            yield from archive_faults(archive)
            with archive.reading() as connection:
                steps = [one.details["step"] for one in audit.events(connection) if one.act == "archive-upgraded"]
                if steps != [step.name for step in STEPS] or settings.get(connection, "layout") != str(LAYOUT):
                    yield Fault(Sort.HALF, f"steps {steps}")
                (line,) = records.every(connection)
                if list(search.every(connection, search_question.read(line.number)).rows[:]) != [line.id]:
                    yield Fault(Sort.LOST, "the record cannot be found")
            goes_on(archive)
