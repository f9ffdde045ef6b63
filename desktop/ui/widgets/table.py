"""Tables with one baseline a row: the chosen row pale blue with a bar, numbers right under heads that stand right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    Qt,
    Signal,
)
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from desktop.ui.models.paged import CELL_ROLE, EMPTY, Cell
from desktop.ui.theme import SIZE, SMOOTH, Look
from desktop.ui.widgets.keys import baseline, paint_cap

Index = QModelIndex | QPersistentModelIndex
EDGE_PX, INSET_PX = 16, 8


@dataclass(frozen=True, slots=True)
class Column:
    """A head and a width; width 0 takes what is left. A column that is not `always` goes when the window is narrow."""

    head: str
    width_px: int = 0
    right: bool = False
    always: bool = True


class Cells(QStyledItemDelegate):
    """Paints every cell at the inset of its head."""

    def __init__(self, look: Look, count: int) -> None:
        super().__init__()
        self.look, self.count = look, count

    def paint(self, q: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        rect, look = QRect(option.rect), self.look
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        cell = index.data(CELL_ROLE)
        if cell is EMPTY and not chosen:  # on its way: a jump paints a screen of these before its rows are here
            q.fillRect(QRect(rect.x(), rect.bottom(), rect.width(), 1), look.colour("line"))
            return
        q.save()
        q.setRenderHints(SMOOTH)
        if chosen:
            q.fillRect(rect.adjusted(0, 0, 1, 0), look.colour("chosen"))  # no hairline between cells at 150 %
            if index.column() == 0 and option.widget.hasFocus():  # as in every list: the bar says where the keys go
                q.fillRect(QRect(rect.x(), rect.y(), 3, rect.height()), look.colour("accent"))
        else:
            q.fillRect(QRect(rect.x(), rect.bottom(), rect.width(), 1), look.colour("line"))
        first, last = index.column() == 0, index.column() == self.count - 1
        inner = rect.adjusted(EDGE_PX if first else INSET_PX, 0, -EDGE_PX if last else -INSET_PX, 0)
        self.paint_cell(q, inner, cell if isinstance(cell, Cell) else EMPTY, chosen)
        q.restore()

    def paint_cell(self, q: QPainter, rect: QRect, cell: Cell, chosen: bool) -> None:
        if cell.draw == "pill":
            self._pill(q, rect, cell, chosen)
        elif cell.draw == "key":
            paint_cap(q, self.look, QPointF(rect.x(), rect.center().y() - 9.5), cell.words)
        elif cell.draw == "measure":
            self._measure(q, rect, cell)
        elif cell.draw == "sign":
            q.drawPixmap(rect.x(), rect.center().y() - 8, self.look.icon(cell.icon, cell.tone))
            self._line(q, rect.adjusted(24, 0, 0, 0), cell.words, "body", cell.tone)
        else:
            self._marks(q, rect, cell)
            role = {"strong": "strong", "mute": "label"}.get(cell.draw, "body")
            tone = "ink_3" if cell.draw == "mute" else cell.tone
            self._line(q, rect, cell.words, role, tone, cell.draw == "number")

    def _line(self, q: QPainter, rect: QRect, words: str, role: str, tone: str, right: bool = False) -> None:
        metrics = self.look.metrics(role)
        q.setFont(self.look.font(role))
        q.setPen(self.look.colour(tone))
        shown = metrics.elidedText(words, Qt.TextElideMode.ElideRight, rect.width() + 2)
        x = rect.right() + 1 - metrics.horizontalAdvance(shown) if right else rect.x()
        # every role stands on the baseline of the body text, so that a row has one baseline
        q.drawText(QPointF(x, round(baseline(rect.y(), rect.height(), self.look.metrics()))), shown)

    def _marks(self, q: QPainter, rect: QRect, cell: Cell) -> None:
        metrics = self.look.metrics()
        for first, length in cell.marks:
            x = rect.x() + metrics.horizontalAdvance(cell.words[:first])
            width = min(metrics.horizontalAdvance(cell.words[first : first + length]), rect.right() - x)
            if width > 0:
                q.fillRect(QRect(x, rect.center().y() - 9, width, 20), self.look.colour("mark"))

    def _pill(self, q: QPainter, rect: QRect, cell: Cell, chosen: bool) -> None:
        if not cell.words:
            return
        width = min(self.look.metrics("small").horizontalAdvance(cell.words) + 16, rect.width())
        plain = cell.tone in ("plain", "ink")
        q.setPen(Qt.PenStyle.NoPen)
        q.setBrush(self.look.colour("panel" if chosen else "hover" if plain else cell.tone + "_ground"))
        q.drawRoundedRect(QRectF(rect.x(), rect.center().y() - 9.5, width, 20), 4, 4)
        inside = QRect(rect.x() + 8, rect.y(), width - 16, rect.height())
        self._line(q, inside, cell.words, "small", "ink_2" if plain else cell.tone)

    def _measure(self, q: QPainter, rect: QRect, cell: Cell) -> None:
        q.setPen(Qt.PenStyle.NoPen)
        for width, colour in ((72.0, "line"), (72 * cell.share, cell.tone)):
            if width:
                q.setBrush(self.look.colour(colour))
                q.drawRoundedRect(QRectF(rect.x(), rect.center().y() - 2.5, width, 6), 3, 3)
        self._line(q, rect.adjusted(84, 0, 0, 0), cell.words, "label", "ink_3")


class Heads(QHeaderView):
    """Column heads painted at the inset of their cells."""

    def __init__(self, look: Look, columns: Sequence[Column]) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.look, self.columns = look, columns
        self.setFixedHeight(SIZE["row"])
        self.setMinimumSectionSize(24)
        self.setSectionsClickable(False)

    def paintSection(self, q: QPainter, rect: QRect, index: int) -> None:
        look, metrics, column = self.look, self.look.metrics("label"), self.columns[index]
        q.fillRect(rect, look.colour("sunken"))
        q.fillRect(QRect(rect.x(), rect.bottom(), rect.width(), 1), look.colour("line"))
        q.setFont(look.font("label"))
        q.setPen(look.colour("ink_2"))
        last = index == len(self.columns) - 1
        x = rect.x() + (EDGE_PX if index == 0 else INSET_PX)
        if column.right:
            x = rect.right() + 1 - (EDGE_PX if last else INSET_PX) - metrics.horizontalAdvance(column.head)
        q.drawText(QPointF(x, round(baseline(rect.y(), rect.height(), metrics))), column.head)


class Table(QTableView):
    """Rows chosen with ↑ ↓; `chosen` tells the line, Enter tells `opened`."""

    chosen = Signal(int)
    opened = Signal(int)

    def __init__(self, look: Look, name: str, columns: Sequence[Column], row_px: int = SIZE["row"]) -> None:
        super().__init__()
        self.look, self.columns = look, tuple(columns)
        self.setAccessibleName(name)
        self._cells, self._heads = Cells(look, len(columns)), Heads(look, columns)
        self._heads.setAccessibleName(name)
        self.setItemDelegate(self._cells)
        self.setHorizontalHeader(self._heads)
        self.verticalHeader().hide()
        self.verticalHeader().setMinimumSectionSize(24)
        self.verticalHeader().setDefaultSectionSize(row_px)
        self.setShowGrid(False)
        self.setMinimumHeight(SIZE["row"] + row_px)  # the heads and the chosen row
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.clicked.connect(self._clicked)
        self.doubleClicked.connect(self._double_clicked)

    def setModel(self, model: QAbstractItemModel | None) -> None:
        super().setModel(model)
        for number, column in enumerate(self.columns):
            if column.width_px:
                self.setColumnWidth(number, column.width_px)
            else:
                self._heads.setSectionResizeMode(number, QHeaderView.ResizeMode.Stretch)

    def set_narrow(self, narrow: bool) -> None:
        """Show only the columns that are always wanted, or all."""
        for number, column in enumerate(self.columns):
            self.setColumnHidden(number, narrow and not column.always)

    def choose(self, line: int) -> None:
        """The line is chosen and in sight; -1 chooses nothing."""
        if line < 0 or self.model() is None or line >= self.model().rowCount():
            self.clearSelection()
            return
        self.setCurrentIndex(self.model().index(line, 0))

    def line(self) -> int:
        index = self.currentIndex()
        return index.row() if index.isValid() else -1

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        if current.row() != previous.row() or not previous.isValid():
            self.chosen.emit(current.row())

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Whoever comes by Tab stands on a row."""
        super().focusInEvent(event)
        by_tab = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        if by_tab and not self.selectionModel().hasSelection():
            self.choose(max(0, self.line()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers() and self.line() >= 0:
            self.opened.emit(self.line())
        elif event.text() and not event.modifiers() and event.key() not in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            event.ignore()  # letters belong to the page, not to the table's own search
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The chosen row stays in sight."""
        super().resizeEvent(event)
        if self.currentIndex().isValid():
            self.scrollTo(self.currentIndex())

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            return True
        return super().viewportEvent(event)

    def _clicked(self, index: Any) -> None:
        self.choose(index.row())

    def _double_clicked(self, index: Any) -> None:
        self.opened.emit(index.row())
