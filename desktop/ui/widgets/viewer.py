"""The page viewer (原件图像): one page of a paper, its other pages down the edge, fetched as seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, QThreadPool, Signal
from PySide6.QtGui import QImage, QPainter, QPen, QResizeEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QListView,
    QScrollArea,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
)

from desktop.ui import workers
from desktop.ui.theme import SMOOTH, Look
from desktop.ui.widgets.boxes import row, rule, tall
from desktop.ui.widgets.keys import Tool
from desktop.ui.widgets.page_picture import Mark, PageCanvas, sharp
from desktop.ui.widgets.text import Elided, Text
from desktop.ui.words import Words
from sync.contract.errors import LantaiError

VIEW_DPI, THUMB_DPI = 110, 24
STRIP_PX, THUMB = 64, QSize(38, 54)
ZOOMS = (1.0, 1.4, 2.0, 2.8)


class Picture(Protocol):
    """A page as pixels: 8 bits a colour, rows one after another without padding."""

    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def rgb(self) -> bytes: ...


Fetch = Callable[[int, int], Picture]
"""The picture of page number (from 1) at so many dots an inch."""


def image_of(picture: Picture) -> QImage:
    bare = QImage(picture.rgb, picture.width, picture.height, picture.width * 3, QImage.Format.Format_RGB888)
    return bare.copy()  # a QImage does not keep the bytes alive


@dataclass(frozen=True, slots=True)
class _Answer:
    turn: int
    page: int
    dpi: int
    image: QImage


class _Thumbs(QStyledItemDelegate):
    """A small page and its number under it; the page in view is ringed."""

    def __init__(self, viewer: PageViewer) -> None:
        super().__init__(viewer)
        self.viewer = viewer

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(STRIP_PX, 76)

    def paint(self, q: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        look, page = self.viewer.look, index.row() + 1
        rect = QRect(option.rect)
        q.save()
        q.setRenderHints(SMOOTH)
        here = page == self.viewer.page
        place = QRectF(rect.x() + (rect.width() - THUMB.width()) / 2, rect.y() + 8, THUMB.width(), THUMB.height())
        q.fillRect(place, look.paper_colour("panel"))
        image = self.viewer.thumb(page)
        if image is not None:
            q.drawPixmap(place.topLeft(), sharp(image, place.width(), place.height(), self.viewer.devicePixelRatioF()))
        q.setPen(QPen(look.colour("accent" if here else "edge"), 2 if here else 1))
        q.drawRect(place.adjusted(-0.5, -0.5, 0.5, 0.5))
        q.setFont(look.font("small"))
        q.setPen(look.colour("accent" if here else "ink_3"))
        under = QRectF(rect.x(), place.bottom(), rect.width(), 18)
        q.drawText(under, int(Qt.AlignmentFlag.AlignCenter), str(page))
        q.restore()


class _Room(QScrollArea):
    """The room a page has; tells when it changes, for the page fills it."""

    resized = Signal()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()


class PageViewer(QFrame):
    """Shows the pages of one paper. `page_shown` tells the page; a page that cannot be read is told in its place.

    Args:
        keys: it stands beside fields, where its keys need Ctrl.
        strip: its other pages stand down the edge.
        across: at first the page is as wide as its room, and scrolled; else it is seen whole.
    """

    page_shown = Signal(int)
    thumbs_changed = Signal()
    failed = Signal(object)

    def __init__(self, look: Look, words: Words, keys: bool = True, strip: bool = True, across: bool = False) -> None:
        super().__init__()
        self.setObjectName("viewer")
        self.look, self.words = look, words
        self.setProperty("card", True)
        self.pages, self.page, self._turn, self._zoom = 0, 0, 0, 0
        self._has_strip, self._across = strip, across
        self._fetch: Fetch | None = None
        self._images: dict[tuple[int, int], QImage] = {}
        self._asked: set[tuple[int, int]] = set()
        self._marks: dict[int, list[Mark]] = {}
        self.canvas = PageCanvas(look, words("viewer.name"))
        self._title, self._note = Text(look, "", "strong"), Elided(look, "", "label", "ink_3")
        self.zoom_tool = Tool(look, "zoom", words("viewer.zoom"), "Ctrl =" if keys else "+")
        self.turn_tool = Tool(look, "rotate", words("viewer.turn"), "Ctrl R" if keys else "T")
        self.zoom_tool.clicked.connect(self.zoom)
        self.turn_tool.clicked.connect(self.turn_right)
        self._area = _Room()
        self._area.resized.connect(self._fit)
        self._area.setWidget(self.canvas)
        self._area.setWidgetResizable(False)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._strip = self._made_strip()
        self._lay_out()
        self.show_nothing(words("viewer.empty"))

    def _made_strip(self) -> QListView:
        strip, model = QListView(), QStandardItemModel(self)
        strip.setObjectName("pages")
        strip.setProperty("sunken", True)
        strip.setAccessibleName(self.words("viewer.strip"))
        strip.setModel(model)
        strip.setItemDelegate(_Thumbs(self))
        strip.setFixedWidth(STRIP_PX)
        strip.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        strip.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        strip.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        strip.clicked.connect(self._clicked)
        return strip

    def _lay_out(self) -> None:
        lay = QVBoxLayout(self)
        lay.setContentsMargins(1, 1, 1, 1)
        lay.setSpacing(0)
        self.head = row(
            self._title, (self._note, 1), self.zoom_tool, self.turn_tool, gap=12, margins=(16, 0, 16, 0), height=40
        )
        lay.addWidget(self.head)
        lay.addWidget(rule())
        inner = QHBoxLayout()
        inner.setSpacing(0)
        inner.addWidget(self._area, 1)
        inner.addWidget(tall(self._strip))
        lay.addLayout(inner, 1)

    def show_pages(self, pages: int, fetch: Fetch, page: int = 1) -> None:
        """Show a paper of so many pages from that page on."""
        self._turn += 1
        self.pages, self._fetch, self._zoom = pages, fetch, 0
        self._images.clear()
        self._asked.clear()
        self._marks = {}
        model = self._strip.model()
        assert isinstance(model, QStandardItemModel)
        model.clear()
        for number in range(1, pages + 1):
            item = QStandardItem(str(number))
            item.setAccessibleText(self.words("viewer.page", page=number))
            model.appendRow(item)
        self._strip.setVisible(pages > 1 and self._has_strip)
        self.go_to(page)

    def show_nothing(self, words: str) -> None:
        """Show no page, and say why."""
        self._turn += 1
        self.pages = self.page = 0
        self._fetch = None
        self._strip.hide()
        self._title.setText(self.words("viewer.title"))
        self._note.setText("")
        self.canvas.show_image(None, words)
        self._fit()

    def go_to(self, page: int) -> None:
        """Show that page; the number is brought into the paper."""
        if not self.pages:
            return
        self.page = min(max(1, page), self.pages)
        self._title.setText(self.words("viewer.page", page=self.page))
        self._note.setText(self.words("viewer.of", pages=self.pages))
        image = self._picture(self.page, VIEW_DPI)
        self.canvas.show_image(image, "" if image else self.words("viewer.opening"))
        self.canvas.ring(self._marks.get(self.page, []))
        self._strip.scrollTo(self._strip.model().index(self.page - 1, 0))
        self._strip.viewport().update()
        self._fit()
        self.page_shown.emit(self.page)

    def next_page(self) -> None:
        self.go_to(self.page + 1)

    def previous_page(self) -> None:
        self.go_to(self.page - 1)

    def ring(self, page: int, marks: Iterable[Mark]) -> None:
        """Ring these places on that page, and turn to it."""
        self._marks = {page: list(marks)}
        if page != self.page:
            self.go_to(page)
        else:
            self.canvas.ring(self._marks[page])

    def zoom(self) -> None:
        """Show the page one step larger; after the largest, whole again."""
        self._zoom = (self._zoom + 1) % len(ZOOMS)
        self._fit()

    def turn_right(self) -> None:
        self.canvas.turn_right()
        self._fit()

    def thumb(self, page: int) -> QImage | None:
        return self._picture(page, THUMB_DPI)

    def _picture(self, page: int, dpi: int) -> QImage | None:
        key = (page, dpi)
        if key not in self._images and key not in self._asked and self._fetch is not None:
            self._asked.add(key)
            work = partial(_fetched, self._fetch, self._turn, page, dpi)
            workers.run(QThreadPool.globalInstance(), work, self._take, self._refused)
        return self._images.get(key)

    def _take(self, answer: _Answer) -> None:
        if answer.turn != self._turn:
            return
        self._images[(answer.page, answer.dpi)] = answer.image
        if answer.dpi == THUMB_DPI:
            self._strip.viewport().update()
            self.thumbs_changed.emit()
        elif answer.page == self.page:
            self.canvas.show_image(answer.image)
            self.canvas.ring(self._marks.get(self.page, []))
            self._fit()

    def _refused(self, fault: Exception) -> None:
        if self.canvas.image is None and self.page:
            told = self.words.of_error(fault) if isinstance(fault, LantaiError) else None
            self.canvas.show_image(None, f"{told.what}　{told.safe}" if told else self.words("viewer.unreadable"))
        if not isinstance(fault, LantaiError):
            self.failed.emit(fault)

    def _clicked(self, index: QModelIndex) -> None:
        self.go_to(index.row() + 1)

    def _fit(self) -> None:
        room = self._area.viewport().size()
        scale = ZOOMS[self._zoom]
        if scale == 1.0 and not (self._across and self.canvas.image):
            self.canvas.resize(room)
            return
        across = round(room.width() * scale)
        self.canvas.resize(across, max(room.height(), self.canvas.wanted_height(across)))


def _fetched(fetch: Fetch, turn: int, page: int, dpi: int) -> _Answer:
    return _Answer(turn, page, dpi, image_of(fetch(page, dpi)))
