"""The chosen record beside the hits (卷内一件): its page, its fields, and the question what a look behind the mask is for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout

from desktop.services.finding import RecordView, ShownField
from desktop.ui.pages.files import files_of
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import col, row, rule
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.keys import Button, KeyCap
from desktop.ui.widgets.text import Elided, Icon, Paragraph
from desktop.ui.widgets.viewer import PageViewer
from desktop.ui.words import Words

if TYPE_CHECKING:
    from desktop.services.desk import Desk

PANEL_PX, NARROW_PX, FACTS_PX, NAME_PX = 296, 280, 420, 92


class RecordPanel(QFrame):
    """Shows one record, masked until a purpose was given.

    Args:
        picture: draws a page of a record that is not in this archive; such a one is not corrected here.
    """

    purpose_given = Signal(str, str)  # record, purpose
    failed = Signal(object)

    def __init__(
        self, look: Look, words: Words, desk: Desk, picture: Callable[[str, int, int], Any] | None = None
    ) -> None:  # fmt: skip
        super().__init__()
        self.setObjectName("record")
        self.look, self.words, self._desk = look, words, desk
        self._picture = picture
        self.uid = ""
        self.viewer = PageViewer(look, words, strip=False)
        self.viewer.failed.connect(self.failed)
        self.title, self.number = Elided(look, "", "strong"), Elided(look, "", "small", "ink_3")
        self.purpose = Field(look, words("search.purpose"), words("search.purpose_hint"), 26)
        self.purpose.setObjectName("purpose")
        self.purpose.returnPressed.connect(self._give_purpose)
        self._purpose_row = row(Icon(look, "eye", "warn", 16), (self.purpose, 1), KeyCap(look, "Enter"), gap=8)
        self._purpose_row.hide()
        self.correct_button = Button(look, words("search.correct"), "Alt+E")
        self.correct_button.setObjectName("correct")
        self._facts = QFrame()
        self._facts.setProperty("bare", True)
        self._grid = QGridLayout(self._facts)
        self._grid.setContentsMargins(0, 0, 8, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(1, 1)
        self._grid.setColumnMinimumWidth(0, NAME_PX)
        self._lines: list[tuple[Paragraph, Paragraph]] = []
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setWidget(self._facts)
        self._area.setMinimumHeight(
            48
        )  # two lines: where the window is low, the row that asks for a purpose comes first
        self._lay_out()

    def _lay_out(self) -> None:
        self._card = QFrame()
        self._card.setProperty("card", True)
        inner = QVBoxLayout(self._card)
        inner.setContentsMargins(1, 1, 1, 1)
        inner.setSpacing(0)
        inner.addWidget(col(self.title, self.number, gap=0, margins=(16, 8, 12, 8)))
        inner.addWidget(rule())
        inner.addWidget(col((self._area, 1), margins=(16, 8, 4, 8)), 1)
        inner.addWidget(col(self._purpose_row, row(self.correct_button, None), gap=8, margins=(16, 4, 16, 12)))
        self._lay = QHBoxLayout(self)
        self._lay.setContentsMargins(0, 0, 0, 0)
        self._lay.setSpacing(12)
        self._stack = QVBoxLayout()
        self._stack.setSpacing(12)
        self._lay.addLayout(self._stack)
        self._stack.addWidget(self.viewer, 3)
        self._stack.addWidget(self._card, 2)
        self.correct_button.setVisible(self._picture is None and self._desk.may("catalogue"))

    def show_wide(self, wide: bool, narrow: bool) -> None:
        """Picture over fields at the edge of the page, or side by side over the whole of it."""
        side = NARROW_PX if narrow else PANEL_PX
        if wide:
            self.setMinimumWidth(0)
            self.setMaximumWidth(16_777_215)
            self._lay.addWidget(self._card)
            self._card.setFixedWidth(320 if narrow else FACTS_PX)
        else:
            self.setFixedWidth(side)
            self._card.setMinimumWidth(0)
            self._card.setMaximumWidth(side)
            self._stack.addWidget(self._card, 2)

    def begin(self, uid: str) -> None:
        """Another record is on its way; no purpose is asked any more."""
        self.uid = uid
        self.drop_purpose()

    def show_nothing(self) -> None:
        self.show_outline("", "", "", (), self.words("viewer.empty"))

    def show_outline(self, uid: str, title: str, number: str, shown: Sequence[ShownField], instead: str) -> None:
        """Show what is known of a record that is not open; `instead` stands where its pages would."""
        self.begin(uid)
        self.title.setText(title)
        self.number.setText(number)
        self._show_facts(shown, False)
        self.viewer.show_nothing(instead)

    def show_record(self, view: RecordView, unmasked: bool = False) -> None:
        """Show the record as this person may see it."""
        if view.record.uid != self.uid:
            return
        self.title.setText(view.record.title)
        self.number.setText(f"{view.record.number}　{view.kind.label}")
        self._show_facts([one for one in view.fields if one.written or one.meant], unmasked)
        if not unmasked or view.kind.restricted:
            self.show_pages(view)

    def _show_facts(self, shown: Sequence[ShownField], unmasked: bool) -> None:
        """The lines are used again from record to record: making them anew cost as much as painting the list."""
        while len(self._lines) < len(shown):
            name, value = Paragraph(self.look, "", "label", "ink_3"), Paragraph(self.look, "", "label", "ink")
            name.setFixedWidth(NAME_PX)
            self._grid.addWidget(name, len(self._lines), 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(value, len(self._lines), 1)
            self._grid.setRowStretch(len(self._lines), 0)
            self._lines.append((name, value))
            self._grid.setRowStretch(len(self._lines), 1)  # what is left of the height is under the last
        for (name, value), one in zip(self._lines, shown, strict=False):
            name.say(one.label)
            value.say(*self._said(one, unmasked))
        for place, pair in enumerate(self._lines):
            for part in pair:
                part.setVisible(place < len(shown))

    def _said(self, one: ShownField, unmasked: bool) -> tuple[str, str]:
        """Return what stands beside a field's name, and its tone."""
        words = one.written or one.meant
        if one.meant and one.written and one.meant != one.written:
            words = f"{one.written}　{one.meant}"
        if one.reason:
            return f"{words}　{self.words('catalogue.excused', reason=one.reason)}", "warn"
        return words, "accent" if one.masked and unmasked else "ink_2" if one.masked else "ink"

    def show_pages(self, view: RecordView) -> None:
        """The pages of the record are shown, or why there are none."""
        files = files_of(view.attachments, self._picture or self._desk.viewing.picture)
        if files.pages:
            self.viewer.show_pages(files.pages, files.picture)
        else:
            self.viewer.show_nothing(self.words("search.closed" if view.closed else "viewer.none"))

    def ask_purpose(self) -> None:
        """Ask what the look behind the mask is for; the answer is kept in the log with the look."""
        self._purpose_row.show()
        self.purpose.setText("")
        self.purpose.setFocus()

    def drop_purpose(self) -> bool:
        """No purpose is asked any more; False when none was."""
        shown = not self._purpose_row.isHidden()
        self._purpose_row.hide()
        return shown

    def _give_purpose(self) -> None:
        if self.purpose.text().strip():
            self.purpose_given.emit(self.uid, self.purpose.text().strip())
            self._purpose_row.hide()
