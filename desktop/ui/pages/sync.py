"""同步: what is on its way and what came back, each with its reason; the line may be cut at any moment."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from PySide6.QtCore import QThreadPool
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.ui import workers
from desktop.ui.models.paged import Cell, PagedRows
from desktop.ui.pages.catalogue_opening import ToCorrect
from desktop.ui.pages.checks import ToChecks
from desktop.ui.pages.page import Keys, Page
from desktop.ui.pages.sync_line import (
    BatchLine,
    LineView,
    SliceCame,
    batch_cells,
    edition_words,
    read_line,
    returned_of,
    seal_and_sync,
    when,
)
from desktop.ui.pages.sync_list import HandOverPrinting
from desktop.ui.pages.sync_steps import Steps
from desktop.ui.pages.sync_stick import StickWork
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, col, row, rule, stack, tall
from desktop.ui.widgets.enrol_form import EnrolForm
from desktop.ui.widgets.keys import Button
from desktop.ui.widgets.notice import EmptyState
from desktop.ui.widgets.returned import ReturnedList
from desktop.ui.widgets.stick_form import StickForm
from desktop.ui.widgets.table import Column, Table
from desktop.ui.widgets.text import Elided, Icon, Runs, Text
from desktop.ui.words import Words

if TYPE_CHECKING:
    from desktop.services.desk import Desk
    from desktop.services.syncing import LineStatus

BACK_PX, NARROW_BACK_PX = 360, 300


class SyncPage(Page):
    """The line left and below it the batches; right what the county sent back."""

    KEYS: ClassVar[Keys] = (
        ("Enter", "sync.key_go"),
        ("Space", "sync.key_pause"),
        ("1—9", "sync.key_mend"),
        ("↑ ↓", "sync.key_batch"),
        ("U", "sync.key_stick_out"),
        ("I", "sync.key_stick_in"),
        ("D", "sync.key_compare"),
        ("F9", "sync.key_checks"),
        ("F8", "sync.key_enrol"),
    )
    NARROW_KEYS: ClassVar[Keys] = (*KEYS[:7], *KEYS[8:])

    def __init__(self, look: Look, words: Words, desk: Desk) -> None:
        super().__init__(look, words, "sync")
        self._desk = desk
        self._task: workers.Task | None = None
        self._view: LineView | None = None
        self._unsent_before = 0
        self._icon = Icon(look, "offline", "ink_3", 24)
        self._head, self._note = Runs(look), Elided(look, "", "label", "ink_3")
        self.go_button = Button(look, words("sync.go"), "Enter", "main")
        self.go_button.setObjectName("sync:go")
        self.pause_button = Button(look, words("sync.pause"), "Space")
        self.steps = Steps(look, words)
        self.printing = HandOverPrinting(self, desk)
        self.enrol_form = EnrolForm(look, words)
        self.stick_form = StickForm(look, words)
        self.stick = StickWork(words, desk, self.stick_form, self.tell)
        self.table = Table(
            look,
            words("sync.batches"),
            (
                Column(words("sync.batch"), 88),
                Column(words("sync.what")),
                Column(words("sync.progress"), 168, always=False),
                Column(words("sync.time"), 124),
                Column(words("sync.state"), 104),
            ),
            row_px=36,
        )
        self.model: PagedRows[BatchLine] = PagedRows([one.head for one in self.table.columns], self._cells)
        self.table.setModel(self.model)
        self.returned = ReturnedList(look, words)
        self._agreed_icon, self._agreed = Icon(look, "balance", "ink_3"), Text(look, "", "label", "ink_3")
        self._today = Text(look, "", "label", "ink_3")
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        look, words = self.look, self.words
        now = row(
            self._icon, 4, (stack(self._head, self._note), 1), self.pause_button, self.go_button,
            gap=8, margins=(16, 0, 16, 0), height=64,
        )  # fmt: skip
        self._now_card = card(now, rule(), self.steps)
        self._enrol_card, self._stick_card = card(self.enrol_form), card(self.stick_form)
        self._enrol_card.hide()
        self._stick_card.hide()
        head = row(
            Text(look, words("sync.batches"), "strong"), Text(look, words("sync.sealed_note"), "label", "ink_3"), None,
            self._today, gap=12, margins=(16, 0, 16, 0), height=40,
        )  # fmt: skip
        self._agreed_row = row(self._agreed_icon, self._agreed, None, gap=8, margins=(16, 0, 16, 0), height=40)
        self._agreed_row.hide()
        self._no_batches = EmptyState(look, "batch", words("sync.no_batch_title"), words("sync.no_batch_words"))
        self._no_batches.hide()  # until it is known that there is none
        self._queue = card(head, rule(), (self.table, 1), (self._no_batches, 1), self._agreed_row)
        back_head = row(
            Icon(look, "back", "ink_2"), Text(look, words("sync.returned"), "strong"), self.returned.count, None,
            Text(look, words("sync.mend_note"), "label", "ink_3"), gap=8, margins=(16, 0, 16, 0), height=40,
        )  # fmt: skip
        self._back_card = card(back_head, rule(), (self.returned, 1), width=BACK_PX)
        self._last, self._rules = Text(look, "", "label", "ink_3"), Elided(look, "", "label", "ink_3")
        self._rules.setObjectName("sync:rules")
        left = col(self._now_card, self._enrol_card, self._stick_card, (self._queue, 1), gap=12)
        body = QHBoxLayout()
        body.setSpacing(12)
        body.addWidget(tall(left), 1)
        body.addWidget(tall(self._back_card))
        self._lay = QVBoxLayout(self)
        self._lay.addWidget(
            row(Text(look, words("nav.sync"), "title"), self._last, (self._rules, 1), gap=12, height=32)
        )
        self._lay.addLayout(body, 1)

    def _connect(self) -> None:
        self.go_button.clicked.connect(self.sync)
        self.pause_button.clicked.connect(self.pause)
        self.enrol_form.given.connect(self._enrol)
        self.stick.ended.connect(self._stick_ended)
        self.stick.failed.connect(self._stick_failed)
        self.returned.opened.connect(self._mend)
        self.table.opened.connect(self._sync_by_row)
        for keys, act in (("Return", self.press_enter), ("Space", self.pause), ("F8", self.show_enrolment)):
            self.bind(keys, act)
        self.bind("Ctrl+P", self.print_list)
        self.bind("Ctrl+S", self.choose_list)
        self.bind("U", partial(self.use_stick, "write"))
        self.bind("I", partial(self.use_stick, "read"))
        self.bind("F9", partial(self.went.emit, "checks", ToChecks("sync")))
        self.bind("D", partial(self.went.emit, "reconcile", None))
        for digit in range(1, 10):
            self.bind(str(digit), partial(self.returned.open_number, digit))

    def set_narrow(self, narrow: bool) -> None:
        super().set_narrow(narrow)
        self._lay.setContentsMargins(*((12, 4, 12, 8) if narrow else (16, 12, 16, 16)))
        self._lay.setSpacing(4 if narrow else 12)
        self.table.set_narrow(narrow)
        self._back_card.setFixedWidth(NARROW_BACK_PX if narrow else BACK_PX)
        self._show_card(self._enrol_card, not self._enrol_card.isHidden())
        self._show_card(self._stick_card, not self._stick_card.isHidden())

    def visit(self, wanted: object = None) -> None:
        self._look()
        if wanted == "enrol":
            self.show_enrolment()

    def at_work(self) -> bool:
        return self._task is not None or self.stick.at_work()

    def escape(self) -> bool:
        if self.stick.stop():
            return True
        for one in (self._enrol_card, self._stick_card):
            if one.isVisible():
                self._show_card(one, False)
                self.setFocus()
                return True
        return False

    def _look(self) -> None:
        self.ask(partial(read_line, self._desk.syncing), self._take_view)

    def _take_view(self, view: LineView) -> None:
        self._rules.say(*edition_words(self.words, view.edition))
        self._view = view
        self.model.show_rows(view.batches)
        self.table.setVisible(bool(view.batches))
        self._no_batches.setVisible(not view.batches)
        if view.batches and self.table.line() < 0:
            self.table.choose(0)
        if view.batches and self.hasFocus():
            self.table.setFocus()
        self.returned.show_records([returned_of(self.words, self._desk.kinds, line) for line in view.returned])
        if self._task is None:
            self._show_rest(view.status)
        if not view.status.enrolled and self._enrol_card.isHidden():
            self._show_card(self._enrol_card, True)

    def _show_rest(self, status: LineStatus) -> None:
        """Say how the line stands while nothing is under way."""
        waiting = status.filed + status.queued
        self.pause_button.setVisible(False)
        self.go_button.setEnabled(status.enrolled)
        if not status.enrolled:
            self._icon.show_as("offline", "warn")
            self._head.say((self.words("sync.not_enrolled"), "head", "ink"))
            self._note.setText(self.words("sync.not_enrolled_note"))
        else:
            doubt = (
                "sync.log_refused" if status.log_flaw else "sync.county_log_refused" if status.county_log_flaw else ""
            )
            self._icon.show_as("online", "warn" if doubt else "accent" if waiting else "ok")
            head = self.words("sync.waiting", count=waiting) if waiting else self.words("sync.nothing_waits")
            self._head.say((head, "head", "ink"))
            told = (status.county, *self._of_numbers(status), status.address)
            self._note.setText(self.words(doubt) if doubt else "　".join(told))
        self._last.setText(self.words("sync.last", at=when(status.last_contact)) if status.last_contact else "")
        self._today.setText(self.words("sync.to_send", count=waiting, files=status.unsent_attachments))
        self.steps.show_rest(status)

    def _of_numbers(self, status: LineStatus) -> list[str]:
        """Return which numbers this desk gives, and where they soon go on further up."""
        if not status.seat:
            return [self.words("sync.no_seat")]
        said = [self.words("sync.seat", seat=status.seat, first=f"{status.first_item:04d}")]
        said += [self.words("sync.series_ending", series=series, left=left) for series, left in status.ending[:1]]
        return said

    def _cells(self, line: BatchLine) -> Sequence[Cell]:
        return batch_cells(self.words, line)

    def show_enrolment(self) -> None:
        self._show_card(self._stick_card, False)
        self._show_card(self._enrol_card, True)
        self.enrol_form.setFocus()

    def print_list(self) -> None:
        """The hand-over list of the chosen batch is with the printer."""
        if (batch := self._batch_here()) is not None:
            self.printing.print_list(batch.seal.batch_id)

    def choose_list(self) -> None:
        """Ask where the hand-over list of the chosen batch shall stand as a PDF."""
        if (batch := self._batch_here()) is not None:
            self.printing.choose_list_pdf(batch.seal.batch_id, batch.seal.sequence)

    def _batch_here(self) -> BatchLine | None:
        line = max(0, self.table.line())
        return self.model.row_at(line) if line < self.model.rowCount() else None

    def use_stick(self, act: str) -> None:
        """What waits goes on a stick, or what came back on it is taken in; which stick is asked if it is not plain."""
        if self.at_work() or not self.go_button.isEnabled():
            return
        self._show_card(self._enrol_card, False)
        self._show_card(self._stick_card, True)
        if self.stick.ask(act):
            self.stick_form.setFocus()

    def _stick_ended(self) -> None:
        self._show_card(self._stick_card, False)
        self.setFocus()
        self._look()
        self.counts_changed.emit()

    def _stick_failed(self, fault: Exception) -> None:
        self.tell_fault(fault)
        self.stick_form.say(self.words("stick.again"), "warn")
        self.stick_form.setFocus()

    def _show_card(self, form: QWidget, shown: bool) -> None:
        """A form takes the place of the batches where the window is low."""
        if shown:  # never both for a moment: the window would grow, and stay so
            self._queue.setVisible(not self.narrow)
        form.setVisible(shown)
        any_shown = not (self._enrol_card.isHidden() and self._stick_card.isHidden())
        self._queue.setVisible(not (any_shown and self.narrow))

    def _enrol(self, address: str, code: str) -> None:
        self.ask(partial(self._desk.syncing.enrol, address, code), self._enrolled, self._enrol_refused)

    def _enrolled(self, _none: None) -> None:
        self._show_card(self._enrol_card, False)
        self.enrol_form.button.setEnabled(True)
        self.tell("sync.enrolled")
        self.setFocus()
        self._look()
        self.counts_changed.emit()

    def _enrol_refused(self, fault: Exception) -> None:
        self.enrol_form.button.setEnabled(True)
        self.tell_fault_at(self.enrol_form.refuse, fault)

    def _sync_by_row(self, _line: int) -> None:
        self.sync()

    def press_enter(self) -> None:
        """Enter goes on in the form the cursor is in, to join the county or for the stick, else it syncs."""
        if self.enrol_form.has_cursor():
            self.enrol_form.press_enter()
        elif self.stick_form.has_cursor():
            self.stick_form.submit()
        else:
            self.sync()

    def sync(self) -> None:
        """Seal what was filed and exchange with the county; a second press while it runs does nothing."""
        if self.at_work() or not self.go_button.isEnabled():
            return
        self._unsent_before = self._view.status.unsent_attachments if self._view else 0
        self.go_button.setEnabled(False)
        self.pause_button.setVisible(True)
        self._icon.show_as("sync", "accent")
        self._head.say((self.words("sync.going"), "head", "ink"))
        work = partial(seal_and_sync, self._desk)
        pool = QThreadPool.globalInstance()
        self._task = workers.run_long(pool, work, self._synced, self._sync_failed, self._progressed)
        self.quieted.emit()

    def pause(self) -> None:
        """Ask the exchange to stop where it is safe; the next one goes on from there."""
        if self._task is not None:
            self._task.cancel()
            self._head.say((self.words("sync.pausing"), "head", "ink"))

    def _progressed(self, report: object) -> None:
        if isinstance(report, SliceCame):
            self._note.setText(self.words("one_window.fetched", count=f"{report.records:,}"))
            return
        up = float(getattr(report, "up_bytes", 0)) / 1024
        down = float(getattr(report, "down_bytes", 0)) / 1024
        sent = int(getattr(report, "attachments", 0))
        self._note.setText(self.words("sync.bytes", up=f"{up:,.0f}", down=f"{down:,.0f}"))
        self.steps.show_progress(str(getattr(report, "stage", "")), sent, self._unsent_before)

    def _synced(self, synced: object) -> None:
        self._task = None
        outcome: Any = getattr(synced, "outcome", None)
        cancelled = str(getattr(outcome, "end", "")) == "cancelled"
        if cancelled:
            self.tell("sync.paused", "warn")
        else:
            if held_back := self._desk.syncing.held_back:
                self.tell("checks.held_back", "warn", count=held_back)
            elif outcome.refused:
                self.tell("sync.files_refused", "warn", count=len(outcome.refused))
            else:
                self.tell("sync.done", parts=outcome.parts, files=outcome.attachments, events=outcome.events)
            self._agreed_row.show()
            self._agreed_icon.show_as("balance", "ok")
            self._agreed.say(self.words("sync.agreed", heads=getattr(synced, "heads", 0)), "ok")
        self._look()
        self.counts_changed.emit()

    def _sync_failed(self, fault: Exception) -> None:
        self._task = None
        if getattr(fault, "code", "") == "digest_differs":
            self._agreed_row.show()
            self._agreed_icon.show_as("balance", "danger")
            self._agreed.say(self.words("sync.disagreed"), "danger")
        self.tell_fault(fault)
        self._look()

    def _mend(self, uid: str, field: str) -> None:
        said = next((one.grounds for one in self.returned.shown() if one.uid == uid), ())
        self.went.emit("catalogue", ToCorrect(uid, field, tuple("　".join(ground) for ground in said), "sync"))
