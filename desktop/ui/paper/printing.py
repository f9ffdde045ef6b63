"""A sheet on its way: into a PDF, onto a printer, onto the screen."""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QRectF, QSizeF
from PySide6.QtGui import QPageLayout, QPageSize, QPainter, QPdfWriter
from PySide6.QtPrintSupport import QPrinter

from desktop.ui.paper.pen import Pen, Sheet
from desktop.ui.paper.told import told_plainly

RESOLUTION_DPI = 600


def layout_of(sheet: Sheet) -> QPageLayout:
    """Return the paper a sheet wants, without margins: the sheet has its own."""
    width, height = sheet.size_mm
    upright = QSizeF(min(width, height), max(width, height))
    size = QPageSize(upright, QPageSize.Unit.Millimeter, "", QPageSize.SizeMatchPolicy.FuzzyMatch)
    lying = QPageLayout.Orientation.Landscape if width > height else QPageLayout.Orientation.Portrait
    return QPageLayout(size, lying, QMarginsF())


def pdf_of(sheet: Sheet, family: str, title: str) -> bytes:
    """Return the sheet as a PDF, each page as large as its paper."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setPageLayout(layout_of(sheet))
    writer.setResolution(RESOLUTION_DPI)
    writer.setTitle(title)
    painter = QPainter(writer)
    width, height = (side / 25.4 * RESOLUTION_DPI for side in sheet.size_mm)
    for page in range(1, sheet.pages + 1):
        if page > 1:
            writer.newPage()
        paint_page(painter, sheet, page, family, QRectF(0, 0, width, height))
    painter.end()
    return told_plainly(bytes(buffer.data().data()))


def print_on(printer: QPrinter, sheet: Sheet, family: str) -> bool:
    """The sheet is with the printer, the chosen pages of it; False when the printer did not take it."""
    painter = QPainter()
    if not painter.begin(printer):
        return False
    dots = printer.resolution() / 25.4
    first, last = printer.fromPage() or 1, printer.toPage() or sheet.pages
    for page in range(first, min(last, sheet.pages) + 1):
        if page > first:
            printer.newPage()
        paint_page(painter, sheet, page, family, QRectF(0, 0, sheet.size_mm[0] * dots, sheet.size_mm[1] * dots))
    return painter.end()


def paint_page(painter: QPainter, sheet: Sheet, page: int, family: str, place: QRectF) -> None:
    """That page stands in that place of the painter."""
    painter.save()
    sheet.paint(Pen(painter, family, place, sheet.size_mm), page)
    painter.restore()
