"""Desks with real encrypted archives and a county in its real encrypted file, for the numbering world."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from desktop.archive import batches, number_accounts, numbering, records
from desktop.archive.archive import DATABASE, Act, Archive
from desktop.archive.restored import begin_again
from desktop.archive.township_ledger import ArchiveTownshipLedger
from sync.contract.batches import BatchId
from sync.contract.kind_files import load_kinds
from sync.contract.leases import NumbersAsked, NumbersTold
from sync.contract.messages import SyncReply, SyncRequest
from sync.contract.numbers import Series
from sync.contract.revisions import ChangeKind, RecordId, RecordState, Revision, canonical_bytes
from sync.county.storage import Storage
from sync.ledger import Desk, seating
from sync.ledger.county_rules import CountyRules
from tests.sync.contract.office import NOW, TOWNSHIP
from tests.sync.numbering.memory import CARDS, HOLDERS, OFFICE
from tests.sync.numbering.world import Cut, Held

KEY = bytes(range(32))
CLERK = "陈晓兰"
KINDS = load_kinds()


class ArchiveDesk:
    """A desk in a folder."""

    def __init__(self, folder: Path, place: int) -> None:
        self._folder = folder / str(place)
        self._key, certificate = CARDS[place]
        self.desk = Desk(HOLDERS[place], certificate)
        self._archive = Archive.create(self._folder, KEY, {"fonds": "J001"}, CLERK, NOW)
        self._backup = self._folder / "backup.db"
        self.ledger = ArchiveTownshipLedger(self._archive, KINDS, lambda: NOW)

    def seat(self) -> int:
        with self._archive.reading() as connection:
            return numbering.seat(connection)

    def statement(self) -> NumbersAsked:
        with self._archive.reading() as connection:
            return number_accounts.statement(connection)

    def enrol(self, said: NumbersAsked, told: NumbersTold, epoch: str) -> None:
        with self._archive.act(CLERK, NOW) as act:
            numbering.await_seat(act)
            number_accounts.take_in(act, epoch, said, told)

    def file(self, series: Series, records_: Iterable[RecordId]) -> list[str]:
        listed = list(records_)
        with self._archive.act(CLERK, NOW) as act:
            numbers = numbering.allot_run(act, series, len(listed))
            for number, record in zip(numbers, listed, strict=True):
                self._keep(act, number, record)
        return numbers

    def _keep(self, act: Act, number: str, record: RecordId) -> None:
        said = {"kind": "document", "number": number, "title": "通知", "filed": {"by": CLERK, "at": act.moment}}
        made = Revision(record, (), ChangeKind.PUT, canonical_bytes(said))
        records.keep_revision(act.connection, made)
        records.set_line(act, made, said, RecordState.FILED, "")

    def withdraw(self, numbers: list[str]) -> list[str]:
        """As an import is taken back (desktop.archive.imports.take_back)."""
        with self._archive.act(CLERK, NOW) as act:
            for number in numbers:
                act.connection.exec_driver_sql(
                    "DELETE FROM revision WHERE record_uid = (SELECT uid FROM record WHERE number = :number)",
                    {"number": number},
                )
                act.connection.exec_driver_sql("DELETE FROM record WHERE number = :number", {"number": number})
                numbering.withdraw(act, number, "import 7")
        return []

    def give_back(self, series: Series) -> None:
        with self._archive.act(CLERK, NOW) as act:
            numbering.give_back(act, series, "年度已结")

    def seal(self, batch_id: BatchId) -> None:
        with self._archive.act(CLERK, NOW) as act:
            batches.seal_filed(act, TOWNSHIP, self.desk.holder.device, self._key, batch_id)

    def blocks(self) -> list[Held]:
        with self._archive.reading() as connection:
            held = numbering.blocks(connection)
        return [Held(one.series, one.first, one.last, one.next - 1, one.closed) for one in held]

    def back_up(self) -> None:
        self._archive.close()  # the last connection writes the log back into the file
        shutil.copy(self._folder / DATABASE, self._backup)
        self._open()

    def go_back(self) -> None:
        self._archive.close()
        shutil.copy(self._backup, self._folder / DATABASE)
        self._open()
        with self._archive.act(CLERK, NOW) as act:
            begin_again(act)

    def _open(self) -> None:
        self._archive = Archive.open(self._folder, KEY)
        self.ledger = ArchiveTownshipLedger(self._archive, KINDS, lambda: NOW)

    def close(self) -> None:
        self._archive.close()


class StoredCounty:
    """A county in its encrypted file, killed by being closed and opened again."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._open()
        self._storage.create("0" * 32)

    def _open(self) -> None:
        self._storage = Storage(self._folder, KEY, None, lambda: NOW)
        self.rules = CountyRules(self._storage, OFFICE.authority, lambda _: None, lambda: NOW)

    def deliver(self, desk: Desk, request: SyncRequest, weather: str) -> SyncReply:
        if weather == "cut before":
            raise Cut
        reply = self.rules.sync(desk, request)
        if weather == "cut after":
            raise Cut
        return reply

    def enrol(self, desk: Desk, said: NumbersAsked) -> NumbersTold:
        with self._storage.writing(TOWNSHIP) as book:
            seating.take_in(book, desk, said, NOW)
            return seating.tell(book, desk, said)

    def restart(self) -> None:
        self._storage.close()
        self._open()

    def back_up(self) -> None:
        self._storage.close()
        shutil.copy(self._folder / "county.db", self._folder / "backup.db")
        self._open()

    def go_back(self) -> None:
        self._storage.close()
        shutil.copy(self._folder / "backup.db", self._folder / "county.db")
        self._open()

    def close(self) -> None:
        self._storage.close()
