"""The stamp on a copy (归档章盖在副本上): laid over the first page, inside the page reader's own process."""

from __future__ import annotations

from typing import Any, Final

import pymupdf

POINTS_A_MM: Final = 72 / 25.4
TOP_MM: Final = 6.0
A4_POINTS: Final = (595.0, 842.0)


def stamped(document: Any, stamp: bytes) -> bytes:
    """Return a copy of the document as a PDF with the stamp (a PDF of one page) on its first page, at the top, in the middle.

    Words stay words; a picture stands on an A4 page, as large as it fits. What a PDF carries beside its pages (scripts, files in it) stays behind.
    """
    copy = pymupdf.open()
    if document.is_pdf:
        copy.insert_pdf(document)
    else:
        _put_pictures(copy, document)
    page, seal = copy[0], pymupdf.open(stream=stamp, filetype="pdf")
    width, height = seal[0].rect.width, seal[0].rect.height
    scale = min(1.0, 0.9 * page.rect.width / width)  # a page narrower than the stamp
    left = (page.rect.width - width * scale) / 2
    top = TOP_MM * POINTS_A_MM
    seen = pymupdf.Rect(left, top, left + width * scale, top + height * scale)
    turn = page.rotation
    page.set_rotation(0)  # PyMuPDF's own matrix for a turned page forgets where a cropped one begins (1.28)
    page.show_pdf_page(_unturned(seen, turn, page.rect), seal, 0, rotate=-turn)
    page.set_rotation(turn)
    content: bytes = copy.tobytes(garbage=3, deflate=True)
    return content


def _unturned(seen: Any, turn: int, page: Any) -> Any:
    """Return where a place that is seen on a turned page lies on the same page unturned."""
    if turn % 360 == 90:
        place = (seen.y0, page.height - seen.x1, seen.y1, page.height - seen.x0)
    elif turn % 360 == 180:
        place = (page.width - seen.x1, page.height - seen.y1, page.width - seen.x0, page.height - seen.y0)
    elif turn % 360 == 270:
        place = (page.width - seen.y1, seen.x0, page.width - seen.y0, seen.x1)
    else:
        return seen
    return pymupdf.Rect(*place)


def _put_pictures(copy: Any, document: Any) -> None:
    drawn = pymupdf.open(stream=document.convert_to_pdf(), filetype="pdf")
    for number, page in enumerate(drawn):
        lying = page.rect.width > page.rect.height
        width, height = A4_POINTS[::-1] if lying else A4_POINTS
        copy.new_page(width=width, height=height).show_pdf_page(pymupdf.Rect(0, 0, width, height), drawn, number)
