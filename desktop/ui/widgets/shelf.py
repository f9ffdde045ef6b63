"""A shelf of archive boxes (卷柜), the only ornament in the program: it says what is kept here."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from desktop.ui.theme import SMOOTH, Look

BOXES = ((44, 0), (36, 0), (36, 0), (52, 1), (44, 1), (44, 1), (36, 2), (40, -1), (44, 3), (36, 3), (44, 4))
"""Width of each box in px and which label it bears; -1 leaves a gap, for a shelf is never full."""
BOARD_Y, TALL_PX, LEFT_PX = 560, 232, 72


class Shelf(QWidget):
    """Boxes with their labels, standing on a board."""

    def __init__(self, look: Look, labels: list[str]) -> None:
        super().__init__()
        self.look, self.labels, self.bare = look, labels, False

    def paintEvent(self, _event: QPaintEvent) -> None:
        look, q, x = self.look, QPainter(self), float(LEFT_PX)
        q.setRenderHints(SMOOTH)
        q.fillRect(self.rect(), look.colour("sunken"))
        if self.bare:
            q.end()
            return
        board = min(BOARD_Y, self.height() - 96)
        for place, (width, label) in enumerate(BOXES):
            lower = (place * 7 % 3) * 4
            box = QRectF(x + 0.5, board - TALL_PX + lower + 0.5, width - 1, TALL_PX - lower)
            if label >= 0 and box.right() < self.width() - 48:
                self._box(q, box, self.labels[label], label == 0)
            x += width + 2
        q.fillRect(QRectF(48, board, self.width() - 96, 4), look.colour("edge"))
        q.end()

    def _box(self, q: QPainter, box: QRectF, words: str, tinted: bool) -> None:
        look = self.look
        q.setFont(look.font("small"))
        q.setPen(QPen(look.colour("edge"), 1))
        q.setBrush(look.colour("accent_ground" if tinted else "panel"))
        q.drawRoundedRect(box, 2, 2)
        label = QRectF(box.x() + 6, box.y() + 20, box.width() - 12, 72)
        q.setPen(QPen(look.colour("line"), 1))
        q.setBrush(look.colour("panel"))
        q.drawRect(label)
        q.setPen(look.colour("ink_2"))
        for number, sign in enumerate(words):
            at = QRectF(label.x(), label.y() + 10 + number * 20, label.width(), 20)
            q.drawText(at, int(Qt.AlignmentFlag.AlignCenter), sign)
        q.setPen(QPen(look.colour("line"), 1))
        for line in range(2):
            y = label.bottom() + 14 + line * 5
            q.drawLine(QPointF(label.x() + 2, y), QPointF(label.right() - 2, y))
        q.setPen(QPen(look.colour("edge"), 1))
        q.setBrush(look.colour("ground"))
        q.drawEllipse(QPointF(box.center().x(), box.bottom() - 40), 7, 7)
