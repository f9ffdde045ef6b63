"""Which pages a person gets (按角色), what waits at each, and the words for the state of the line."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from desktop.preferences import PreferenceFile
from desktop.ui.comparing import Comparing
from desktop.ui.desk_frame import DeskFrame, Line, Room, Waiting
from desktop.ui.frame import Place
from desktop.ui.idling import IdleWatch
from desktop.ui.keeping import Keeper
from desktop.ui.pages.approvals import ApprovalsPage
from desktop.ui.pages.audit import AuditPage
from desktop.ui.pages.backup import BackupPage
from desktop.ui.pages.backup_view import foot_words
from desktop.ui.pages.begin import CreatePage, RecoverPage
from desktop.ui.pages.board import BoardPage
from desktop.ui.pages.catalogue import CataloguePage
from desktop.ui.pages.checks import ChecksPage
from desktop.ui.pages.conflict import ConflictPage
from desktop.ui.pages.crash import CrashPage
from desktop.ui.pages.duplicates import DuplicatesPage
from desktop.ui.pages.editions import EditionsPage
from desktop.ui.pages.export import ExportPage
from desktop.ui.pages.extract import ExtractPage
from desktop.ui.pages.farewell import FarewellPage
from desktop.ui.pages.help import HelpPage
from desktop.ui.pages.importing import ImportPage
from desktop.ui.pages.inbox import InboxPage
from desktop.ui.pages.lesson import LessonPage
from desktop.ui.pages.log import LogPage
from desktop.ui.pages.numbers import NumbersPage
from desktop.ui.pages.one_window import OneWindowPage
from desktop.ui.pages.own_password import FirstPasswordPage, OwnPasswordPage
from desktop.ui.pages.page import Page
from desktop.ui.pages.persons import PersonsPage
from desktop.ui.pages.received import ReceivedPage
from desktop.ui.pages.reconcile import ReconcilePage
from desktop.ui.pages.register import RegisterPage
from desktop.ui.pages.restore import RestorePage
from desktop.ui.pages.retention import RetentionPage
from desktop.ui.pages.review import ReviewPage
from desktop.ui.pages.search import SearchPage
from desktop.ui.pages.settings import SettingsPage
from desktop.ui.pages.sync import SyncPage
from desktop.ui.pages.today import TodayPage
from desktop.ui.pages.users import UsersPage
from desktop.ui.pages.volumes import VolumesPage
from desktop.ui.pages.witness import WitnessPage
from desktop.ui.recognition import Recognition
from desktop.ui.theme import Look
from desktop.ui.words import Words
from sync.vault.slots import Role

if TYPE_CHECKING:
    from desktop.services.desk import Desk
    from desktop.services.opening import Opening


def rooms_of(
    look: Look,
    words: Words,
    desk: Desk,
    keeper: Keeper | None,
    watch: IdleWatch,
    preferences: PreferenceFile | None = None,
) -> list[Room]:
    """Return the rooms this person may enter, in the order of the navigation; the first is shown first."""
    rooms: list[Room] = []
    catalogues = desk.may("catalogue")
    reviews_too = catalogues and desk.may("review")  # an administrator, who reviews at 5
    if catalogues:
        rooms.append(Room(Place("today", "today", "1"), partial(TodayPage, look, words, desk)))
        rooms.append(Room(Place("inbox", "inbox", "2"), partial(InboxPage, look, words, desk)))
        rooms.append(Room(Place("catalogue", "form", "3"), partial(CataloguePage, look, words, desk)))
        rooms.append(Room(Place("import", "import", "6"), partial(ImportPage, look, words, desk)))
    if desk.may("review"):
        digit = "5" if catalogues else "2"
        rooms.append(Room(Place("review", "batch", digit), partial(ReviewPage, look, words, desk)))
        conflict = Place("conflict", "conflict", "" if catalogues else "3")  # an administrator goes there by X
        board = Place("board", "board", "" if catalogues else "1")  # and there by B
        rooms.append(Room(board, partial(BoardPage, look, words, desk), listed=not catalogues))
        rooms.append(Room(conflict, partial(ConflictPage, look, words, desk), listed=not catalogues))
        duplicates = Place("duplicates", "duplicate", "" if catalogues else "6")  # and there by D
        received = partial(ReceivedPage, look, words, desk)
        rooms.append(Room(Place("received", "page"), received, listed=False))  # by C from the batch
        rooms.append(Room(duplicates, partial(DuplicatesPage, look, words, desk), listed=not catalogues))
    if desk.may("export"):
        rooms.append(Room(Place("export", "export", "8"), partial(ExportPage, look, words, desk)))
        if not catalogues:
            rooms.append(Room(Place("log", "eye", "9"), partial(LogPage, look, words, desk)))
    if desk.may("find"):
        rooms.append(Room(Place("search", "search", "4"), partial(SearchPage, look, words, desk)))
        if not reviews_too:
            rooms.append(Room(Place("persons", "twins", "5"), partial(PersonsPage, look, words, desk)))
    if desk.may("sync") and catalogues:
        rooms.append(Room(Place("sync", "sync", "7"), partial(SyncPage, look, words, desk)))
    if keeper is not None:
        rooms.append(Room(Place("backup", "backup", "9"), partial(BackupPage, look, words, desk, keeper)))
    rooms.sort(key=lambda room: room.place.digit)
    if catalogues:
        rooms.append(Room(Place("volumes", "volume", "J"), partial(VolumesPage, look, words, desk)))
    if desk.may("review"):
        witness = Place("witness", "witness", "" if catalogues else "J")  # and there by W
        rooms.append(Room(witness, partial(WitnessPage, look, words, desk), listed=not catalogues))
        editions = Place("editions", "rules", "" if catalogues else "G")  # and there by G
        rooms.append(Room(editions, partial(EditionsPage, look, words, desk), listed=not catalogues))
    if desk.may("users"):
        rooms.append(Room(Place("users", "person", "0"), partial(UsersPage, look, words, desk, watch)))
    if reviews_too:
        rooms.append(Room(Place("persons", "twins", "-"), partial(PersonsPage, look, words, desk)))
    if catalogues:
        rooms.append(Room(Place("reconcile", "balance"), partial(ReconcilePage, look, words, desk), listed=False))
        rooms.append(Room(Place("retention", "clock"), partial(RetentionPage, look, words, desk), listed=False))
        rooms.append(Room(Place("numbers", "number"), partial(NumbersPage, look, words, desk), listed=False))
        rooms.append(Room(Place("extract", "use"), partial(ExtractPage, look, words, desk), listed=False))
    if desk.may("sync") and catalogues:
        rooms.append(Room(Place("one_window", "search"), partial(OneWindowPage, look, words, desk), listed=False))
    if desk.may("find"):
        rooms.append(Room(Place("checks", "care"), partial(ChecksPage, look, words, desk), listed=False))
        rooms.append(Room(Place("register", "use"), partial(RegisterPage, look, words, desk), listed=False))
    if desk.may("export"):
        rooms.append(Room(Place("audit", "eye"), partial(AuditPage, look, words, desk), listed=False))
        rooms.append(Room(Place("approvals", "ok"), partial(ApprovalsPage, look, words, desk), listed=False))
    if desk.may("export") and catalogues:  # an administrator goes there by F6 from export
        rooms.append(Room(Place("log", "eye"), partial(LogPage, look, words, desk), listed=False))
    if desk.practice and catalogues:
        rooms.append(Room(Place("lesson", "practice", "D"), partial(LessonPage, look, words, desk)))
    if preferences is not None:
        settings = partial(SettingsPage, look, words, desk, preferences)
        rooms.append(Room(Place("settings", "gear"), settings, listed=False))
    rooms.append(Room(Place("help", "help"), partial(HelpPage, look, words), listed=False))
    if not desk.practice:
        rooms.append(Room(Place("password", "lock"), partial(OwnPasswordPage, look, words, desk), listed=False))
    return rooms


def look_around(words: Words, desk: Desk) -> Waiting:
    """Take in what the scanner wrote meanwhile, and count what waits where."""
    away = False
    if desk.may("catalogue"):
        away = desk.receiving.sweep().away
        desk.tidy()
    counts = desk.counts()
    waiting = {"inbox": counts.inbox, "catalogue": counts.drafts, "sync": counts.returned}
    return Waiting(waiting, _line(words, desk, counts.to_send), away)


def _line(words: Words, desk: Desk, to_send: int) -> Line:
    if desk.may("sync") and desk.may("catalogue"):
        if not desk.syncing.enrolled():
            return Line("offline", words("line.alone", count=to_send), "warn" if to_send else "plain")
        if to_send:
            return Line("online", words("line.waiting", count=to_send), "accent")
        return Line("online", words("line.sent"), "ok")
    if desk.may("review"):
        enrolled = desk.county_line.enrolled()
        return Line(
            "online" if enrolled else "offline", words("line.county" if enrolled else "line.no_county"), "accent"
        )
    return Line("lock", words("line.reads_only"), "accent")


def furnish(look: Look, words: Words, desk: Desk, preferences: PreferenceFile | None = None) -> DeskFrame:
    """Return the frame with this person's rooms; each page is built at its first visit. Without preferences there are no settings."""
    person = f"{desk.person.name}　{words(f'role.{desk.person.role.value}')}"
    keeper = Keeper(desk) if desk.may("backup") else None
    watch = IdleWatch(desk.idle_seconds)
    frame = DeskFrame(
        look,
        words,
        rooms_of(look, words, desk, keeper, watch, preferences),
        desk.office,
        person,
        partial(look_around, words, desk),
    )
    if desk.practice:
        others = [Role.CLERK, Role.REVIEWER, Role.AUDITOR]
        frame.offer_roles([(role, words("person.be", role=words(f"role.{role.value}"))) for role in others])
    watch.setParent(frame)
    watch.idled.connect(frame.lock_if_idle)
    frame.entered.connect(watch.begin)
    frame.left.connect(watch.end)
    if keeper is not None:
        _keep(frame, look, words, keeper)
    if desk.may("catalogue"):
        behind = Recognition(desk, frame)
        behind.read.connect(frame.pages_read)
        behind.broke.connect(frame.broke)
        frame.entered.connect(behind.begin)
        frame.left.connect(behind.end)
        comparing = Comparing(desk, frame)
        comparing.broke.connect(frame.broke)
        frame.entered.connect(comparing.begin)
        frame.left.connect(comparing.end)
    return frame


def _keep(frame: DeskFrame, look: Look, words: Words, keeper: Keeper) -> None:
    """The keeper works as long as the frame is entered, tells of what it could not do, and has its say at the end."""
    keeper.setParent(frame)
    keeper.broke.connect(frame.broke)
    frame.entered.connect(keeper.begin)
    frame.left.connect(keeper.end)
    frame.watch_keeping(keeper, partial(foot_words, words))

    def farewell() -> Page | None:
        found = keeper.last_survey
        wanted = found.at_closing if found is not None else ()
        return FarewellPage(look, words, keeper, wanted) if wanted else None

    frame.farewell = farewell


def begin_page(look: Look, words: Words, opening: Opening, way: str, name: str) -> Page:
    """Return the page for a way to begin: making the archive, opening it with the recovery code or a first password, restoring it."""
    if way == "restore":
        return RestorePage(look, words, opening.folder)
    if way == "own":
        return FirstPasswordPage(look, words, opening, name)
    return RecoverPage(look, words, opening, name) if way == "recover" else CreatePage(look, words, opening)


def crash_page(look: Look, words: Words, fault: BaseException, _below: QWidget) -> Page:
    """Return the page that says the program slipped; the page below stays as it is."""
    return CrashPage(look, words, fault)
