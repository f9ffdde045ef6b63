"""批次审核: counts that always add up, then record by record: the fields beside what the county holds, the page, the decision."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from desktop.services.reviewing import Compared, Decided, ReviewedRecord, TakenBack
from desktop.ui.models.paged import Cell, PagedRows
from desktop.ui.pages.checks import ToChecks
from desktop.ui.pages.files import files_of
from desktop.ui.pages.page import Keys, Page
from desktop.ui.pages.review_decision import DecisionBar
from desktop.ui.pages.review_rows import OPEN, SIGNS, field_cells, is_grave, record_cells, sentence
from desktop.ui.pages.review_sums import SumsBar
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, col, row, rule, tall
from desktop.ui.widgets.enrol_form import EnrolForm
from desktop.ui.widgets.entries import Entries, Entry
from desktop.ui.widgets.notice import EmptyState
from desktop.ui.widgets.table import Column, Table
from desktop.ui.widgets.text import Elided, Pill, Runs, Text
from desktop.ui.widgets.viewer import PageViewer
from desktop.ui.words import Words
from sync.contract.review import BatchDetail, BatchLine, BatchRecord

if TYPE_CHECKING:
    from desktop.services.desk import Desk

LIST_PX, DATA_PX, NARROW_LIST_PX, NARROW_DATA_PX = 232, 456, 160, 416


class ReviewPage(Page):
    """One batch at a time. A decision is signed by this person at the moment the key is pressed."""

    KEYS: ClassVar[Keys] = (
        ("A", "review.key_accept"),
        ("R 1—5", "review.key_return"),
        ("J K", "review.key_step"),
        ("↑ ↓", "review.key_field"),
        ("Space", "review.key_page"),
        ("Shift+A", "review.key_clean"),
        ("[ ]", "review.key_batch"),
        ("F9", "review.key_checks"),
        ("Ctrl+Z", "review.key_undo"),
        ("C", "review.key_list"),
    )
    NARROW_KEYS: ClassVar[Keys] = (*KEYS[:3], KEYS[4])

    def __init__(self, look: Look, words: Words, desk: Desk) -> None:
        super().__init__(look, words, "review")
        self._desk, self._service, self._line = desk, desk.reviewing, desk.county_line
        self._batches: list[BatchLine] = []
        self._detail: BatchDetail | None = None
        self._record: ReviewedRecord | None = None
        self._wanted_record = ""
        self._wanted_township = ""
        self._busy = False
        self.batches = Entries(look, words("review.batches"))
        self.sums = SumsBar(look, words)
        self.listing = Table(
            look, words("review.records"), (Column(words("review.piece")), Column("", 44, always=True)), row_px=32
        )
        self.listing.setObjectName("records")
        self.list_model: PagedRows[BatchRecord] = PagedRows((words("review.piece"), ""), record_cells)
        self.listing.setModel(self.list_model)
        self.fields = Table(
            look,
            words("review.fields"),
            (Column(words("review.field"), 104), Column(words("review.sent")), Column(words("review.held"), 152)),
            row_px=30,
        )
        self.fields.setObjectName("fields")
        heads = [one.head for one in self.fields.columns]
        self.field_model: PagedRows[Compared] = PagedRows(heads, self._field_cells)
        self.fields.setModel(self.field_model)
        self.viewer = PageViewer(look, words, keys=False, strip=False)
        self.decision = DecisionBar(look, words)
        self.enrol_form = EnrolForm(look, words)
        self._title, self._first, self._warned = Elided(look, "", "strong"), Pill(look, ""), Pill(look, "", "warn")
        self._said = Elided(look, "", "small", "warn")
        self._batch_note = Runs(look)
        self.checks = Pill(look, "")
        self.checks.hide()
        self.empty = EmptyState(look, "batch", words("review.none_title"), words("review.none_words"))
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        look, words = self.look, self.words
        self._enrol_card = card(self.enrol_form, width=560)
        self._enrol_row = row(None, self._enrol_card, None)
        self._sums_card = card(self.sums)
        self._batch_card = card((self.batches, 1))
        self._batch_card.setFixedHeight(152)
        self._listing_card = card((self.listing, 1))
        left = col(self._batch_card, (self._listing_card, 1), gap=12)
        head = row((self._title, 1), self._first, self._warned, gap=6, margins=(16, 0, 12, 0), height=40)
        said = row((self._said, 1), margins=(16, 0, 12, 0), height=26)
        self._data_card = card(head, rule(), (self.fields, 1), said, rule(), self.decision, width=DATA_PX)
        self._body = QFrame()
        body = QHBoxLayout(self._body)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(12)
        body.addWidget(tall(left))
        body.addWidget(tall(self._data_card))
        body.addWidget(tall(self.viewer), 1)
        self._left = left
        self._lay = QVBoxLayout(self)
        self._lay.addWidget(
            row(Text(look, words("review.title"), "title"), self._batch_note, None, self.checks, gap=12, height=32)
        )
        self._lay.addWidget(self._sums_card)
        self._lay.addWidget(self._body, 1)
        self._lay.addWidget(self._enrol_row, 1)
        self._lay.addWidget(self.empty, 1)
        self._shown("empty")

    def _connect(self) -> None:
        self.batches.chosen.connect(self._choose_batch)
        self.listing.chosen.connect(self._choose_record)
        self.fields.chosen.connect(self._choose_field)
        self.enrol_form.given.connect(self._enrol)
        self.viewer.failed.connect(self.broke)
        self.decision.accept_button.clicked.connect(self.accept)
        self.decision.next_button.clicked.connect(self.step_on)
        self.decision.decided.connect(self.send_back)
        self.sums.clean_button.clicked.connect(self.accept_clean)
        for keys, act in (
            ("A", self.accept), ("Shift+A", self.accept_clean), ("R", self.decision.begin_return),
            ("J", self.step_on), ("K", self.step_back), ("Space", self.viewer.next_page),
            ("PgUp", self.viewer.previous_page), ("PgDown", self.viewer.next_page), ("+", self.viewer.zoom),
            ("=", self.viewer.zoom), ("T", self.viewer.turn_right), ("]", self.next_batch),
            ("[", self.previous_batch), ("F5", self.look_again), ("X", partial(self.went.emit, "conflict", None)),
            ("B", partial(self.went.emit, "board", None)), ("D", partial(self.went.emit, "duplicates", None)),
            ("W", partial(self.went.emit, "witness", None)), ("G", partial(self.went.emit, "editions", None)), ("F9", self.show_checks),
            ("C", self.show_list), ("Z", self.take_back), ("Ctrl+Z", self.take_back),
        ):  # fmt: skip
            self.bind(keys, act)
        for digit in range(1, 6):
            self.bind(str(digit), partial(self.decision.choose_reason, digit))

    def _shown(self, what: str) -> None:
        """Show the batch, the form to join the county, or that there is nothing."""
        for widget in (self._sums_card, self._body):
            widget.setVisible(what == "batch")
        self._enrol_row.setVisible(what == "enrol")
        self.empty.setVisible(what == "empty")

    def set_narrow(self, narrow: bool) -> None:
        super().set_narrow(narrow)
        self._lay.setContentsMargins(*((12, 4, 12, 8) if narrow else (16, 12, 16, 16)))
        self._lay.setSpacing(4 if narrow else 12)
        self._left.setFixedWidth(NARROW_LIST_PX if narrow else LIST_PX)
        self._data_card.setFixedWidth(NARROW_DATA_PX if narrow else DATA_PX)
        self._batch_card.setVisible(not narrow)
        self.fields.setColumnWidth(0, 88 if narrow else 104)
        self.fields.setColumnWidth(2, 112 if narrow else 152)
        self.sums.set_narrow(narrow)
        self.decision.set_narrow(narrow)

    def visit(self, wanted: object = None) -> None:
        self._wanted_township = wanted if isinstance(wanted, str) else ""
        self.ask(self._line.enrolled, self._take_enrolled)

    def _take_enrolled(self, enrolled: bool) -> None:
        if enrolled:
            self.look_again()
        else:
            self._shown("enrol")
            self.enrol_form.setFocus()

    def escape(self) -> bool:
        if self.decision.drop_return():
            self.fields.setFocus()
            return True
        return False

    def look_again(self) -> None:
        """Ask the county which batches there are now."""
        self.ask(self._service.batches, self._take_batches)

    def _take_batches(self, found: list[BatchLine]) -> None:
        self._batches = found
        entries = [Entry(self.words("review.batches"), self.words("review.count", count=len(found)))]
        for one in found:
            title = f"{one.township_name}　{one.sequence:04d}"
            note = self.words("review.open", open=one.undecided, whole=one.revisions)
            entries.append(Entry(title, note, "accent" if one.undecided else "ink_3", id=str(one.batch_id)))
        self._shown("batch" if found else "empty")
        self.batches.show_entries(entries if found else [])
        theirs = [one for one in found if one.township == self._wanted_township]
        if theirs:  # the one that has work first
            self._wanted_township = ""
            self.batches.choose(str(next((one for one in theirs if one.undecided), theirs[0]).batch_id))
        if found and self._detail is not None:
            self._ask_batch(self.batches.id_here())
        if found:
            self.fields.setFocus()

    def _choose_batch(self, batch_id: str) -> None:
        if batch_id:
            self._ask_batch(batch_id)

    def _ask_batch(self, batch_id: str) -> None:
        self.ask(partial(self._service.batch, batch_id), self._take_batch)

    def _take_batch(self, detail: BatchDetail) -> None:
        self._detail = detail
        one = detail.summary
        told = self.words("review.batch_note", township=one.township_name, number=f"{one.sequence:04d}")
        self._batch_note.say((told, "label", "ink_3"))
        self.sums.show_batch(detail)
        self._show_results(detail)
        here = self._wanted_record or (str(self._record.record) if self._record else "")
        self.list_model.show_rows(detail.records)
        lines = [str(record.record) for record in detail.records]
        still_open = [n for n, record in enumerate(detail.records) if record.standing.value in OPEN]
        line = lines.index(here) if here in lines else still_open[0] if still_open else 0
        self._wanted_record = ""
        self.listing.choose(line)

    def _show_results(self, detail: BatchDetail) -> None:
        """Say in a few words what the checks of the four properties found, at the township and here."""
        found = detail.results
        self.checks.setVisible(found is not None)
        if found is None:
            return
        looked_at = {one.item for one in (*found.county_found, *found.desk_found)}
        if looked_at:
            self.checks.say(self.words("checks.county_failed", failed=len(looked_at)), "warn")
            return
        ran = {"desk": found.desk_ran.bit_count(), "county": found.county_ran.bit_count()}
        self.checks.say(self.words("checks.county_both" if found.desk_ran else "checks.county_only", **ran), "ok")

    def show_checks(self) -> None:
        """Show the results of the batch that is open, check by check."""
        if self._detail is None or not (reports := self._service.reports(self._detail)):
            self.tell("checks.none_of_batch", "accent")
            return
        numbers = {str(one.record): one.number for one in self._detail.records}
        self.went.emit("checks", ToChecks("review", reports, numbers))

    def show_list(self) -> None:
        """Show the received list of the batch that is open."""
        if self._detail is not None:
            self.went.emit("received", str(self._detail.summary.batch_id))

    def _choose_record(self, line: int) -> None:
        if self._detail is not None and 0 <= line < len(self._detail.records):
            self.decision.drop_return()
            self.ask(partial(self._service.record, str(self._detail.records[line].record)), self._take_record)

    def _take_record(self, record: ReviewedRecord) -> None:
        self._record = record
        self._title.setText(record.title)
        state = record.standing.value
        if state in OPEN:
            self._first.say(
                self.words("review.first" if record.first else "review.again"), "plain" if record.first else "accent"
            )
        else:
            self._first.say(self.words.find(f"state.{state}") or state, SIGNS.get(state, ("", "plain"))[1])
        self._warned.setVisible(bool(record.findings))
        self._warned.say(self.words("review.warned", count=len(record.findings)), "warn")
        self.field_model.show_rows(record.fields)
        told = [n for n, one in enumerate(record.fields) if is_grave(one) or (one.differs and not record.first)]
        self.fields.choose(told[0] if told else 0)
        self.decision.show_state(record.standing.value in OPEN, bool(record.missing))
        files = files_of(record.attachments, self._line.picture)
        if record.missing:
            self.viewer.show_nothing(self.words("review.missing", count=len(record.missing)))
        elif files.pages:
            self.viewer.show_pages(files.pages, files.picture)
        else:
            self.viewer.show_nothing(self.words("viewer.none"))

    def _field_cells(self, one: Compared) -> Sequence[Cell]:
        return field_cells(self.words, one, self._record is None or self._record.first)

    def _choose_field(self, line: int) -> None:
        one = self.field_model.row_at(line) if line >= 0 else None
        if one is None:
            return
        words = [sentence(self.words, one)] if one.findings else []
        if one.reason:
            words.append(self.words("review.reason", reason=one.reason))
        self._said.say("　".join(words), "warn" if is_grave(one) else "ink_3")
        self.decision.show_field(one.key, one.label)

    # decisions
    def accept(self) -> None:
        """The record stands accepted, and the next one that waits is shown."""
        if self._may_decide():
            assert self._record is not None
            self._busy = True
            self.ask(partial(self._service.accept, [str(self._record.record)]), self._decided_many, self._not_decided)

    def accept_clean(self) -> None:
        """Every record of the batch that nothing is said against stands accepted."""
        if self._detail is not None and not self._busy:
            self._busy = True
            work = partial(self._service.accept_clean, str(self._detail.summary.batch_id))
            self.ask(work, self._decided_many, self._not_decided)

    def send_back(self, field: str, code: str, text: str) -> None:
        """The record stands returned, with the reason on the field."""
        if self._may_decide():
            assert self._record is not None
            self._busy = True
            work = partial(self._service.send_back, str(self._record.record), field, code, text)
            self.ask(work, self._decided_one, self._not_decided)

    def take_back(self) -> None:
        """The last act of this person stands no more, as far as no desk was told of it."""
        if self._busy:
            return
        if not self._service.may_take_back():
            self.tell("review.nothing_back", "accent")
            return
        self._busy = True
        self.ask(self._service.take_back, self._taken_back, self._not_decided)

    def _taken_back(self, taken: TakenBack) -> None:
        self._busy = False
        counts = {"back": len(taken.records), "fetched": taken.fetched, "stayed": taken.stayed}
        said = "back_stayed" if taken.stayed else "back_fetched" if taken.fetched else "back"
        self.tell(f"review.{said}", "warn" if taken.fetched or taken.stayed else "ok", **counts)
        self._wanted_record = str(taken.records[0]) if taken.records else ""
        self.look_again()
        self.counts_changed.emit()

    def _may_decide(self) -> bool:
        return self._record is not None and not self._busy and self._record.standing.value in OPEN

    def _decided_one(self, decided: Decided) -> None:
        self._decided_many([decided])

    def _decided_many(self, decided: list[Decided]) -> None:
        self._busy = False
        refused = [one for one in decided if one.code]
        if refused:
            self.tell("review.refused", "warn", count=len(refused))
            self._ask_batch(self.batches.id_here())
            return
        self.quieted.emit()
        if len(decided) > 1:
            self.tell("review.accepted_many", count=len(decided))
        self._wanted_record = self._next_open({str(one.record) for one in decided})
        self.look_again()
        self.counts_changed.emit()

    def _next_open(self, decided: set[str]) -> str:
        """The record after this one that still waits, else the first that does."""
        records = self._detail.records if self._detail else ()
        waiting = [
            (n, str(one.record)) for n, one in enumerate(records)
            if one.standing.value in OPEN and str(one.record) not in decided
        ]  # fmt: skip
        after = [uid for n, uid in waiting if n > self.listing.line()]
        return (after or [uid for _n, uid in waiting] or [""])[0]

    def _not_decided(self, fault: Exception) -> None:
        self._busy = False
        self.tell_fault(fault)

    def step_on(self) -> None:
        self.listing.choose(min(self.listing.line() + 1, self.list_model.rowCount() - 1))

    def step_back(self) -> None:
        self.listing.choose(max(self.listing.line() - 1, 0))

    def next_batch(self) -> None:
        self._step_batch(1)

    def previous_batch(self) -> None:
        self._step_batch(-1)

    def _step_batch(self, step: int) -> None:
        ids = [str(one.batch_id) for one in self._batches]
        if self.batches.id_here() in ids:
            self.batches.choose(ids[(ids.index(self.batches.id_here()) + step) % len(ids)])

    def _enrol(self, address: str, code: str) -> None:
        self.ask(partial(self._line.enrol, address, code), self._enrolled, self._enrol_refused)

    def _enrolled(self, _none: None) -> None:
        self.enrol_form.button.setEnabled(True)
        self.tell("review.enrolled")
        self.look_again()
        self.counts_changed.emit()

    def _enrol_refused(self, fault: Exception) -> None:
        self.enrol_form.button.setEnabled(True)
        self.tell_fault_at(self.enrol_form.refuse, fault)
