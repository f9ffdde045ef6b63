"""A walk through the real window by keys: every page, empty and at work, one stop after another."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QThreadPool
from PySide6.QtWidgets import QApplication, QWidget

from desktop.app import make_window
from desktop.services.export_requests import Terms, Way
from desktop.services.opening import RecoverySheet
from desktop.ui.keeping import keeping_pool
from desktop.ui.pages.importing import COLUMNS, RUNS, TRIAL
from desktop.ui.pages.recovery_sheet import RecoverySheetPage
from sync.vault.slots import Role
from tests.gallery.faults import WIDE, settle
from tests.gallery.office import HEAD, PASSWORD, Offices
from tests.journeys.hands import Hands, Key, Modifier

CTRL, ALT = Modifier.ControlModifier, Modifier.AltModifier
SHIFTED = CTRL | Modifier.ShiftModifier
QUIET_MS = 40


@dataclass(frozen=True, slots=True)
class Stop:
    """What is shown, and by what name its picture goes."""

    name: str
    shown: QWidget


class Tour:
    """Goes from stop to stop; whoever looks at one may change theme and size, and leaves the keyboard where it was."""

    def __init__(self, app: QApplication, offices: Offices, pictures: Path, size: tuple[int, int] = WIDE) -> None:
        self._app, self._offices, self._pictures, self._size = app, offices, pictures, size
        self.rooms: dict[Role, list[str]] = {}  # which pages a role was found to have
        self.window: Any = None
        self.hands: Hands = None  # type: ignore[assignment]

    def stops(self) -> Iterator[Stop]:
        """Yield every page of the program, the first one, the empty office, then the busy one."""
        yield from self._first_pages()
        yield from self._empty_office()
        yield from self._busy_office()

    # the windows

    def _begin(self, folder: Path) -> None:
        self.window = make_window(self._app, folder, "light")
        self.window.resize(*self._size)
        self.hands = Hands(self.window, self._pictures)
        self.window.start()
        self.window.activateWindow()
        self.hands.wait("the first page", lambda: self.window._prepared)

    def _end(self) -> None:
        self.window._parting = True  # the last backup has a stop of its own
        self.window.close()
        self.window.deleteLater()
        settle()

    def _page(self) -> Any:
        return self.window._frame.pages[self.window._frame.here]

    def _stop(self, name: str) -> Stop:
        self._rest()
        return Stop(name, self.window)

    def _rest(self) -> None:
        """Nothing is under way behind the screen any more."""
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < QUIET_MS / 1000:
            settle()
            if QThreadPool.globalInstance().activeThreadCount() or keeping_pool().activeThreadCount():
                quiet_since = time.monotonic()
            time.sleep(0.002)

    def _go(self, name: str, wanted: object = None) -> None:
        self.window._frame.go(name, wanted)
        self._rest()

    def _until(self, what: str, seen: Callable[[], Any]) -> Any:
        return self.hands.wait(what, seen, 60)

    def _write(self, text: str) -> None:
        self.hands.type(text)
        settle()

    # the stops

    def _first_pages(self) -> Iterator[Stop]:
        self._begin(self._offices.bare)
        yield self._stop("unlock-bare")
        self.hands.press(Key.Key_Return)
        self.hands.field("begin:county")
        yield self._stop("begin")
        self.hands.press(Key.Key_Return, CTRL)
        yield self._stop("begin-refused")
        sheet = RecoverySheet(
            "云泽县青石镇", "XJE2-UMUZ-D2LJ-TXXM-YJQW-RV57-GWGY-AJUZ-TF7N", "2026-11-21T10:00:00+00:00"
        )
        self.window._show(RecoverySheetPage(self.window.look, self.window.words, sheet))
        yield self._stop("recovery-sheet")
        self.window._after_beginning("unlock", None)
        self.hands.press(Key.Key_F9)
        yield self._stop("restore")
        self.window._after_beginning("unlock", None)
        self._end()

    def _empty_office(self) -> Iterator[Stop]:
        self._begin(self._offices.empty)
        page = self.window.unlock_page
        self._until("the people", lambda: page.people)
        yield self._stop("unlock")
        self._write("这不是口令这不是口令")
        self.hands.press(Key.Key_Return)
        self._until("the refusal", lambda: "口令" in page.note_words() and page.open_button.isEnabled())
        yield self._stop("unlock-refused")
        self.hands.press(Key.Key_F6)
        self.hands.field("recover:code")
        yield self._stop("recover")
        self.window._after_beginning("unlock", None)
        self.window.unlock_page.password.setText(PASSWORD)
        assert self.window.unlock_page.people[0].name == HEAD
        self.hands.press(Key.Key_Return)
        self._until("the desk", lambda: self.window.desk)
        self.rooms[Role.ADMIN] = list(self.window._frame._rooms)
        for name in self.rooms[Role.ADMIN]:
            self._go(name)
            yield self._stop(f"empty-{name}")
        self._go("users")
        for key, name in ((Key.Key_F2, "add"), (Key.Key_F7, "key")):
            self.hands.press(key)
            yield self._stop(f"users-{name}")
            self.hands.press(Key.Key_Escape)
        self._go("sync")
        self.hands.press(Key.Key_F8)
        yield self._stop("sync-join")
        self.window.show_crash(ZeroDivisionError("a number of nobody"))
        yield self._stop("crash")
        self.window._return_from_crash("", None)
        self._end()

    def _busy_office(self) -> Iterator[Stop]:
        self._begin(self._offices.busy)
        self.hands.press(Key.Key_F7)
        self._until("the practice office", lambda: self.window.desk)
        for part in (
            self._clerk,
            self._papers,
            self._finding,
            self._lesson,
            self._volumes,
            self._importing,
            self._people,
            self._line,
        ):
            yield from part()
        yield from self._others()
        self._end()

    def _clerk(self) -> Iterator[Stop]:
        frame = self.window._frame
        self._until("the day", lambda: frame.page("today")._view is not None)
        yield self._stop("today")
        self.hands.press(Key.Key_Down)
        yield self._stop("today-chosen")
        for name in ("numbers", "retention", "inbox"):
            self._go(name)
            if name == "inbox":
                self._until("a page", lambda: frame.page("inbox").viewer.canvas.image is not None)
            yield self._stop(name)

    def _papers(self) -> Iterator[Stop]:
        inbox = self._page()
        waiting = {item.name: item.id for item in inbox._items.values()}
        for file, kind in (("marriage-2016.pdf", Key.Key_1), ("dibao-2024.pdf", Key.Key_3)):
            self._go("inbox")
            inbox.entries.setFocus()
            inbox.entries.choose(waiting[file])
            self._rest()
            self.hands.press(kind)
            page = self.window._frame.page("catalogue")
            self._until("the form", lambda page=page: page.form is not None and page.card.entry)  # type: ignore[misc]
            yield self._stop(f"catalogue-{file.split('-')[0]}")
            if kind == Key.Key_1:
                yield from self._faulty(page)
            else:
                for _ in range(2):
                    self.hands.press(Key.Key_A, ALT)
                    self._rest()
                yield self._stop("catalogue-members")
                self.hands.press(Key.Key_M, ALT)
                yield self._stop("catalogue-all-fields")
            self.hands.press(Key.Key_Escape)

    def _faulty(self, page: Any) -> Iterator[Stop]:
        """A wrong number, the reason for it, and what filing then says is missing."""
        page.card.focus("wife.id_no")
        self.hands.replace("33992119870719004X"[:-1] + "1")
        self._until("saved", lambda: not page._saver.busy())
        yield self._stop("catalogue-wrong-number")
        self.hands.press(Key.Key_F8)
        yield self._stop("catalogue-reason")
        self.hands.press(Key.Key_Return)
        self._rest()
        self.hands.press(Key.Key_Return, CTRL)
        self._until("the notice", lambda: self.window._frame.notice.words())
        yield self._stop("catalogue-not-filed")
        self.hands.press(Key.Key_Escape)

    def _finding(self) -> Iterator[Stop]:
        frame = self.window._frame
        self._go("search", "")
        search = frame.page("search")
        self._until("a record", lambda: search.panel.uid and search.panel.title.text())
        yield self._stop("search")
        self.hands.press(Key.Key_F9)
        yield self._stop("search-purpose")
        self.hands.press(Key.Key_Escape)
        self.hands.press(Key.Key_V, ALT)
        yield self._stop("search-conditions")
        self.hands.press(Key.Key_Escape)
        search.table.setFocus()
        self.hands.press(Key.Key_Return)
        yield self._stop("search-opened")
        self.hands.press(Key.Key_P, CTRL)
        extract = frame.page("extract")
        self._until("the sheet", lambda: extract.title.text())
        yield self._stop("extract")
        for name, text in (("applicant", "刘凤英"), ("relation", "本人"), ("purpose", "办理养老保险")):
            extract.fields[name].setFocus()
            self._write(text)
            self.hands.press(Key.Key_Return)
        self.hands.press(Key.Key_Return, CTRL)
        self._until("the number", lambda: extract._issued)
        yield self._stop("extract-issued")
        self._go("register")
        self.hands.press(Key.Key_F2)
        yield self._stop("register")
        self._go("search", "没有这个人")
        self._until("no hit", lambda: search._hits is not None and not search._hits.total)
        yield self._stop("search-nothing")
        yield from self._elsewhere()

    def _elsewhere(self) -> Iterator[Stop]:
        """F7: what other townships hold, asked for, opened."""
        self.window._frame.go("search", "何晨")
        self._rest()
        self.hands.press(Key.Key_F7)
        page = self._page()
        self._until("the hits", lambda: not page.at_work() and page.answer is not None and page.answer.hits)
        yield self._stop("one_window")
        page.table.setFocus()
        self.hands.press(Key.Key_Return)
        yield self._stop("one_window-purpose")
        page.panel.purpose.setFocus()
        self._write("办理养老保险")
        self.hands.press(Key.Key_Return)
        self._until("the file", lambda: page.opened is not None)
        yield self._stop("one_window-opened")

    def _lesson(self) -> Iterator[Stop]:
        self._go("lesson")
        self._until("the steps", lambda: self._page().list.id_here())
        yield self._stop("lesson")

    def _volumes(self) -> Iterator[Stop]:
        self._go("volumes")
        page = self._page()
        self._until("a series", lambda: page.lists.series_model.rowCount())
        self.hands.press(Key.Key_N)
        yield self._stop("volumes-make")
        page.lists.series.setFocus()
        self.hands.press(Key.Key_Return)
        self._until("a volume", lambda: page._found)
        yield self._stop("volumes")
        for key, name in ((Key.Key_A, "add"), (Key.Key_F2, "facts"), (Key.Key_F3, "pages")):
            self.hands.press(key)
            if name == "add":
                self.hands.press(Key.Key_Return)
                self._until("the refusal", lambda: page.form.told.isVisible())
            yield self._stop(f"volumes-{name}")
            self.hands.press(Key.Key_Escape)
        for key, name in ((Key.Key_2, "second"), (Key.Key_3, "third"), (Key.Key_5, "fifth")):
            self.hands.press(key)
            yield self._stop(f"volumes-{name}-sheet")

    def _people(self) -> Iterator[Stop]:
        self._go("persons")
        page = self._page()
        self._until("a candidate", lambda: page.compare.candidate is not None)
        yield self._stop("persons")
        page.entries.setFocus()
        self.hands.press(Key.Key_F)
        yield self._stop("persons-file")
        self.hands.press(Key.Key_F9)
        yield self._stop("persons-purpose")
        page.file_panel.purpose.setText("低保复核")
        self.hands.press(Key.Key_Return)
        self._until("the rows of other offices", lambda: page.file_panel.file is not None and page.file_panel.file.rows)
        page.file_panel.table.choose(len(page.file_panel.file.sides))
        yield self._stop("persons-sources")

    def _importing(self) -> Iterator[Stop]:
        self._go("import")
        page = self._page()
        page.runs.file.setText(str(self._offices.register))
        page.runs.file.setFocus()
        self.hands.press(Key.Key_Return)
        self._until("the columns", lambda: page.step == COLUMNS and not page.busy.running)
        yield self._stop("import-columns")
        self.hands.press(Key.Key_Return, CTRL)
        self._until("the trial", lambda: page.step == TRIAL and not page.busy.running)
        yield self._stop("import-trial")
        self.hands.press(Key.Key_Escape)
        self.hands.press(Key.Key_Escape)
        page.runs.file.setText(str(self._offices.vehicles))
        page.runs.file.setFocus()
        self.hands.press(Key.Key_Return)
        self._until("the source", lambda: page.columns.is_source and page.step == COLUMNS and not page.busy.running)
        yield self._stop("import-source")
        self.hands.press(Key.Key_Return, CTRL)
        self._until("its trial", lambda: page.step == TRIAL and not page.busy.running)
        self.hands.press(Key.Key_Return, CTRL)
        self._until("kept", lambda: page.step == RUNS and not page.busy.running)
        yield self._stop("import-done")

    def _line(self) -> Iterator[Stop]:
        for name in ("sync", "backup"):
            self._go(name)
            yield self._stop(name)
        self._go("checks")
        self.hands.press(Key.Key_Return, CTRL)
        self._until("the report", lambda: self._page().reports and not self._page().at_work())
        yield self._stop("checks")
        self._go("reconcile")
        self._until("the comparing", lambda: self._page()._found is not None)
        yield self._stop("reconcile")

    def _rules(self) -> Iterator[Stop]:
        """What stands, then what other files would change."""
        self._go("editions")
        page = self._page()
        self._until("the rules", lambda: page.rules is not None)
        yield self._stop("editions")
        folder = self._offices.register.parent / "rules"
        folder.mkdir()
        for one in page.rules.standing.edition.files:
            stricter = one.text.replace("version = 1", "version = 2", 1).replace("max_length = 40", "max_length = 4", 1)
            (folder / one.name).write_text(stricter if one.name == "dibao.toml" else one.text, encoding="utf-8")
        page.try_folder(folder)
        self._until("the trial", lambda: page.trial is not None and page.trial.tried.lines)
        yield self._stop("editions-tried")

    def _matters(self) -> Iterator[Stop]:
        """Whom the county waits for, two decisions against each other, a log in doubt."""
        self._go("witness")
        page = self._page()
        self._until("the matters", page.matters)
        shown = {"awaited": page.waiving, "dispute": page.dispute, "log": page.beginning}
        for sort, panel in shown.items():
            waiting = (found for found in page.matters() if found.startswith(sort))
            page.listing.setFocus()
            page.listing.choose(next(waiting))
            self._until(sort, panel.isVisible)
            yield self._stop(f"witness-{sort}")

    def _others(self) -> Iterator[Stop]:
        for number, role, name in ((2, Role.REVIEWER, "review"), (3, Role.AUDITOR, "export")):
            self.hands.press(Key[f"Key_{number}"], SHIFTED)
            self._until(
                role.value, lambda role=role: self.window.desk is not None and self.window.desk.person.role is role
            )  # type: ignore[misc]
            self._go(name)
            if role is Role.REVIEWER:
                self._until("a record", lambda: self._page()._record is not None)
                yield self._stop("review")
                self.hands.press(Key.Key_F9)
                self._until("the results", lambda: self.window._frame.here == "checks" and self._page().reports)
                yield self._stop("review-checks")
                self.hands.press(Key.Key_Escape)
                self._until(
                    "the batch", lambda: self.window._frame.here == "review" and self._page()._record is not None
                )
                self.hands.press(Key.Key_R)
                self.hands.press(Key.Key_1)
                yield self._stop("review-return")
                self.hands.press(Key.Key_Escape)
                self._go("review")
                self.hands.press(Key.Key_C)
                self._until(
                    "the list", lambda: self.window._frame.here == "received" and self._page().given is not None
                )
                yield self._stop("received")
                self._go("board")
                self._until("the townships", lambda: self._page()._board is not None)
                yield self._stop("board")
                self._go("conflict")
                yield self._stop("conflict")
                self._go("duplicates")
                self._until("the pairs", lambda: self._page()._list is not None)
                yield self._stop("duplicates")
                yield from self._rules()
                yield from self._matters()
            else:
                yield self._stop("export")
                self.window.desk.export_requests.ask(Terms(Way.SEALED, "marriage 2010-2016", ("age1" + "q" * 58,)))
                self.hands.press(Key.Key_F7)
                self._until("the requests", lambda: self._page().name == "approvals" and self._page().rows)
                yield self._stop("approvals")
                self.hands.press(Key.Key_Escape)
                self.hands.press(Key.Key_F8)
                self._until("the scope", lambda: self._page().name == "audit" and self._page().rows)
                self.hands.press(Key.Key_N)
                yield self._stop("audit")
                self.hands.press(Key.Key_Escape)
                self._go("log")
                self._until("the rows", lambda: self._page().answer is not None and self._page().answer.lines)
                self.hands.press(Key.Key_F9)
                self._until("the verdict", lambda: self._page().verify_button.isEnabled())
                yield self._stop("log")
