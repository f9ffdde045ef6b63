"""Two side by side (并列对照): what this record says, what the candidate's papers say, and what each detail means."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout

from desktop.services.person_views import Candidate, Question
from desktop.ui.models.paged import PagedRows
from desktop.ui.pages.persons_words import GRADE_TONES, Detail, detail_cells, details, papers_of
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, col, row, rule
from desktop.ui.widgets.keys import Button, KeyCap
from desktop.ui.widgets.notice import EmptyState
from desktop.ui.widgets.table import Column, Table
from desktop.ui.widgets.text import Elided, Paragraph, Pill, Text
from desktop.ui.words import Words

LABEL_PX, MEANS_PX, NARROW_MEANS_PX = 92, 276, 196


class ComparePanel(QFrame):
    """Shows one question and one of its candidates; the three answers stand at its foot."""

    answered = Signal(str)  # link, keep_apart, put_off

    def __init__(self, look: Look, words: Words, *, decides: bool) -> None:
        super().__init__()
        self.look, self.words = look, words
        self.question: Question | None = None
        self.place = 0
        self._grade = Pill(look, "")
        self._mine, self._theirs = Elided(look, "", "strong"), Elided(look, "", "strong")
        self._turn = Text(look, "", "small", "ink_3")
        self._turn_cap = KeyCap(look, "Space")
        self._rivals = Paragraph(look, "", "label", "warn")
        self.table = Table(
            look,
            words("persons.compared"),
            (
                Column("", LABEL_PX), Column(words("persons.this_one")), Column(words("persons.candidate")),
                Column(words("persons.means"), MEANS_PX),
            ),
            row_px=34,
        )  # fmt: skip
        self.table.setObjectName("compared")
        self.table.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it is read; the answers are keys
        self._model: PagedRows[Detail] = PagedRows(
            [one.head for one in self.table.columns], partial(detail_cells, words)
        )
        self.table.setModel(self._model)
        self.link_button = Button(look, words("persons.link"), "Y", "main")
        self.apart_button = Button(look, words("persons.keep_apart"), "N")
        self.later_button = Button(look, words("persons.put_off"), "L", "quiet")
        self.empty = EmptyState(look, "twins", words("persons.no_candidate"), words("persons.no_candidate_words"))
        self._lay_out(decides)

    def _lay_out(self, decides: bool) -> None:
        look, words = self.look, self.words
        mine = row(Text(look, words("persons.this_one"), "label", "ink_3", width=64), (self._mine, 1), gap=8, height=28)
        theirs = row(
            Text(look, words("persons.candidate"), "label", "ink_3", width=64), (self._theirs, 1), self._grade,
            self._turn, self._turn_cap, gap=8, height=28,
        )  # fmt: skip
        for button, answer in (
            (self.link_button, "link"), (self.apart_button, "keep_apart"), (self.later_button, "put_off"),
        ):  # fmt: skip
            button.setObjectName(f"persons:{answer}")
            button.clicked.connect(partial(self.answered.emit, answer))
        self._answers = row(self.link_button, self.apart_button, self.later_button, None, gap=8)
        if not decides:
            self._answers.hide()
        foot = col(self._rivals, self._answers, gap=8, margins=(16, 8, 16, 12))
        self._card = card(col(mine, theirs, gap=0, margins=(16, 8, 12, 8)), rule(), (self.table, 1), rule(), foot)
        self._empty_card = card((self.empty, 1))
        lay = QVBoxLayout(self)
        lay.setContentsMargins(0, 0, 0, 0)
        lay.addWidget(self._card, 1)
        lay.addWidget(self._empty_card, 1)
        self.show_question(None)

    def set_narrow(self, narrow: bool) -> None:
        self.table.setColumnWidth(3, NARROW_MEANS_PX if narrow else MEANS_PX)
        self.table.setColumnWidth(0, 64 if narrow else LABEL_PX)

    @property
    def candidate(self) -> Candidate | None:
        """The candidate that is shown."""
        if self.question is None or not self.question.candidates:
            return None
        return self.question.candidates[self.place]

    def show_question(self, question: Question | None, place: int = 0) -> None:
        """Show the question with that candidate; nothing where there is none."""
        self.question, self.place = question, place
        one = self.candidate
        for part, shown in sorted(
            ((self._card, one is not None), (self._empty_card, one is None)), key=lambda pair: pair[1]
        ):
            part.setVisible(shown)  # what goes, goes first: both at once want more room than a narrow window has
        if question is None or one is None:
            return
        words = self.words
        self._mine.setText(papers_of(words, question.sides))
        self._theirs.setText(papers_of(words, one.sides))
        self._grade.say(words(f"persons.grade_{one.grade}"), GRADE_TONES[one.grade])
        several = len(question.candidates) > 1
        self._turn.setVisible(several)
        self._turn_cap.setVisible(several)
        self._turn.say(words("persons.turn", place=place + 1, count=len(question.candidates)))
        self._rivals.setVisible(bool(one.rivals))
        self._rivals.say(words("persons.rivals", count=one.rivals) if one.rivals else "")
        self._model.show_rows(details(words, question, one))

    def turn(self) -> None:
        """The next candidate is shown, after the last the first."""
        if self.question is not None and self.question.candidates:
            self.show_question(self.question, (self.place + 1) % len(self.question.candidates))
