"""A printed sheet on the screen (打印预览), as it will be on paper, as large as there is room."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from desktop.ui.paper.pen import Sheet
from desktop.ui.paper.printing import paint_page
from desktop.ui.theme import Look

INSET_PX = 12


class SheetView(QWidget):
    """One page of a sheet; `turned` tells which one is shown now."""

    turned = Signal(int)

    def __init__(self, look: Look, name: str) -> None:
        super().__init__()
        self.look = look
        self._sheet: Sheet | None = None
        self._page = 1
        self.setAccessibleName(name)
        self.setMinimumSize(QSize(140, 140))

    @property
    def page(self) -> int:
        return self._page

    @property
    def pages(self) -> int:
        return self._sheet.pages if self._sheet else 0

    def show_sheet(self, sheet: Sheet | None, page: int = 1) -> None:
        """Show that sheet, or the bare desk."""
        self._sheet = sheet
        self._page = min(page, sheet.pages) if sheet else 1
        self.turned.emit(self._page)
        self.update()

    def turn(self, step: int) -> None:
        """The page so many further on is shown, as far as there are pages."""
        wanted = max(1, min(self.pages, self._page + step))
        if wanted != self._page:
            self._page = wanted
            self.turned.emit(wanted)
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        q = QPainter(self)
        q.fillRect(self.rect(), self.look.colour("desk"))
        if self._sheet is not None:
            room = QRectF(self.rect()).adjusted(INSET_PX, INSET_PX, -INSET_PX, -INSET_PX)
            width, height = self._sheet.size_mm
            unit = min(room.width() / width, room.height() / height)
            place = QRectF(0, 0, width * unit, height * unit)
            place.moveCenter(room.center())
            paint_page(q, self._sheet, self._page, self.look.family, place)
        q.end()
