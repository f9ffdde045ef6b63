"""The square code on a sheet (二维码): dark cells on white, on whole pixels of whatever it is painted on."""

from __future__ import annotations

import segno
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter

QUIET_CELLS = 4


def paint_code(q: QPainter, box: QRectF, code: str) -> None:
    """The code fills the box; round it is as much white as a reader needs."""
    matrix = segno.make_qr(code, error="l").matrix
    cell = box.width() / len(matrix)
    quiet = QUIET_CELLS * cell
    q.fillRect(box.adjusted(-quiet, -quiet, quiet, quiet), QColor("#FFFFFF"))
    q.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for down, line in enumerate(matrix):
        for across, dark in enumerate(line):
            if dark:
                left, top = box.x() + across * cell, box.y() + down * cell
                right, bottom = box.x() + (across + 1) * cell, box.y() + (down + 1) * cell
                pixels = QRectF(round(left), round(top), round(right) - round(left), round(bottom) - round(top))
                q.fillRect(pixels, QColor("#000000"))
    q.setRenderHint(QPainter.RenderHint.Antialiasing, True)
