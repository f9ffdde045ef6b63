"""Words on the screen: one line, several runs on one baseline, a paragraph, a pill, an icon."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from desktop.ui.theme import SIZE, TOKENS, Look
from desktop.ui.widgets.boxes import restyle

Run = tuple[str, str, str]
"""Words, role and tone of one run."""


class Text(QLabel):
    """One line in one role (size and weight) and one tone (colour)."""

    def __init__(self, look: Look, words: str = "", role: str = "body", tone: str = "ink", width: int = 0) -> None:
        super().__init__(words)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(look.font(role))
        self.setProperty("tone", tone)
        if width:
            self.setFixedWidth(width)

    def say(self, words: str, tone: str | None = None) -> None:
        self.setText(words)
        if tone is not None:
            restyle(self, "tone", tone)


class Elided(Text):
    """One line that ends in … where there is no room; the whole is its tool tip and its accessible name."""

    def __init__(self, look: Look, words: str = "", role: str = "body", tone: str = "ink") -> None:
        super().__init__(look, words, role, tone)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def setText(self, words: str) -> None:
        super().setText(words)
        self.setToolTip(words)
        self.setAccessibleName(words)

    def minimumSizeHint(self) -> QSize:
        return QSize(24, super().minimumSizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), shown)
        painter.end()


class _Rich(QLabel):
    """Rich text whose colours follow the look."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.setTextFormat(Qt.TextFormat.RichText)
        look.changed.connect(self.draw)

    def draw(self) -> None:
        raise NotImplementedError

    def span(self, words: str, role: str, tone: str) -> str:
        """Return one run as rich text; full-width spaces are kept."""
        size_px, weight = TOKENS["type"][role]
        style = f"font-size:{size_px}px;font-weight:{weight};color:{self.look.hex(tone)};white-space:pre-wrap"
        return f'<span style="{style}">{escape(words)}</span>'


class Runs(_Rich):
    """Several sizes or tones on one baseline."""

    def __init__(self, look: Look, *runs: Run) -> None:
        super().__init__(look)
        self._runs = runs
        self.draw()

    def say(self, *runs: Run) -> None:
        self._runs = runs
        self.draw()

    def draw(self) -> None:
        self.setText("".join(self.span(*run) for run in self._runs))
        self.setAccessibleName("".join(run[0] for run in self._runs))


class Paragraph(_Rich):
    """Words that wrap, in lines of 1.6 em."""

    def __init__(
        self, look: Look, words: str = "", role: str = "label", tone: str = "ink_2", middle: bool = False
    ) -> None:
        super().__init__(look)
        self._words, self._role, self._tone, self._middle = words, role, tone, middle
        self.setWordWrap(True)
        self.draw()

    def say(self, words: str, tone: str | None = None) -> None:
        if (words, tone or self._tone) != (self._words, self._tone):
            self._words, self._tone = words, tone or self._tone
            self.draw()

    def draw(self) -> None:
        line_px = round(TOKENS["type"][self._role][0] * 1.6)
        words = self.span(self._words, self._role, self._tone)
        side = "center" if self._middle else "left"
        self.setText(f'<p align="{side}" style="line-height:{line_px}px;margin:0">{words}</p>' if self._words else "")
        self.setAccessibleName(self._words)


class Pill(QLabel):
    """A state in one word on the ground of its tone: plain, accent, ok, warn or danger."""

    def __init__(self, look: Look, words: str, tone: str = "plain") -> None:
        super().__init__(words)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(look.font("small"))
        self.setProperty("pill", True)
        self.setProperty("tone", tone)
        self.setFixedHeight(SIZE["key"])
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def say(self, words: str, tone: str) -> None:
        self.setText(words)
        restyle(self, "tone", tone)


class Icon(QWidget):
    """One of our icons, in one of our colours."""

    def __init__(self, look: Look, name: str, tone: str = "ink_3", px: int = SIZE["icon"]) -> None:
        super().__init__()
        self.look, self.name, self.tone, self.px = look, name, tone, px
        self.setFixedSize(px, px)

    def show_as(self, name: str, tone: str) -> None:
        self.name, self.tone = name, tone
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self.name:
            return
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self.look.icon(self.name, self.tone, self.px))
        painter.end()
