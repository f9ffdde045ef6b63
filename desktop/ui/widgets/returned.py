"""What the county sent back (退回件): each with the field it is about and the reason on it; its digit opens it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QScrollArea, QVBoxLayout, QWidget

from desktop.ui.theme import RADIUS, SMOOTH, Look
from desktop.ui.widgets.boxes import empty
from desktop.ui.widgets.keys import baseline, cap_width, paint_cap
from desktop.ui.widgets.notice import EmptyState
from desktop.ui.widgets.text import Text
from desktop.ui.words import Words

LINE_PX, HEAD_PX, EDGE_PX = 22, 36, 14


@dataclass(frozen=True, slots=True)
class Returned:
    """A record and its grounds: (label of the field, reason)."""

    uid: str
    title: str
    number: str
    field: str
    grounds: tuple[tuple[str, str], ...]


class ReturnedCard(QAbstractButton):
    """One returned record. The red ground, the arrow's word and the field's name say it together."""

    def __init__(self, look: Look, returned: Returned, cap: str) -> None:
        super().__init__()
        self.look, self.returned, self.cap = look, returned, cap
        self.setObjectName(f"returned:{returned.uid}")
        said = "；".join(f"{label} {reason}" for label, reason in returned.grounds)
        self.setAccessibleName(f"{returned.title}　{said}")
        self.setToolTip(said)
        self.setFixedHeight(HEAD_PX + 2 * LINE_PX * max(1, len(returned.grounds)) + 28)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        look, q = self.look, QPainter(self)
        q.setRenderHints(SMOOTH)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        if self.hasFocus():
            q.setPen(QPen(look.colour("accent"), 2))
            q.setBrush(look.colour("chosen"))
            q.drawRoundedRect(box, RADIUS["control"], RADIUS["control"])
        left = EDGE_PX
        if self.cap:
            paint_cap(q, look, QPointF(EDGE_PX, 10), self.cap)
        left += cap_width(look, self.cap or "0") + 12
        room = self.width() - left - EDGE_PX
        q.setFont(look.font("strong"))
        q.setPen(look.colour("ink"))
        title = look.metrics("strong").elidedText(self.returned.title, Qt.TextElideMode.ElideRight, room)
        q.drawText(left, round(baseline(8, 24, look.metrics("strong"))), title)
        self._grounds(q, QRect(left, HEAD_PX + 2, room, self.height() - HEAD_PX - 14))
        q.end()

    def _grounds(self, q: QPainter, rect: QRect) -> None:
        look = self.look
        q.setPen(Qt.PenStyle.NoPen)
        q.setBrush(look.colour("danger_ground"))
        q.drawRoundedRect(QRectF(rect), RADIUS["control"], RADIUS["control"])
        q.setFont(look.font("label"))
        metrics, y = look.metrics("label"), rect.y() + 6
        for label, reason in self.returned.grounds:
            q.drawPixmap(rect.x() + 12, y + 4, look.icon("back", "danger", 14))
            q.setPen(look.colour("danger"))
            q.drawText(rect.x() + 32, round(baseline(y, LINE_PX, metrics)), label)
            q.setPen(look.colour("ink"))
            shown = metrics.elidedText(reason, Qt.TextElideMode.ElideRight, rect.width() - 24)
            q.drawText(rect.x() + 12, round(baseline(y + LINE_PX, LINE_PX, metrics)), shown)
            y += 2 * LINE_PX


class ReturnedList(QScrollArea):
    """All returned records; `opened` tells the record and the field the reason stands on."""

    opened = Signal(str, str)

    def __init__(self, look: Look, words: Words) -> None:
        super().__init__()
        self.look, self.words = look, words
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(words("sync.returned"))
        self.count = Text(look, "", "label", "ink_3")
        self._inside = QWidget()
        self._inside.setProperty("bare", True)
        self._lay = QVBoxLayout(self._inside)
        self._lay.setContentsMargins(2, 2, 2, 2)
        self._lay.setSpacing(0)
        self.setWidget(self._inside)
        self.cards: list[ReturnedCard] = []
        self._shown: list[Returned] | None = None

    def show_records(self, records: Sequence[Returned]) -> None:
        """Show these, or say that nothing came back."""
        if self._shown == list(records):
            return
        self._shown = list(records)
        empty(self._lay)
        self.cards = []
        self.count.setText(self.words("sync.pieces", count=len(records)) if records else "")
        for number, one in enumerate(records, start=1):
            made = ReturnedCard(self.look, one, str(number) if number <= 9 else "")
            made.clicked.connect(self._clicked)
            self.cards.append(made)
            self._lay.addWidget(made)
        if not records:
            title, words = self.words("sync.none_title"), self.words("sync.none_words")
            self._lay.addWidget(EmptyState(self.look, "ok", title, words), 1)
        self._lay.addStretch(0 if not records else 1)

    def shown(self) -> Sequence[Returned]:
        return self._shown or ()

    def open_number(self, number: int) -> None:
        if 1 <= number <= len(self.cards):
            self._open(self.cards[number - 1])

    def _clicked(self) -> None:
        made = self.sender()
        if isinstance(made, ReturnedCard):
            self._open(made)

    def _open(self, made: ReturnedCard) -> None:
        self.opened.emit(made.returned.uid, made.returned.field)
