"""Saving (归档、著录): a page comes in, a record is typed beside it, field by field, and filed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from filelock import FileLock
from sqlalchemy import event
from sqlalchemy.engine import Engine

from desktop.archive import attachments, drafts, records
from desktop.archive.archive import DATABASE, LOCK, Archive
from sync.contract.errors import LantaiError
from sync.vault.engine import open_engine
from tests.desktop.services.office import MARRIAGE, PAPERS, SmallOffice, begin_office
from tests.powercut.judging import KEY, OFFICE, Fault, Mark, Sort, Tell, acts, archive_faults, goes_on, opened


class Saving:
    """Two records, each with its page; `size` times as many.

    Args:
        setting: how SQLite waits for the disk. FULL is the product's; the others are there to be caught.
        careless: says that all is saved whatever the disk said; there to be caught.
    """

    def __init__(self, setting: str = "FULL", records: int = 2, *, careless: bool = False) -> None:
        self.name = "save" if setting == "FULL" else f"save with synchronous={setting}"
        self.share = 5
        self.size = 1
        self._setting = setting
        self._records = records
        self._careless = careless

    def prepare(self, folder: Path) -> None:
        begin_office(folder / OFFICE).archive.close()

    def run(self, folder: Path, tell: Tell) -> None:
        archive = Archive.open(folder / OFFICE, KEY) if self._setting == "FULL" else _unsafe(folder, self._setting)
        try:
            office = SmallOffice(archive)
            for number in range(self._records * self.size):
                try:
                    _save(office, number, tell)
                except LantaiError:
                    if not self._careless:
                        raise
                    tell("filed", uid=f"{number}", number=f"{number}")
        finally:
            archive.close()

    def judge(self, folder: Path, told: Sequence[Mark]) -> Iterator[Fault]:
        with opened(folder / OFFICE) as archive:
            yield from archive_faults(archive)
            with archive.reading() as connection:
                for mark in acts(told, "received"):
                    if attachments.find(connection, str(mark["sha256"])) is None:
                        yield Fault(Sort.LOST, "page")
                filed = {mark["uid"]: mark["number"] for mark in acts(told, "filed")}
                for uid, number in filed.items():
                    line = records.by_uid(connection, str(uid))
                    if line is None or line.number != number:
                        yield Fault(Sort.LOST, "record")
                yield from typed_faults(connection, told)
            goes_on(archive)


def typed_faults(connection: Any, told: Sequence[Mark]) -> Iterator[Fault]:
    """Yield what was typed and told to be kept, and stands neither in its draft nor in its record."""
    typed: dict[tuple[str, str], str] = {}
    for mark in acts(told, "typed"):
        typed[str(mark["uid"]), str(mark["key"])] = str(mark["text"])
    dropped = {mark["uid"] for mark in acts(told, "put away")}
    for (uid, key), text in typed.items():
        if uid in dropped:
            continue
        draft, line = drafts.find(connection, uid), records.by_uid(connection, uid)
        said = draft.fields if draft else (records.body(connection, line.head) or {})["fields"] if line else {}
        # the key stroke after the last one that was told may have come to the disk as well
        if not said.get(key, "").startswith(text.strip()):
            yield Fault(Sort.LOST, f"typed into {key}")


def _save(office: SmallOffice, number: int, tell: Tell) -> None:
    page = b"%PDF- five pages" + bytes([number]) * 20_000
    item = office.receive(page, text=f"第{number}份")
    with office.archive.reading() as connection:
        for one in attachments.everything(connection):
            tell("received", sha256=one.sha256)
    form = office.cataloguing.start("marriage", item)
    uid = form.draft.uid
    for key, text in {**MARRIAGE, "cert_no": f"J339921-2016-{number:06}"}.items():
        office.cataloguing.put(uid, key, text)
        tell("typed", uid=uid, key=key, text=text)
    for paper, ranges in PAPERS.items():
        office.cataloguing.attach(uid, paper, ranges)
    filed = office.filing.file(uid)
    tell("filed", uid=filed.record, number=filed.number)


def _unsafe(folder: Path, setting: str) -> Archive:
    """The archive is open with a setting that the product does not use."""
    lock = FileLock(folder / OFFICE / LOCK, timeout=0, thread_local=False)
    lock.acquire()
    engine = open_engine(folder / OFFICE / DATABASE, KEY, durable=False)
    if setting != "NORMAL":
        _set_on_every_connection(engine, setting)
    return Archive(folder / OFFICE, engine, lock, KEY)


def _set_on_every_connection(engine: Engine, setting: str) -> None:
    def connected(connection: Any, _: object) -> None:
        connection.execute(f"PRAGMA synchronous={setting}")

    event.listen(engine, "connect", connected)
    engine.dispose()
