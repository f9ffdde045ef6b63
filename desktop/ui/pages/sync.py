"""同步: what is on its way and what came back, each with its reason; the line may be cut at any moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from PySide6.QtCore import QThreadPool
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from desktop.ui import workers
from desktop.ui.models.paged import Cell, PagedRows
from desktop.ui.pages.catalogue import ToCorrect
from desktop.ui.pages.page import Keys, Page
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, col, row, rule, stack, tall
from desktop.ui.widgets.enrol_form import EnrolForm
from desktop.ui.widgets.keys import Button
from desktop.ui.widgets.measure import Measure
from desktop.ui.widgets.notice import EmptyState
from desktop.ui.widgets.returned import Returned, ReturnedList
from desktop.ui.widgets.table import Column, Table
from desktop.ui.widgets.text import Elided, Icon, Runs, Text
from desktop.ui.words import Words
from sync.contract.errors import LantaiError
from sync.contract.kinds import Kind

if TYPE_CHECKING:
    from desktop.services.desk import Desk
    from desktop.services.syncing import LineStatus, Syncing

BACK_PX, NARROW_BACK_PX = 360, 300
BatchLine = Any  # rows as the syncing service hands them over; their types belong to the archive, which pages never see
RecordLine = Any
STEPS = ("rows", "pages", "review")


@dataclass(frozen=True, slots=True)
class LineView:
    """Everything the page shows, read at one moment."""

    status: LineStatus
    batches: list[BatchLine]
    returned: list[RecordLine]


def read_line(service: Syncing) -> LineView:
    return LineView(service.status(), service.batches(), service.returned())


def seal_and_sync(service: Syncing, report: Callable[[Any], None], asked: Callable[[], bool]) -> object:
    """Everything filed is sealed, and the line has carried what it could."""
    service.seal_batch()
    return service.sync(report, asked)


def field_label(kind: Kind, key: str) -> str:
    """Return 「男方证件号」 for husband.id_no, the paper's name for papers.photo, nothing for what the kind does not have."""
    paper = next((one.label for one in kind.papers if key == f"papers.{one.key}"), "")
    field = kind.field(key)
    group = next((group for group, one in kind.all_fields() if one is field), None)
    return group.label * bool(group.key) + field.label if field and group else paper


def when(moment: str) -> str:
    """Return a moment as a list shows it: 11-23 10:31."""
    return f"{moment[5:10]}　{moment[11:16]}" if len(moment) >= 16 else moment


class Step(QFrame):
    """One of the three steps: a sign, its name, a measure, a line."""

    def __init__(self, look: Look, words: Words, name: str) -> None:
        super().__init__()
        self.icon, self.note = Icon(look, "clock", "ink_3"), Elided(look, "", "label", "ink_2")
        self.measure = Measure(look, words(f"sync.step_{name}"), height_px=6)
        lay = QVBoxLayout(self)
        lay.setContentsMargins(0, 0, 0, 0)
        lay.setSpacing(6)
        lay.addWidget(row(self.icon, Text(look, words(f"sync.step_{name}"), "strong"), None, gap=6, height=22))
        lay.addWidget(self.measure)
        lay.addWidget(self.note)

    def show_state(self, icon: str, tone: str, share: float, note: str) -> None:
        self.icon.show_as(icon, tone)
        self.measure.show_shares([(share, tone)])
        self.note.setText(note)


