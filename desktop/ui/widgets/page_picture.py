"""One page on the desk: with a soft shadow, at any size and turn, and the places values were read from ringed on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen, QPixmap, QTransform
from PySide6.QtWidgets import QWidget

from desktop.ui.theme import SMOOTH, Look

MARGIN_PX = 12


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on a page in shares of its width and height, ringed in a tone."""

    x: float
    y: float
    width: float
    height: float
    tone: str = "accent"


def sharp(image: QImage, width: float, height: float, ratio: float) -> QPixmap:
    """Return the picture scaled once, to the very pixels of the screen."""
    size = QSize(max(1, round(width * ratio)), max(1, round(height * ratio)))
    smooth = Qt.TransformationMode.SmoothTransformation
    pixmap = QPixmap.fromImage(image.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, smooth))
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


class PageCanvas(QWidget):
    """Paints one page picture, or the words that stand in its place."""

    def __init__(self, look: Look, name: str) -> None:
        super().__init__()
        self.look = look
        self.image: QImage | None = None
        self.marks: list[Mark] = []
        self.words, self.zoom, self._turn = "", 1.0, 0
        self._scaled: tuple[tuple[int, int, int, float], QPixmap] | None = None
        self.setAccessibleName(name)

    def show_image(self, image: QImage | None, words: str = "") -> None:
        """Show the page; without one, the words say why."""
        self.image, self.words, self._turn, self._scaled = image, words, 0, None
        self.marks = []
        self.update()

    def ring(self, marks: Iterable[Mark]) -> None:
        self.marks = list(marks)
        self.update()

    def turn_right(self) -> None:
        """Turn the page a quarter to the right."""
        self._turn, self._scaled = (self._turn + 90) % 360, None
        self.update()

    def _turned(self) -> QImage:
        assert self.image is not None
        return self.image.transformed(QTransform().rotate(self._turn)) if self._turn else self.image

    def wanted_height(self, across_px: int) -> int:
        """Return the height the page takes when it is as wide as the room, times the zoom."""
        if self.image is None:
            return 0
        wide, high = self.image.width(), self.image.height()
        if self._turn in (90, 270):
            wide, high = high, wide
        return round((across_px - 2 * MARGIN_PX) * high / wide) + 2 * MARGIN_PX

    def paintEvent(self, _event: QPaintEvent) -> None:
        q = QPainter(self)
        q.setRenderHints(SMOOTH)
        q.fillRect(self.rect(), self.look.colour("desk"))
        if self.image is None:
            q.setFont(self.look.font("label"))
            q.setPen(self.look.colour("ink_2"))
            flags = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
            q.drawText(self.rect().adjusted(24, 0, -24, 0), flags, self.words)
            q.end()
            return
        image = self._turned()
        across, down = self.width() - 2 * MARGIN_PX, self.height() - 2 * MARGIN_PX
        scale = min(across / image.width(), down / image.height())
        page = QRectF(0, 0, image.width() * scale, image.height() * scale)
        page.moveTo(round((self.width() - page.width()) / 2), round((self.height() - page.height()) / 2))
        self._shadow(q, page)
        q.drawPixmap(page.topLeft(), self._fitted(image, page))
        for mark in () if self._turn else self.marks:
            self._mark(q, page, mark)
        q.end()

    def _fitted(self, image: QImage, page: QRectF) -> QPixmap:
        key = (round(page.width()), round(page.height()), self._turn, self.devicePixelRatioF())
        if self._scaled is None or self._scaled[0] != key:
            self._scaled = (key, sharp(image, page.width(), page.height(), key[3]))
        return self._scaled[1]

    def _shadow(self, q: QPainter, page: QRectF) -> None:
        q.setPen(Qt.PenStyle.NoPen)
        q.setBrush(QColor(0, 0, 0, self.look.colour("shade").alpha() // 4))
        for spread in range(4):
            q.drawRect(page.adjusted(-spread, 2 - spread, spread, 2 + spread))

    def _mark(self, q: QPainter, page: QRectF, mark: Mark) -> None:
        colour = self.look.paper_colour(mark.tone)
        q.setPen(QPen(colour, 2))
        q.setBrush(QColor(colour.red(), colour.green(), colour.blue(), 28))
        corner = QPointF(page.x() + mark.x * page.width(), page.y() + mark.y * page.height())
        q.drawRoundedRect(QRectF(corner.x(), corner.y(), mark.width * page.width(), mark.height * page.height()), 3, 3)
