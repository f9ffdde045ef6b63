"""Boxes: things side by side, things one under another, cards and hairlines."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLayout, QVBoxLayout, QWidget

Margins = tuple[int, int, int, int]
Item = QWidget | int | None | tuple[QWidget, int]
"""A widget; a gap in px; None, which stretches; or (widget, share), which stretches the widget."""
NONE: Margins = (0, 0, 0, 0)


def fill(frame: QFrame, across: bool, items: tuple[Item, ...], gap: int, margins: Margins) -> QFrame:
    """Put the items into the frame; in a row each stands in the middle of the height unless it is `tall`."""
    lay: QBoxLayout = QHBoxLayout(frame) if across else QVBoxLayout(frame)
    lay.setContentsMargins(*margins)
    lay.setSpacing(gap)
    for item in items:
        if item is None:
            lay.addStretch(1)
        elif isinstance(item, int):
            lay.addSpacing(item)
        elif isinstance(item, tuple):
            lay.addWidget(*item)
        elif across and not item.property("tall"):
            lay.addWidget(item, 0, Qt.AlignmentFlag.AlignVCenter)
        else:
            lay.addWidget(item)
    return frame


def row(*items: Item, gap: int = 8, margins: Margins = NONE, height: int = 0) -> QFrame:
    frame = fill(QFrame(), True, items, gap, margins)
    if height:
        frame.setFixedHeight(height)
    return frame


def col(*items: Item, gap: int = 8, margins: Margins = NONE, width: int = 0) -> QFrame:
    frame = fill(QFrame(), False, items, gap, margins)
    if width:
        frame.setFixedWidth(width)
    return frame


def stack(*items: Item, gap: int = 0) -> QFrame:
    """Lines one under another, together in the middle of the height they get."""
    return col(None, *items, None, gap=gap)


def card(*items: Item, width: int = 0) -> QFrame:
    frame = QFrame()
    frame.setProperty("card", True)
    fill(frame, False, items, 0, (1, 1, 1, 1))
    if width:
        frame.setFixedWidth(width)
    return frame


def tall(widget: QWidget) -> QWidget:
    """In a row this one takes the whole height."""
    widget.setProperty("tall", True)
    return widget


def tinted(tint: str, frame: QFrame) -> QFrame:
    """The frame on the ground of a tone: accent, warn, danger, ok, plain or chosen."""
    frame.setProperty("tint", tint)
    return frame


def rule(vertical: bool = False) -> QFrame:
    frame = QFrame()
    frame.setProperty("rule", True)
    frame.setProperty("tall", True)
    if vertical:
        frame.setFixedWidth(1)
    else:
        frame.setFixedHeight(1)
    return frame


def restyle(widget: QWidget, name: str, value: object) -> None:
    """Change a property that the style sheet reads, and let the sheet be read again for this widget alone."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)
        widget.update()


def clear(frame: QFrame) -> None:
    """Leave the frame's layout empty; what stood in it is deleted."""
    lay = frame.layout()
    if lay is not None:
        empty(lay)


def empty(lay: QLayout) -> None:
    """Leave a layout empty; what stood in it is hidden at once and deleted when Qt is idle, never while it is at work."""
    while lay.count():
        item = lay.takeAt(0)
        widget = item.widget() if item is not None else None
        if widget is not None:
            widget.hide()
            widget.deleteLater()
