"""A pen that writes and rules in millimetres of a sheet, whatever it is painted on, with the same line breaks everywhere."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Protocol

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QTextLayout, QTextOption

from desktop.ui.fonts import sized
from desktop.ui.paper.codes import paint_code
from desktop.ui.theme import SMOOTH

UNITS_A_MM: Final = 20  # fonts are measured at this size and then scaled: what fits here fits at every resolution
LEADING: Final = 1.36  # line to line, in sizes of the type
INK, SOFT, PALE = "#1C2024", "#5F6368", "#ECEAE4"


class Sheet(Protocol):
    """Something of a fixed size that is printed on one page or several."""

    @property
    def size_mm(self) -> tuple[float, float]: ...

    @property
    def pages(self) -> int: ...

    def paint(self, pen: Pen, page: int) -> None:
        """Paint that page, counted from 1."""


@dataclass(frozen=True, slots=True)
class Box:
    """A place on the sheet, from its upper left corner, in millimetres."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height


class Type:
    """Words in one size (millimetres) and weight of the family, and how they break into lines."""

    def __init__(self, family: str, size_mm: float, weight: int = 400) -> None:
        self.size_mm = size_mm
        self.font: QFont = sized(family, max(1, round(size_mm * UNITS_A_MM)), weight)
        # shaped, digits after a letter become glyphs without a character, and cannot be copied out of the PDF (Qt 6.11)
        self.font.setStyleStrategy(QFont.StyleStrategy.PreferNoShaping)
        self._metrics = QFontMetricsF(self.font)

    @property
    def leading_mm(self) -> float:
        return self.size_mm * LEADING

    @property
    def drop_mm(self) -> float:
        """From the top of a line to its baseline."""
        ink = self._metrics.ascent() + self._metrics.descent()
        return (self.leading_mm * UNITS_A_MM - ink) / 2 / UNITS_A_MM + self._metrics.ascent() / UNITS_A_MM

    def width_mm(self, words: str) -> float:
        return self._metrics.horizontalAdvance(words) / UNITS_A_MM

    def lines(self, words: str, width_mm: float) -> list[str]:
        """Return the words broken into lines of that width; at a word's end where there is one, else anywhere."""
        found: list[str] = []
        for paragraph in words.split("\n"):
            if self.width_mm(paragraph) <= width_mm:
                found.append(paragraph)
            else:
                found += self._broken(paragraph, width_mm)
        return found

    def _broken(self, words: str, width_mm: float) -> list[str]:
        layout = QTextLayout(words, self.font)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        layout.beginLayout()
        units, found = words.encode("utf-16-le"), []  # Qt counts in these: a rare character of a name is two
        while (line := layout.createLine()).isValid():
            line.setLineWidth(width_mm * UNITS_A_MM)
            first, last = 2 * line.textStart(), 2 * (line.textStart() + line.textLength())
            found.append(units[first:last].decode("utf-16-le").strip())
        layout.endLayout()
        return found


class Pen:
    """Paints onto one page of a sheet."""

    def __init__(self, q: QPainter, family: str, place: QRectF, size_mm: tuple[float, float]) -> None:
        """Begin with white paper in that place of the painter, which has the shape of the sheet."""
        self.q, self.family = q, family
        q.setRenderHints(SMOOTH)
        q.fillRect(place, QColor("#FFFFFF"))
        q.setClipRect(place)
        q.translate(place.topLeft())
        self._scale = place.width() / size_mm[0] / UNITS_A_MM
        q.scale(self._scale, self._scale)

    def type(self, size_mm: float, weight: int = 400) -> Type:
        return Type(self.family, size_mm, weight)

    def rule(self, left: float, top: float, right: float, bottom: float, thick_mm: float = 0.25) -> None:
        """A line from one point to the other."""
        self.q.setPen(self._stroke(INK, thick_mm))
        units = UNITS_A_MM
        self.q.drawLine(QPointF(left * units, top * units), QPointF(right * units, bottom * units))

    def code(self, box: Box, code: str) -> None:
        """The square code fills the box."""
        paint_code(self.q, _units(box), code)

    def frame(self, box: Box, thick_mm: float = 0.25) -> None:
        self.q.setPen(self._stroke(INK, thick_mm))
        self.q.setBrush(Qt.BrushStyle.NoBrush)
        self.q.drawRect(_units(box))

    def write(self, left: float, top: float, words: str, kind: Type, tone: str = INK) -> None:
        """One line whose upper left corner is there."""
        self.q.setFont(kind.font)
        self.q.setPen(QColor(tone))
        self.q.drawText(QPointF(left * UNITS_A_MM, (top + kind.drop_mm) * UNITS_A_MM), words)

    def say(
        self, box: Box, words: str, size_mm: float, *, weight: int = 400, across: str = "left", down: str = "middle",
        tone: str = INK,
    ) -> None:  # fmt: skip
        """The words stand in the box whole: broken into lines, and smaller where they would not fit."""
        kind, lines = self._fitting(box, words, size_mm, weight)
        high = len(lines) * kind.leading_mm
        top = box.top + {"top": 0.0, "middle": (box.height - high) / 2, "bottom": box.height - high}[down]
        for number, line in enumerate(lines):
            wide = kind.width_mm(line)
            left = box.left + {"left": 0.0, "middle": (box.width - wide) / 2, "right": box.width - wide}[across]
            self.write(left, top + number * kind.leading_mm, line, kind, tone)

    def _fitting(self, box: Box, words: str, size_mm: float, weight: int) -> tuple[Type, list[str]]:
        size = size_mm
        while True:
            kind = self.type(size, weight)
            lines = kind.lines(words, box.width)
            if len(lines) * kind.leading_mm <= box.height + 0.01 or size < 1.2:
                return kind, lines
            size *= 0.94

    def across(self, size_mm: tuple[float, float], words: str) -> None:
        """The words stand pale across the whole sheet, under what is written after."""
        q, kind = self.q, self.type(14, 700)
        q.save()
        q.translate(size_mm[0] / 2 * UNITS_A_MM, size_mm[1] / 2 * UNITS_A_MM)
        q.rotate(-math.degrees(math.atan2(size_mm[1], size_mm[0])))
        line = "　　　".join([words] * 3)
        for place in (-60.0, 0.0, 60.0):
            self.write(-kind.width_mm(line) / 2, place - kind.leading_mm / 2, line, kind, PALE)
        q.restore()

    def _stroke(self, tone: str, thick_mm: float) -> QPen:
        pen = QPen(QColor(tone), max(thick_mm * UNITS_A_MM, 0.7 / self._scale if self._scale < 0.2 else 0.0))
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        return pen


def _units(box: Box) -> QRectF:
    return QRectF(box.left * UNITS_A_MM, box.top * UNITS_A_MM, box.width * UNITS_A_MM, box.height * UNITS_A_MM)
