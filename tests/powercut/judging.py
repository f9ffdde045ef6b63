"""What the product makes of a disk after a cut: it opens, is whole, holds all that was told to be done, and goes on.

Everything is asked of the product's own code. A judge yields faults; none means that nothing was lost.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from desktop.archive import attachments, drafts, inbox, records, search, search_question
from desktop.archive.archive import Archive, Connection
from desktop.archive.inbox import ItemState
from desktop.services.cataloguing import Cataloguing
from sync.contract.errors import Damaged, SealBroken
from sync.contract.kind_files import load_kinds
from sync.vault import audit
from tests.desktop.services.office import NOON

KEY = bytes(range(32))
CLERK = "陈晓兰"
OFFICE = "office"
KINDS = load_kinds()

Mark = Mapping[str, object]
"""What a person was told: `done`, the act, and the facts that can be asked for later."""
Tell = Callable[..., None]
"""Called with the act and its facts at the moment a person would be told that it is done."""


class Sort(StrEnum):
    """How a state is wrong."""

    LOST = "lost"  # something that was told to be done is not there
    CORRUPT = "corrupt"  # it does not open, or a check of bytes or of the log fails
    HALF = "half"  # a part of an act is there
    STUCK = "stuck"  # it is all there, and the product cannot go on with it


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with one state."""

    sort: Sort
    what: str


class Workflow(Protocol):
    """Something people do that writes to the disk.

    Attributes:
        name: what the report calls it.
        share: how much of all states it gets.
    """

    name: str
    share: int

    def prepare(self, folder: Path) -> None:
        """The folder, which is there and empty, is as it is before the act; nothing of it is open."""

    def run(self, folder: Path, tell: Tell) -> None:
        """The acts are done, each told when a person would be told. Nothing of the folder is open afterwards."""

    def judge(self, folder: Path, told: Sequence[Mark]) -> Iterator[Fault]:
        """Yield what is wrong with the folder after a cut before which this was told."""


def judged(workflow: Workflow, folder: Path, told: Sequence[Mark]) -> list[Fault]:
    """Return every fault; what the product raises is one."""
    try:
        return list(workflow.judge(folder, told))
    except Damaged as damage:
        return [Fault(Sort.CORRUPT, f"{type(damage).__name__}: {damage}")]
    except Exception:  # noqa: BLE001  # whatever it is, the state is wrong, and the report says where
        return [Fault(Sort.STUCK, traceback.format_exc(limit=-4))]


def acts(told: Sequence[Mark], act: str) -> list[Mark]:
    """Return what was told of one act."""
    return [one for one in told if one["done"] == act]


@contextmanager
def opened(folder: Path, key: bytes = KEY) -> Iterator[Archive]:
    """The archive is open in the folder, as at the desk."""
    archive = Archive.open(folder, key)
    try:
        yield archive
    finally:
        archive.close()


def archive_faults(archive: Archive, told_lost: Collection[str] = ()) -> Iterator[Fault]:
    """Yield what is wrong with any open archive, whatever was done in it; leftovers are cleared away on the way.

    Args:
        told_lost: ids of files of which a person was told that they are lost.
    """
    _, findings = archive.read_again()
    for one in findings:
        yield Fault(Sort.CORRUPT, one)
    archive.clear_leftovers(NOON + timedelta(days=100_000))
    with archive.reading() as connection:
        yield from _half_done(connection)
        for kept in attachments.everything(connection):
            try:
                attachments.checked_content(archive, connection, kept.sha256)
            except SealBroken as broken:
                if broken.facts.get("file_id") not in told_lost:
                    yield Fault(Sort.LOST, f"attachment: {broken}")
        for folder in (archive.folder, archive.folder / "files"):
            for left in folder.glob("**/*.part"):
                if folder.name == "files":
                    yield Fault(Sort.HALF, f"left over: {left.name}")


def _half_done(connection: Connection) -> Iterator[Fault]:
    """Yield records of which a part is missing: revision, attachment, log, index."""
    logged = {one.subject for one in _log(connection) if one.act == "record-filed"}
    for line in records.every(connection):
        said = records.body(connection, line.head)
        if said is None or said["number"] != line.number:
            yield Fault(Sort.HALF, f"record without its revision: {line.uid}")
            continue
        if list(search.every(connection, search_question.read(line.number)).rows[:]) != [line.id]:
            yield Fault(Sort.HALF, f"record that is not found by its number: {line.uid}")
        if any(attachments.find(connection, one["sha256"]) is None for one in said["attachments"]):
            yield Fault(Sort.HALF, f"record without its attachment: {line.uid}")
        draft = drafts.find(connection, line.uid)
        if draft is not None and not draft.parent:
            yield Fault(Sort.HALF, f"draft of a record that is filed: {line.uid}")
        logged.discard(line.uid)
    for uid in logged:
        yield Fault(Sort.HALF, f"in the log, and not there: {uid}")
    for item in inbox.items(connection, ItemState.USED):
        if records.by_uid(connection, item.record_uid) is None:
            yield Fault(Sort.HALF, f"page used by no record: {item.id}")


def _log(connection: Connection) -> Iterator[audit.Event]:
    after = 0
    while events := audit.events(connection, after=after):
        yield from events
        after = events[-1].sequence


def goes_on(archive: Archive) -> None:
    """Another act is done in the archive. Raises what the product raises."""
    cataloguing = Cataloguing(archive, KINDS, CLERK, lambda: NOON)
    form = cataloguing.start("document")
    cataloguing.put(form.draft.uid, "subject", "断电之后")
    assert cataloguing.form(form.draft.uid).draft.fields["subject"] == "断电之后"
