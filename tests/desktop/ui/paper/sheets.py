"""A printed sheet read back from its PDF: its words in their places, its ruled lines, everything in millimetres of the page."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import pymupdf

from desktop.ui.paper.pen import Sheet
from desktop.ui.paper.printing import pdf_of

MM = 25.4 / 72


@dataclass(frozen=True)
class Word:
    """A run of words and where it stands."""

    said: str
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Line:
    """A ruled line from its upper left to its lower right end."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def upright(self) -> bool:
        return self.right - self.left < 0.1 < self.bottom - self.top

    @property
    def level(self) -> bool:
        return self.bottom - self.top < 0.1 < self.right - self.left


class Read:
    """A PDF that was printed, page by page."""

    def __init__(self, content: bytes) -> None:
        self.document = pymupdf.open(stream=content)

    @property
    def pages(self) -> int:
        return int(self.document.page_count)

    def size(self, page: int = 1) -> tuple[float, float]:
        rect = self.document[page - 1].rect
        return rect.width * MM, rect.height * MM

    def words(self, page: int = 1) -> list[Word]:
        found = []
        for block in self.document[page - 1].get_text("dict")["blocks"]:
            for line in block.get("lines", []):
                for span in line["spans"]:
                    box = (side * MM for side in span["bbox"])
                    found.append(Word(unicodedata.normalize("NFKC", span["text"]).strip(), *box))
        return [word for word in found if word.said]

    def text(self, page: int = 1) -> str:
        """Return what the page says without blanks and line ends."""
        return "".join("".join(word.said for word in self.words(page)).split())

    def lines(self, page: int = 1) -> list[Line]:
        """Return every ruled line; a frame is its four sides."""
        found = []
        for drawn in self.document[page - 1].get_drawings():
            if drawn["type"] != "s":
                continue
            for item in drawn["items"]:
                if item[0] == "l":
                    (x0, y0), (x1, y1) = item[1], item[2]
                    found.append(Line(*(side * MM for side in (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)))))
                elif item[0] == "re":
                    x0, y0, x1, y1 = (side * MM for side in item[1])
                    found += [Line(x0, y0, x1, y0), Line(x0, y1, x1, y1), Line(x0, y0, x0, y1), Line(x1, y0, x1, y1)]
        return found


def read_back(sheet: Sheet, family: str) -> Read:
    """Return what a sheet's PDF says."""
    return Read(pdf_of(sheet, family, "sheet"))