class SyncPage(Page):
    """The line left and below it the batches; right what the county sent back."""

    KEYS: ClassVar[Keys] = (
        ("Enter", "sync.key_go"),
        ("Space", "sync.key_pause"),
        ("1—9", "sync.key_mend"),
        ("↑ ↓", "sync.key_batch"),
        ("F8", "sync.key_enrol"),
    )

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
        self.steps = {name: Step(look, words, name) for name in STEPS}
        self.enrol_form = EnrolForm(look, words)
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
        steps = row(*((step, 1) for step in self.steps.values()), gap=24, margins=(16, 12, 16, 16))
        self._now_card = card(now, rule(), steps)
        self._enrol_card = card(self.enrol_form)
        self._enrol_card.hide()
        head = row(
            Text(look, words("sync.batches"), "strong"), Text(look, words("sync.sealed_note"), "label", "ink_3"), None,
            self._today, gap=12, margins=(16, 0, 16, 0), height=40,
        )  # fmt: skip
        self._agreed_row = row(self._agreed_icon, self._agreed, None, gap=8, margins=(16, 0, 16, 0), height=40)
        self._agreed_row.hide()
        self._no_batches = EmptyState(look, "batch", words("sync.no_batch_title"), words("sync.no_batch_words"))
        self._queue = card(head, rule(), (self.table, 1), (self._no_batches, 1), self._agreed_row)
        back_head = row(
            Icon(look, "back", "ink_2"), Text(look, words("sync.returned"), "strong"), self.returned.count, None,
            Text(look, words("sync.mend_note"), "label", "ink_3"), gap=8, margins=(16, 0, 16, 0), height=40,
        )  # fmt: skip
        self._back_card = card(back_head, rule(), (self.returned, 1), width=BACK_PX)
        self._last = Text(look, "", "label", "ink_3")
        left = col(self._now_card, self._enrol_card, (self._queue, 1), gap=12)
        body = QHBoxLayout()
        body.setSpacing(12)
        body.addWidget(tall(left), 1)
        body.addWidget(tall(self._back_card))
        self._lay = QVBoxLayout(self)
        self._lay.addWidget(row(Text(look, words("nav.sync"), "title"), self._last, None, gap=12, height=32))
        self._lay.addLayout(body, 1)

    def _connect(self) -> None:
        self.go_button.clicked.connect(self.sync)
        self.pause_button.clicked.connect(self.pause)
        self.enrol_form.given.connect(self._enrol)
        self.returned.opened.connect(self._mend)
        self.table.opened.connect(self._sync_by_row)
        for keys, act in (("Return", self.press_enter), ("Space", self.pause), ("F8", self.show_enrolment)):
            self.bind(keys, act)
        for digit in range(1, 10):
            self.bind(str(digit), partial(self.returned.open_number, digit))

    def set_narrow(self, narrow: bool) -> None:
        super().set_narrow(narrow)
        self._lay.setContentsMargins(*((12, 4, 12, 8) if narrow else (16, 12, 16, 16)))
        self._lay.setSpacing(4 if narrow else 12)
        self.table.set_narrow(narrow)
        self._back_card.setFixedWidth(NARROW_BACK_PX if narrow else BACK_PX)
        self._show_enrol_card(not self._enrol_card.isHidden())

    def visit(self, wanted: object = None) -> None:
        self._look()
        if wanted == "enrol":
            self.show_enrolment()

    def escape(self) -> bool:
        if self._enrol_card.isVisible():
            self._show_enrol_card(False)
            self.setFocus()
            return True
        return False

    def _look(self) -> None:
        self.ask(partial(read_line, self._desk.syncing), self._take_view)

    def _take_view(self, view: LineView) -> None:
        self._view = view
        self.model.show_rows(view.batches)
        self.table.setVisible(bool(view.batches))
        self._no_batches.setVisible(not view.batches)
        if view.batches and self.table.line() < 0:
            self.table.choose(0)
        if view.batches and self.hasFocus():
            self.table.setFocus()
        self.returned.show_records([self._returned(line) for line in view.returned])
        if self._task is None:
            self._show_rest(view.status)
        if not view.status.enrolled and self._enrol_card.isHidden():
            self._show_enrol_card(True)

    def _returned(self, line: RecordLine) -> Returned:
        kind = self._desk.kinds.get(line.kind)
        grounds = []
        for ground in line.grounds:
            reason = self.words.find(f"ground.{ground.code}") or ""
            label = field_label(kind, ground.field) if kind else ""
            grounds.append(
                (label or self.words("sync.whole_record"), "　".join(part for part in (reason, ground.text) if part))
            )
        field = line.grounds[0].field if line.grounds else ""
        return Returned(line.uid, line.title, line.number, field, tuple(grounds))

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
            self._icon.show_as("online", "accent" if waiting else "ok")
            head = self.words("sync.waiting", count=waiting) if waiting else self.words("sync.nothing_waits")
            self._head.say((head, "head", "ink"))
            self._note.setText("　".join((status.county, status.address)))
        self._last.setText(self.words("sync.last", at=when(status.last_contact)) if status.last_contact else "")
        self._today.setText(self.words("sync.to_send", count=waiting, files=status.unsent_attachments))
        self._show_steps(status)

    def _show_steps(self, status: LineStatus) -> None:
        waiting, there = status.filed + status.queued, status.received + status.accepted + status.returned
        if waiting + there == 0:
            for step in self.steps.values():
                step.show_state("clock", "ink_3", 0.0, self.words("sync.nothing_yet"))
            return
        whole = waiting + there
        done = waiting == 0
        rows = self.words("sync.rows_done", count=there) if done else self.words("sync.rows_wait", count=waiting)
        self.steps["rows"].show_state("ok" if done else "clock", "ok" if done else "accent", there / whole, rows)
        left = status.unsent_attachments
        pages = self.words("sync.pages_wait", count=left) if left else self.words("sync.pages_done")
        self.steps["pages"].show_state(
            "clock" if left else "ok", "accent" if left else "ok", 0.0 if left else 1.0, pages
        )
        decided = status.accepted + status.returned
        tone = "ok" if there and decided == there else "accent"
        note = self.words("sync.review_note", accepted=status.accepted, returned=status.returned, open=status.received)
        self.steps["review"].show_state("ok" if tone == "ok" else "clock", tone, decided / max(1, there), note)

    def _cells(self, line: BatchLine) -> tuple[Cell, ...]:
        seal, state = line.seal, line.state.value
        share = 1.0 if state == "received" else line.want / max(1, seal.parts)
        tone = {"received": "ok", "rejected": "danger"}.get(state, "accent")
        moment = line.received_at or line.sealed_at
        parts = self.words("sync.parts", done=seal.parts if state == "received" else line.want, whole=seal.parts)
        return (
            Cell(f"{seal.sequence:04d}"),
            Cell(self.words("sync.batch_words", count=seal.revisions)),
            Cell(parts, "measure", tone, share=share),
            Cell(when(moment), "mute"),
            Cell(self.words(f"batch_state.{state}"), "pill", tone),
        )

    def show_enrolment(self) -> None:
        self._show_enrol_card(True)
        self.enrol_form.setFocus()

    def _show_enrol_card(self, shown: bool) -> None:
        """The form to join the county takes the place of the batches where the window is low."""
        self._enrol_card.setVisible(shown)
        self._queue.setVisible(not (shown and self.narrow))

    def _enrol(self, address: str, code: str) -> None:
        self.ask(partial(self._desk.syncing.enrol, address, code), self._enrolled, self._enrol_refused)

    def _enrolled(self, _none: None) -> None:
        self._show_enrol_card(False)
        self.enrol_form.button.setEnabled(True)
        self.tell("sync.enrolled")
        self.setFocus()
        self._look()
        self.counts_changed.emit()

    def _enrol_refused(self, fault: Exception) -> None:
        if isinstance(fault, LantaiError):
            told = self.words.of_error(fault)
            self.enrol_form.refuse(told.what + told.next)
        else:
            self.broke.emit(fault)

    def _sync_by_row(self, _line: int) -> None:
        self.sync()

    def press_enter(self) -> None:
        """Enter goes on in the form to join the county while the cursor is in it, else it syncs."""
        if self.enrol_form.has_cursor():
            self.enrol_form.press_enter()
        else:
            self.sync()

    def sync(self) -> None:
        """Seal what was filed and exchange with the county; a second press while it runs does nothing."""
        if self._task is not None or not self.go_button.isEnabled():
            return
        self._unsent_before = self._view.status.unsent_attachments if self._view else 0
        self.go_button.setEnabled(False)
        self.pause_button.setVisible(True)
        self._icon.show_as("sync", "accent")
        self._head.say((self.words("sync.going"), "head", "ink"))
        work = partial(seal_and_sync, self._desk.syncing)
        pool = QThreadPool.globalInstance()
        self._task = workers.run_long(pool, work, self._synced, self._sync_failed, self._progressed)
        self.quieted.emit()

    def pause(self) -> None:
        """Ask the exchange to stop where it is safe; the next one goes on from there."""
        if self._task is not None:
            self._task.cancel()
            self._head.say((self.words("sync.pausing"), "head", "ink"))

    def _progressed(self, report: object) -> None:
        up = float(getattr(report, "up_bytes", 0)) / 1024
        down = float(getattr(report, "down_bytes", 0)) / 1024
        sent = int(getattr(report, "attachments", 0))
        self._note.setText(self.words("sync.bytes", up=f"{up:,.0f}", down=f"{down:,.0f}"))
        if str(getattr(report, "stage", "")) == "records":
            self.steps["rows"].show_state("sync", "accent", 0.5, self.words("sync.rows_going"))
        else:
            self.steps["rows"].show_state("ok", "ok", 1.0, self.words("sync.rows_there"))
            whole = max(self._unsent_before, sent, 1)
            note = self.words("sync.pages_going", done=sent, whole=whole)
            self.steps["pages"].show_state("sync", "accent", sent / whole, note)

    def _synced(self, synced: object) -> None:
        self._task = None
        outcome: Any = getattr(synced, "outcome", None)
        cancelled = str(getattr(outcome, "end", "")) == "cancelled"
        if cancelled:
            self.tell("sync.paused", "warn")
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
        self.went.emit("catalogue", ToCorrect(uid, field, tuple("　".join(ground) for ground in said)))
