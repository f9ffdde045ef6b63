"""What is to be done, in sections (待办): each line says what, why in a second line, and since or until when; its digit opens it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from desktop.ui.theme import RADIUS, SMOOTH, Look
from desktop.ui.widgets.boxes import empty, row
from desktop.ui.widgets.keys import baseline, cap_width, paint_cap
from desktop.ui.widgets.text import Text

ITEM_PX, EDGE_PX, HEAD_PX, DIGITS = 56, 16, 28, 9


@dataclass(frozen=True, slots=True)
class Item:
    """One line; `opens` is what it hands to whoever opens it."""

    icon: str
    tone: str
    title: str
    why: str
    when: str
    opens: object


@dataclass(frozen=True, slots=True)
class Section:
    """Lines of one sort under a heading."""

    title: str
    tone: str
    count: str
    items: tuple[Item, ...]


class ItemLine(QAbstractButton):
    """One thing to be done. Icon, words and date say together how urgent it is, never the colour alone."""

    def __init__(self, look: Look, item: Item, cap: str) -> None:
        super().__init__()
        self.look, self.item, self.cap = look, item, cap
        self.setAccessibleName("　".join(part for part in (item.title, item.why, item.when) if part))
        self.setToolTip(item.why)
        self.setFixedHeight(ITEM_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCheckable(True)  # checked: the chosen one
        self.setAutoExclusive(True)

    def sizeHint(self) -> QSize:
        return QSize(240, ITEM_PX)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.setChecked(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
            return
        super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        look, q = self.look, QPainter(self)
        q.setRenderHints(SMOOTH)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        if self.isChecked() or self.underMouse():
            q.setPen(QPen(look.colour("accent"), 2) if self.hasFocus() else Qt.PenStyle.NoPen)
            q.setBrush(look.colour("chosen" if self.isChecked() else "hover"))
            q.drawRoundedRect(box, RADIUS["control"], RADIUS["control"])
        if self.cap:
            paint_cap(q, look, QPointF(EDGE_PX, (ITEM_PX - 20) / 2), self.cap)
        left = EDGE_PX + cap_width(look, "0") + 14
        q.drawPixmap(left, (ITEM_PX - 18) // 2, look.icon(self.item.icon, self.item.tone))
        left += 18 + 12
        right = self.width() - EDGE_PX - 18
        q.drawPixmap(right, (ITEM_PX - 18) // 2, look.icon("right", "ink_3"))
        right -= 12
        label = look.metrics("label")
        if self.item.when:
            width = label.horizontalAdvance(self.item.when)
            q.setFont(look.font("label"))
            q.setPen(look.colour(self.item.tone))
            q.drawText(QPointF(right - width, baseline(0, ITEM_PX, label)), self.item.when)
            right -= width + 12
        self._line(q, "body", "ink", QRectF(left, 8, right - left, 20), self.item.title)
        self._line(q, "label", "ink_2", QRectF(left, 29, right - left, 19), self.item.why)
        q.end()

    def _line(self, q: QPainter, role: str, tone: str, box: QRectF, words: str) -> None:
        metrics = self.look.metrics(role)
        q.setFont(self.look.font(role))
        q.setPen(self.look.colour(tone))
        shown = metrics.elidedText(words, Qt.TextElideMode.ElideRight, int(box.width()))
        q.drawText(QPointF(box.x(), baseline(box.y(), box.height(), metrics)), shown)


class DayList(QScrollArea):
    """All that is to be done, under its headings; ↑ ↓ choose, a digit or Enter opens."""

    opened = Signal(object)

    def __init__(self, look: Look, name: str) -> None:
        super().__init__()
        self.look = look
        self.lines: list[ItemLine] = []
        self.setObjectName("day")
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(name)
        self._inside = QWidget()
        self._inside.setProperty("bare", True)
        self._lay = QVBoxLayout(self._inside)
        self._lay.setContentsMargins(1, 0, 1, 1)
        self._lay.setSpacing(0)
        self.setWidget(self._inside)
        self._shown: Sequence[Section] | None = None

    def show_sections(self, sections: Sequence[Section]) -> None:
        """Show these; where nothing changed, nothing moves, and what was chosen stays chosen."""
        if self._shown == sections:
            return
        here = self.place()
        self._shown = sections
        empty(self._lay)
        self.lines = []
        for section in sections:
            title = Text(self.look, section.title, "label", section.tone)
            count = Text(self.look, section.count, "label", "ink_3")
            head = row(title, count, None, gap=8, margins=(EDGE_PX, 0, EDGE_PX, 0), height=HEAD_PX)
            head.setProperty("sunken", True)
            self._lay.addWidget(head)
            for item in section.items:
                self._add(item)
        self._lay.addStretch(1)
        if here >= 0 and self.lines:
            self._choose(min(here, len(self.lines) - 1))

    def _add(self, item: Item) -> None:
        number = len(self.lines) + 1
        line = ItemLine(self.look, item, str(number) if number <= DIGITS else "")
        line.clicked.connect(self._clicked)
        self.lines.append(line)
        self._lay.addWidget(line)

    def place(self) -> int:
        """Return which line is chosen, -1 for none."""
        return next((number for number, line in enumerate(self.lines) if line.isChecked()), -1)

    def choose_none(self) -> None:
        """No line is chosen."""
        for line in self.lines:
            line.setAutoExclusive(False)
            line.setChecked(False)
            line.setAutoExclusive(True)

    def _choose(self, number: int) -> None:
        self.lines[number].setChecked(True)
        self.lines[number].setFocus()
        self.ensureWidgetVisible(self.lines[number], 0, HEAD_PX)

    def step(self, by: int) -> None:
        """The line so many further down is chosen and has the keyboard; the first, where none was."""
        if self.lines:
            here = self.place()
            self._choose(0 if here < 0 else max(0, min(len(self.lines) - 1, here + by)))

    def open_number(self, number: int) -> None:
        if 1 <= number <= len(self.lines):
            self.opened.emit(self.lines[number - 1].item.opens)

    def _clicked(self) -> None:
        line = self.sender()
        if isinstance(line, ItemLine):
            self.opened.emit(line.item.opens)
