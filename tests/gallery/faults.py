"""What can be wrong with a page that is shown: cut words, overlaps, no name, too little contrast, a focus nobody sees."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

import numpy
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QRect, Qt
from PySide6.QtGui import QColor, QImage, QPalette, QTextDocumentFragment
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QApplication,
    QLabel,
    QLineEdit,
    QStackedWidget,
    QWidget,
)

from desktop.ui.models.paged import CELL_ROLE, Cell
from desktop.ui.pages.page import Page
from desktop.ui.theme import Look
from desktop.ui.widgets.entries import ENTRY_ROLE, Entries
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.keys import Button
from desktop.ui.widgets.table import EDGE_PX, INSET_PX, Heads, Table
from desktop.ui.widgets.text import Elided
from desktop.ui.window import Window

WIDE, NARROW = (1366, 768), (911, 512)  # 1366 x 768 at 100 % and at 150 %
READABLE = {"light": 4.5, "dark": 4.5, "contrast": 7.0}  # WCAG 2.2: AA, and AAA for the theme that promises it
DRAWN = 0.8  # thin strokes are smoothed: of text whose ink is not known, so much of the contrast must be seen
RING_PX, ROWS_SEEN = 4, 20
GIVE_PX = 16  # what lists give before anything is cut
Pixels = numpy.ndarray


def faults(root: QWidget, size: tuple[int, int]) -> list[str]:
    """Return what is wrong with a page that stands in a window of that size."""
    settle()
    least = root.minimumSizeHint()
    found = [
        *cut_labels(root),
        *nameless(root),
        *cut_hints(root),
        *cut_heads(root),
        *cut_states(root),
        *outside(root),
        *overlaps(root),
    ]
    look = look_of(root)
    if look is not None:
        found += unreadable(root, look)
    if not isinstance(root, Window) and (least.width() > size[0] or least.height() > size[1]):
        found.append(f"wants {least.width()} x {least.height()}, has {size[0]} x {size[1]}")
    return [*found, *squeezed(root)]


def squeezed(root: QWidget) -> Iterator[str]:
    """A page has the room it needs; a window asks for the room of all its pages, shown or not."""
    for page in root.findChildren(Page):
        least = page.minimumSizeHint()
        if page.isVisible() and (least.width() > page.width() or least.height() > page.height() + GIVE_PX):
            yield f"{page.name} wants {least.width()} x {least.height()}, has {page.width()} x {page.height()}"


def settle() -> None:
    """What was changed is laid out and what was put away is gone."""
    for _ in range(4):  # a changed size travels up one floor of boxes at a time
        QApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def grown(root: QWidget, size: tuple[int, int]) -> list[str]:
    """A window wider than its screen hides what stands at its edge, though nothing in it is cut."""
    there = (root.width(), root.height())
    return [] if there == size else [f"grew to {there[0]} x {there[1]} from {size[0]} x {size[1]}"]


def look_of(root: QWidget) -> Look | None:
    """Return the look the page is drawn with."""
    return next(
        (one.look for one in (root, *root.findChildren(QWidget)) if isinstance(getattr(one, "look", None), Look)), None
    )


def plain(label: QLabel) -> str:
    return QTextDocumentFragment.fromHtml(label.text()).toPlainText() if "<" in label.text() else label.text()


def cut_labels(root: QWidget) -> Iterator[str]:
    for label in root.findChildren(QLabel):
        if not label.isVisible() or not label.text() or isinstance(label, Elided):
            continue
        room, wanted = label.size(), label.sizeHint()
        if label.wordWrap():
            if label.heightForWidth(room.width()) > room.height() + 2:
                yield f"cut paragraph: {plain(label)}"
        elif wanted.width() > room.width() + 1 or wanted.height() > room.height() + 4:
            yield f"cut: {plain(label)} needs {wanted.width()} x {wanted.height()}, has {room.width()} x {room.height()}"


def nameless(root: QWidget) -> Iterator[str]:
    """Whatever takes keys or clicks says to a screen reader what it is."""
    for widget in root.findChildren(QWidget):
        named = isinstance(widget, QLineEdit | QAbstractButton | QAbstractItemView)
        takes_keys = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and not isinstance(
            widget, QAbstractScrollArea
        )
        internal = widget.objectName().startswith("qt_") or type(widget).__module__.startswith("PySide6")
        if widget.isVisible() and (named or takes_keys) and not widget.accessibleName() and not internal:
            yield f"without a name: {called(widget)}"


def cut_hints(root: QWidget) -> Iterator[str]:
    for field in root.findChildren(Field):
        hint = field.placeholderText()
        if field.isVisible() and not field.text() and field.fontMetrics().horizontalAdvance(hint) + 18 > field.width():
            yield f"cut hint: {hint} in {field.width()} px"


def cut_heads(root: QWidget) -> Iterator[str]:
    """Heads of columns, and the numbers and states under them, are never shortened."""
    for table in root.findChildren(Table):
        heads = table.horizontalHeader()
        if not table.isVisible() or not isinstance(heads, Heads):
            continue
        for number, column in enumerate(table.columns):
            if table.isColumnHidden(number):
                continue
            inset = INSET_PX * 2 + (EDGE_PX - INSET_PX) * (number in (0, len(table.columns) - 1))
            room, wanted = table.columnWidth(number) - inset, table.look.metrics("label").horizontalAdvance(column.head)
            if wanted > room + 1:
                yield f"cut head: {column.head} needs {wanted}, has {room}"


def cut_states(root: QWidget) -> Iterator[str]:
    """A state in one word, a number, a sign are shown whole."""
    for table in root.findChildren(Table):
        model = table.model()
        if not table.isVisible() or model is None:
            continue
        for line, number in itertools.product(range(min(model.rowCount(), ROWS_SEEN)), range(len(table.columns))):
            cell = model.data(model.index(line, number), CELL_ROLE)
            if table.isColumnHidden(number) or not isinstance(cell, Cell) or cell.draw not in ("pill", "number"):
                continue
            inset = INSET_PX * 2 + (EDGE_PX - INSET_PX) * (number in (0, len(table.columns) - 1))
            role, own = ("small", 16) if cell.draw == "pill" else ("body", 0)
            wanted, room = (
                table.look.metrics(role).horizontalAdvance(cell.words) + own,
                table.columnWidth(number) - inset,
            )
            if cell.words and wanted > room + 2:
                yield f"cut state: {cell.words} needs {wanted}, has {room}"


def _rows(view: QAbstractItemView) -> int:
    """How many lines there are to choose; a head is none."""
    model = view.model()
    if model is None:
        return 0
    if isinstance(view, Entries):
        return sum(bool(model.index(row, 0).data(ENTRY_ROLE).id) for row in range(model.rowCount()))
    return model.rowCount()


def outside(root: QWidget) -> Iterator[str]:
    """Buttons that stand in no scroll area must lie inside the window whole."""
    whole = root.rect()
    for button in root.findChildren(QAbstractButton):
        if button.isVisible() and not any(_scrolls(parent) for parent in _above(button, root)):
            corner = button.mapTo(root, button.rect().bottomRight())
            if not whole.contains(corner) or not whole.contains(button.mapTo(root, button.rect().topLeft())):
                yield f"outside the window: {button.accessibleName()}"


def overlaps(root: QWidget) -> Iterator[str]:
    """No two things in one box stand on one another."""
    for parent in (root, *root.findChildren(QWidget)):
        if isinstance(parent, QStackedWidget | QAbstractScrollArea | QLineEdit) or not parent.isVisible():
            continue
        children = [one for one in parent.children() if _stands(one)]
        for one, other in itertools.combinations(children, 2):
            both = one.geometry() & other.geometry()  # type: ignore[attr-defined]
            if both.width() > 1 and both.height() > 1:
                yield f"overlap of {both.width()} x {both.height()}: {called(one)} and {called(other)}"  # type: ignore[arg-type]


def _stands(child: QObject) -> bool:
    return isinstance(child, QWidget) and child.isVisible() and not child.isWindow() and not child.size().isEmpty()


def called(widget: QWidget) -> str:
    """Return how a fault names a widget."""
    words = plain(widget) if isinstance(widget, QLabel) else widget.accessibleName() or widget.objectName()
    inside = "" if words else "、".join(plain(one) for one in widget.findChildren(QLabel)[:2])
    return f"{type(widget).__name__} {words or inside}".strip()


def _above(widget: QWidget, root: QWidget) -> Iterator[QWidget]:
    parent = widget.parentWidget()
    while parent is not None and parent is not root:
        yield parent
        parent = parent.parentWidget()


def _scrolls(widget: QWidget) -> bool:
    return widget.objectName() == "qt_scrollarea_viewport"


def unreadable(root: QWidget, look: Look) -> Iterator[str]:
    """Words whose ink is too near to the ground they are drawn on, as the picture shows it."""
    least, picture = READABLE[look.mode], _picture(root)
    for widget in root.findChildren(QWidget):
        if not widget.isVisible() or not widget.isEnabled():
            continue
        seen = _seen(widget, root)
        if seen.width() < 4 or seen.height() < 0.8 * widget.height():
            continue  # it is scrolled out of sight, all but an edge
        box = picture[seen.top() : seen.bottom() + 1, seen.left() : seen.right() + 1]
        inks = _inks(widget, look)
        if inks:
            ground = _ground(box)
            for ink in inks:
                if (found := _contrast(_rgb(ink), ground)) < least:
                    yield f"contrast {found:.1f}: {called(widget)}"
        elif _paints_words(widget):
            found = max((_contrast(colour, _ground(box)) for colour in _colours(box)), default=21.0)
            if found < least * DRAWN:
                yield f"contrast {found:.1f} drawn: {called(widget)}"


def _inks(widget: QWidget, look: Look) -> list[QColor]:
    """Return the colours in which a widget's words are drawn, as far as it says them."""
    if isinstance(widget, QLabel) and widget.text():
        spans = re.findall(r"color:(#[0-9A-Fa-f]{6})", widget.text()) if "<" in widget.text() else []
        return [QColor(one) for one in spans] or [widget.palette().color(widget.foregroundRole())]
    if isinstance(widget, QLineEdit):
        if widget.hasSelectedText():
            return []  # it lies on two grounds
        role = QPalette.ColorRole.Text if widget.text() else QPalette.ColorRole.PlaceholderText
        return [widget.palette().color(role)] if widget.text() or widget.placeholderText() else []
    if isinstance(widget, Button):
        return [look.colour(one) for one in Button.KINDS[widget.kind][2:]]
    return []


