"""A thin measure: one share done, or a stack of shares of one whole."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QWidget

from desktop.ui.theme import SMOOTH, Look

Share = tuple[float, str]
LEAST_PX = 6.0  # a few of very many must still be seen


class Measure(QWidget):
    """Shares of a whole, each in its tone; what is left over is unfilled."""

    def __init__(self, look: Look, name: str, shares: Sequence[Share] = (), height_px: int = 8) -> None:
        super().__init__()
        self.look, self._name = look, name
        self.setFixedHeight(height_px)
        self.show_shares(shares)

    def show_shares(self, shares: Sequence[Share]) -> None:
        self._shares = [(share, tone) for share, tone in shares if share > 0]
        self.setAccessibleName("　".join([self._name, *(f"{share:.0%}" for share, _ in self._shares)]))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        q = QPainter(self)
        q.setRenderHints(SMOOTH)
        whole = QPainterPath()
        whole.addRoundedRect(QRectF(self.rect()), self.height() / 2, self.height() / 2)
        q.setClipPath(whole)
        q.fillRect(self.rect(), self.look.colour("line"))
        x = 0.0
        for share, tone in self._shares:
            width = max(LEAST_PX, self.width() * share)
            q.fillRect(QRectF(x, 0, width - (2 if len(self._shares) > 1 else 0), self.height()), self.look.colour(tone))
            x += width
        q.end()
