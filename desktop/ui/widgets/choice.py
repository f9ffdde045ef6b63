"""Large things to choose among: a person to be, a way to begin. Each shows its key; the chosen one is on pale blue."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton

from desktop.ui.theme import RADIUS, SMOOTH, Look
from desktop.ui.widgets.keys import baseline, cap_width, paint_cap


class PersonChoice(QAbstractButton):
    """One person who may open the archive."""

    def __init__(self, look: Look, name: str, note: str) -> None:
        super().__init__()
        self.setObjectName(f"person:{name}")
        self.look, self.name, self.note, self.cap = look, name, note, ""
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setFixedHeight(40)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(f"{name}　{note}")

    def show_cap(self, cap: str) -> None:
        self.cap = cap
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        look, q, here = self.look, QPainter(self), self.isChecked()
        q.setRenderHints(SMOOTH)
        if here or self.underMouse():
            q.setPen(Qt.PenStyle.NoPen)
            q.setBrush(look.colour("chosen" if here else "hover"))
            q.drawRoundedRect(QRectF(self.rect()), RADIUS["control"], RADIUS["control"])
        q.drawPixmap(12, 10, look.icon("person", "accent" if here else "ink_3", 20))
        role = "strong" if here else "body"
        y = baseline(0, self.height(), look.metrics(role))
        q.setFont(look.font(role))
        q.setPen(look.colour("ink"))
        q.drawText(QPointF(44, y), self.name)
        q.setFont(look.font("label"))
        q.setPen(look.colour("ink_2"))
        q.drawText(QPointF(44 + look.metrics(role).horizontalAdvance(self.name) + 14, y), self.note)
        if self.cap:
            paint_cap(q, look, QPointF(self.width() - 12 - cap_width(look, self.cap), 10), self.cap)
        q.end()


class Way(QAbstractButton):
    """One way to begin: icon, title, a line of explanation, its key. `warn` lays it on the amber ground."""

    def __init__(self, look: Look, icon: str, title: str, note: str, cap: str, tone: str = "ink_2") -> None:
        super().__init__()
        self.look, self.icon_name, self.title, self.note, self.cap, self.tone = look, icon, title, note, cap, tone
        self.setText(title)
        self.setAccessibleName(f"{title}，{cap}")
        self.setAccessibleDescription(note)
        self.setFixedHeight(60)

    def paintEvent(self, _event: QPaintEvent) -> None:
        look, q = self.look, QPainter(self)
        q.setRenderHints(SMOOTH)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        amber = self.tone == "warn"
        ground = "warn_ground" if amber else "hover" if self.underMouse() else "panel"
        q.setPen(Qt.PenStyle.NoPen if amber else QPen(look.colour("line"), 1))
        q.setBrush(look.colour(ground))
        q.drawRoundedRect(box, RADIUS["control"], RADIUS["control"])
        if self.hasFocus():
            q.setPen(QPen(look.colour("accent"), 2))
            q.setBrush(Qt.BrushStyle.NoBrush)
            q.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS["control"], RADIUS["control"])
        q.drawPixmap(16, 20, look.icon(self.icon_name, self.tone, 20))
        q.setFont(look.font("strong"))
        q.setPen(look.colour("ink"))
        q.drawText(QPointF(48, 26), self.title)
        q.setFont(look.font("label"))
        q.setPen(look.colour("ink_2"))
        room = self.width() - 48 - 24 - cap_width(look, self.cap)
        q.drawText(QPointF(48, 47), look.metrics("label").elidedText(self.note, Qt.TextElideMode.ElideRight, room))
        paint_cap(q, look, QPointF(self.width() - 12 - cap_width(look, self.cap), 20), self.cap)
        q.end()
