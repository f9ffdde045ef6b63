"""The sheet of a certified extract (证明纸), in millimetres of an A4 page: the same painting on the screen, on paper and in a PDF."""

from __future__ import annotations

from datetime import date
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from desktop.ui.fonts import sized
from desktop.ui.paper.codes import paint_code
from desktop.ui.theme import SMOOTH, Look
from desktop.ui.words import Words
from sync.contract.extracts import Extract

PAGE_MM: Final = (210.0, 297.0)
SIDE_MM, LABEL_MM, ROW_MM = 25.0, 42.0, 8.5
TABLE_TOP_MM, TABLE_END_MM = 70.0, 196.0
QR_MM, QR_TOP_MM = 40.0, 226.0
INK, SOFT, LINE, WATERMARK = "#1C2024", "#5F6368", "#8F8A80", "#ECEAE4"
_MIDDLE = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)


class ExtractSheet:
    """Paints one extract; without a code it is a draft, and says so."""

    def __init__(self, look: Look, words: Words, extract: Extract, code: str = "") -> None:
        self.look, self.words, self.extract, self.code = look, words, extract, code
        self._unit = 1.0  # pixels to the millimetre

    def paint(self, q: QPainter, page: QRectF) -> None:
        """Paint the whole sheet into that box, which has the shape of an A4 page."""
        q.save()
        q.setRenderHints(SMOOTH)
        q.setClipRect(page)
        q.translate(page.topLeft())
        self._unit = page.width() / PAGE_MM[0]
        q.fillRect(QRectF(0, 0, page.width(), page.height()), QColor("#FFFFFF"))
        self._watermark(q)
        self._head(q)
        self._table(q, self._table_rows())
        self._foot(q)
        q.restore()

    def _box(self, x: float, y: float, width: float, height: float) -> QRectF:
        unit = self._unit
        return QRectF(x * unit, y * unit, width * unit, height * unit)

    def _say(
        self,
        q: QPainter,
        box: QRectF,
        words: str,
        size_mm: float,
        *,
        tone: str = INK,
        weight: int = 400,
        how: int = _MIDDLE,
    ) -> None:
        font = sized(self.look.family, max(1, round(size_mm * self._unit)), weight)
        font.setStyleStrategy(QFont.StyleStrategy.PreferNoShaping)  # else a number cannot be copied out of the PDF
        q.setFont(font)
        q.setPen(QColor(tone))
        q.drawText(box, how | int(Qt.TextFlag.TextWordWrap), words)

    def _watermark(self, q: QPainter) -> None:
        said = self.extract.purpose or self.words("extract.draft_mark")
        q.save()
        q.translate(self._box(PAGE_MM[0] / 2, PAGE_MM[1] / 2, 0, 0).topLeft())
        q.rotate(-32)
        for line in range(-4, 5):
            box = self._box(-160, line * 36 - 6, 320, 12)
            self._say(q, box, "　　".join([said] * 4)[:60], 7, tone=WATERMARK, how=int(Qt.AlignmentFlag.AlignCenter))
        q.restore()

    def _head(self, q: QPainter) -> None:
        extract, wide = self.extract, PAGE_MM[0] - 2 * SIDE_MM
        middle = int(Qt.AlignmentFlag.AlignCenter)
        self._say(q, self._box(SIDE_MM, 22, wide, 14), self.words("extract.title"), 9, weight=700, how=middle)
        number = extract.number or self.words("extract.no_number")
        right = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)
        self._say(
            q, self._box(SIDE_MM, 40, wide, 6), self.words("extract.numbered", number=number), 3.6, tone=SOFT, how=right
        )
        says = self.words("extract.says", office=extract.office, title=extract.title, number=extract.archive_number)
        self._say(q, self._box(SIDE_MM, 48, wide, 18), says, 4.4)

    def _table_rows(self) -> list[tuple[str, str]]:
        extract = self.extract
        asked = "　".join(part for part in (extract.applicant, extract.relation) if part) or "—"
        return [
            *((one.label, one.value) for one in extract.values),
            (self.words("extract.applicant"), asked),
            (self.words("extract.purpose"), extract.purpose or "—"),
        ]

    def _table(self, q: QPainter, rows: list[tuple[str, str]]) -> None:
        height = min(ROW_MM, (TABLE_END_MM - TABLE_TOP_MM) / max(1, len(rows)))
        size = min(4.0, height * 0.5)
        wide = PAGE_MM[0] - 2 * SIDE_MM
        for number, (label, value) in enumerate(rows):
            y = TABLE_TOP_MM + number * height
            q.setPen(QPen(QColor(LINE), max(1.0, 0.2 * self._unit)))
            q.setBrush(Qt.BrushStyle.NoBrush)
            q.drawRect(self._box(SIDE_MM, y, wide, height))
            x = (SIDE_MM + LABEL_MM) * self._unit
            q.drawLine(QPointF(x, y * self._unit), QPointF(x, (y + height) * self._unit))
            line = min(size, (LABEL_MM - 4) / max(1, len(label)))  # a label stands on one line
            self._say(q, self._box(SIDE_MM + 2, y, LABEL_MM - 3, height), label, line, tone=SOFT)
            small = size if len(value) <= 26 else size * 0.8
            self._say(q, self._box(SIDE_MM + LABEL_MM + 2, y, wide - LABEL_MM - 4, height), value, small)

    def _foot(self, q: QPainter) -> None:
        extract, wide = self.extract, PAGE_MM[0] - 2 * SIDE_MM
        day = date.fromisoformat(extract.day)
        self._say(q, self._box(SIDE_MM, 204, wide, 8), self.words("extract.seal_needed"), 4.0)
        self._code(q)
        x, width = SIDE_MM + QR_MM + 12, wide - QR_MM - 12
        lines = (
            (extract.office, 4.4),
            (self.words("extract.issued_by", person=extract.by), 4.0),
            (self.words("extract.issued_on", year=day.year, month=day.month, day=day.day), 4.0),
            (self.words("extract.seal"), 4.0),
        )
        for number, (words, size) in enumerate(lines):
            self._say(q, self._box(x, QR_TOP_MM + number * 9, width, 8), words, size)
        self._say(q, self._box(SIDE_MM, 272, wide, 10), self.words("extract.how_to_check"), 3.0, tone=SOFT)

    def _code(self, q: QPainter) -> None:
        box = self._box(SIDE_MM, QR_TOP_MM, QR_MM, QR_MM)
        if not self.code:
            q.setPen(QPen(QColor(LINE), max(1.0, 0.3 * self._unit), Qt.PenStyle.DashLine))
            q.setBrush(Qt.BrushStyle.NoBrush)
            q.drawRect(box)
            middle = int(Qt.AlignmentFlag.AlignCenter)
            self._say(q, box, self.words("extract.code_later"), 3.4, tone=SOFT, how=middle)
            return
        paint_code(q, box, self.code)


class SheetPreview(QWidget):
    """The sheet as it will be printed, as large as there is room."""

    def __init__(self, look: Look, name: str) -> None:
        super().__init__()
        self.look = look
        self._sheet: ExtractSheet | None = None
        self.setAccessibleName(name)
        self.setMinimumSize(QSize(140, 198))

    def show_sheet(self, sheet: ExtractSheet) -> None:
        self._sheet = sheet
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        q = QPainter(self)
        q.fillRect(self.rect(), self.look.colour("desk"))
        if self._sheet is not None:
            room = QRectF(self.rect()).adjusted(12, 12, -12, -12)
            unit = min(room.width() / PAGE_MM[0], room.height() / PAGE_MM[1])
            width, height = PAGE_MM[0] * unit, PAGE_MM[1] * unit
            left, top = room.center().x() - width / 2, room.center().y() - height / 2
            self._sheet.paint(q, QRectF(left, top, width, height))
        q.end()
