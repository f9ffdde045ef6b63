"""检索: what was typed, found and marked; the page beside it; numbers masked until somebody says what for."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from desktop.services.finding import Finding, HitRow, Hits, RecordView
from desktop.ui.kind_keys import EVERY_KIND_KEY, key_of, keyed
from desktop.ui.models.paged import Cell, PagedRows
from desktop.ui.pages.catalogue_opening import ToCorrect
from desktop.ui.pages.page import Keys, Page
from desktop.ui.pages.search_record import RecordPanel
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, row, rule, tall
from desktop.ui.widgets.entries import Entries, Entry
from desktop.ui.widgets.notice import EmptyState
from desktop.ui.widgets.table import Column, Table
from desktop.ui.widgets.text import Pill, Runs, Text
from desktop.ui.words import Words

if TYPE_CHECKING:
    from desktop.services.desk import Desk

TYPING_PAUSE_MS, COUNTED_HITS_MAX = 120, 20_000
STATE_TONES = {"accepted": "ok", "returned": "danger", "conflict": "danger", "filed": "warn", "queued": "warn"}
EVERYTHING = "*"


@dataclass(frozen=True, slots=True)
class Found:
    """An answer, how long it took, and how many of it are of each kind."""

    turn: int
    hits: Hits
    kind: str
    seconds: float
    by_kind: tuple[tuple[str, int], ...]


def search(finding: Finding, kinds: Sequence[str], turn: int, question: str, kind: str) -> Found:
    """Return the answer; the counts by kind are left out where there are very many."""
    begun = time.perf_counter()
    hits = finding.find(question, kind)
    seconds = time.perf_counter() - begun
    every = hits if not kind else finding.find(question)
    counts: list[tuple[str, int]] = [("", every.total)]
    if every.total <= COUNTED_HITS_MAX:
        counted = finding.count_kinds(every)
        counts += [(one, counted.get(one, 0)) for one in kinds]
    return Found(turn, hits, kind, seconds, tuple(counts))


def rows_of(finding: Finding, hits: Hits, ids: list[int]) -> Sequence[HitRow]:
    return finding.rows(Hits(hits.question, tuple(ids), hits.tier), 0, len(ids))


class SearchPage(Page):
    """Conditions left, hits in the middle, the chosen record at the right."""

    KEYS: ClassVar[Keys] = (
        ("↑ ↓", "search.key_choose"),
        ("Enter", "search.key_open"),
        ("PgDn", "search.key_page"),
        ("F9", "search.key_numbers"),
        ("Alt+0—9 B—K", "search.key_kind"),
        ("Alt+E", "search.key_correct"),
        ("Esc", "search.key_clear"),
    )
    NARROW_KEYS: ClassVar[Keys] = (*KEYS[:4], KEYS[6])

    def __init__(self, look: Look, words: Words, desk: Desk) -> None:
        super().__init__(look, words, "search")
        self._desk, self._finding = desk, desk.finding
        self._question, self._kind, self._turn = "", "", 0
        self._hits: Hits | None = None
        self._wide = False
        self.table = Table(
            look,
            words("search.results"),
            (
                Column(words("search.number"), 206),
                Column(words("search.title")),
                Column(words("search.why"), 160, always=False),
                Column(words("search.year"), 56),
                Column(words("search.state"), 84, always=False),
            ),
            row_px=30,
        )
        self.table.setObjectName("hits")
        self.model: PagedRows[HitRow] = PagedRows([column.head for column in self.table.columns], self._cells)
        self.table.setModel(self.model)
        self.facets = Entries(look, words("search.kinds"), one_line=True)
        self.facets.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.panel = RecordPanel(look, words, desk)
        self._count, self._pills = Runs(look), [Pill(look, "", "accent") for _ in range(3)]
        self.empty = EmptyState(look, "search", words("search.none_title"), words("search.none_words"))
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(TYPING_PAUSE_MS)
        self._pause.timeout.connect(self._ask)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        look, words = self.look, self.words
        masked = Text(look, words("search.masked"), "label", "ink_3")
        self._facet_card = card((self.facets, 1), width=148)
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
        self._show_pills("")

    def _connect(self) -> None:
        self.table.chosen.connect(self._show_line)
        self.table.opened.connect(self._open)
        self.facets.chosen.connect(self._choose_kind)
        self.model.failed.connect(self.tell_fault)
        self.model.arrived.connect(self._arrived)
        self.panel.failed.connect(self.tell_fault)
        self.panel.purpose_given.connect(self._show_numbers)
        self.panel.correct_button.clicked.connect(self.correct)
        self.setFocusProxy(self.table)
        for keys, act in (
            ("PgDown", self.panel.viewer.next_page), ("PgUp", self.panel.viewer.previous_page),
            ("F9", self.ask_purpose), ("Alt+E", self.correct), ("Ctrl+=", self.panel.viewer.zoom),
            ("Ctrl+R", self.panel.viewer.turn_right),
        ):  # fmt: skip
            self.bind(keys, act)
        self.bind(f"Alt+{EVERY_KIND_KEY}", partial(self._choose_kind, EVERYTHING))
        for key, kind in keyed(self._desk.kinds):
            self.bind(f"Alt+{key}", partial(self._choose_kind, kind))

    def set_narrow(self, narrow: bool) -> None:
        super().set_narrow(narrow)
        self._lay.setContentsMargins(*((12, 4, 12, 8) if narrow else (16, 12, 16, 16)))
        self._lay.setSpacing(4 if narrow else 12)
        self.table.set_narrow(narrow)
        self._show_width()

    def _show_width(self) -> None:
        self._hits_card.setVisible(not self._wide)
        self._facet_card.setVisible(not self._wide and not self.narrow)
        self.panel.show_wide(self._wide, self.narrow)

    def visit(self, wanted: object = None) -> None:
        """Show what was typed in the search box; without words, what was filed last."""
        if isinstance(wanted, str):
            self._question = wanted
            self._pause.start()
        elif self._hits is None:
            self._ask()
        else:
            self.model.refresh()

    def escape(self) -> bool:
        if self.panel.drop_purpose():
            self.table.setFocus()
            return True
        if self._wide:
            self._wide = False
            self._show_width()
            self.table.setFocus()
            return True
        if self._question or self._kind:
            self._question = self._kind = ""
            self._ask()
            return True
        return False

    def _ask(self) -> None:
        self._turn += 1
        work = partial(search, self._finding, tuple(self._desk.kinds), self._turn, self._question, self._kind)
        self.ask(work, self._take)

    def _take(self, found: Found) -> None:
        if found.turn != self._turn:
            return
        self._hits = found.hits
        self.model.show_answer(found.hits.ids, partial(rows_of, self._finding, found.hits))
        self.table.choose(0)
        said = self.words("search.took", seconds=f"{found.seconds:.2f}")
        total = self.words("search.count", count=f"{found.hits.total:,}")
        self._count.say((total, "strong", "ink"), ("　" + said, "label", "ink_3"))
        self._show_pills(found.hits.tier)
        self._show_facets(found)
        self.table.setVisible(found.hits.total > 0)
        self.empty.setVisible(found.hits.total == 0)
        if not found.hits.total:
            self.panel.show_nothing()
        self.panel.setVisible(found.hits.total > 0)

    def _show_pills(self, tier: str) -> None:
        how = self.words.find(f"tier.{tier}") or "" if tier else ""
        kind = self._desk.kinds[self._kind].short if self._kind else ""
        for pill, text in zip(self._pills, (self._question, how, kind), strict=True):
            pill.say(text, "accent")
            pill.setVisible(bool(text))

    def _show_facets(self, found: Found) -> None:
        entries = [Entry(self.words("search.kinds"), "Alt")]
        for kind, count in found.by_kind:
            one = self._desk.kinds.get(kind)
            label, key = (one.short, key_of(one)) if one else (self.words("search.all_kinds"), EVERY_KIND_KEY)
            entries.append(Entry(f"{key}　{label}", f"{count:,}", id=kind or EVERYTHING))
        self.facets.blockSignals(True)
        self.facets.show_entries(entries)
        self.facets.choose(found.kind or EVERYTHING)
        self.facets.blockSignals(False)

    def _choose_kind(self, kind: str) -> None:
        wanted = "" if kind == EVERYTHING else kind
        if wanted != self._kind:
            self._kind = wanted
            self._ask()

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

    def correct(self) -> None:
        """The chosen record is opened for correction, if this person catalogues."""
        if self.panel.uid and self._desk.may("catalogue"):
            self.went.emit("catalogue", ToCorrect(self.panel.uid))
