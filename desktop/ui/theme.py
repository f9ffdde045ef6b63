"""The look of the program: tokens.toml read once, given as colours, fonts, icons, palette and style sheet."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QObject, QRectF, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QFontMetrics, QGuiApplication, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

import resources
from desktop.ui.fonts import chinese_family, sized

LOOKS = Path(resources.__file__).parent / "look"
TOKENS: dict[str, Any] = tomllib.loads((LOOKS / "tokens.toml").read_text(encoding="utf-8"))
SIZE: dict[str, int] = TOKENS["size"]
SPACE: dict[str, int] = TOKENS["space"]
RADIUS: dict[str, int] = TOKENS["radius"]
MODES = ("light", "dark", "contrast")
SYSTEM = "system"
SMOOTH = QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform
_PALETTE = {
    "Window": "ground",
    "Base": "panel",
    "AlternateBase": "sunken",
    "Text": "ink",
    "WindowText": "ink",
    "Highlight": "accent",
    "HighlightedText": "on_accent",
    "Button": "panel",
    "ButtonText": "ink",
    "PlaceholderText": "ink_3",
}


def system_mode(app: QApplication) -> str:
    """Return the mode the desktop around us is in; light when it does not say.

    Its wish for high contrast is not asked: PySide6 6.11 takes QStyleHints.accessibility() for its own and deletes it.
    """
    return "dark" if app.styleHints().colorScheme() == Qt.ColorScheme.Dark else "light"


class Look(QObject):
    """One theme at a time, 明 light, 暗 dark or 强对比 contrast; everything painted asks it, and `changed` tells when to paint again.

    Args:
        around: says which mode the desktop around us is in.
    """

    changed = Signal()

    def __init__(self, mode: str, family: str, around: Callable[[QApplication], str] = system_mode) -> None:
        super().__init__()
        self.mode, self.family, self._around = mode, family, around
        self.follows_system = False  # 随系统: as the desktop around us turns, so do we
        self._fonts: dict[str, QFont] = {}
        self._icons: dict[tuple[str, str, int, float, str], QPixmap] = {}

    def colour(self, name: str) -> QColor:
        """Return the colour of that name; an eight-digit token is RRGGBBAA."""
        value: str = TOKENS["colour"][self.mode][name]
        colour = QColor(value[:7])
        if len(value) == 9:
            colour.setAlpha(int(value[7:], 16))
        return colour

    def paper_colour(self, name: str) -> QColor:
        """Return the light theme's colour: paper is light in every theme, and so are the marks on it."""
        return QColor(TOKENS["colour"]["light"][name])

    def hex(self, name: str) -> str:
        return str(TOKENS["colour"][self.mode][name])

    def font(self, role: str = "body") -> QFont:
        if role not in self._fonts:
            size_px, weight = TOKENS["type"][role]
            self._fonts[role] = sized(self.family, size_px, weight)
        return self._fonts[role]

    def metrics(self, role: str = "body") -> QFontMetrics:
        return QFontMetrics(self.font(role))

    def icon(self, name: str, tone: str = "ink_3", px: int = SIZE["icon"]) -> QPixmap:
        """Return the icon in one of our colours, sharp at the screen's scale."""
        ratio = QGuiApplication.primaryScreen().devicePixelRatio()
        key = (name, tone, px, ratio, self.mode)
        if key not in self._icons:
            self._icons[key] = self._drawn(name, tone, px, ratio)
        return self._icons[key]

    def _drawn(self, name: str, tone: str, px: int, ratio: float) -> QPixmap:
        svg = (LOOKS / "icons" / f"{name}.svg").read_text(encoding="utf-8").replace("currentColor", self.hex(tone))
        pixmap = QPixmap(round(px * ratio), round(px * ratio))
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, px * ratio, px * ratio))
        painter.end()
        pixmap.setDevicePixelRatio(ratio)
        return pixmap

    def palette(self) -> QPalette:
        palette = QPalette()
        for role, name in _PALETTE.items():
            palette.setColor(QPalette.ColorRole[role], self.colour(name))
        return palette

    def sheet(self) -> str:
        """Return the style sheet with this theme's colours in it."""
        sheet = (LOOKS / "sheet.qss").read_text(encoding="utf-8")
        for name, value in TOKENS["colour"][self.mode].items():
            sheet = sheet.replace("{" + name + "}", value)
        return sheet

    def wear(self, app: QApplication) -> None:
        """Dress the application: style, palette, font and sheet."""
        if not app.styleSheet():  # the style stays; to set it again costs every open window dear
            app.setStyle("Fusion")
        app.setPalette(self.palette())
        app.setFont(self.font("body"))
        app.setStyleSheet(self.sheet())

    def turn(self, app: QApplication, mode: str) -> None:
        """Change at once, in every open window: to 明 light, 暗 dark, 强对比 contrast, or `system` and from now on with it."""
        self.follows_system = mode == SYSTEM
        self._become(app, self._around(app) if self.follows_system else mode)

    @Slot()
    def system_turned(self) -> None:
        """The desktop around us changed its mode."""
        app = QApplication.instance()
        if self.follows_system and isinstance(app, QApplication) and self._around(app) != self.mode:
            self._become(app, self._around(app))

    def _become(self, app: QApplication, mode: str) -> None:
        self.mode = mode
        self.wear(app)
        self.changed.emit()


def open_look(app: QApplication, mode: str | None = None) -> Look:
    """Return the look, already worn by the application.

    Raises:
        FactoryFault: no font on this machine can write Chinese.
    """
    family = chinese_family(TOKENS["family"]["sans"], TOKENS["family"]["shipped"])
    look = Look(mode or system_mode(app), family)
    look.follows_system = mode is None
    app.styleHints().colorSchemeChanged.connect(look.system_turned)
    look.wear(app)
    return look
