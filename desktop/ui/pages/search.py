"""检索: what was typed, found and marked; the page beside it; numbers masked until somebody says what for."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QThreadPool, QTimer
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from desktop.services.finding import Asked, Facet, Finding, HitRow, Hits, Order, RecordView
from desktop.ui import workers
from desktop.ui.kind_keys import EVERY_KIND_KEY, keyed
from desktop.ui.models.paged import PAGE_ROWS, Cell, PagedRows
from desktop.ui.pages.catalogue_opening import ToCorrect
from desktop.ui.pages.page import Keys, Page
from desktop.ui.pages.persons import ToPerson
from desktop.ui.pages.register import ToRegister
from desktop.ui.pages.search_conditions import Conditions, Counts
from desktop.ui.pages.search_record import RecordPanel
from desktop.ui.pages.volumes_opening import ToVolume
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, row, rule, tall
from desktop.ui.widgets.notice import EmptyState
from desktop.ui.widgets.table import Column, Table
from desktop.ui.widgets.text import Pill, Runs, Text
from desktop.ui.words import Words

if TYPE_CHECKING:
    from desktop.services.desk import Desk

TYPING_PAUSE_MS = 40  # a key is answered within a tenth of a second; a search that was overtaken is given up
STATE_TONES = {"accepted": "ok", "returned": "danger", "conflict": "danger", "filed": "warn", "queued": "warn"}


@dataclass(frozen=True, slots=True)
class ToFind:
    """A question that was ended by Enter: its answer is opened if it is a single record."""

    question: str


@dataclass(frozen=True, slots=True)
class Found:
    """An answer and how long it took; `counts` is None while only its first rows are known."""

    turn: int
    hits: Hits
    seconds: float
    counts: Counts | None = None
    saved: Mapping[str, Asked] = field(default_factory=dict)


def search(finding: Finding, turn: int, asked: Asked, report: workers.Report, stopped: workers.Asked) -> Found | None:
    """Report the first rows as soon as they are found; return the whole answer with its counts, None if nobody waits for it."""
    begun = time.perf_counter()
    if asked.order is Order.NEWEST:
        first = finding.first(asked, PAGE_ROWS)
        report(Found(turn, first, time.perf_counter() - begun))
    seconds = time.perf_counter() - begun
    if stopped():
        return None
    hits, counts = finding.find_and_count(asked, lambda: not stopped())
    if stopped():
        return None
    return Found(turn, hits, seconds or time.perf_counter() - begun, counts, finding.saved())


def keep_or_forget(finding: Finding, asked: Asked, known: str, name: str) -> tuple[str, str]:
    """The search is kept by the name, or no longer by the one it was known by; return what is to be told, and of which name."""
    if known:
        finding.forget(known)
        return "search.forgotten", known
    finding.save(name, asked)
    return "search.kept", name


class SearchPage(Page):
    """Conditions left, hits in the middle, the chosen record at the right."""

    KEYS: ClassVar[Keys] = (
        ("Enter", "search.key_open"),
        ("F9", "search.key_numbers"),
        ("Alt+0—9 B—K", "search.key_kind"),
        ("Alt+V", "search.key_conditions"),
        ("Alt+O", "search.key_order"),
        ("Alt+S", "search.key_save"),
        ("Alt+P", "search.key_person"),
        ("Alt+E", "search.key_correct"),
        ("Ctrl+P", "search.key_extract"),
        ("Alt+U", "search.key_register"),
        ("Esc", "search.key_clear"),
    )
    NARROW_KEYS: ClassVar[Keys] = (*KEYS[:2], KEYS[3], KEYS[6], *KEYS[8:])
    NOTHING_KEYS: ClassVar[Keys] = (("F7", "search.key_elsewhere"), KEYS[3], KEYS[-1])  # where nothing was found

    def __init__(self, look: Look, words: Words, desk: Desk) -> None:
        super().__init__(look, words, "search")
        self._desk, self._finding = desk, desk.finding
        self.asked, self._turn = Asked(), 0
        self._hits: Hits | None = None
        self._under_way: workers.Task | None = None
        self._choosing, self._shown_turn = False, 0
        self._open_single = False  # Enter asked: a single hit is opened at once
        self._saved: Mapping[str, Asked] = {}
        self._wide = False
        self.table = Table(
            look,
            words("search.results"),
            (
                Column(words("search.number"), 206),
                Column(words("search.title")),
                Column(words("search.why"), 148, always=False),
                Column(words("search.year"), 56),
                Column(words("search.state"), 104, always=False),
            ),
            row_px=30,
        )
        self.table.setObjectName("hits")
        self.model: PagedRows[HitRow] = PagedRows([column.head for column in self.table.columns], self._cells)
        self.table.setModel(self.model)
        self.conditions = Conditions(look, words, desk.kinds)
        self.panel = RecordPanel(look, words, desk)
        self._count, self._pills = Runs(look), [Pill(look, "", "accent") for _ in range(4)]
        self.empty = EmptyState(look, "search", words("search.none_title"), words("search.none_words"))
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(TYPING_PAUSE_MS)
        self._pause.timeout.connect(self._ask)
        self._lay_out()
        self.empty.hide()  # nothing was asked yet, so nothing was not found
        self._connect()

    def _lay_out(self) -> None:
        look, words = self.look, self.words
        masked = Text(look, words("search.masked"), "label", "ink_3")
        self._facet_card = card((self.conditions, 1), width=164)
        head = row(self._count, None, masked, gap=8, margins=(16, 0, 16, 0), height=40)
        self._hits_card = card(head, rule(), (self.table, 1), (self.empty, 1))
        self._lay = QVBoxLayout(self)
        self._lay.addWidget(row(Text(look, words("nav.search"), "title"), 4, *self._pills, None, gap=8, height=32))
        body = QHBoxLayout()
        body.setSpacing(12)
        body.addWidget(tall(self._facet_card))
        body.addWidget(tall(self._hits_card), 1)
        body.addWidget(tall(self.panel))
        self._lay.addLayout(body, 1)
        self._show_pills()

    def _connect(self) -> None:
        self.table.chosen.connect(self._show_line)
        self.table.opened.connect(self._open)
        self.conditions.toggled.connect(self._toggle)
        self.conditions.recalled.connect(self._recall)
        self.model.failed.connect(self.tell_fault)
        self.model.arrived.connect(self._arrived)
        self.panel.failed.connect(self.tell_fault)
        self.panel.purpose_given.connect(self._show_numbers)
        self.panel.correct_button.clicked.connect(self.correct)
        self.setFocusProxy(self.table)
        for keys, act in (
            ("PgDown", self.panel.viewer.next_page), ("PgUp", self.panel.viewer.previous_page),
            ("F9", self.ask_purpose), ("Alt+E", self.correct), ("Ctrl+=", self.panel.viewer.zoom),
            ("Ctrl+R", self.panel.viewer.turn_right), ("Alt+V", self.show_conditions), ("Alt+O", self.turn_order),
            ("Alt+S", self.save), ("Alt+P", self.show_people), ("Ctrl+P", self.certify),
            ("F6", self.put_together),
            ("Alt+U", self.register_visit), ("F7", self.look_elsewhere),
        ):  # fmt: skip
            self.bind(keys, act)
        self.bind(f"Alt+{EVERY_KIND_KEY}", partial(self._toggle, Facet.KIND, ""))
        for key, kind in keyed(self._desk.kinds):
            self.bind(f"Alt+{key}", partial(self._toggle, Facet.KIND, kind))

    def set_narrow(self, narrow: bool) -> None:
        super().set_narrow(narrow)
        self._lay.setContentsMargins(*((12, 4, 12, 8) if narrow else (16, 12, 16, 16)))
        self._lay.setSpacing(4 if narrow else 12)
        self.table.set_narrow(narrow)
        self._show_width()

    def _show_width(self) -> None:
        """What goes, goes first: all at once would make the window grow, and it does not shrink by itself."""
        facets = not self._wide and (self._choosing or not self.narrow)
        if self._wide:
            self._hits_card.hide()
            self._facet_card.hide()
        self.panel.show_wide(self._wide, self.narrow)
        self._hits_card.setVisible(not self._wide)
        self._facet_card.setVisible(facets)

    def visit(self, wanted: object = None) -> None:
        """Show what was typed in the search box; without words, what was filed last."""
        self._open_single = isinstance(wanted, ToFind)
        if isinstance(wanted, ToFind):
            self._pause.stop()
            self._back_to_list()
            self._ask_for(replace(self.asked, question=wanted.question))
            return
        if isinstance(wanted, str):
            self._back_to_list()
            self.asked = replace(self.asked, question=wanted)
            self._pause.start()
        elif self._hits is None:
            self._ask()
        else:
            self.model.refresh()

    def _back_to_list(self) -> None:
        """What is found now is a list again, whatever was open."""
        if self._wide:
            self._wide = False
            self._show_width()

    def escape(self) -> bool:
        if self.panel.drop_purpose():
            self.table.setFocus()
            return True
        if self._wide:
            self._wide = False
            self._show_width()
            self.table.setFocus()
            return True
        if self._choosing:
            self._stop_choosing()
            return True
        if self.asked != Asked():
            self._ask_for(Asked())
            return True
        return False

    def _ask_for(self, asked: Asked) -> None:
        self.asked = asked
        self._ask()

    def _ask(self) -> None:
        self._turn += 1
        if self._under_way is not None:
            self._under_way.cancel()
        work = partial(search, self._finding, self._turn, self.asked)
        self._under_way = workers.run_long(
            QThreadPool.globalInstance(), work, self._take, self.tell_fault, self._take_first
        )

    def _take_first(self, found: object) -> None:
        """The first rows stand on the screen while the rest is still being counted."""
        if isinstance(found, Found) and found.turn == self._turn and found.hits.total:
            self._show_hits(found)

    def _take(self, found: Found | None) -> None:
        if found is None or found.turn != self._turn:
            return
        if self._hits is None or self._shown_turn != found.turn or not self.model.grow(found.hits.ids):
            self._show_hits(found)
        self._hits = found.hits
        self._show_pills(found.hits)
        said = self.words("search.took", seconds=f"{found.seconds:.2f}")
        total = self.words("search.count", count=f"{found.hits.total:,}")
        self._count.say((total, "strong", "ink"), ("　" + said, "label", "ink_3"))
        self.conditions.show_counts(found.hits.total, found.counts or {}, self.asked.choice, found.saved)
        self._saved = found.saved
        if self._open_single and found.hits.total == 1:
            self._open(0)
        self._open_single = False
        if not found.hits.total:
            self.panel.show_nothing()

    def _show_hits(self, found: Found) -> None:
        self._hits, self._shown_turn = found.hits, found.turn
        self.model.show_answer(found.hits.ids, partial(self._finding.look_up, found.hits.question))
        self.table.choose(0)
        self._show_pills(found.hits)
        self.empty.say(self.words("search.none_title"), self._why_none(found.hits))
        any_there = found.hits.total > 0
        self.table.setVisible(any_there)
        self.empty.setVisible(not any_there)
        self.panel.setVisible(any_there)
        self.keys_changed.emit()

    def keys(self) -> Keys:
        nothing = self._hits is not None and not self._hits.total and self._looks_elsewhere
        return self.NOTHING_KEYS if nothing else super().keys()

    def _why_none(self, hits: Hits) -> str:
        if hits.unknown:
            return self.words("search.none_field", name="」「".join(hits.unknown))
        chosen = "、".join(self._chosen())
        said = self.words("search.none_chosen" if chosen else "search.none_words", conditions=chosen)
        return said + self.words("search.none_elsewhere") if self._looks_elsewhere else said

    def _show_pills(self, hits: Hits | None = None) -> None:
        how = self.words.find(f"tier.{hits.tier}") or "" if hits and hits.tier else ""
        chosen = "　".join(self._chosen())
        order = "" if self.asked.order is Order.NEWEST else self.words(f"search.order_{self.asked.order}")
        if hits and hits.total and hits.order is not self.asked.order:
            order = self.words("search.order_too_many")
        for pill, text in zip(self._pills, (self.asked.question, how, chosen, order), strict=True):
            pill.say(text, "accent")
            pill.setVisible(bool(text))

    def _chosen(self) -> Iterator[str]:
        for facet, value in self.asked.choice.items():
            if facet is Facet.KIND:
                yield self._desk.kinds[value].short
            else:
                yield self.words(f"state.{value}") if facet is Facet.STATE else value

    def _toggle(self, facet_name: str, value: str) -> None:
        """The value is chosen of the facet, or no longer if it was."""
        facet = Facet(facet_name)
        choice = {one: chosen for one, chosen in self.asked.choice.items() if one is not facet}
        if value and self.asked.choice.get(facet) != value:
            choice[facet] = value
        if choice != self.asked.choice:
            self._ask_for(replace(self.asked, choice=choice))

    def show_conditions(self) -> None:
        """The conditions have the keyboard, and stand there even in a narrow window; Esc goes back to the hits."""
        self._choosing = True
        self._show_width()
        self.conditions.setFocus()

    def _stop_choosing(self) -> None:
        self._choosing = False
        self._show_width()
        self.table.setFocus()

    def turn_order(self) -> None:
        """The answer comes in the next order."""
        orders = list(Order)
        self._ask_for(replace(self.asked, order=orders[(orders.index(self.asked.order) + 1) % len(orders)]))

    def save(self) -> None:
        """The question is kept among the saved ones; pressed again for the same one, it is not."""
        if self.asked == Asked():
            return
        known = next((name for name, one in self._saved.items() if one == self.asked), "")
        self.ask(partial(keep_or_forget, self._finding, self.asked, known, self._name()), self._kept_or_forgotten)

    def _name(self) -> str:
        """All that tells this search from another: two that differ only in their order are two."""
        order = "" if self.asked.order is Order.NEWEST else self.words(f"search.order_{self.asked.order}")
        return "　".join(one for one in (self.asked.question, *self._chosen(), order) if one)

    def _kept_or_forgotten(self, told: tuple[str, str]) -> None:
        key, name = told
        self.tell(key, "ok", name=name)
        self._ask()

    def _recall(self, name: str) -> None:
        self._ask_for(self._saved[name])

    def _cells(self, hit: HitRow) -> Sequence[Cell]:
        line = hit.record
        in_title = bool(hit.snippet) and line.title.startswith(hit.snippet)
        title = Cell(line.title, marks=hit.marks if in_title else ())
        why = Cell(hit.people, "mute") if in_title or not hit.snippet else Cell(hit.snippet, marks=hit.marks)
        state = line.state.value
        word = Cell(self.words(f"state.{state}"), "pill", STATE_TONES.get(state, "plain"))
        return Cell(line.number), title, why, Cell(str(line.year)), word

    def _arrived(self) -> None:
        if self.table.line() >= 0:
            self._show_line(self.table.line())

    def _show_line(self, line: int) -> None:
        hit = self.model.row_at(line) if 0 <= line < self.model.rowCount() else None
        if hit is not None and hit.record.uid != self.panel.uid:
            self.panel.begin(hit.record.uid)
            self.ask(partial(self._finding.record, hit.record.uid), self._take_record)

    def _take_record(self, view: RecordView) -> None:
        self.panel.show_record(view)

    def _open(self, _line: int) -> None:
        """The record takes the whole page: its picture large, its fields beside it."""
        self._wide = True
        self._show_width()
        self.panel.viewer.setFocus()

    def ask_purpose(self) -> None:
        if self.panel.uid:
            self.panel.ask_purpose()

    def _show_numbers(self, uid: str, purpose: str) -> None:
        self.ask(partial(self._finding.show, uid, purpose), self._take_shown)

    def _take_shown(self, view: RecordView) -> None:
        self.panel.show_record(view, unmasked=True)
        self.tell("search.shown", "accent")
        self.table.setFocus()

    def show_people(self) -> None:
        """The people of the chosen record are shown, each with all records of theirs."""
        if self.panel.uid:
            self.went.emit("persons", ToPerson(self.panel.uid))

    def certify(self) -> None:
        """A certified extract of the chosen record is prepared, if this person catalogues."""
        if self.panel.uid and self._desk.may("catalogue"):
            self.went.emit("extract", self.panel.uid)

    def put_together(self) -> None:
        """What was asked is asked again whole, and put into volumes, if this person catalogues."""
        if self._hits is not None and self._hits.total and self._desk.may("catalogue"):
            self.went.emit("volumes", ToVolume(self.asked))

    def register_visit(self) -> None:
        """A visit about the chosen record is entered in the register of use; without a record, the register is shown."""
        title = "　".join(part for part in (self.panel.number.text(), self.panel.title.text()) if part)
        self.went.emit("register", ToRegister(self.panel.uid, title if self.panel.uid else "", "search"))

    @property
    def _looks_elsewhere(self) -> bool:
        return self._desk.may("sync") and self._desk.may("catalogue")

    def look_elsewhere(self) -> None:
        """What was asked is asked of the county's catalogue: whose file lies in another township (全市通办)."""
        if self._looks_elsewhere:
            self.went.emit("one_window", self.asked.question)

    def correct(self) -> None:
        """The chosen record is opened for correction, if this person catalogues."""
        if self.panel.uid and self._desk.may("catalogue"):
            self.went.emit("catalogue", ToCorrect(self.panel.uid))
