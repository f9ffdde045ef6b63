"""A life on lines (生平): years across, a line for each kind of record, each record at its date with the key it is chosen by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from desktop.ui.theme import SIZE, SMOOTH, Look
from desktop.ui.widgets.keys import baseline, cap_width, paint_cap

HEAD_PX, LINE_PX, LABEL_PX, EDGE_PX = 28, 28, 92, 16
STEPS: Final = (1, 2, 5, 10, 20, 50)
MOST_TICKS: Final = 7


@dataclass(frozen=True, slots=True)
class LifeMark:
    """One record: on which line, when (years and a fraction), until when where it says so, and its key."""

    line: str
    at: float
    key: str
    until: float | None = None


class LifeLines(QWidget):
    """Draws marks; `picked` tells the place of the one that was clicked."""

    picked = Signal(int)

    def __init__(self, look: Look, name: str) -> None:
        super().__init__()
        self.look, self._name = look, name
        self._marks: tuple[LifeMark, ...] = ()
        self._here = -1
        self._boxes: list[QRectF] = []
        self.show_marks(())

    def show_marks(self, marks: Sequence[LifeMark], most_lines: int = 5) -> None:
        """Show these; lines beyond the most that fit are left to the list below."""
        self._lines = list(dict.fromkeys(mark.line for mark in marks))[:most_lines]
        self._marks = tuple(marks)
        self.setFixedHeight(HEAD_PX + LINE_PX * len(self._lines) + 8 if marks else 0)
        self.setAccessibleName("　".join([self._name, *(f"{mark.key} {mark.line} {int(mark.at)}" for mark in marks)]))
        self.update()

    def show_here(self, place: int) -> None:
        """The mark in that place is the one that is chosen."""
        self._here = place
        self.update()

    def _years(self) -> tuple[int, int, int]:
        """Return the first and last year of the axis and the step between its ticks."""
        first = int(min(mark.at for mark in self._marks))
        last = int(max(mark.until or mark.at for mark in self._marks)) + 1
        step = next((one for one in STEPS if (last - first) / one <= MOST_TICKS), STEPS[-1])
        begin = first // step * step
        return begin, max(begin + step, -(-last // step) * step), step

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self._marks:
            return
        q, look = QPainter(self), self.look
        q.setRenderHints(SMOOTH)
        first, last, step = self._years()
        room = self.width() - LABEL_PX - 3 * EDGE_PX  # the last year stands in the middle under its line

        def x_of(year: float) -> float:
            return EDGE_PX + LABEL_PX + room * (year - first) / (last - first)

        q.setFont(look.font("small"))
        for year in range(first, last + 1, step):
            q.setPen(QPen(look.colour("line"), 1))
            q.drawLine(QPointF(x_of(year), HEAD_PX), QPointF(x_of(year), self.height() - 8))
            q.setPen(look.colour("ink_3"))
            wide = look.metrics("small").horizontalAdvance(str(year))
            q.drawText(QPointF(x_of(year) - wide / 2, baseline(0, HEAD_PX, look.metrics("small"))), str(year))
        for number, line in enumerate(self._lines):
            q.setFont(look.font("label"))
            q.setPen(look.colour("ink_2"))
            top = HEAD_PX + LINE_PX * number
            q.drawText(QPointF(EDGE_PX, baseline(top, LINE_PX, look.metrics("label"))), line)
        self._paint_marks(q, x_of)
        q.end()

    def _paint_marks(self, q: QPainter, x_of: Callable[[float], float]) -> None:
        look = self.look
        self._boxes, taken = [], dict.fromkeys(self._lines, 0.0)
        for place, mark in enumerate(self._marks):
            if mark.line not in taken:
                self._boxes.append(QRectF())
                continue
            top = HEAD_PX + LINE_PX * self._lines.index(mark.line) + (LINE_PX - SIZE["key"]) / 2
            x = max(x_of(mark.at) - SIZE["key"] / 2, taken[mark.line])  # two of one year stand beside each other
            if mark.until is not None:
                q.setPen(QPen(look.colour("accent"), 1))
                q.setBrush(look.colour("accent_ground"))
                q.drawRoundedRect(QRectF(x + 0.5, top + 0.5, max(x_of(mark.until) - x, 24) - 1, SIZE["key"] - 1), 4, 4)
            paint_cap(q, look, QPointF(x, top), mark.key)
            box = QRectF(x, top, cap_width(look, mark.key), SIZE["key"])
            if place == self._here:
                q.setPen(QPen(look.colour("accent"), 2))
                q.setBrush(Qt.BrushStyle.NoBrush)
                q.drawRoundedRect(box.adjusted(-1, -1, 1, 1), 4, 4)
            self._boxes.append(box)
            taken[mark.line] = box.right() + 4

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for place, box in enumerate(self._boxes):
            if box.contains(event.position()):
                self.picked.emit(place)
