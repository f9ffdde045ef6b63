"""一人一档: who may be one person, side by side with the reasons, one key for each answer; and all records of a person."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QVBoxLayout

from desktop.services.finding import RecordView
from desktop.services.person_views import Decided, PersonFile, Question
from desktop.ui.pages.files import files_of
from desktop.ui.pages.page import Keys, Page
from desktop.ui.pages.persons_compare import ComparePanel
from desktop.ui.pages.persons_file import FilePanel
from desktop.ui.pages.persons_words import Queue, counts_of, paper_of, read_queue, waiting_entry
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, row, tall
from desktop.ui.widgets.entries import Entries, Entry
from desktop.ui.widgets.notice import EmptyState
from desktop.ui.widgets.text import Runs, Text
from desktop.ui.words import Words
from sync.contract.proposals import Grade

if TYPE_CHECKING:
    from desktop.services.desk import Desk

LIST_PX, NARROW_LIST_PX = 264, 196
READ_AGAIN_MS = 1_500  # while something is still being compared
FIRST = "first"  # of the people of a record
GRADES = (None, Grade.SURE, Grade.LIKELY, Grade.UNCLEAR)


@dataclass(frozen=True, slots=True)
class ToPerson:
    """The people of a record are wanted, the first one's file open."""

    record: str


