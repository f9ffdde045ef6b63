"""Printing what the page of volumes shows (打印案卷): registered first, then on paper or in a PDF; stamped copies of scans."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from desktop.documents.pages import PagePicture
from desktop.services.paper_copies import PRINT_DPI, VIEW_DPI, keep
from desktop.services.volume_lists import ListRow, VolumeList
from desktop.ui.pages.page import Page
from desktop.ui.pages.volumes_preview import VolumesPreview
from desktop.ui.paper.pen import Sheet
from desktop.ui.paper.printing import pdf_of
from desktop.ui.paper.volume_labels import StampSheet
from desktop.ui.paper.volume_prints import PictureSheet, sheet_of
from desktop.ui.paper.volume_tables import volume_code
from sync.contract.kinds import Print

if TYPE_CHECKING:
    from desktop.services.desk import Desk


@dataclass(frozen=True, slots=True)
class _Stamped:
    """A volume's item, and the pages of its stamped copy; without a scan there are none."""

    found: VolumeList
    row: ListRow
    pictures: list[PagePicture]


class VolumesPrinting(QObject):
    """The way of one page's sheets to paper."""

    def __init__(self, page: Page, desk: Desk, preview: VolumesPreview) -> None:
        super().__init__(page)
        self._page, self._desk, self._preview = page, desk, preview
        self._wanted = ""  # the item whose stamped page is on its way to the preview

    def may(self, found: VolumeList) -> bool:
        """Whether the volume can be printed; if not, it is said why."""
        if not found.closed:
            self._page.tell("volumes.close_first", "warn")
        return found.closed and bool(found.rows)

    def file_name(self, found: VolumeList) -> str:
        name = self._page.words(f"print.{self._preview.which.value}")
        return f"{volume_code(found).replace('·', '-')}-{name}.pdf"

    def show_stamped(self, found: VolumeList | None, row: ListRow | None) -> None:
        """The chosen item's first page is shown with its stamp, where there is a scan that may be seen."""
        self._wanted = row.uid if row else ""
        if found is not None and row is not None and not found.kind.restricted:
            work = partial(self._stamped_pictures, found, row, "", VIEW_DPI, 1)
            self._page.ask(work, self._take_stamped, self._not_shown)

    def _take_stamped(self, made: _Stamped) -> None:
        if made.pictures and made.row.uid == self._wanted and self._preview.which is Print.STAMP:
            self._preview.show_sheet(PictureSheet(made.pictures))

    def _not_shown(self, fault: Exception) -> None:
        """A scan that cannot be drawn is stamped on paper: the stamp alone stays on the screen, and why is told."""
        self._page.tell_fault(fault)

    def print_sheet(self, found: VolumeList | None, row: ListRow | None, purpose: str) -> None:
        """The sheet shown is with the printer."""
        if found is None or not self.may(found):
            return
        if self._preview.which is Print.STAMP and row is not None:
            work = partial(self._stamped_pictures, found, row, purpose, PRINT_DPI, 0)
            self._page.ask(work, self._print_stamped)
        else:
            self._print(found, self._sheet(found, row), "")

    def _print_stamped(self, made: _Stamped) -> None:
        sheet = PictureSheet(made.pictures) if made.pictures else self._sheet(made.found, made.row)
        self._print(made.found, sheet, made.row.uid)

    def _print(self, found: VolumeList, sheet: Sheet, record: str) -> None:
        self._page.ask(partial(self._registered, found, self._preview.which, record, sheet), self._send)

    def _registered(self, found: VolumeList, which: Print, record: str, sheet: Sheet) -> Sheet:
        self._desk.volume_lists.printed(found.volume.uid, which, record)
        return sheet

    def _send(self, sheet: Sheet) -> None:
        sent = self._preview.print_sheet(sheet, self._page)
        if sent is not None:
            self._page.tell("volumes.printed_ok" if sent else "volumes.not_printed", "ok" if sent else "danger")

    def save_pdf(self, path: Path, found: VolumeList | None, row: ListRow | None, purpose: str) -> None:
        """The sheet shown stands in that file."""
        if found is not None and self.may(found):
            self._page.ask(partial(self._saved, path, found, row, self._preview.which, purpose), self._take_saved)

    def _saved(self, path: Path, found: VolumeList, row: ListRow | None, which: Print, purpose: str) -> Path:
        stamped = which is Print.STAMP and row is not None
        content = b""
        if stamped and row is not None:
            content = self._stamped(found, row, purpose)
        if not content:
            title = f"{volume_code(found)} {self._page.words(f'print.{which.value}')}"
            content = pdf_of(self._sheet_of(which, found, row), self._preview.look.family, title)
        self._desk.volume_lists.printed(found.volume.uid, which, row.uid if stamped and row is not None else "")
        return keep(path, content)

    def _take_saved(self, path: Path) -> None:
        self._page.tell("volumes.saved", "ok", name=path.name)

    def _stamped(self, found: VolumeList, row: ListRow, purpose: str) -> bytes:
        stamp = pdf_of(StampSheet(self._page.words, found, row, alone=True), self._preview.look.family, "stamp")
        return self._desk.paper_copies.stamped(row.uid, stamp, purpose)

    def _stamped_pictures(self, found: VolumeList, row: ListRow, purpose: str, dpi: int, most: int) -> _Stamped:
        copy = self._stamped(found, row, purpose)
        return _Stamped(found, row, self._desk.paper_copies.pictures(copy, dpi, most) if copy else [])

    def _sheet(self, found: VolumeList, row: ListRow | None) -> Sheet:
        return self._sheet_of(self._preview.which, found, row)

    def _sheet_of(self, which: Print, found: VolumeList, row: ListRow | None) -> Sheet:
        return sheet_of(which, self._page.words, self._preview.look.family, found, row)