def _paints_words(widget: QWidget) -> bool:
    """Whether it is one of ours that paints its own words."""
    return (
        isinstance(widget, QAbstractButton)
        and type(widget).__module__.startswith("desktop")
        and bool(widget.accessibleName())
    )


def _seen(widget: QWidget, root: QWidget) -> QRect:
    """Return the part of a widget that is in sight, in the window's own pixels."""
    part = widget.visibleRegion().boundingRect()
    return QRect(widget.mapTo(root, part.topLeft()), part.size()) & root.rect()


def _picture(root: QWidget) -> Pixels:
    """Return the window as it is drawn, one number for each pixel."""
    image = root.grab().toImage()
    image = image.scaled(root.size()) if image.size() != root.size() else image
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    flat = numpy.frombuffer(image.constBits(), numpy.uint32)
    return flat.reshape(image.height(), image.bytesPerLine() // 4)[:, : image.width()] & 0xFFFFFF


def _colours(box: Pixels) -> list[int]:
    return [int(one) for one in numpy.unique(box[::1, ::1])]


def _ground(box: Pixels) -> int:
    values, counts = numpy.unique(box, return_counts=True)
    return int(values[counts.argmax()])


def _rgb(colour: QColor) -> int:
    return int(colour.rgb()) & 0xFFFFFF


def _luminance(rgb: int) -> float:
    parts = [(rgb >> shift & 255) / 255 for shift in (16, 8, 0)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: int, other: int) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def unseen_focus(root: QWidget) -> list[str]:
    """Return what Tab reaches and does not look any different for it; the window must be the active one."""
    before, found = QApplication.focusWidget(), []
    for widget in root.findChildren(QWidget):
        if not (widget.isVisible() and widget.isEnabled() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus):
            continue
        if _seen(widget, root).size().isEmpty() or (isinstance(widget, QAbstractItemView) and not _rows(widget)):
            continue  # a list without a line has nothing to mark
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        settle()
        if not widget.hasFocus():
            found.append(f"does not take the focus: {called(widget)}")
            continue
        place = _seen(widget, root).adjusted(-RING_PX, -RING_PX, RING_PX, RING_PX) & root.rect()
        focused = root.grab(place).toImage()
        widget.clearFocus()
        settle()
        if root.grab(place).toImage() == focused:
            found.append(f"focus not seen: {called(widget)}")
    if before is not None:
        before.setFocus()
    return found