class PersonsPage(Page):
    """Left the queue, or the people of one record; right two mentions side by side, or a person's file."""

    KEYS: ClassVar[Keys] = (
        ("↑ ↓", "persons.key_choose"),
        ("Y", "persons.key_link"),
        ("N", "persons.key_apart"),
        ("L", "persons.key_later"),
        ("Space", "persons.key_turn"),
        ("Ctrl+Z", "persons.key_undo"),
        ("F", "persons.key_file"),
        ("Enter", "persons.key_open"),
        ("F9", "persons.key_numbers"),
        ("1—9", "persons.key_digit"),
        ("Esc", "persons.key_back"),
    )
    NARROW_KEYS: ClassVar[Keys] = (*KEYS[1:4], *KEYS[5:8], KEYS[10])

    def __init__(self, look: Look, words: Words, desk: Desk) -> None:
        super().__init__(look, words, "persons")
        self._persons = desk.persons
        self._grade: Grade | None = None
        self._wanted = ""  # the mention to be chosen when the list has been read again
        self._record = ""  # the record whose people are shown; else the queue
        self._busy = False
        self._answered_about: list[
            str
        ] = []  # the mentions answered about, the last at the end: undoing goes back to them
        self._front = False
        self.entries = Entries(look, words("persons.waiting"))
        self.entries.setObjectName("waiting")
        self.compare = ComparePanel(look, words, decides=self._persons.decides)
        self.file_panel = FilePanel(look, words)
        self._desk = desk
        self._note = Runs(look)
        self._clock = QTimer(self)
        self._clock.setSingleShot(True)
        self._clock.setInterval(READ_AGAIN_MS)
        self._clock.timeout.connect(self._read)
        self.empty = EmptyState(look, "twins", words("persons.none_title"), words("persons.none_words"))
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        look, words = self.look, self.words
        self._list_card = card((self.entries, 1))
        self._body = row(tall(self._list_card), (tall(self.compare), 1), (tall(self.file_panel), 1), gap=12)
        self._lay = QVBoxLayout(self)
        title = Text(look, words("nav.persons"), "title")
        masked = Text(look, words("persons.masked"), "label", "ink_3")
        self._lay.addWidget(row(title, 4, self._note, None, masked, gap=12, height=32))
        self._lay.addWidget(self._body, 1)
        self._empty_card = card((self.empty, 1))
        self._lay.addWidget(self._empty_card, 1)
        self._show_part("empty")
        self.setFocusProxy(self.entries)

    def _connect(self) -> None:
        self.entries.chosen.connect(self._choose)
        self.entries.opened.connect(self.show_file)
        self.compare.answered.connect(self._answer)
        self.file_panel.opened.connect(self._open_record)
        self.file_panel.chosen.connect(self._ask_record)
        self.file_panel.viewer.failed.connect(self.tell_fault)
        self.file_panel.purpose_given.connect(self._show_numbers)
        for keys, act in (
            ("Y", partial(self._answer, "link")), ("N", partial(self._answer, "keep_apart")),
            ("L", partial(self._answer, "put_off")), ("Space", self._turn), ("F", self.turn_over),
            ("PgDown", self.file_panel.viewer.next_page), ("PgUp", self.file_panel.viewer.previous_page),
            ("Ctrl+Z", self.undo), ("F9", self.ask_purpose),
        ):  # fmt: skip
            self.bind(keys, act)
        for digit in range(1, 10):
            self.bind(str(digit), partial(self._by_digit, digit))

    def set_narrow(self, narrow: bool) -> None:
        super().set_narrow(narrow)
        self._lay.setContentsMargins(*((12, 4, 12, 8) if narrow else (16, 12, 16, 16)))
        self._lay.setSpacing(4 if narrow else 12)
        self._list_card.setFixedWidth(NARROW_LIST_PX if narrow else LIST_PX)
        self.compare.set_narrow(narrow)
        self.file_panel.set_narrow(narrow)

    def _show_part(self, part: str) -> None:
        """Show the comparison, the file, or that there is nothing."""
        self._part = part
        parts = (
            (self.compare, part == "compare"), (self.file_panel, part == "file"), (self._body, part != "empty"),
            (self._empty_card, part == "empty"),
        )  # fmt: skip
        for one, shown in sorted(parts, key=lambda pair: pair[1]):
            one.setVisible(shown)  # what goes, goes first: all at once want more room than a narrow window has

    # coming and going
    def visit(self, wanted: object = None) -> None:
        self._front = True
        if isinstance(wanted, ToPerson):
            self._record, self._part, self._wanted = wanted.record, "file", FIRST
        self._read()

    def leave(self) -> None:
        self._front = False
        self._clock.stop()
        self.file_panel.drop_purpose()

    def escape(self) -> bool:
        if self.file_panel.drop_purpose():
            self._focus()
            return True
        if self._part == "file" and not self._record:
            self._show_part("compare")
            self.entries.setFocus()
            return True
        if self._record or self._grade is not None:
            self._record, self._grade, self._part = "", None, "compare"
            self._read()
            return True
        return False

    def _read(self) -> None:
        if self._record:
            self.ask(partial(self._persons.of_record, self._record), self._take_people)
        else:
            self.ask(partial(read_queue, self._persons, self._grade), self._take_queue)

    def _take_people(self, found: list[Question]) -> None:
        head = Entry(self.words("persons.of_record"), self.words("persons.people", count=len(found)))
        entries = [Entry(one.asked.name, paper_of(one.asked), id=str(one.mention)) for one in found]
        self._note.say((found[0].asked.number if found else "", "label", "ink_3"))
        if self._wanted == FIRST:
            self._wanted = entries[0].id if entries else ""
        self._show_entries([head, *entries] if found else [])

    def _take_queue(self, queue: Queue) -> None:
        self._note.say((counts_of(self.words, queue.counts), "label", "ink_3"))
        if queue.counts.unread and self._front:
            self._clock.start()
        title = "persons.waiting" if self._grade is None else f"persons.grade_{self._grade}"
        head = Entry(self.words(title), self.words("persons.shown", count=len(queue.lines)))
        entries = [waiting_entry(self.words, one) for one in queue.lines]
        self._show_entries([head, *entries] if entries else [])

    def _show_entries(self, entries: list[Entry]) -> None:
        here = self.entries.id_here()
        part = "compare" if self._part == "empty" else self._part
        self._show_part(part if entries else "empty")
        none = "persons.none_record" if self._record else "persons.none_words"
        self.empty.say(self.words("persons.none_title"), self.words(none))
        self.entries.show_entries(entries)
        if self._wanted:
            self.entries.choose(self._wanted)
            self._wanted = ""
        if entries and self.entries.id_here() == here:
            self._choose(here)  # what may be said of the same one has changed
        self._focus()

    def _focus(self) -> None:
        """The list has the keyboard, or the file's records; whoever works in a part that is shown is left there."""
        there = QApplication.focusWidget()
        busy = there is not None and self._body.isAncestorOf(there) and there.isVisible()
        if self._front and not busy:
            (self.file_panel.table if self._part == "file" and not self._record else self.entries).setFocus()

    def _choose(self, mention: str) -> None:
        if not mention:
            return
        if self._part == "file":
            self.ask(partial(self._persons.file, int(mention)), self._take_file)
        self.ask(partial(self._persons.question, int(mention)), self._take_question)

    def _take_question(self, question: Question) -> None:
        if str(question.mention) == self.entries.id_here():
            self.compare.show_question(question)

    def _take_file(self, file: PersonFile) -> None:
        if str(file.mention) == self.entries.id_here():
            self.file_panel.show_file(file)

    # looking
    def turn_over(self) -> None:
        """The file instead of the comparison, or the reverse."""
        if self._part == "compare":
            self.show_file(self.entries.id_here())
        elif self._part == "file":
            self._show_part("compare")
            self.entries.setFocus()

    def show_file(self, mention: str) -> None:
        """The file of the chosen person is open; a second Enter opens the record that is chosen in it."""
        if mention and self._part == "file":
            self.file_panel.table.setFocus()
        elif mention:
            self._show_part("file")
            self.ask(partial(self._persons.file, int(mention)), self._take_file)
            self.file_panel.table.setFocus()

    def _turn(self) -> None:
        """The next candidate, or the next page of the record that is chosen in a file."""
        if self._part == "compare":
            self.compare.turn()
        elif self._part == "file":
            self.file_panel.viewer.next_page()

    def _ask_record(self, record: str) -> None:
        self.ask(partial(self._desk.finding.record, record), self._take_record)

    def _take_record(self, view: RecordView) -> None:
        self.file_panel.show_pages(view.record.uid, files_of(view.attachments, self._desk.viewing.picture))

    def _open_record(self, number: str) -> None:
        self.went.emit("search", number)

    def _by_digit(self, digit: int) -> None:
        """In a file that record is chosen; in the queue those of a grade are shown."""
        if self._part == "file":
            self.file_panel.choose(digit - 1)
        elif digit <= len(GRADES):
            self.narrow_to(GRADES[digit - 1])

    def narrow_to(self, grade: Grade | None) -> None:
        """Only mentions whose best proposal is of this grade are shown."""
        self._record, self._grade, self._part = "", grade, "compare"
        self._read()

    def ask_purpose(self) -> None:
        if self._part == "compare":
            self.show_file(self.entries.id_here())
        if self._part == "file":
            self.file_panel.ask_purpose()

    def _show_numbers(self, purpose: str) -> None:
        mention = self.entries.id_here()
        if mention:
            self.ask(partial(self._persons.show, int(mention), purpose), self._take_shown)

    def _take_shown(self, file: PersonFile) -> None:
        self.file_panel.show_file(file, unmasked=True)
        self.tell("search.shown", "accent")
        self.file_panel.table.setFocus()

    # answering
    def _answer(self, answer: str) -> None:
        """The answer is given about the candidate that is seen; the next one that waits is shown."""
        question, one = self.compare.question, self.compare.candidate
        if self._part != "compare" or self._busy or not self._persons.decides or question is None or one is None:
            return
        self._busy = True
        self._asked_about = str(question.mention)
        work = {
            "link": partial(self._persons.link, question.mention, one.mention),
            "keep_apart": partial(self._persons.keep_apart, question.mention, one.mention),
            "put_off": partial(self._persons.put_off, question.mention),
        }[answer]
        self.ask(
            work,
            {"link": self._linked, "keep_apart": self._kept_apart, "put_off": self._put_off}[answer],
            self._refused,
        )

    def _linked(self, _decided: Decided) -> None:
        self._answered("persons.told_linked")

    def _kept_apart(self, _decided: Decided) -> None:
        self._answered("persons.told_apart")

    def _put_off(self, _decided: Decided) -> None:
        self._answered("persons.told_later")

    def _answered(self, told: str) -> None:
        self._busy = False
        self._answered_about.append(self._asked_about)
        self.tell(told, "ok")
        self._read()

    def _refused(self, fault: Exception) -> None:
        self._busy = False
        self._wanted = ""
        self.tell_fault(fault)
        self._read()

    def undo(self) -> None:
        """This person's newest answer no longer stands."""
        if not self._busy and self._persons.decides:
            self._busy = True
            self.ask(self._persons.undo, self._undone, self._refused)

    def _undone(self, undone: Decided | None) -> None:
        self._busy = False
        self._wanted = self._answered_about.pop() if undone and self._answered_about else ""
        self.tell("persons.told_undone" if undone else "persons.nothing_to_undo", "ok" if undone else "accent")
        self._read()
