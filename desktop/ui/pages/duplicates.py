"""重件: what the county found that may be filed twice, two records side by side with their pages; one key an answer, always undone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout

from desktop.services.duplicates import Answered, PairShown, Paper, Row
from desktop.ui.models.paged import Cell, PagedRows
from desktop.ui.pages.files import files_of
from desktop.ui.pages.page import Keys, Page
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, col, row, rule, tall
from desktop.ui.widgets.entries import Entries, Entry
from desktop.ui.widgets.keys import Button
from desktop.ui.widgets.notice import EmptyState
from desktop.ui.widgets.table import Column, Table
from desktop.ui.widgets.text import Elided, Paragraph, Text
from desktop.ui.widgets.viewer import PageViewer
from desktop.ui.words import Words
from sync.contract.duplicates import Answer, PairLine, PairList, PairSide, Sort
from sync.contract.errors import Refused

if TYPE_CHECKING:
    from desktop.services.desk import Desk

LIST_PX, NARROW_LIST_PX, LABEL_PX, MEANS_PX, NARROW_MEANS_PX = 216, 176, 128, 104, 84
LEAST_PAGE_PX = 96
TONES = {"sure": "ok", "likely": "accent", "unclear": "warn"}
SIGNS = {True: ("ok", "ok", "same"), False: ("warn", "warn", "other"), None: ("info", "ink_3", "alone")}


class DuplicatesPage(Page):
    """One pair at a time. An answer changes neither record; it is kept, and is undone by one key."""

    KEYS: ClassVar[Keys] = (
        ("Y", "duplicates.key_same"),
        ("N", "duplicates.key_different"),
        ("Ctrl+Z", "duplicates.key_undo"),
        ("J K", "duplicates.key_step"),
        ("A", "duplicates.key_answered"),
        ("Space", "duplicates.key_page"),
        ("F5", "duplicates.key_again"),
    )
    NARROW_KEYS: ClassVar[Keys] = KEYS[:6]

    def __init__(self, look: Look, words: Words, desk: Desk) -> None:
        super().__init__(look, words, "duplicates")
        self._service, self._line = desk.duplicates, desk.county_line
        self._list: PairList | None = None
        self._shown: PairShown | None = None
        self._answered = False  # what was answered is listed, else what waits
        self._given: list[str] = []  # the answers given here, the last at the end
        self._busy = False
        self.listing = Entries(look, words("duplicates.list"))
        self.listing.setObjectName("pairs")
        self._note = Elided(look, "", "label", "ink_3")
        self._sort, self._why = Text(look, "", "strong"), Elided(look, "", "small", "ink_3")
        self.table = Table(
            look,
            words("duplicates.fields"),
            (
                Column(words("duplicates.field"), LABEL_PX), Column(words("duplicates.one")),
                Column(words("duplicates.other")), Column(words("duplicates.means"), MEANS_PX),
            ),
            row_px=34,
        )  # fmt: skip
        self.table.setObjectName("compared")
        self.model: PagedRows[Row] = PagedRows([one.head for one in self.table.columns], self._cells)
        self.table.setModel(self.model)
        self._said = Paragraph(look, "", "label", "ink_2")
        self.same_button = Button(look, words("duplicates.same"), "Y", "main")
        self.same_button.setObjectName("duplicates:same")
        self.different_button = Button(look, words("duplicates.different"), "N")
        self.undo_button = Button(look, words("duplicates.undo"), "Ctrl+Z", "quiet")
        self.viewers = [PageViewer(look, words, keys=False, strip=False, across=True) for _ in range(2)]
        self.empty = EmptyState(look, "duplicate", words("duplicates.none"), words("duplicates.none_words"))
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        look, words = self.look, self.words
        self._list_card = card((self.listing, 1))
        head = col(row(self._sort, None, height=28), row((self._why, 1), height=20), margins=(16, 8, 16, 4))
        acts = row(self.same_button, self.different_button, self.undo_button, None, gap=8, height=34)
        foot = col(self._said, acts, gap=6, margins=(16, 8, 16, 10))
        self._values_card = card(head, rule(), (self.table, 1), rule(), foot)
        self._heads = [Elided(look, "", "label", "ink_2") for _ in self.viewers]
        sides = [col(head, (one, 1), gap=4) for head, one in zip(self._heads, self.viewers, strict=True)]
        for viewer in self.viewers:
            viewer.setMinimumHeight(LEAST_PAGE_PX)
        self._pages = row(*((side, 1) for side in sides), gap=12)
        self._pages.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._body = row(tall(self._list_card), (col((self._values_card, 5), (self._pages, 4), gap=12), 1), gap=12)
        self._lay = QVBoxLayout(self)
        self._lay.addWidget(row(Text(look, words("duplicates.title"), "title"), (self._note, 1), gap=12, height=32))
        self._lay.addWidget(self._body, 1)
        self._lay.addWidget(self.empty, 1)
        self._show_whether_any(False)
        self.setFocusProxy(self.listing)

    def _connect(self) -> None:
        self.listing.chosen.connect(self._choose)
        for viewer in self.viewers:
            viewer.failed.connect(self.broke)
        self.same_button.clicked.connect(partial(self.answer, Answer.SAME))
        self.different_button.clicked.connect(partial(self.answer, Answer.DIFFERENT))
        self.undo_button.clicked.connect(self.undo)
        for keys, act in (
            ("Y", partial(self.answer, Answer.SAME)), ("N", partial(self.answer, Answer.DIFFERENT)),
            ("Ctrl+Z", self.undo), ("J", partial(self._step, 1)), ("K", partial(self._step, -1)), ("A", self.turn_over),
            ("Space", partial(self._turn, 1)), ("PgDown", partial(self._turn, 1)), ("PgUp", partial(self._turn, -1)),
            ("+", self._zoom), ("=", self._zoom), ("F5", self.look_again),
        ):  # fmt: skip
            self.bind(keys, act)

    def set_narrow(self, narrow: bool) -> None:
        super().set_narrow(narrow)
        self._lay.setContentsMargins(*((12, 4, 12, 8) if narrow else (16, 12, 16, 16)))
        self._lay.setSpacing(4 if narrow else 12)
        self._list_card.setFixedWidth(NARROW_LIST_PX if narrow else LIST_PX)
        self.table.setColumnWidth(3, NARROW_MEANS_PX if narrow else MEANS_PX)
        self._show_pages(False)

    def visit(self, wanted: object = None) -> None:
        self.look_again()

    def escape(self) -> bool:
        if self.narrow and self._values_card.isHidden():
            self._show_pages(False)
            return True
        if self._answered:
            self.turn_over()
            return True
        return False

    def turn_over(self) -> None:
        """What was answered is listed, or again what waits."""
        self._answered = not self._answered
        self.look_again()

    def look_again(self) -> None:
        """Ask the county what waits now, or what was answered."""
        if self._answered:
            self.ask(self._service.answered, self._take_answered)
        else:
            self.ask(self._service.waiting, self._take_waiting)

    def _take_waiting(self, found: PairList) -> None:
        if not self._answered:  # else it was turned over meanwhile
            self._take_list(found)

    def _take_answered(self, found: PairList) -> None:
        if self._answered:
            self._take_list(found)

    def _take_list(self, found: PairList) -> None:
        self._list = found
        words, here = self.words, self.listing.id_here()
        entries: list[Entry] = []
        sort = ""
        for place, one in enumerate(found.pairs):
            if one.sort != sort and not self._answered:
                sort = one.sort
                count = {Sort.CASE: found.cases, Sort.CLAIM: found.claims, Sort.PERSON: found.persons}[Sort(sort)]
                entries.append(Entry(words(f"duplicates.sort_{sort}"), words("duplicates.count", count=f"{count:,}")))
            entries.append(self._entry(place, one))
        if self._answered and entries:
            entries.insert(0, Entry(words("duplicates.answered"), words("duplicates.newest_first")))
        none = "none_answered" if self._answered else "none"
        self.empty.say(words(f"duplicates.{none}"), words(f"duplicates.{none}_words"))
        self._show_whether_any(bool(found.pairs))
        left = words("duplicates.unread", count=f"{found.unread:,}") if found.unread else ""
        self._note.setText(
            "　".join(part for part in (words("duplicates.left", count=f"{found.waiting:,}"), left) if part)
        )
        self.listing.show_entries(entries)
        ids = [str(place) for place in range(len(found.pairs))]
        if ids:
            wanted = here if here in ids else ids[-1] if here else ids[0]
            if self.listing.id_here() == wanted:
                self._choose(wanted)
            else:
                self.listing.choose(wanted)
            self.listing.setFocus()

    def _entry(self, place: int, one: PairLine) -> Entry:
        words = self.words
        name = one.one.name or one.one.title or one.other.title
        towns = " · ".join(dict.fromkeys((_town(one.one), _town(one.other))))
        if self._answered:
            return Entry(name, words(f"duplicates.said_{one.answer}", by=one.answered_by), "ink_3", id=str(place))
        return Entry(name, towns, TONES.get(one.grade, "ink_3"), id=str(place))

    def _show_whether_any(self, any_waits: bool) -> None:
        for part, shown in sorted(((self._body, any_waits), (self.empty, not any_waits)), key=lambda pair: pair[1]):
            part.setVisible(shown)

    def _here(self) -> PairLine | None:
        here = self.listing.id_here()
        return self._list.pairs[int(here)] if self._list is not None and here else None

    def _choose(self, _id: str) -> None:
        pair = self._here()
        if pair is not None and (self._shown is None or self._shown.line != pair):
            self.ask(partial(self._service.look, pair), self._take)

    def _take(self, shown: PairShown) -> None:
        if shown.line != self._here():
            return  # another was chosen meanwhile
        self._shown = shown
        words, line = self.words, shown.line
        self._sort.say(words(f"duplicates.ask_{line.sort}"))
        self._why.setText("，".join(words(f"persons.reason_{one}") for one in line.reasons))
        self.model.show_rows([Row(words("duplicates.from"), _town(line.one), _town(line.other), None), *shown.rows])
        for head, viewer, side, paper in zip(
            self._heads, self.viewers, (line.one, line.other), (shown.one, shown.other), strict=True
        ):
            head.setText(_paper_words(words, side, paper))
            files = files_of(paper.attachments, self._line.picture)
            if files.pages:
                viewer.show_pages(files.pages, files.picture)
            else:
                viewer.show_nothing(words("viewer.none"))
        self._said.say(
            words(f"duplicates.told_{line.answer}", by=line.answered_by)
            if line.answer
            else words(f"duplicates.then_{line.sort}")
        )
        for button in (self.same_button, self.different_button):
            button.setEnabled(not line.answer)

    def _cells(self, line: Row) -> Sequence[Cell]:
        icon, tone, word = SIGNS[line.agree]
        none = Cell("—", "mute")
        told = line.agree is not None or not (line.one and line.other)  # where a record is from agrees with nothing
        return (
            Cell(line.label, "mute"),
            Cell(line.one, "strong" if line.agree is False else "text") if line.one else none,
            Cell(line.other, "strong" if line.agree is False else "text") if line.other else none,
            Cell(self.words(f"duplicates.is_{word}"), "sign", tone, icon) if told else Cell(""),
        )

    # answers
    def answer(self, answer: Answer) -> None:
        """The pair in hand is answered, and the next is in hand."""
        pair, shown = self._here(), self._shown
        if pair is None or shown is None or shown.line != pair or pair.answer or self._busy:
            return  # nobody answers what is not on the screen yet
        self._busy = True
        self.ask(partial(self._service.answer, pair, answer), self._kept, self._refused)

    def _kept(self, made: Answered) -> None:
        self._busy = False
        self._given.append(made.id)
        self.tell(f"duplicates.kept_{made.answer.value}")
        self.look_again()
        self.counts_changed.emit()

    def undo(self) -> None:
        """The chosen answer no longer stands; among what waits, the last that was given here."""
        pair = self._here()
        wanted = pair.answer_id if self._answered and pair is not None else self._given[-1] if self._given else ""
        if not wanted:
            self.tell("duplicates.nothing_to_undo", "warn")
        elif not self._busy:
            self._busy = True
            self.ask(partial(self._service.undo, wanted), self._undone, self._refused)

    def _undone(self, wanted: str) -> None:
        self._busy = False
        self._given = [one for one in self._given if one != wanted]
        self.tell("duplicates.undone")
        self.look_again()
        self.counts_changed.emit()

    def _refused(self, fault: Exception) -> None:
        self._busy = False
        if isinstance(fault, Refused) and fault.code == Refused.code:
            self.tell("duplicates.moved", "warn")
            self._given.clear()
            self.look_again()
        else:
            self.tell_fault(fault)

    def _step(self, step: int) -> None:
        here, count = self.listing.id_here(), len(self._list.pairs) if self._list is not None else 0
        if here:
            self.listing.choose(str((int(here) + step) % count))

    def _show_pages(self, instead: bool) -> None:
        """Show fields over pages; in a narrow window only the one or the other."""
        both = not self.narrow
        for part, shown in sorted(
            ((self._values_card, both or not instead), (self._pages, both or instead)), key=lambda pair: pair[1]
        ):
            part.setVisible(shown)
        if self.isVisible():  # a page behind another takes no keyboard when the window becomes narrow
            (self._pages if self.narrow and instead else self.listing).setFocus()

    def _zoom(self) -> None:
        for viewer in self.viewers:
            viewer.zoom()

    def _turn(self, step: int) -> None:
        if self.narrow and self._pages.isHidden():
            self._show_pages(True)
            return
        for viewer in self.viewers:
            viewer.go_to(viewer.page + step)


def _town(side: PairSide) -> str:
    return side.township_name or str(side.township)


def _paper_words(words: Words, side: PairSide, paper: Paper) -> str:
    return words(
        "duplicates.paper", township=_town(side), kind=paper.kind, number=side.number, by=paper.by or "—", day=paper.at[:10]
    )  # fmt: skip
