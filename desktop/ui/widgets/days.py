"""A table whose cells may be days (近日柱): one column a day, the tallest full, a day without anything a short line."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter

from desktop.ui.models.paged import Cell
from desktop.ui.theme import Look
from desktop.ui.widgets.table import Cells, Column, Table

STEP_PX, BAR_PX, TALL_PX = 9, 6, 16


class DayCells(Cells):
    """Paints `days` cells: `marks` are (day, how many), in the cell's tone."""

    def paint_cell(self, q: QPainter, rect: QRect, cell: Cell, chosen: bool) -> None:
        if cell.draw != "days":
            super().paint_cell(q, rect, cell, chosen)
            return
        most = max((count for _day, count in cell.marks), default=0)
        base = rect.center().y() + TALL_PX // 2
        q.setPen(Qt.PenStyle.NoPen)
        q.setBrush(self.look.colour(cell.tone))
        for day, count in cell.marks:
            height = max(2.0, TALL_PX * count / most) if count else 1.0
            q.drawRect(QRectF(rect.x() + day * STEP_PX, base - height, BAR_PX, height))


class DayTable(Table):
    """A table with days in it."""

    def __init__(self, look: Look, name: str, columns: tuple[Column, ...], row_px: int) -> None:
        super().__init__(look, name, columns, row_px=row_px)
        self._days = DayCells(look, len(columns))
        self.setItemDelegate(self._days)
