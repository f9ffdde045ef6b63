"""冲突台: what two people changed at once, value by value, with the pages each side stands on; one key a value."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout

from desktop.services.conflicts import Conflict, Hand
from desktop.ui.models.paged import Cell, PagedRows
from desktop.ui.pages.conflict_rows import WRITABLE_NOT, Answer, Answers, Line, cells, label_of
from desktop.ui.pages.files import files_of
from desktop.ui.pages.page import Keys, Page
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, col, row, rule, tall
from desktop.ui.widgets.entries import Entries, Entry
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.keys import Button
from desktop.ui.widgets.notice import EmptyState
from desktop.ui.widgets.table import Column
from desktop.ui.widgets.text import Elided, Paragraph, Text
from desktop.ui.widgets.three_way import ThreeWayTable
from desktop.ui.widgets.viewer import PageViewer
from desktop.ui.words import Words
from sync.contract.errors import HeadMoved, InvalidRecord
from sync.contract.merging import Side
from sync.contract.review import ConflictList

if TYPE_CHECKING:
    from desktop.services.desk import Desk

LIST_PX, LABEL_PX, STATE_PX, NARROW_STATE_PX = 184, 112, 128, 104
LEAST_PAGE_PX = 96


class ConflictPage(Page):
    """One record at a time. Nothing is sent before Enter, and then it is signed by this person."""

    KEYS: ClassVar[Keys] = (
        ("1", "conflict.key_county"),
        ("2", "conflict.key_township"),
        ("3", "conflict.key_other"),
        ("0", "conflict.key_ask"),
        ("Enter", "conflict.key_settle"),
        ("Z", "conflict.key_undo"),
        ("J K", "conflict.key_step"),
        ("Space", "conflict.key_page"),
    )
    NARROW_KEYS: ClassVar[Keys] = KEYS[:6]

    def __init__(self, look: Look, words: Words, desk: Desk) -> None:
        super().__init__(look, words, "conflict")
        self._service, self._line = desk.conflicts, desk.county_line
        self._waiting: ConflictList | None = None
        self._conflict: Conflict | None = None
        self._answers: Answers | None = None
        self._writing = ""  # "other" or "ask" while a text is being typed
        self._busy = False
        self._settled = 0
        self.listing = Entries(look, words("conflict.list"))
        self.listing.setObjectName("conflicts")
        self._title, self._note = Elided(look, "", "strong"), Elided(look, "", "small", "ink_3")
        self.table = ThreeWayTable(
            look,
            words("conflict.values"),
            (
                Column(words("conflict.field"), LABEL_PX), Column(words("conflict.county")),
                Column(words("conflict.base"), 0, always=False), Column(words("conflict.township")),
                Column(words("conflict.state"), STATE_PX),
            ),
        )  # fmt: skip
        self.table.setObjectName("values")
        self.model: PagedRows[Line] = PagedRows([one.head for one in self.table.columns], self._cells)
        self.table.setModel(self.model)
        self._hands = Elided(look, "", "small", "ink_3")
        self._said = Paragraph(look, "", "label", "warn")
        self.text = Field(look, words("conflict.text"), "", 30)
        self.text.setObjectName("conflict:text")
        self.text.returnPressed.connect(self._written)
        self.settle_button = Button(look, words("conflict.settle"), "Enter", "main")
        self.settle_button.setObjectName("conflict:settle")
        self.settle_button.clicked.connect(self.settle)
        self.ask_button = Button(look, words("conflict.ask"), "0")
        self.ask_button.clicked.connect(self.ask_township)
        self.county_pages = PageViewer(look, words, keys=False, strip=False, across=True)
        self.sent_pages = PageViewer(look, words, keys=False, strip=False, across=True)
        self.empty = EmptyState(look, "conflict", words("conflict.none"), words("conflict.none_words"))
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        look, words = self.look, self.words
        self._progress = Text(look, "", "label", "ink_3")
        self._list_card = card((self.listing, 1), rule(), row(self._progress, None, margins=(16, 0, 16, 0), height=40))
        head = col(row((self._title, 1), height=28), row((self._hands, 1), height=20), margins=(16, 8, 16, 4))
        self._acts = row(self.settle_button, self.ask_button, None, gap=8, height=34)
        foot = col(self._said, self.text, self._acts, gap=6, margins=(16, 8, 16, 10))
        self._values_card = card(head, rule(), (self.table, 1), rule(), foot)
        heads = (Text(look, words(f"conflict.{side}_pages"), "label", "ink_2") for side in ("county", "sent"))
        county, sent = (
            col(head, (viewer, 1), gap=4)
            for head, viewer in zip(heads, (self.county_pages, self.sent_pages), strict=True)
        )
        for viewer in (self.county_pages, self.sent_pages):
            viewer.setMinimumHeight(LEAST_PAGE_PX)
        self._pages = row((county, 1), (sent, 1), gap=12)
        self._pages.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        right = col((self._values_card, 5), (self._pages, 4), gap=12)
        self._body = row(tall(self._list_card), (right, 1), gap=12)
        self._lay = QVBoxLayout(self)
        self._lay.addWidget(row(Text(look, words("conflict.title"), "title"), (self._note, 1), gap=12, height=32))
        self._lay.addWidget(self._body, 1)
        self._lay.addWidget(self.empty, 1)
        self._show_whether_any(False)
        self._write("")

    def _connect(self) -> None:
        self.listing.chosen.connect(self._choose)
        self.table.opened.connect(lambda _line: self.settle())
        for viewer in (self.county_pages, self.sent_pages):
            viewer.failed.connect(self.broke)
        for keys, act in (
            ("1", partial(self.take, Side.COUNTY)), ("2", partial(self.take, Side.TOWNSHIP)), ("3", self.write_other),
            ("0", self.ask_township), ("Z", self.take_back), ("Ctrl+Z", self.take_back), ("J", partial(self._step, 1)),
            ("K", partial(self._step, -1)), ("Space", partial(self._turn, 1)), ("PgDown", partial(self._turn, 1)),
            ("PgUp", partial(self._turn, -1)), ("+", self._zoom), ("=", self._zoom), ("F5", self.look_again),
        ):  # fmt: skip
            self.bind(keys, act)

    def set_narrow(self, narrow: bool) -> None:
        super().set_narrow(narrow)
        self._lay.setContentsMargins(*((12, 4, 12, 8) if narrow else (16, 12, 16, 16)))
        self._list_card.setVisible(not narrow)
        self._list_card.setFixedWidth(LIST_PX)
        self._show_pages(False)
        self.table.set_narrow(narrow)
        self.table.setColumnWidth(4, NARROW_STATE_PX if narrow else STATE_PX)

    def visit(self, wanted: object = None) -> None:
        self.look_again()

    def escape(self) -> bool:
        if self.narrow and self._values_card.isHidden():
            self._show_pages(False)
            return True
        if self._writing:
            self._write("")
            self.table.setFocus()
            return True
        return False

    def look_again(self) -> None:
        """Ask the county what is in conflict now."""
        self.ask(self._service.waiting, self._take_waiting)

    def _take_waiting(self, found: ConflictList) -> None:
        self._waiting = found
        self._show_whether_any(bool(found.conflicts))
        here = self.listing.id_here()
        entries = [Entry(self.words("conflict.list"), self.words("conflict.total", count=found.total))]
        for one in found.conflicts:
            note = self.words("conflict.line", township=one.township_name, count=one.clashes)
            entries.append(Entry(one.title or one.number, note, "warn" if one.clashes else "ink_3", id=str(one.record)))
        self.listing.show_entries(entries if found.conflicts else [])
        self._progress.say(self.words("conflict.progress", settled=self._settled, left=found.total))
        ids = [str(one.record) for one in found.conflicts]
        if ids:
            wanted = here if here in ids else ids[0]
            if self.listing.id_here() == wanted:
                self._choose(wanted)
            else:
                self.listing.choose(wanted)  # which asks for the record
            if not self._writing:
                self.table.setFocus()

    def _show_whether_any(self, any_waits: bool) -> None:
        for part, shown in sorted(((self._body, any_waits), (self.empty, not any_waits)), key=lambda pair: pair[1]):
            part.setVisible(shown)

    def _choose(self, record_id: str) -> None:
        if record_id:
            self.ask(partial(self._service.record, record_id), self._take, self._gone)

    def _gone(self, fault: Exception) -> None:
        """Somebody else settled it meanwhile: that is told, and the list read again."""
        self.tell_fault(fault)
        if isinstance(fault, HeadMoved):
            self.look_again()

    def _take(self, conflict: Conflict) -> None:
        before = self._conflict
        if before is not None and not self._busy and before.detail == conflict.detail:
            return  # read again and as it was: what was answered stays
        self._conflict, self._answers, self._busy = conflict, Answers(conflict), False
        words = self.words
        self._title.setText(conflict.title)
        self._note.setText(conflict.number)
        self._hands.setText(
            words("conflict.hands", county=_hand(words, conflict.county), sent=_hand(words, conflict.sent))
        )
        for viewer, hand in ((self.county_pages, conflict.county), (self.sent_pages, conflict.sent)):
            files = files_of(hand.attachments, self._line.picture)
            if files.pages:
                viewer.show_pages(files.pages, files.picture)
            else:
                viewer.show_nothing(words("viewer.none"))
        self._write("")
        self._show_lines(0)

    def _show_lines(self, line: int) -> None:
        conflict, answers = self._conflict, self._answers
        if conflict is None or answers is None:
            return
        labelled = ((one, label_of(self.words, conflict, one.key)) for one in conflict.differences)
        self.model.show_rows([Line(one, label, answers.of(one)) for one, label in labelled])
        self.table.choose(line)
        still = len(answers.open())
        self.settle_button.setEnabled(still == 0)
        asks = bool(answers.question()[0])
        told = "conflict.still" if still else "conflict.will_ask" if asks else "conflict.ready"
        self._said.say(self.words(told, count=still), "warn" if still else "ok")

    def _cells(self, line: Line) -> Sequence[Cell]:
        assert self._conflict is not None
        return cells(self.words, self._conflict, line)

    # answers
    def take(self, side: Side) -> None:
        """The value of that side stands for the field in hand, and the next one without an answer is in hand."""
        self._answer(Answer(side))

    def write_other(self) -> None:
        """A third value is typed."""
        here = self._here()
        if here is not None and here.difference.key not in WRITABLE_NOT:
            self._write("other", here.difference.township)
        elif here is not None:
            self.tell("conflict.not_typed", "warn")

    def ask_township(self) -> None:
        """A question to the township is typed; the record goes back with it on this field."""
        if self._here() is not None:
            self._write("ask")

    def take_back(self) -> None:
        """The last answer is gone; the field stands as before."""
        if self._answers is not None and not self._busy:
            key = self._answers.take_back()
            keys = [one.key for one in self._conflict.differences] if self._conflict else []
            self._show_lines(keys.index(key) if key in keys else max(0, self.table.line()))

    def _written(self) -> None:
        text, way = self.text.text().strip(), self._writing
        if not text:
            return
        self._write("")
        self.table.setFocus()
        self._answer(Answer(None, text, asks=way == "ask"))

    def _write(self, way: str, text: str = "") -> None:
        self._writing = way
        for part, shown in sorted(((self.text, bool(way)), (self._acts, not way)), key=lambda pair: pair[1]):
            part.setVisible(shown)
        self.text.setText(text)
        if way:
            self.text.setPlaceholderText(self.words(f"conflict.{way}_hint"))
            self.text.setFocus()
            self.text.selectAll()

    def _here(self) -> Line | None:
        line = self.table.line()
        return self.model.row_at(line) if line >= 0 and not self._busy else None

    def _answer(self, answer: Answer) -> None:
        here, answers, conflict = self._here(), self._answers, self._conflict
        if here is None or answers is None or conflict is None:
            return
        answers.give(here.difference.key, answer)
        self._show_pages(False)
        line, open_keys = self.table.line(), {one.key for one in answers.open()}
        after = [n for n, one in enumerate(conflict.differences) if one.key in open_keys]
        self._show_lines(next((n for n in after if n > line), after[0] if after else line))

    # sending
    def settle(self) -> None:
        """What was answered is sent: one revision that joins both, or the record goes back with the question."""
        conflict, answers = self._conflict, self._answers
        if conflict is None or answers is None or self._busy:
            return
        if answers.open():
            self._show_lines(list(conflict.differences).index(answers.open()[0]))
            return
        self._busy = True
        field, text = answers.question()
        if field:
            self.ask(partial(self._service.ask_back, conflict, field, text), self._sent, self._refused)
        else:
            self.ask(partial(self._service.settle, conflict, answers.chosen()), self._sent, self._refused)

    def _sent(self, code: str) -> None:
        self._busy = False
        if code:
            self.tell("conflict.refused", "warn")
            self.look_again()
            return
        self._settled += 1
        self.quieted.emit()
        self.tell("conflict.done", title=self._conflict.title if self._conflict else "")
        self._step_to_next()
        self.counts_changed.emit()

    def _step_to_next(self) -> None:
        """The next record is in hand; the list is read again, for others work on it too."""
        ids = [str(one.record) for one in self._waiting.conflicts] if self._waiting else []
        here = self.listing.id_here()
        if here in ids and len(ids) > 1:
            self.listing.choose(ids[(ids.index(here) + 1) % len(ids)])
        self.look_again()

    def _refused(self, fault: Exception) -> None:
        self._busy = False
        if isinstance(fault, InvalidRecord) and self._conflict is not None:
            told = fault.facts.get("fields", [])
            fields = [str(one) for one in told] if isinstance(told, list) else []
            labels = [label_of(self.words, self._conflict, one) for one in fields]
            self.tell("conflict.invalid", "warn", fields="、".join(labels))
            keys = [one.key for one in self._conflict.differences]
            self._show_lines(next((keys.index(one) for one in fields if one in keys), 0))
            return
        self.tell_fault(fault)

    def _step(self, step: int) -> None:
        ids = [str(one.record) for one in self._waiting.conflicts] if self._waiting else []
        here = self.listing.id_here()
        if here in ids:
            self.listing.choose(ids[(ids.index(here) + step) % len(ids)])

    def _show_pages(self, instead: bool) -> None:
        """Show values over pages; in a narrow window only the one or the other."""
        both = not self.narrow
        for part, shown in sorted(
            ((self._values_card, both or not instead), (self._pages, both or instead)), key=lambda pair: pair[1]
        ):
            part.setVisible(shown)
        if self.isVisible():  # a page behind another takes no keyboard when the window becomes narrow
            (self._pages if self.narrow and instead else self.table).setFocus()

    def _zoom(self) -> None:
        for viewer in (self.county_pages, self.sent_pages):
            viewer.zoom()

    def _turn(self, step: int) -> None:
        if self.narrow and self._pages.isHidden():
            self._show_pages(True)
            return
        for viewer in (self.county_pages, self.sent_pages):
            viewer.go_to(viewer.page + step)


def _hand(words: Words, hand: Hand) -> str:
    return words("conflict.hand", by=hand.by or "—", day=hand.at[:10])
