"""A narrow list of things in two lines each, or one, under heads: files that came, batches, people. ↑ ↓ choose, Enter opens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QListView, QStyledItemDelegate, QStyleOptionViewItem

from desktop.ui.theme import RADIUS, SMOOTH, Look
from desktop.ui.widgets.keys import baseline

ENTRY_ROLE = int(Qt.ItemDataRole.UserRole)
HEAD_PX, ENTRY_PX, LINE_PX = 40, 52, 28


@dataclass(frozen=True, slots=True)
class Entry:
    """A title and a line under it; `tone` colours that line, `icon` stands before it. Without an id it is a head."""

    title: str
    note: str = ""
    tone: str = "ink_3"
    icon: str = ""
    id: str = ""
    on: bool = False  # it is switched on, whether or not it is the one chosen


class _Painter(QStyledItemDelegate):
    def __init__(self, entries: Entries) -> None:
        super().__init__(entries)
        self.entries = entries

    def sizeHint(self, _option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        entry = index.data(ENTRY_ROLE)
        tall = LINE_PX if self.entries.one_line else ENTRY_PX
        return QSize(100, tall if entry.id else HEAD_PX)

    def paint(self, q: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        entry, rect, look = index.data(ENTRY_ROLE), QRect(option.rect), self.entries.look
        chosen = index == self.entries.currentIndex()
        q.save()
        q.setRenderHints(SMOOTH)
        if not entry.id:
            self._head(q, rect, entry, index.row() > 0)
            q.restore()
            return
        if chosen:
            q.setPen(Qt.PenStyle.NoPen)
            q.setBrush(look.colour("chosen"))
            q.drawRoundedRect(QRectF(rect.adjusted(4, 0, -4, 0)), RADIUS["control"], RADIUS["control"])
            if self.entries.hasFocus():
                q.fillRect(QRect(rect.x() + 4, rect.y() + 4, 3, rect.height() - 8), look.colour("accent"))
        if self.entries.one_line:
            self._line(q, rect, entry, chosen)
            q.restore()
            return
        room = rect.width() - 32
        role = "strong" if chosen else "body"
        q.setFont(look.font(role))
        q.setPen(look.colour("ink"))
        title = look.metrics(role).elidedText(entry.title, Qt.TextElideMode.ElideMiddle, room)
        q.drawText(QPointF(rect.x() + 16, baseline(rect.y() + 4, 24, look.metrics(role))), title)
        x = rect.x() + 16
        if entry.icon:
            q.drawPixmap(x, rect.y() + 30, look.icon(entry.icon, entry.tone, 14))
            x += 18
        q.setFont(look.font("small"))
        q.setPen(look.colour(entry.tone))
        note = look.metrics("small").elidedText(entry.note, Qt.TextElideMode.ElideRight, rect.right() - 12 - x)
        q.drawText(QPointF(x, baseline(rect.y() + 26, 22, look.metrics("small"))), note)
        q.restore()

    def _line(self, q: QPainter, rect: QRect, entry: Entry, chosen: bool) -> None:
        """The title left and the note right, in one line."""
        look, role = self.entries.look, "strong" if chosen or entry.on else "body"
        if entry.on:
            q.fillRect(QRect(rect.x() + 6, rect.y() + 6, 3, rect.height() - 12), look.colour("accent"))
        wide = look.metrics("small").horizontalAdvance(entry.note)
        q.setFont(look.font("small"))
        q.setPen(look.colour(entry.tone))
        q.drawText(
            QPointF(rect.right() - 11 - wide, baseline(rect.y(), rect.height(), look.metrics("small"))), entry.note
        )
        q.setFont(look.font(role))
        q.setPen(look.colour("ink"))
        title = look.metrics(role).elidedText(entry.title, Qt.TextElideMode.ElideRight, rect.width() - wide - 32)
        q.drawText(QPointF(rect.x() + 14, baseline(rect.y(), rect.height(), look.metrics(role))), title)

    def _head(self, q: QPainter, rect: QRect, entry: Entry, ruled: bool) -> None:
        look = self.entries.look
        if ruled:
            q.fillRect(QRect(rect.x(), rect.y(), rect.width(), 1), look.colour("line"))
        y = baseline(rect.y(), rect.height(), look.metrics("strong"))
        q.setFont(look.font("strong"))
        q.setPen(look.colour("ink"))
        q.drawText(QPointF(rect.x() + 16, y), entry.title)
        q.setFont(look.font("label"))
        q.setPen(look.colour("ink_3"))
        if self.entries.one_line:  # a note such as 「另有 12 个」 stands at the end of the line
            x = rect.right() - 11 - look.metrics("label").horizontalAdvance(entry.note)
        else:
            x = rect.x() + 30 + look.metrics("strong").horizontalAdvance(entry.title)
        q.drawText(QPointF(x, y), entry.note)


class Entries(QListView):
    """Shows entries; `chosen` tells the id when another is chosen, `opened` when Enter is pressed on it."""

    chosen = Signal(str)
    opened = Signal(str)

    def __init__(self, look: Look, name: str, *, one_line: bool = False) -> None:
        super().__init__()
        self.look, self.one_line = look, one_line
        self.setAccessibleName(name)
        self.setItemDelegate(_Painter(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self._model = QStandardItemModel(self)
        self.setModel(self._model)
        self.doubleClicked.connect(self._open)
        self._shown: list[Entry] = []

    def show_entries(self, entries: Sequence[Entry]) -> None:
        """Show these; the chosen one stays chosen if it is still there, else the one in its place."""
        if list(entries) == self._shown:
            return
        here, line = self.id_here(), max(0, self.currentIndex().row())
        self._shown = list(entries)
        self.blockSignals(True)
        self._model.clear()
        for entry in entries:
            item = QStandardItem()
            item.setData(entry, ENTRY_ROLE)
            item.setAccessibleText(f"{'✓ ' if entry.on else ''}{entry.title}　{entry.note}")
            item.setEditable(False)
            item.setSelectable(bool(entry.id))
            item.setEnabled(bool(entry.id))
            self._model.appendRow(item)
        ids = [entry.id for entry in entries]
        if here and here in ids:
            self.setCurrentIndex(self._model.index(ids.index(here), 0))
            self.blockSignals(False)
            return
        self.blockSignals(False)
        choices = [number for number, one in enumerate(ids) if one]
        if choices:
            nearest = min(choices, key=lambda number: (abs(number - line), number))
            self.setCurrentIndex(self._model.index(nearest, 0))
            self.chosen.emit(self.id_here())
        else:
            self.chosen.emit("")

    def id_here(self) -> str:
        index = self.currentIndex()
        entry = index.data(ENTRY_ROLE) if index.isValid() else None
        return entry.id if entry is not None else ""

    def line_of(self, wanted: str) -> int:
        """Return the line of the entry with that id, or -1."""
        return next((number for number, entry in enumerate(self._shown) if wanted and entry.id == wanted), -1)

    def choose(self, wanted: str) -> None:
        """The entry with that id is chosen, if it is there."""
        if self.line_of(wanted) >= 0:
            self.setCurrentIndex(self._model.index(self.line_of(wanted), 0))

    def currentChanged(
        self, current: QModelIndex | QPersistentModelIndex, previous: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().currentChanged(current, previous)
        self.viewport().update()
        if current.isValid() and not self.signalsBlocked():
            self.chosen.emit(self.id_here())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers() and self.id_here():
            self.opened.emit(self.id_here())
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End):
            super().keyPressEvent(event)
        else:
            event.ignore()  # letters and digits are acts of the page

    def _open(self, _index: QModelIndex) -> None:
        if self.id_here():
            self.opened.emit(self.id_here())
