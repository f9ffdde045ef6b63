"""The desk (工作台): one open archive, one person, and everything that person may do with it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar, overload

from desktop.archive import drafts, inbox, key_register, records, search_index, settings
from desktop.archive.archive import Archive
from desktop.archive.clock import Clock
from desktop.documents.pages import PageReader
from desktop.documents.recognition import TextReader
from desktop.services.antivirus import Scanner
from desktop.services.archive_numbers import ArchiveNumbers
from desktop.services.auditing import Auditing
from desktop.services.backing_up import BackingUp
from desktop.services.cataloguing import Cataloguing
from desktop.services.conflicts import Conflicts
from desktop.services.county_board import CountyBoard
from desktop.services.county_line import CountyLine
from desktop.services.county_matters import CountyMatters
from desktop.services.disputes import Disputes
from desktop.services.duplicates import Duplicates
from desktop.services.editions import load_edition
from desktop.services.examining import Examining
from desktop.services.export_requests import ExportRequests
from desktop.services.exporting import Exporting
from desktop.services.extracts import Extracts
from desktop.services.filing import Filing
from desktop.services.finding import Finding
from desktop.services.hand_overs import HandOvers
from desktop.services.imports.dry_run import DryRun
from desktop.services.imports.error_list import ErrorList
from desktop.services.imports.importing import Importing, Table
from desktop.services.imports.undoing import ImportRuns
from desktop.services.lessons import Lessons
from desktop.services.log_checking import LogChecking
from desktop.services.log_reading import LogReading
from desktop.services.log_witnessing import sign_off
from desktop.services.office_settings import OfficeSettings
from desktop.services.one_window import OneWindow
from desktop.services.open_copies import OpenCopies
from desktop.services.paper_copies import PaperCopies
from desktop.services.persons import Persons
from desktop.services.publishing import Publishing
from desktop.services.received_lists import ReceivedLists
from desktop.services.receiving import Receiving
from desktop.services.reconciling import Reconciling
from desktop.services.register import Register
from desktop.services.retention import Retention
from desktop.services.reviewing import Reviewing
from desktop.services.sticks import Sticks
from desktop.services.syncing import Syncing
from desktop.services.tending import Tending
from desktop.services.today import Today
from desktop.services.users import OwnPassword, Users
from desktop.services.viewing import Viewing
from desktop.services.volume_lists import VolumeLists
from desktop.services.volumes import Volumes
from sync.contract.errors import NotAllowed
from sync.contract.revisions import RecordState
from sync.vault.slots import Person, Role

LEFTOVER_AGE = timedelta(hours=1)
TIDY_EVERY = timedelta(minutes=2)
MAY: Mapping[Role, frozenset[str]] = {
    Role.CLERK: frozenset({"catalogue", "find", "sync", "backup"}),
    Role.REVIEWER: frozenset({"find", "review", "sync"}),
    Role.AUDITOR: frozenset({"find", "export"}),
    Role.ADMIN: frozenset({"catalogue", "find", "sync", "review", "export", "backup", "users"}),
}


Service = TypeVar("Service")


class made_once(cached_property[Service]):
    """Made at first use, once, whichever threads ask: since Python 3.12 `cached_property` may make two."""

    @overload
    def __get__(self, instance: None, owner: type[Any] | None = None) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type[Any] | None = None) -> Service: ...

    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
        if instance is None:
            return self
        with instance.making:
            return super().__get__(instance, owner)


class Closable(Protocol):
    """What lives as long as an open desk."""

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Counts:
    """How much waits where, for the navigation and the foot of the window."""

    inbox: int
    drafts: int
    to_send: int
    returned: int
    records: int


class Desk:
    """What one person may do with one open archive. Close it when the person leaves."""

    def __init__(self, archive: Archive, person: Person, facts: Mapping[str, str], clock: Clock) -> None:
        self.person = person
        self.facts = facts
        loaded = load_edition(archive)
        self.kinds, self.edition = loaded.kinds, loaded.number
        self.settle_seconds = 2.0  # how long a scan must stand still before it counts as whole
        self._archive = archive
        self.making = threading.RLock()  # one service may ask for another while it is made
        self._companions: list[Closable] = []
        self._tidied_at = clock()
        self._clock = clock
        archive.clear_leftovers(clock() - LEFTOVER_AGE)

    @property
    def office(self) -> str:
        return self.facts["county"] + self.facts["township"]

    @property
    def practice(self) -> bool:
        """Whether this is the practice office (练习室), whose papers and people are invented."""
        return bool(self.facts["practice"])

    def may(self, act: str) -> bool:
        """Whether this person's role permits an act."""
        return act in MAY[self.person.role]

    @made_once
    def reader(self) -> PageReader:
        return PageReader()

    @made_once
    def viewing(self) -> Viewing:
        recogniser = TextReader() if TextReader.available() else None
        return Viewing(self._archive, self.kinds, self.reader, recogniser, self.person.name, self._clock)

    @made_once
    def receiving(self) -> Receiving:
        self._must("catalogue")
        folder = self.scanner_folder
        return Receiving(self._archive, self.reader, folder, self.person.name, self._clock, self.settle_seconds)

    @made_once
    def cataloguing(self) -> Cataloguing:
        self._must("catalogue")
        return Cataloguing(self._archive, self.kinds, self.person.name, self._clock)

    @made_once
    def filing(self) -> Filing:
        self._must("catalogue")
        return Filing(self._archive, self.kinds, self.person.name, self._clock)

    @made_once
    def importing(self) -> Importing:
        self._must("catalogue")
        return Importing(self._archive, self.kinds, self.person.name, self._clock)

    @made_once
    def import_runs(self) -> ImportRuns:
        self._must("catalogue")
        return ImportRuns(self._archive, self.person.name, self._clock)

    def error_list(self, table: Table, tried: DryRun) -> ErrorList:
        """Return what a dry run says against the entries of a table."""
        return ErrorList(self.importing, self.kinds, self._clock, table, tried)

    @made_once
    def finding(self) -> Finding:
        self._must("find")
        return Finding(self._archive, self.kinds, self.person.name, self._clock)

    @made_once
    def persons(self) -> Persons:
        self._must("find")
        return Persons(self._archive, self.kinds, self.person.name, self._clock, decides=self.may("catalogue"))

    @made_once
    def extracts(self) -> Extracts:
        self._must("catalogue")
        return Extracts(self._archive, self.kinds, self.finding, self.office, self.person.name, self._clock)

    @made_once
    def volumes(self) -> Volumes:
        self._must("catalogue")
        return Volumes(self._archive, self.kinds, self.office, self.person.name, self._clock)

    @made_once
    def volume_lists(self) -> VolumeLists:
        self._must("catalogue")
        return VolumeLists(self._archive, self.kinds, self.office, self.person.name, self._clock)

    @made_once
    def paper_copies(self) -> PaperCopies:
        self._must("catalogue")
        return PaperCopies(self._archive, self.kinds, self.reader, self.person.name, self._clock)

    @made_once
    def office_settings(self) -> OfficeSettings:
        self._must("catalogue")
        return OfficeSettings(self._archive, self.person.name, self._clock)

    def change_office(self, name: str, value: str) -> None:
        """The office's name or its scanner's folder is another from now on, for this desk too; raises as `OfficeSettings` does."""
        if name == "scanner_folder":
            self.office_settings.choose_scanner_folder(value)
            with self.making:
                before = self.__dict__.pop("receiving", None)
            if before is not None:
                before.close()
        else:
            self.office_settings.rename(name, value)
            self.facts = {**self.facts, name: value.strip()}

    @made_once
    def register(self) -> Register:
        self._must("find")
        return Register(self._archive, self.kinds, self.person.name, self._clock, writes=self.may("catalogue"))

    @made_once
    def hand_overs(self) -> HandOvers:
        self._must("sync")
        return HandOvers(self._archive, self.kinds, self.office)

    @made_once
    def today(self) -> Today:
        self._must("catalogue")
        return Today(self._archive, self.kinds, self._clock)

    @made_once
    def numbers(self) -> ArchiveNumbers:
        self._must("find")
        return ArchiveNumbers(self._archive, self.person.name, self._clock)

    @made_once
    def syncing(self) -> Syncing:
        self._must("sync")
        return Syncing(self._archive, self.kinds, self.person.name, self._clock, self.edition)

    @made_once
    def sticks(self) -> Sticks:
        self._must("sync")
        return Sticks(self._archive, self.kinds, self.syncing, self.person.name, self._clock)

    @made_once
    def reconciling(self) -> Reconciling:
        self._must("sync")
        return Reconciling(self._archive, self.kinds, self.person.name, self._clock)

    @made_once
    def one_window(self) -> OneWindow:
        self._must("catalogue")
        self._must("sync")
        return OneWindow(self._archive, self.kinds, self.reader, self.person.name, self._clock)

    @made_once
    def county_line(self) -> CountyLine:
        self._must("review")
        return CountyLine(self._archive, self.reader, self.person.name, self._clock)

    @made_once
    def county_board(self) -> CountyBoard:
        self._must("review")
        return CountyBoard(self.county_line)

    @made_once
    def reviewing(self) -> Reviewing:
        self._must("review")
        return Reviewing(self.county_line, self.kinds, self._clock)

    @made_once
    def publishing(self) -> Publishing:
        self._must("review")
        return Publishing(self.county_line)

    @made_once
    def received_lists(self) -> ReceivedLists:
        self._must("review")
        return ReceivedLists(self.county_line, self.reviewing, self.kinds)

    @made_once
    def conflicts(self) -> Conflicts:
        self._must("review")
        return Conflicts(self.county_line, self.kinds, self._clock)

    @made_once
    def disputes(self) -> Disputes:
        self._must("review")
        return Disputes(self.county_line, self.kinds, self._clock)

    @made_once
    def county_matters(self) -> CountyMatters:
        self._must("review")
        return CountyMatters(self.county_line)

    @made_once
    def duplicates(self) -> Duplicates:
        self._must("review")
        return Duplicates(self.county_line, self.kinds)

    @made_once
    def open_copies(self) -> OpenCopies:
        self._must("export")
        return OpenCopies(self._archive, self.kinds, self.person.name, self._clock)

    @made_once
    def exporting(self) -> Exporting:
        self._must("export")
        return Exporting(self._archive, self.kinds, self.person.name, self._clock)

    @made_once
    def auditing(self) -> Auditing:
        self._must("export")
        return Auditing(self._archive, self.kinds, self.exporting, self.person.name, self._clock)

    @made_once
    def export_requests(self) -> ExportRequests:
        self._must("export")
        return ExportRequests(self._archive, self.person.name, self._clock)

    @made_once
    def backing_up(self) -> BackingUp:
        self._must("backup")
        return BackingUp(self._archive, self.person.name, self._clock)

    @made_once
    def tending(self) -> Tending:
        self._must("backup")
        return Tending(self._archive, self.backing_up, self.person.name, self._clock)

    @made_once
    def lessons(self) -> Lessons:
        return Lessons(self._archive)

    @made_once
    def retention(self) -> Retention:
        self._must("catalogue")
        return Retention(self._archive, self.kinds, self.person.name, self._clock)

    @made_once
    def examining(self) -> Examining:
        self._must("find")
        return Examining(self._archive, self.kinds, self.reader, Scanner(), self.person.name, self._clock)

    @made_once
    def users(self) -> Users:
        self._must("users")
        return Users(self._archive, self.person, self._clock)

    @made_once
    def log_checking(self) -> LogChecking:
        return LogChecking(self._archive, self.person.name, self._clock)

    @made_once
    def log_reading(self) -> LogReading:
        self._must("export")
        return LogReading(self._archive, self.finding, self.person.name, self._clock)

    @made_once
    def own_password(self) -> OwnPassword:
        return OwnPassword(self._archive, self.person, self._clock)

    @property
    def is_open(self) -> bool:
        """Whether the archive is; changing its key shuts it."""
        return self._archive.is_open

    @property
    def idle_seconds(self) -> float:
        """After how long without a key the desk is to be locked."""
        with self._archive.reading() as connection:
            return 60.0 * key_register.idle_minutes(connection)

    @property
    def scanner_folder(self) -> Path:
        """The folder the scanner writes into; set once, else beside the archive."""
        with self._archive.reading() as connection:
            chosen = settings.get(connection, "scanner_folder")
        return Path(chosen) if chosen else self._archive.folder.parent / "扫描收件"

    def counts(self) -> Counts:
        """Return how much waits where."""
        with self._archive.reading() as connection:
            states = records.count(connection)
            waiting = inbox.count(connection, inbox.ItemState.TAKEN)
            begun = drafts.count(connection)
        to_send = states.get(RecordState.FILED, 0) + states.get(RecordState.QUEUED, 0)
        return Counts(waiting, begun, to_send, states.get(RecordState.RETURNED, 0), sum(states.values()))

    def tidy(self) -> bool:
        """The search index has merged a little and the log is short, so that no save has to; every two minutes, else False."""
        now = self._clock()
        if abs(now - self._tidied_at) < TIDY_EVERY:
            return False
        self._tidied_at = now
        with self._archive.act(self.person.name, now) as act:
            search_index.tidy(act.connection)
        self._archive.move_log()
        return True

    def accompany(self, companion: Closable) -> None:
        """The companion is closed with the desk."""
        self._companions.append(companion)

    def close(self) -> None:
        """Child processes are gone, the key is gone, another window may open the archive."""
        with ExitStack() as closing:  # whatever fails on the way, the archive is let go
            for companion in reversed(self._companions):
                closing.callback(companion.close)
            closing.callback(self._archive.close)
            closing.callback(sign_off, self._archive, self.person.name, self._clock)
            for name in ("viewing", "reader", "receiving", "county_line", "importing", "import_runs"):
                if name in self.__dict__:
                    closing.callback(self.__dict__[name].close)

    def _must(self, act: str) -> None:
        if not self.may(act):
            raise NotAllowed("the role does not permit it", act=act, role=self.person.role.value)
