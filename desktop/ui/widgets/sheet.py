"""The pages of one paper laid out (铺开), small but readable, so that a missing or blank page is seen at a glance."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPen, QResizeEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QListView, QStyledItemDelegate, QStyleOptionViewItem

from desktop.ui.theme import SMOOTH, Look
from desktop.ui.widgets.page_picture import sharp
from desktop.ui.widgets.viewer import PageViewer
from desktop.ui.words import Words

PAGE_W, PAGE_H, CELL_H, ACROSS = 84, 119, 160, 6


class _Leaf(QStyledItemDelegate):
    """One page with its number; the page in view is ringed."""

    def __init__(self, sheet: PageSheet) -> None:
        super().__init__(sheet)
        self.sheet = sheet

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(self.sheet.step_px(), CELL_H)

    def paint(self, q: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        viewer, look, page = self.sheet.viewer, self.sheet.look, index.row() + 1
        rect = QRect(option.rect)
        place = QRectF(rect.x() + round((rect.width() - PAGE_W) / 2), rect.y() + 12, PAGE_W, PAGE_H)
        q.save()
        q.setRenderHints(SMOOTH)
        q.fillRect(place, look.paper_colour("panel"))
        image = viewer.thumb(page)
        if image is not None:
            fit = min(place.width() / image.width(), place.height() / image.height())
            inner = QRectF(0, 0, image.width() * fit, image.height() * fit)
            inner.moveCenter(place.center())
            q.drawPixmap(inner.topLeft(), sharp(image, inner.width(), inner.height(), viewer.devicePixelRatioF()))
        q.setPen(QPen(look.colour("edge"), 1))
        q.drawRect(place.adjusted(-0.5, -0.5, 0.5, 0.5))
        here = page == viewer.page
        if here:
            q.setPen(QPen(look.colour("accent"), 3))
            q.drawRoundedRect(place.adjusted(-3, -3, 3, 3), 4, 4)
        q.setFont(look.font("small"))
        q.setPen(look.colour("accent" if here else "ink_3"))
        under = QRectF(rect.x(), place.bottom() + 4, rect.width(), 18)
        q.drawText(under, int(Qt.AlignmentFlag.AlignCenter), str(page))
        q.restore()


class PageSheet(QListView):
    """Follows a viewer: the same paper, the same page. ← → move, and the viewer turns along."""

    def __init__(self, look: Look, words: Words, viewer: PageViewer) -> None:
        super().__init__()
        self.setObjectName("sheet")
        self.look, self.words, self.viewer = look, words, viewer
        self.setAccessibleName(words("viewer.strip"))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setItemDelegate(_Leaf(self))
        self._model = QStandardItemModel(self)
        self.setModel(self._model)
        viewer.page_shown.connect(self._follow)
        viewer.thumbs_changed.connect(self.viewport().update)
        self.clicked.connect(self._clicked)

    def step_px(self) -> int:
        """Return the width of a cell: as many across as there is room for, six at the most."""
        room = self.viewport().width() - 4
        return room // max(1, min(ACROSS, room // (PAGE_W + 16)))

    def show_paper(self) -> None:
        """Show as many leaves as the viewer has pages."""
        self._model.clear()
        for number in range(1, self.viewer.pages + 1):
            item = QStandardItem()
            item.setAccessibleText(self.words("viewer.page", page=number))
            self._model.appendRow(item)

    def _follow(self, page: int) -> None:
        index = self._model.index(page - 1, 0)
        if index.isValid():
            self.scrollTo(index)
        self.viewport().update()

    def _clicked(self, index: QModelIndex) -> None:
        self.viewer.go_to(index.row() + 1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()  # the page turns the leaves; the sheet follows

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()
