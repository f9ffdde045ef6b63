"""The decision on one record (审核决定): accept, or R, a digit for the reason, a word if wanted, Enter."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QVBoxLayout

from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import restyle, row
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.keys import Button, KeyCap
from desktop.ui.widgets.text import Runs, Text
from desktop.ui.words import Words

REASONS = ("differs_from_paper", "paper_missing", "picture_unclear", "wrongly_cut", "other")


class DecisionBar(QFrame):
    """Collects a return step by step; a return always names its field and its reason before it goes out."""

    decided = Signal(str, str, str)  # field, reason, text

    def __init__(self, look: Look, words: Words) -> None:
        super().__init__()
        self.setObjectName("decision")
        self.look, self.words = look, words
        self._field, self._label, self._reason, self._open = "", "", "", False
        self.returning = False
        self._asked = Runs(look)
        self._how = Text(look, words("review.how"), "small", "ink_3")
        self._reasons: dict[str, QFrame] = {}
        self._reason_box = QFrame()
        self._reason_grid = QGridLayout(self._reason_box)
        self._reason_grid.setContentsMargins(0, 0, 0, 0)
        self._reason_grid.setSpacing(4)
        self._reason_grid.setColumnStretch(len(REASONS), 1)
        self._narrow = False
        for number, code in enumerate(REASONS, start=1):
            words_of = Text(look, words(f"ground.{code}"), "label")
            box = row(KeyCap(look, str(number)), words_of, gap=4, margins=(2, 0, 4, 0), height=26)
            self._reasons[code] = box
        self.text = Field(look, words("review.text"), words("review.text_hint"), 28)
        self.text.setObjectName("return:text")
        self.text.returnPressed.connect(self._send)
        self.text.hide()
        self.accept_button = Button(look, words("review.accept"), "A", "main")
        self.accept_button.setObjectName("accept")
        self.return_button = Button(look, words("review.return"), "R", "danger")
        self.return_button.setObjectName("return")
        self.return_button.clicked.connect(self.begin_return)
        self.next_button = Button(look, words("review.next"), "J", "quiet")
        for button in (self.accept_button, self.return_button, self.next_button):
            button.setFocusPolicy(button.focusPolicy().NoFocus)
        lay = QVBoxLayout(self)
        lay.setContentsMargins(16, 8, 12, 12)
        lay.setSpacing(4)
        lay.addWidget(row(self._asked, None, self._how, height=22))
        lay.addWidget(self._reason_box)
        lay.addWidget(self.text)
        lay.addSpacing(4)
        self._acts = row(self.accept_button, self.return_button, None, self.next_button, gap=8)
        lay.addWidget(self._acts)
        self.set_narrow(False)
        self._say()

    def set_narrow(self, narrow: bool) -> None:
        self._narrow = narrow
        self._how.setVisible(not narrow)
        across = 3 if narrow else len(REASONS)
        for number, box in enumerate(self._reasons.values()):
            self._reason_grid.addWidget(box, number // across, number % across)
        self._show_what_is_asked()

    def _show_what_is_asked(self) -> None:
        """Where the window is low the reasons take the place of the acts while a return is under way."""
        self._reason_box.setVisible(self.returning or not self._narrow)
        self._acts.setVisible(not (self.returning and self._narrow))

    def show_state(self, may_decide: bool, pages_missing: bool) -> None:
        """Say whether this record can be decided on; one whose pages are on the way can be returned, not accepted."""
        self._open = may_decide
        self.accept_button.setEnabled(may_decide and not pages_missing)
        self.return_button.setEnabled(may_decide)

    def show_field(self, key: str, label: str) -> None:
        """A return would stand on this field."""
        self._field, self._label = key, label
        self._say()

    def begin_return(self) -> None:
        """A reason is asked for."""
        if self._open:
            self.returning, self._reason = True, ""
            self._say()

    def choose_reason(self, digit: int) -> None:
        """That reason is taken; a word may follow, Enter sends the return."""
        if self.returning and 1 <= digit <= len(REASONS):
            self._reason = REASONS[digit - 1]
            self.text.show()
            self.text.setFocus()
            self._say()

    def drop_return(self) -> bool:
        """No return is under way any more; False when none was."""
        was = self.returning
        self.returning, self._reason = False, ""
        self.text.hide()
        self.text.clear()
        self._say()
        return was

    def _send(self) -> None:
        if self.returning and self._reason:
            field, reason, text = self._field, self._reason, self.text.text().strip()
            self.drop_return()
            self.decided.emit(field, reason, text)

    def _say(self) -> None:
        self._show_what_is_asked()
        asked = self.words("review.return_on", field=self._label) if self._label else self.words("review.reasons")
        tone = "danger" if self.returning else "ink_2"
        self._asked.say((asked, "label", tone))
        for code, box in self._reasons.items():
            restyle(box, "tint", "danger" if code == self._reason else "plain" if self.returning else "")
