"""An opened desk: the frame, and its pages, each built at its first visit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QThreadPool, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QHBoxLayout, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from desktop.ui import workers
from desktop.ui.frame import Foot, Navigation, Place, TopBar
from desktop.ui.keeping import Keeper, Survey
from desktop.ui.pages.help import HelpPage, ToHelp
from desktop.ui.pages.page import Page
from desktop.ui.pages.search import ToFind
from desktop.ui.theme import Look
from desktop.ui.widgets.notice import NoticeBar
from desktop.ui.words import Sentence, Words
from sync.contract.errors import LantaiError, Refused

if TYPE_CHECKING:
    from desktop.services.backing_up import BackupStatus

LOOK_AGAIN_MS = 4000  # how often what waits is counted again


@dataclass(frozen=True, slots=True)
class Room:
    """A place and how its page is made; one that is not listed is gone to by a key alone."""

    place: Place
    make: Callable[[], Page]
    listed: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """The state of line and queue as the top bar shows it."""

    icon: str
    words: str
    tone: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many wait at each place, and the line."""

    counts: dict[str, int]
    line: Line
    scanner_away: bool = False  # what a scanner writes cannot be seen


def _nothing_left() -> Page | None:
    return None


class DeskFrame(QWidget):
    """Navigation, search, line, notice, page and foot of one desk."""

    lock_wanted = Signal()
    theme_wanted = Signal()
    anew_wanted = Signal(str)  # the frame and its pages are to be made again, in that language
    role_wanted = Signal(object)  # in the practice office: be somebody else
    entered = Signal()
    left = Signal()
    broke = Signal(object)

    def __init__(
        self,
        look: Look,
        words: Words,
        rooms: Sequence[Room],
        office: str,
        person: str,
        look_around: Callable[[], Waiting],
    ) -> None:
        super().__init__()
        self.setObjectName("desk")
        self.look, self.words, self._look_around = look, words, look_around
        self._rooms = {room.place.name: room for room in rooms}
        self.pages: dict[str, Page] = {}
        self.here = ""
        self._narrow = False
        self._counting = False
        self._waiting: Waiting | None = None
        self.farewell: Callable[[], Page | None] = _nothing_left  # what is to be done before the window closes
        self.nav = Navigation(look, words, [room.place for room in rooms if room.listed], office)
        self.top = TopBar(look, words, person, "search" in self._rooms)
        self.notice, self.foot, self._stack = NoticeBar(look), Foot(look, words), QStackedWidget()
        self.foot.show_state(words("foot.sealed"))
        self._lay_out()
        self._bind()
        self._clock = QTimer(self)
        self._clock.setInterval(LOOK_AGAIN_MS)
        self._clock.timeout.connect(self.look_around)

    def _lay_out(self) -> None:
        whole, right, middle = QHBoxLayout(self), QVBoxLayout(), QVBoxLayout()
        for lay in (whole, right, middle):
            lay.setContentsMargins(0, 0, 0, 0)
            lay.setSpacing(0)
        whole.addWidget(self.nav)
        whole.addLayout(right, 1)
        self._notice_box = QVBoxLayout()
        self._notice_box.setContentsMargins(16, 8, 16, 0)
        self._notice_box.addWidget(self.notice)
        right.addWidget(self.top)
        right.addLayout(self._notice_box)
        right.addWidget(self._stack, 1)
        right.addWidget(self.foot)
        self._show_notice_room()

    def _bind(self) -> None:
        self.nav.went.connect(self.go)
        self.notice.closed.connect(self._show_notice_room)
        self.top.search.textEdited.connect(self._search)
        self.top.search.returnPressed.connect(self._search_now)
        for name, room in self._rooms.items():
            if room.place.digit:
                shortcut = QShortcut(QKeySequence(f"Ctrl+{room.place.digit}"), self)
                shortcut.setProperty("place", name)
                shortcut.activated.connect(self._go_by_key)
        for keys, act in (("Ctrl+K", self._focus_search), ("Escape", self._escape), ("F1", self._help)):
            QShortcut(QKeySequence(keys), self, act)
        down = QShortcut(QKeySequence("Down"), self.top.search)
        down.setContext(Qt.ShortcutContext.WidgetShortcut)
        down.activated.connect(self._to_hits)
        self.top.person.add(self.words("person.lock"), "Ctrl+L").triggered.connect(self.lock_wanted)
        if "password" in self._rooms:
            self.top.person.add(self.words("person.password"), "Ctrl+Shift+P").triggered.connect(self._own_password)
        if "settings" in self._rooms:
            self.top.person.add(self.words("person.settings"), "Ctrl+,").triggered.connect(self._settings)
        self.top.person.add(self.words("person.theme"), "Ctrl+Shift+L").triggered.connect(self.theme_wanted)

    def _help(self) -> None:
        """The help about the page in front; on the help itself, its keys."""
        if self.here != "help":
            self.go("help", ToHelp(self.here, self.pages[self.here].KEYS if self.here else ()))
            return
        page = self.pages["help"]
        assert isinstance(page, HelpPage)
        page.turn()

    def _settings(self) -> None:
        if self.here != "settings":
            self.go("settings", self.here)

    def _own_password(self) -> None:
        if self.here != "password":
            self.go("password", self.here)

    def offer_roles(self, roles: Sequence[tuple[object, str]]) -> None:
        """The person's menu offers to be each of these: (role, words), with Ctrl+Shift and a digit."""
        for number, (role, words) in enumerate(roles, start=1):
            self.top.person.add(words, f"Ctrl+Shift+{number}").triggered.connect(partial(self.role_wanted.emit, role))

    def enter(self) -> None:
        """The first place is shown and what waits is counted."""
        if not self.here:
            self.go(next(name for name, room in self._rooms.items() if room.listed))
        self._clock.start()
        self.look_around()
        self.entered.emit()

    def close_down(self) -> bool:
        """What was typed on any page is on the disk; False, and said why, when it is not."""
        kept = [page.close_down() for page in self.pages.values()]  # every one of them, whatever the first says
        if not all(kept):
            what, safe, then = (self.words(f"lock.not_kept{part}") for part in ("", "_safe", "_next"))
            self.tell(Sentence(what, safe, then, "danger"))
        return all(kept)

    def lock_if_idle(self) -> None:
        """Nobody is at the desk: it is locked, unless something is under way that is to be brought to its end first."""
        dialog = QApplication.activeModalWidget()
        if dialog is not None:
            dialog.close()  # it belongs to a page that goes with the lock; the watch tells again in a second
        elif not any(page.at_work() for page in self.pages.values()):
            self.lock_wanted.emit()

    def standing(self) -> tuple[str, object]:
        """Return where one is and what is shown there, to come back to."""
        return self.here, self.pages[self.here].return_to() if self.here else None

    def leave(self) -> None:
        """The page in front puts its things in order; nothing is asked any more."""
        self._clock.stop()
        self.left.emit()
        if self.here:
            self.pages[self.here].leave()

    def pages_read(self, sha256: str) -> None:
        """The pages of a file have been read; whichever page shows it may offer what they say."""
        for page in self.pages.values():
            page.pages_read(sha256)

    def go(self, name: str, wanted: object = None) -> None:
        """Show that place; its page is built at the first visit."""
        if name not in self._rooms:
            return
        if self.here and self.here != name:
            self.pages[self.here].leave()
        if name not in self.pages:
            self.pages[name] = self._built(name)
        page, self.here = self.pages[name], name
        for one in self.pages.values():  # only the page in front says how much room is needed
            policy = QSizePolicy.Policy.Preferred if one is page else QSizePolicy.Policy.Ignored
            one.setSizePolicy(policy, policy)
        self.nav.show_here(name)
        self._stack.setCurrentWidget(page)
        self.notice.put_away()
        page.setFocus()
        page.visit(wanted)
        self.foot.show_keys(page.keys())

    def page(self, name: str) -> Page:
        """Return that place's page, built if it was not."""
        if name not in self.pages:
            self.pages[name] = self._built(name)
        return self.pages[name]

    def _built(self, name: str) -> Page:
        page = self._rooms[name].make()
        page.told.connect(self.tell)
        page.quieted.connect(self.notice.put_away)
        page.went.connect(self.go)
        page.broke.connect(self.broke)
        page.lock_wanted.connect(self.lock_wanted)
        page.anew_wanted.connect(self.anew_wanted)
        page.counts_changed.connect(self.look_around)
        page.keys_changed.connect(self._show_keys)
        page.set_narrow(self._narrow)
        self._stack.addWidget(page)
        return page

    def tell(self, sentence: Sentence) -> None:
        self.notice.tell(sentence)
        self._show_notice_room()

    def _show_notice_room(self) -> None:
        shown = not self.notice.isHidden()
        self._notice_box.setContentsMargins(16 if shown else 0, 8 if shown else 0, 16 if shown else 0, 0)

    def watch_keeping(self, keeper: Keeper, foot: Callable[[BackupStatus], str]) -> None:
        """The foot says how old the last good backup is; a backup that could not be made by itself is told wherever one is."""
        self._foot_words = foot
        keeper.surveyed.connect(self._show_kept)
        keeper.failed.connect(self._tell_not_kept)

    def _show_kept(self, found: Survey) -> None:
        self.foot.show_state(self._foot_words(found.status))

    def _tell_not_kept(self, doing: str, fault: LantaiError) -> None:
        if doing == "backup" and not isinstance(fault, Refused) and self.here != "backup":
            self.tell(self.words.of_error(fault))

    def look_around(self) -> None:
        """Count again what waits, off the screen's thread; one count at a time."""
        if not self._counting:
            self._counting = True
            workers.run(QThreadPool.globalInstance(), self._look_around, self._take_waiting, self._fail_counting)

    def _take_waiting(self, waiting: Waiting) -> None:
        self._counting = False
        for name, item in self.nav.items.items():
            item.show_count(waiting.counts.get(name, 0))
        self.top.show_line(waiting.line.icon, waiting.line.words, waiting.line.tone)
        before, self._waiting = self._waiting, waiting
        if waiting.scanner_away and not (before and before.scanner_away):  # told once, not every few seconds
            what, safe, then = (self.words(f"inbox.away_{part}") for part in ("what", "safe", "next"))
            self.tell(Sentence(what, safe, then, "warn"))
        if self.here and waiting != before:
            self.pages[self.here].waits_changed()

    def _fail_counting(self, fault: Exception) -> None:
        self._counting = False
        if isinstance(fault, LantaiError):
            self.tell(self.words.of_error(fault))
        else:
            self.broke.emit(fault)

    def set_narrow(self, narrow: bool) -> None:
        self._narrow = narrow
        self.nav.set_narrow(narrow)
        self.top.set_narrow(narrow)
        for page in self.pages.values():
            page.set_narrow(narrow)
        if self.here:
            self.foot.show_keys(self.pages[self.here].keys())

    def _show_keys(self) -> None:
        if self.here:
            self.foot.show_keys(self.pages[self.here].keys())

    def _go_by_key(self) -> None:
        shortcut = self.sender()
        if shortcut is not None:
            self.go(str(shortcut.property("place")))

    def _focus_search(self) -> None:
        if "search" in self._rooms:
            self.top.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self.top.search.selectAll()

    def _search(self, words: str) -> None:
        if self.here != "search":
            self.go("search", words)
            self.top.search.setFocus()
        else:
            self.pages["search"].visit(words)

    def _to_hits(self) -> None:
        """The hits have the keyboard."""
        if "search" in self._rooms:
            if self.here != "search":
                self.go("search", self.top.search.text())
            self.pages["search"].setFocus()

    def _search_now(self) -> None:
        """The hits have the keyboard; a single one is opened."""
        self._to_hits()
        if "search" in self._rooms:
            self.pages["search"].visit(ToFind(self.top.search.text()))

    def _escape(self) -> None:
        """Esc undoes the least thing: the notice, then what the page can undo."""
        if not self.notice.isHidden():
            self.notice.put_away()
        elif self.here:
            self.pages[self.here].escape()
