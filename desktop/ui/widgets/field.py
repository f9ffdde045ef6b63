"""One field in its states, and the row under it that says what is the matter.

typed (键入)      white, firm edge
carried (承上)    sunken, soft edge: taken over from the record before
derived (推得)    sunken, grey: follows from another field
proposed (识别)   dashed, grey: read by machine; F2 takes it; it is never filed unless taken
warn, danger      ochre, cinnabar: with the sentence under the field
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QWidget

from desktop.ui.theme import RADIUS, SIZE, SMOOTH, Look
from desktop.ui.widgets.boxes import restyle, row
from desktop.ui.widgets.keys import KeyCap
from desktop.ui.widgets.text import Elided, Icon, Text

STATES = ("typed", "carried", "derived", "proposed", "warn", "danger")


class Field(QLineEdit):
    """A line to type in. Its state is told by colour, edge and the words beside and under it together."""

    entered = Signal()  # the cursor came in

    def __init__(self, look: Look, name: str, hint: str = "", height: int = SIZE["field"], width: int = 0) -> None:
        super().__init__()
        self.look, self._hint, self._proposal = look, hint, ""
        self.setAccessibleName(name)
        self.setPlaceholderText(hint)
        self.setFixedHeight(height)
        if width:
            self.setFixedWidth(width)
        self.setProperty("shown", "typed")

    def show_state(self, state: str) -> None:
        restyle(self, "shown", state)

    def state(self) -> str:
        return str(self.property("shown"))

    def propose(self, words: str) -> None:
        """Show what the machine read, grey and dashed, as long as nothing is typed; an empty one takes it away."""
        self._proposal = words
        self.setPlaceholderText(words or self._hint)
        if words and not self.text():
            self.show_state("proposed")
        elif self.state() == "proposed":
            self.show_state("typed")

    def proposal(self) -> str:
        return self._proposal

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self.selectAll()
        self.entered.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.state() != "proposed" or self.hasFocus():
            return
        q = QPainter(self)  # a style sheet draws the dashes of a thin edge as dots
        q.setRenderHints(SMOOTH)
        pen = QPen(self.look.colour("edge"), 1)
        pen.setDashPattern([4, 3])
        q.setPen(pen)
        q.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS["control"], RADIUS["control"])
        q.end()


class FieldBox(QWidget):
    """A field, the words beside it (由证件号, 承上件, 识别 F2) and the row for a sentence under it.

    The row is there while it speaks; two boxes side by side keep level because they share a line of the form's grid.
    """

    def __init__(self, look: Look, name: str, hint: str = "") -> None:
        super().__init__()
        self.field = Field(look, name, hint)
        self._side_icon, self._side = Icon(look, "", "ink_3", 14), Text(look, "", "small", "ink_3")
        self._cap = KeyCap(look, "F2")
        self._beside = row(self._side_icon, self._side, self._cap, gap=3)
        self._note_icon, self._note = Icon(look, "", "warn", 14), Elided(look, "", "small", "warn")
        self._note_row = row(self._note_icon, (self._note, 1), gap=4, height=20)
        lay = QGridLayout(self)
        lay.setContentsMargins(0, 0, 0, 0)
        lay.setSpacing(0)
        self._line = QHBoxLayout()
        self._line.setSpacing(6)
        self._line.addWidget(self.field, 1)
        self._line.addWidget(self._beside)
        lay.addLayout(self._line, 0, 0)
        lay.addWidget(self._note_row, 1, 0)
        self._row_kept = False
        self._narrow = False
        self.beside("")
        self.note("")

    def take_field(self, field: Field) -> None:
        """Another kind of field stands in this box."""
        self._line.replaceWidget(self.field, field)
        self.field.deleteLater()
        self.field = field

    def set_narrow(self, narrow: bool) -> None:
        """Where there is little room the words beside the field give way to its value; they stay as its tool tip."""
        self._narrow = narrow
        self.beside(self._side.text(), self._side_icon.name, not self._cap.isHidden())

    def keep_row(self, kept: bool) -> None:
        """The row for a sentence is there even while nothing is said: where much is said nothing shall jump."""
        self._row_kept = kept
        self._note_row.setVisible(kept or bool(self._note.text()))

    def beside(self, words: str, icon: str = "", cap: bool = False) -> None:
        """Say beside the field where its value comes from."""
        told = bool(words) and not self._narrow
        self._side.setText(words)
        self._side.setVisible(told)
        self._side_icon.show_as(icon, "ink_3")
        self._side_icon.setVisible(bool(icon) and told)
        self._cap.setVisible(cap)
        self._beside.setVisible(told or cap)
        self.field.setToolTip(words)

    def note(self, words: str, tone: str = "warn", icon: str = "") -> None:
        """Say under the field what is the matter; nothing takes the row away."""
        self._note_icon.show_as(icon or {"danger": "bad", "warn": "warn", "accent": "info"}.get(tone, "info"), tone)
        self._note.say(words, tone)
        self._note_icon.setVisible(bool(words))
        self._note_row.setVisible(bool(words) or self._row_kept)
        self.field.setAccessibleDescription(words)

    def note_words(self) -> str:
        return self._note.text()
