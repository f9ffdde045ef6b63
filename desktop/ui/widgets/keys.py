"""Keys and what they press: the key cap, the button that shows its key, the flat tool with its key beside it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QPushButton, QWidget

from desktop.ui.theme import RADIUS, SIZE, SMOOTH, Look


def baseline(top: float, height: float, metrics: QFontMetrics) -> float:
    """Return the y of the baseline that stands a line in the middle of that height."""
    return top + (height + metrics.ascent() - metrics.descent()) / 2


def cap_width(look: Look, text: str) -> int:
    return max(SIZE["key"], look.metrics("small").horizontalAdvance(text) + 10)


def paint_cap(q: QPainter, look: Look, at: QPointF, text: str) -> None:
    """Draw one key cap there."""
    metrics, width = look.metrics("small"), cap_width(look, text)
    q.setPen(QPen(look.colour("line").darker(70 if look.mode == "dark" else 112), 1))
    q.setBrush(look.colour("panel"))
    q.drawRoundedRect(QRectF(at.x() + 0.5, at.y() + 0.5, width - 1, SIZE["key"] - 1), 4, 4)
    q.setFont(look.font("small"))
    q.setPen(look.colour("ink_2"))
    words_at = QPointF(at.x() + (width - metrics.horizontalAdvance(text)) / 2, baseline(at.y(), SIZE["key"], metrics))
    q.drawText(words_at, text)


class KeyCap(QWidget):
    """A key cap, the same on every page."""

    def __init__(self, look: Look, text: str) -> None:
        super().__init__()
        self.look, self.text = look, text
        self.setAccessibleName(text)
        self.setFixedSize(cap_width(look, text), SIZE["key"])

    def paintEvent(self, _event: QPaintEvent) -> None:
        q = QPainter(self)
        q.setRenderHints(SMOOTH)
        paint_cap(q, self.look, QPointF(0, 0), self.text)
        q.end()


class Button(QPushButton):
    """A button that shows its key. `kind`: plain, main (one a page, filled), quiet, danger (outlined)."""

    KINDS = {
        "plain": ("panel", "edge", "ink", "ink_3"),
        "main": ("accent", "accent", "on_accent", "on_accent"),
        "quiet": ("", "", "ink_2", "ink_3"),
        "danger": ("panel", "danger", "danger", "danger"),
    }

    def __init__(self, look: Look, text: str, key: str = "", kind: str = "plain", icon: str = "") -> None:
        super().__init__()
        self.look, self.key, self.kind, self.icon_name = look, key, kind, icon
        self.say(text)

    def say(self, text: str) -> None:
        """Show other words; the button takes the width they need."""
        self.setText(text)
        self.setAccessibleName(f"{text}，{self.key}" if self.key else text)
        words = self.look.metrics(self._role()).horizontalAdvance(text) + 24
        hint = self.look.metrics("small").horizontalAdvance(self.key) + 8 if self.key else 0
        self.setFixedSize(QSize((words + hint + (22 if self.icon_name else 0) + 3) // 4 * 4, SIZE["control"]))

    def _role(self) -> str:
        return "strong" if self.kind == "main" else "body"

    def paintEvent(self, _event: QPaintEvent) -> None:
        look, q = self.look, QPainter(self)
        q.setRenderHints(SMOOTH)
        colours = self.KINDS[self.kind] if self.isEnabled() else ("sunken", "line", "ink_3", "ink_3")
        ground, edge, ink, hint = colours
        box, radius = QRectF(self.rect()), RADIUS["control"]
        if edge:
            q.setPen(QPen(look.colour(edge), 1))
            q.setBrush(look.colour("hover" if self.underMouse() and self.kind == "plain" else ground))
            q.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        if self.hasFocus():
            q.setPen(QPen(look.colour("ink" if self.kind == "main" else "accent"), 2))
            q.setBrush(Qt.BrushStyle.NoBrush)
            q.drawRoundedRect(box.adjusted(1, 1, -1, -1), radius, radius)
        x = 12
        if self.icon_name:
            q.drawPixmap(x - 2, (self.height() - SIZE["icon"]) // 2, look.icon(self.icon_name, ink))
            x += 22
        metrics = look.metrics(self._role())
        y = baseline(0, self.height(), metrics)
        q.setFont(look.font(self._role()))
        q.setPen(look.colour(ink))
        q.drawText(QPointF(x, y), self.text())
        if self.key:
            q.setFont(look.font("small"))
            q.setPen(look.colour(hint))
            q.drawText(QPointF(x + metrics.horizontalAdvance(self.text()) + 8, y), self.key)
        q.end()


class Tool(QAbstractButton):
    """A flat icon with its key beside it; its name is its tool tip."""

    def __init__(self, look: Look, icon: str, name: str, key: str = "") -> None:
        super().__init__()
        self.look, self.icon_name, self.key = look, icon, key
        self.setToolTip(name)
        self.setAccessibleName(f"{name}，{key}" if key else name)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        hint = look.metrics("small").horizontalAdvance(key) + 4 if key else 0
        self.setFixedSize(SIZE["icon"] + hint + 4, 24)

    def paintEvent(self, _event: QPaintEvent) -> None:
        look, q = self.look, QPainter(self)
        tone = "ink_2" if self.isEnabled() else "edge"
        q.drawPixmap(0, (self.height() - SIZE["icon"]) // 2, look.icon(self.icon_name, tone))
        if self.key:
            q.setFont(look.font("small"))
            q.setPen(look.colour("ink_3"))
            q.drawText(QPointF(SIZE["icon"] + 4, baseline(0, self.height(), look.metrics("small"))), self.key)
        q.end()
