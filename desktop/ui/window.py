"""The window: the first page at once, the desk when somebody has opened it, the crash page over whatever was there."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from PySide6.QtCore import Qt, QThreadPool, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QFrame, QLayout, QStackedWidget, QVBoxLayout, QWidget

from desktop.ui import workers
from desktop.ui.pages.page import Page
from desktop.ui.pages.unlock import Somebody, UnlockPage
from desktop.ui.theme import MODES, SIZE, Look
from desktop.ui.widgets.boxes import row, tinted
from desktop.ui.widgets.text import Icon, Text
from desktop.ui.words import Sentence, Words
from sync.contract.errors import LantaiError, PasswordTemporary

LET_FINISH_MS = 5000
LEAST_PX = (880, 480)


class Desk(Protocol):
    """What the window itself needs of an opened desk."""

    is_open: bool

    def close(self) -> None: ...


class DeskFrame(Protocol):
    """What the window needs of the frame around an opened desk's pages."""

    farewell: Callable[[], Page | None]

    def set_narrow(self, narrow: bool) -> None: ...
    def enter(self) -> None: ...
    def leave(self) -> None: ...
    def go(self, name: str, wanted: object = None) -> None: ...
    def close_down(self) -> bool: ...
    def standing(self) -> tuple[str, object]: ...


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is ready once the heavy parts are imported; `begin` and `furnish` build the pages that need them."""

    people: Callable[[], Sequence[Somebody]]
    unlock: Callable[[str, str, Callable[[int, int], None]], Any]  # name, password, how far the index is: a desk
    practise: Callable[..., Any]  # the practice office's desk, for the role named or the clerk
    begin: Callable[[Look, Words, str, str], Page]  # a page for create, recover or county; the person's name
    furnish: Callable[[Look, Words, Any], QWidget]  # the frame with the desk's pages
    crash: Callable[[Look, Words, BaseException, QWidget], Page]


class Window(QWidget):
    """One window, one archive. `prepare` runs on a pool thread while the first page is already on the screen."""

    desk_opened = Signal(object)
    index_told = Signal()  # the first page says how far the search index has been made again
    desk_closed = Signal()
    ready = Signal()

    def __init__(self, look: Look, words: Words, begun: bool, version: str, prepare: Callable[[], Prepared]) -> None:
        super().__init__()
        self.setObjectName("window")
        self.look, self.words, self._prepare = look, words, prepare
        self._version, self._begun = version, begun
        self._prepared: Prepared | None = None
        self._preparing = False
        self.desk: Any = None
        self._frame: Any = None
        self._wanted = ""  # the way chosen before everything was ready
        self._parting = False
        self._typed = ("", "")  # who tried to unlock with what, until it is known how that ended
        self._left_at: tuple[str, str, object] | None = None  # who locked, and where that person was
        self._join_after = False  # the county is to be joined once the archive is open
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setWindowTitle(words("app.name"))
        self._band = self._made_band()
        self._stack = QStackedWidget()
        lay = QVBoxLayout(self)
        lay.setContentsMargins(0, 0, 0, 0)
        lay.setSpacing(0)
        # a page on its way in may ask for more room for a moment; the window never grows past the screen for it
        lay.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self.setMinimumSize(*LEAST_PX)
        lay.addWidget(self._band)
        lay.addWidget(self._stack, 1)
        self.unlock_page = self._show_unlock()
        self.resize(1366, 768)

    def _made_band(self) -> QFrame:
        self._band_words = Text(self.look, self.words("app.practice"), "small", "warn")
        band = tinted(
            "warn", row(None, Icon(self.look, "practice", "warn", 16), self._band_words, None, gap=8, height=24)
        )
        band.setObjectName("practice")
        band.hide()
        return band

    def start(self) -> None:
        """The first page is painted; then the heavy parts are imported while the password is typed."""
        self.show()
        self.unlock_page.setFocus()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Only when the first page stands on the screen may the imports take the processor."""
        super().paintEvent(event)
        if not self._preparing:
            self._preparing = True
            QTimer.singleShot(0, self._begin_preparing)

    def _begin_preparing(self) -> None:
        workers.run(QThreadPool.globalInstance(), self._prepare, self._take_prepared, self._fail)

    def _take_prepared(self, prepared: Prepared) -> None:
        self._prepared = prepared
        self._show_people()
        self.ready.emit()
        if self._wanted:
            self._take_way(self._wanted)

    def _show_people(self) -> None:
        """The first page shows who can open the archive; an archive whose key file is damaged says so there."""
        if not self._begun or self._prepared is None:
            return
        try:
            self.unlock_page.show_people(self._prepared.people())
        except LantaiError as fault:
            told = self.words.of_error(fault)
            self.unlock_page.show_refusal(told.what + told.safe + told.next)

    def _show_unlock(self) -> UnlockPage:
        page = UnlockPage(self.look, self.words, self._begun, self._version)
        page.unlocked.connect(self._unlock)
        page.way_chosen.connect(self._take_way)
        page.recovery_wanted.connect(self._recover)
        page.set_narrow(self._is_narrow())
        self._show(page)
        return page

    def _show(self, page: QWidget) -> None:
        """That page alone is shown; the one before it is gone."""
        before = self._stack.currentWidget()
        self._stack.addWidget(page)
        self._stack.setCurrentWidget(page)
        if before is not None:
            self._stack.removeWidget(before)
            before.deleteLater()
        page.setFocus()

    def _unlock(self, name: str, password: str) -> None:
        if self._prepared is None:
            return
        unlock, self._typed = self._prepared.unlock, (name, password)
        self.unlock_page.show_opening(True)

        def work(report: workers.Report, _asked: workers.Asked) -> object:
            return unlock(name, password, lambda done, whole: report((done, whole)))

        workers.run_long(QThreadPool.globalInstance(), work, self.open_desk, self._refuse, self._show_indexing)

    def _show_indexing(self, far: object) -> None:
        if isinstance(far, tuple):
            self.unlock_page.show_indexing(*far)
            self.index_told.emit()

    def _refuse(self, fault: Exception) -> None:
        (name, password), self._typed = self._typed, ("", "")
        if isinstance(fault, PasswordTemporary):
            self._take_way("own", name, password)
        elif isinstance(fault, LantaiError):
            told = self.words.of_error(fault)
            self.unlock_page.show_refusal(told.what + told.next)
        else:
            self._fail(fault)

    def _recover(self, name: str) -> None:
        self._take_way("recover", name)

    def _take_way(self, way: str, name: str = "", wanted: object = None) -> None:
        if self._prepared is None:
            self._wanted = way
            return
        self._wanted = ""
        self._join_after = way == "county"
        if self._join_after and self._begun:
            self.unlock_page.say_open_first()
            return
        if way == "practice":
            self.unlock_page.show_opening(True)
            workers.run(QThreadPool.globalInstance(), self._prepared.practise, self.open_desk, self._refuse)
            return
        page = self._prepared.begin(self.look, self.words, way, name)
        page.set_narrow(self._is_narrow())
        page.went.connect(self._after_beginning)
        page.broke.connect(self.show_crash)
        self._show(page)
        page.visit(wanted)

    def _after_beginning(self, where: str, what: object) -> None:
        if where == "desk":
            self.open_desk(what)
        else:
            self._begun = self._begun or where == "restored"
            self.unlock_page = self._show_unlock()
            self._show_people()
            self.unlock_page.setFocus()

    def open_desk(self, desk: Any) -> None:
        """The desk's own pages are shown; the archive is open for that person."""
        assert self._prepared is not None
        self.desk, self._typed = desk, ("", "")
        self._begun = self._begun or not desk.practice
        self._band.setVisible(bool(desk.practice))
        self._furnish()
        if self._join_after:
            self._join_after = False
            self._frame.go("sync", "enrol")
        elif self._left_at is not None and self._left_at[0] == desk.person.name and not desk.practice:
            self._frame.go(*self._left_at[1:])
        self._left_at = None
        gc.freeze()  # looking through what stands until the desk is closed would stop the window for a tenth of a second
        self.desk_opened.emit(desk)

    def _furnish(self) -> None:
        """The open desk has a frame, and it is shown."""
        assert self._prepared is not None
        frame = self._prepared.furnish(self.look, self.words, self.desk)
        self._frame = frame
        frame.lock_wanted.connect(self.lock)  # type: ignore[attr-defined]
        frame.theme_wanted.connect(self.change_theme)  # type: ignore[attr-defined]
        frame.anew_wanted.connect(self.make_anew, Qt.ConnectionType.QueuedConnection)  # type: ignore[attr-defined]
        frame.broke.connect(self.show_crash)  # type: ignore[attr-defined]
        frame.role_wanted.connect(self.practise_as)  # type: ignore[attr-defined]
        self._frame.set_narrow(self._is_narrow())
        self._show(frame)
        self._frame.enter()

    def make_anew(self, language: str) -> None:
        """The pages are made again in that language, where one is stays; what was typed is on the disk before."""
        if self._frame is None or not self._frame.close_down():
            return
        where, wanted = self._frame.standing()
        notice = self._frame.notice.words()
        self._frame.leave()
        self.words = Words(language)
        self.setWindowTitle(self.words("app.name"))
        self._band_words.setText(self.words("app.practice"))
        self._furnish()
        self._frame.go(where, wanted)
        if notice:
            self._frame.tell(Sentence(self.words("settings.done")))

    def practise_as(self, role: object) -> None:
        """The practice office is open again, for its person of that role."""
        if self._prepared is not None and self.desk is not None and self.desk.practice:
            practise = self._prepared.practise
            self.lock()
            self.unlock_page.show_opening(True)
            workers.run(QThreadPool.globalInstance(), lambda: practise(role), self.open_desk, self._refuse)

    def lock(self) -> None:
        """What was typed is on the disk, the key is gone and the archive closed; the first page asks for a password again."""
        if self._frame is not None and self.desk is not None and self.desk.is_open:
            if not self._frame.close_down():
                return  # else what was typed would be lost; it says so
            self._left_at = (self.desk.person.name, *self._frame.standing())
        rekeyed = self.desk is not None and not self.desk.is_open
        self._close_desk()
        self._band.hide()
        self._after_beginning("unlock", None)
        if rekeyed:
            self.unlock_page.say_rekeyed()
        self.desk_closed.emit()

    def change_theme(self) -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        self.look.turn(app, MODES[(MODES.index(self.look.mode) + 1) % len(MODES)])

    def show_crash(self, fault: BaseException) -> None:
        """Say that the program slipped; the page below keeps everything that was typed and comes back with Enter."""
        below = self._stack.currentWidget()
        if self._prepared is None or below is None or (isinstance(below, Page) and below.name == "crash"):
            raise fault
        page = self._prepared.crash(self.look, self.words, fault, below)
        page.set_narrow(self._is_narrow())
        page.went.connect(self._return_from_crash)
        self._below = below
        self._stack.addWidget(page)
        self._stack.setCurrentWidget(page)
        page.visit()

    def _return_from_crash(self, _where: str, _what: object) -> None:
        page = self._stack.currentWidget()
        self._stack.setCurrentWidget(self._below)
        if page is not None and page is not self._below:
            self._stack.removeWidget(page)
            page.deleteLater()
        self._below.setFocus()

    def _fail(self, fault: Exception) -> None:
        if isinstance(fault, LantaiError) and self._begun:
            told = self.words.of_error(fault)
            self.unlock_page.show_refusal(told.what + told.next)
        elif self._prepared is None:
            raise fault
        else:
            self.show_crash(fault)

    def _close_desk(self) -> None:
        gc.unfreeze()
        if self._frame is not None:
            self._frame.leave()
            self._frame = None
        if self.desk is not None:
            self.desk.close()
            self.desk = None

    def _is_narrow(self) -> bool:
        return self.width() < SIZE["narrow"]

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for number in range(self._stack.count()):
            widget: Any = self._stack.widget(number)
            widget.set_narrow(self._is_narrow())

    def closeEvent(self, event: QCloseEvent) -> None:
        """What is under way is let finish, then the archive is closed; a last backup may come before, once."""
        page = self._frame.farewell() if self._frame is not None and not self._parting else None
        if page is not None and not _system_ends():
            self._parting = True
            event.ignore()
            page.went.connect(self._part)
            page.set_narrow(self._is_narrow())
            self._stack.addWidget(page)
            self._stack.setCurrentWidget(page)
            page.visit()
            return
        if self._frame is not None:
            self._frame.close_down()  # what a full disk does not take is lost with the window; it was said when it was typed
        QThreadPool.globalInstance().waitForDone(LET_FINISH_MS)
        self._close_desk()
        super().closeEvent(event)

    def _part(self, _where: str, _what: object) -> None:
        self.close()


def _system_ends() -> bool:
    """Whether the computer is being shut down: it waits for nobody."""
    app = QApplication.instance()
    return isinstance(app, QApplication) and app.isSavingSession()
