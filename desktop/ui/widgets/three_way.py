"""Three values side by side (三方对照): what the county has, what both had before, what the township sent; a chosen one is ringed and ticked."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from desktop.ui.models.paged import Cell
from desktop.ui.theme import RADIUS, Look
from desktop.ui.widgets.keys import cap_width, paint_cap
from desktop.ui.widgets.table import Cells, Column, Table

ROW_PX = 44


class ThreeWayCells(Cells):
    """Paints `choice` cells as boxes with their key (`icon`); a full `share` is the chosen one."""

    def paint_cell(self, q: QPainter, rect: QRect, cell: Cell, chosen: bool) -> None:
        if cell.draw != "choice":
            super().paint_cell(q, rect, cell, chosen)
            return
        look, taken = self.look, cell.share > 0
        box = QRectF(rect).adjusted(-4, 5, 4, -5)
        q.setPen(QPen(look.colour("accent" if taken else "edge"), 2 if taken else 1))
        q.setBrush(look.colour("accent_ground" if taken else "panel"))
        q.drawRoundedRect(box, RADIUS["control"], RADIUS["control"])
        left = rect.x() + 4
        if cell.icon:
            paint_cap(q, look, QPointF(left, rect.center().y() - 9.5), cell.icon)
            left += cap_width(look, cell.icon) + 8
        right = rect.right() - (22 if taken else 0)
        tone = "ink" if cell.words != "—" else "ink_3"
        self._line(
            q, QRect(left, rect.y(), right - left, rect.height()), cell.words, "strong" if taken else "body", tone
        )
        if taken:
            q.drawPixmap(rect.right() - 17, rect.center().y() - 8, look.icon("ok", "accent"))
        q.setPen(Qt.PenStyle.NoPen)


class ThreeWayTable(Table):
    """A table whose cells may be answers."""

    def __init__(self, look: Look, name: str, columns: tuple[Column, ...]) -> None:
        super().__init__(look, name, columns, row_px=ROW_PX)
        self._three = ThreeWayCells(look, len(columns))
        self.setItemDelegate(self._three)
