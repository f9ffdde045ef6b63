"""The one frame around every page: where (left), search and line (top), the keys of the page (foot)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QFrame, QHBoxLayout, QMenu, QVBoxLayout, QWidget

from desktop.ui.theme import RADIUS, SIZE, SMOOTH, Look
from desktop.ui.widgets.boxes import clear, restyle, row, stack
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.keys import KeyCap, baseline
from desktop.ui.widgets.text import Elided, Icon, Text
from desktop.ui.words import Words


@dataclass(frozen=True, slots=True)
class Place:
    """One place to go to: its key in the words, its icon and the digit that goes there with Ctrl."""

    name: str
    icon: str
    digit: str = ""


class NavItem(QAbstractButton):
    """A place in the navigation; the number after the name is how many wait there."""

    def __init__(self, look: Look, place: Place, label: str) -> None:
        super().__init__()
        self.setObjectName(f"nav:{place.name}")
        self.look, self.place, self.label = look, place, label
        self.count, self.narrow = 0, False
        self.setCheckable(True)
        self.setAutoExclusive(True)  # a screen reader tells one of several places, not a box to tick
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setToolTip(f"{label}　Ctrl+{place.digit}")
        self.show_count(0)

    def show_count(self, count: int) -> None:
        self.count = count
        self.setAccessibleName(f"{self.label}　{count}" if count else self.label)
        self.update()

    def show_here(self, here: bool) -> None:
        self.setAutoExclusive(False)  # on a page without a place none is checked, which Qt refuses an exclusive one
        self.setChecked(here)
        self.setAutoExclusive(True)

    def set_narrow(self, narrow: bool) -> None:
        self.narrow = narrow
        self.setFixedHeight(32 if narrow else 36)

    def paintEvent(self, _event: QPaintEvent) -> None:
        look, q, here = self.look, QPainter(self), self.isChecked()
        q.setRenderHints(SMOOTH)
        if here or self.underMouse():
            q.setPen(Qt.PenStyle.NoPen)
            q.setBrush(look.colour("accent_ground" if here else "hover"))
            q.drawRoundedRect(QRectF(self.rect()), RADIUS["control"], RADIUS["control"])
        tone, middle = "accent" if here else "ink_2", (self.height() - SIZE["icon"]) // 2
        icon = look.icon(self.place.icon, tone)
        if self.narrow:
            q.drawPixmap((self.width() - SIZE["icon"]) // 2, middle, icon)
            if self.count:
                q.setPen(Qt.PenStyle.NoPen)
                q.setBrush(look.colour("accent"))
                q.drawEllipse(QPointF(self.width() / 2 + 11, 8), 3, 3)
            q.end()
            return
        q.drawPixmap(12, middle, icon)
        role = "strong" if here else "body"
        y = baseline(0, self.height(), look.metrics(role))
        q.setFont(look.font(role))
        q.setPen(look.colour("accent" if here else "ink"))
        q.drawText(QPointF(42, y), self.label)
        q.setFont(look.font("small"))
        q.setPen(look.colour("ink_3"))
        if self.count:
            q.drawText(QPointF(42 + look.metrics(role).horizontalAdvance(self.label) + 14, y), str(self.count))
        digit = look.metrics("small").horizontalAdvance(self.place.digit)
        q.drawText(QPointF(self.width() - 12 - digit, y), self.place.digit)
        q.end()


class Navigation(QFrame):
    """Left: where one is. `went` tells the name of the place that was asked for."""

    went = Signal(str)

    def __init__(self, look: Look, words: Words, places: Sequence[Place], office: str) -> None:
        super().__init__()
        self.setObjectName("nav")
        self.items = {place.name: NavItem(look, place, words(f"nav.{place.name}")) for place in places}
        for item in self.items.values():
            item.clicked.connect(self._clicked)
        self._brand = row(
            Icon(look, "lantai", "accent", 28),
            (stack(Text(look, words("app.name"), "head"), Elided(look, office, "small", "ink_3")), 1),
            gap=8,
            margins=(8, 0, 0, 0),
            height=56,
        )
        self._sign = row(None, Icon(look, "lantai", "accent", 24), None, height=40)
        self._lay = QVBoxLayout(self)
        for widget in (self._brand, self._sign, *self.items.values()):
            self._lay.addWidget(widget)
        self._lay.addStretch(1)
        self.set_narrow(False)

    def set_narrow(self, narrow: bool) -> None:
        """A rail of icons, or icons with names."""
        self.setFixedWidth(SIZE["rail"] if narrow else SIZE["nav"])
        self._lay.setContentsMargins(4 if narrow else 0, 0, 5 if narrow else 0, 8)
        self._lay.setSpacing(0 if narrow else 2)
        self._brand.setVisible(not narrow)
        self._sign.setVisible(narrow)
        for item in self.items.values():
            item.set_narrow(narrow)
            item.setContentsMargins(0, 0, 0, 0)
        if not narrow:
            self._lay.setContentsMargins(8, 0, 9, 8)

    def show_here(self, name: str) -> None:
        for place, item in self.items.items():
            item.show_here(place == name)

    def _clicked(self) -> None:
        item = self.sender()
        if isinstance(item, NavItem):
            self.show_here(item.place.name)
            self.went.emit(item.place.name)


class PersonButton(QAbstractButton):
    """Who sits here; opens what that person may do with the window."""

    def __init__(self, look: Look, name: str) -> None:
        super().__init__()
        self.setObjectName("person")
        self.look = look
        self.setText(name)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFixedSize(26 + look.metrics("label").horizontalAdvance(name) + 20, 28)
        self.menu = QMenu(self)
        self.clicked.connect(self._open)

    def add(self, words: str, keys: str) -> QAction:
        """Return a new act of the menu; its key works everywhere in the window."""
        act = QAction(words, self)
        act.setShortcut(QKeySequence(keys))
        self.menu.addAction(act)
        self.window().addAction(act)
        return act

    def _open(self) -> None:
        self.menu.popup(self.mapToGlobal(self.rect().bottomLeft()))

    def paintEvent(self, _event: QPaintEvent) -> None:
        look, q = self.look, QPainter(self)
        q.drawPixmap(0, 5, look.icon("person", "ink_2"))
        q.setFont(look.font("label"))
        q.setPen(look.colour("ink_2"))
        q.drawText(QPointF(26, baseline(0, self.height(), look.metrics("label"))), self.text())
        q.drawPixmap(self.width() - 12, 8, look.icon("down", "ink_3", 12))
        q.end()


class TopBar(QFrame):
    """Top: one search box, the state of the line and the queue, the person."""

    searched = Signal(str)

    def __init__(self, look: Look, words: Words, person: str, searchable: bool) -> None:
        super().__init__()
        self.setObjectName("top")
        self.look = look
        self.search = Field(look, words("top.search"), words("top.search_hint"), SIZE["control"])
        self.search.setObjectName("search")
        self.search.setProperty("quiet", True)
        self.search.textEdited.connect(self.searched)
        self._cap = KeyCap(look, "Ctrl+K")
        self._icon, self._words = Icon(look, "offline", "warn"), Text(look, "", "label", "warn")
        self._line = row(self._icon, self._words, gap=6, margins=(8, 0, 10, 0), height=28)
        self._line.setObjectName("line")
        self.person = PersonButton(look, person)
        lay = QHBoxLayout(self)
        lay.setSpacing(8)
        lay.setContentsMargins(16, 0, 16, 1)
        for widget in (self.search, self._cap):
            lay.addWidget(widget)
            widget.setVisible(searchable)
        lay.addStretch(1)
        lay.addWidget(self._line)
        lay.addSpacing(8)
        lay.addWidget(self.person)
        self.set_narrow(False)

    def show_line(self, icon: str, words: str, tone: str) -> None:
        """Say how the line is and what waits for it; sign and word, never colour alone."""
        ink = "ink_2" if tone == "plain" else tone
        self._icon.show_as(icon, ink)
        self._words.say(words, ink)
        restyle(self._line, "tint", tone)

    def line_words(self) -> str:
        return self._words.text()

    def set_narrow(self, narrow: bool) -> None:
        self.setFixedHeight(SIZE["top"] - (8 if narrow else 0))
        self.search.setFixedWidth(280 if narrow else 420)


class Foot(QFrame):
    """Foot: the keys of this page left, encryption and backup right; nothing else is ever put here."""

    def __init__(self, look: Look, words: Words) -> None:
        super().__init__()
        self.setObjectName("foot")
        self.look, self.words = look, words
        self.setFixedHeight(SIZE["foot"])
        self._keys, self._state = QFrame(), Text(look, "", "small", "ink_3")
        keys = QHBoxLayout(self._keys)
        keys.setContentsMargins(0, 0, 0, 0)
        keys.setSpacing(6)
        lay = QHBoxLayout(self)
        lay.setContentsMargins(16, 1, 16, 0)
        lay.addWidget(self._keys)
        lay.addStretch(1)
        lay.addWidget(self._state)

    def show_keys(self, keys: Sequence[tuple[str, str]]) -> None:
        """Show these keys: (cap, key of the words)."""
        clear(self._keys)
        lay = self._keys.layout()
        assert lay is not None
        for cap, does in keys:
            lay.addWidget(KeyCap(self.look, cap))
            lay.addWidget(Text(self.look, self.words(does), "small", "ink_2"))
            spacer = QWidget()
            spacer.setFixedWidth(2)
            lay.addWidget(spacer)

    def show_state(self, words: str) -> None:
        self._state.setText(words)
