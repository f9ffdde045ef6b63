"""A row of names to choose one of by its digit (一排选项): the chosen one on pale blue."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QWidget

from desktop.ui.theme import RADIUS, SMOOTH, Look
from desktop.ui.widgets.boxes import empty
from desktop.ui.widgets.keys import baseline

HEIGHT_PX, EDGE_PX, NARROW_EDGE_PX, GAP_PX = 28, 8, 5, 4


class Tab(QAbstractButton):
    """One name with its digit; in a narrow window the digit goes, the key stays."""

    def __init__(self, look: Look, words: str, digit: str, narrow: bool) -> None:
        super().__init__()
        self.look, self.digit = look, "" if narrow else digit
        self._edge = NARROW_EDGE_PX if narrow else EDGE_PX
        self.setText(words)
        self.setAccessibleName(f"{words}，{digit}")
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        hint = look.metrics("small").horizontalAdvance(self.digit) + GAP_PX if self.digit else 0
        self.setFixedSize(look.metrics("strong").horizontalAdvance(words) + hint + 2 * self._edge, HEIGHT_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        look, q, here = self.look, QPainter(self), self.isChecked()
        q.setRenderHints(SMOOTH)
        if here or self.underMouse():
            q.setPen(Qt.PenStyle.NoPen)
            q.setBrush(look.colour("accent_ground" if here else "hover"))
            q.drawRoundedRect(QRectF(self.rect()), RADIUS["control"], RADIUS["control"])
        role = "strong" if here else "body"
        y = baseline(0, self.height(), look.metrics(role))
        q.setFont(look.font(role))
        q.setPen(look.colour("accent" if here else "ink"))
        q.drawText(QPointF(self._edge, y), self.text())
        q.setFont(look.font("small"))
        q.setPen(look.colour("ink_3"))
        q.drawText(QPointF(self._edge + look.metrics("strong").horizontalAdvance(self.text()) + GAP_PX, y), self.digit)
        q.end()


class Tabs(QWidget):
    """Names side by side; `chosen` tells which, counted from 0."""

    chosen = Signal(int)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self._names: tuple[str, ...] = ()
        self._tabs: list[Tab] = []
        self._here = 0
        self._narrow = False
        self._lay = QHBoxLayout(self)
        self._lay.setContentsMargins(0, 0, 0, 0)
        self._lay.setSpacing(2)

    def show_names(self, names: Sequence[str], here: int) -> None:
        """These names stand there, that one chosen."""
        if tuple(names) != self._names:
            self._names = tuple(names)
            self._build()
        self._here = here
        for number, tab in enumerate(self._tabs):
            tab.setChecked(number == here)

    def set_narrow(self, narrow: bool) -> None:
        if narrow != self._narrow:
            self._narrow = narrow
            self._build()
            self.show_names(self._names, self._here)

    def _build(self) -> None:
        empty(self._lay)
        self._tabs = [
            Tab(self.look, name, str(number), self._narrow) for number, name in enumerate(self._names, start=1)
        ]
        for tab in self._tabs:
            tab.clicked.connect(self._clicked)
            self._lay.addWidget(tab)

    def _clicked(self) -> None:
        tab = self.sender()
        if isinstance(tab, Tab):
            tab.setChecked(True)
            self.chosen.emit(self._tabs.index(tab))
