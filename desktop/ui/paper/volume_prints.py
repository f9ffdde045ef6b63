"""Which sheet is printed for which name of a kind's print set, and copies of scans as sheets."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage

from desktop.documents.pages import PagePicture
from desktop.services.volume_lists import ListRow, VolumeList
from desktop.ui.paper.pen import UNITS_A_MM, Pen, Sheet
from desktop.ui.paper.volume_labels import CoverSheet, FaceSheet, NoteSheet, SpineSheet, StampSheet
from desktop.ui.paper.volume_tables import A4_ACROSS_MM, A4_MM, catalogue, contents
from desktop.ui.words import Words
from sync.contract.kinds import Print


class PictureSheet:
    """Pages that were drawn elsewhere, each as large as it fits on A4, all lying as the first does."""

    def __init__(self, pictures: Sequence[PagePicture]) -> None:
        self._pictures = pictures

    @property
    def size_mm(self) -> tuple[float, float]:
        first = self._pictures[0]
        return A4_ACROSS_MM if first.width > first.height else A4_MM

    @property
    def pages(self) -> int:
        return len(self._pictures)

    def paint(self, pen: Pen, page: int) -> None:
        one = self._pictures[page - 1]
        image = QImage(one.rgb, one.width, one.height, 3 * one.width, QImage.Format.Format_RGB888)
        room = [side * UNITS_A_MM for side in self.size_mm]
        scale = min(room[0] / one.width, room[1] / one.height)
        width, height = one.width * scale, one.height * scale
        pen.q.drawImage(QRectF((room[0] - width) / 2, (room[1] - height) / 2, width, height), image)


def sheet_of(which: Print, words: Words, family: str, found: VolumeList, row: ListRow | None) -> Sheet:
    """Return the sheet of that name; a stamp is that of the item given.

    Raises:
        ValueError: an extract is no sheet of a volume.
    """
    if which is Print.CATALOGUE:
        return catalogue(words, family, found)
    if which is Print.CONTENTS:
        return contents(words, family, found)
    if which is Print.COVER:
        return CoverSheet(words, found)
    if which is Print.NOTE:
        return NoteSheet(words, family, found)
    if which is Print.SPINE:
        return SpineSheet(words, found)
    if which is Print.FACE:
        return FaceSheet(words, found)
    if which is Print.STAMP:
        return StampSheet(words, found, row)
    raise ValueError(f"no sheet of a volume: {which}")
