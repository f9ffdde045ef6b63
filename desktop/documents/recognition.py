"""Text recognition of scans (文字识别): it proposes, a person decides. Needs the extra `ocr`; the desk works without it."""

from __future__ import annotations

import importlib.util
import statistics
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from desktop.documents.child_process import ChildProcess
from desktop.documents.pages import PagePicture
from sync.contract.errors import ReaderStopped, UnreadableFile

LIMIT_SECONDS: Final = 180.0  # an old PC needs ten times the 4 CPU-seconds measured for a page
LONG_LINE_WIDTH: Final = 0.08  # of the page; shorter lines lean by chance
SAME_ROW_HEIGHTS: Final = 0.6
_NEEDED: Final = ("rapidocr", "onnxruntime", "cv2")

Point = tuple[float, float]
Corners = tuple[Point, Point, Point, Point]


@dataclass(frozen=True, slots=True)
class FoundLine:
    """One recognised line, in shares of the page from its upper left corner.

    They are those of the page stood straight, so that a row is level; on a leaning scan the words lie up to about a
    hundredth of the page higher or lower at its edges.
    """

    text: str  # as recognised: full and half width mixed; see `plain`
    left: float
    top: float
    right: float
    bottom: float
    score: float  # 0 to 1; a weak warning light, format rules catch more

    @property
    def plain(self) -> str:
        """The text in NFKC without spaces, as it is compared and searched."""
        return plain(self.text)


class TextReader:
    """Reads the lines of drawn pages, one at a time, in a child process of low priority.

    `read` raises:
        ReaderStopped: with `reason`: time, memory, crash or start.
        UnreadableFile: with `reason` broken.
    """

    def __init__(self, *, limit_seconds: float = LIMIT_SECONDS) -> None:
        self._limit_seconds = limit_seconds
        self._child = ChildProcess("desktop.documents.text_child")

    @staticmethod
    def available() -> bool:
        """Tell whether the extra is installed, without loading it."""
        return all(importlib.util.find_spec(name) is not None for name in _NEEDED)

    def read(self, picture: PagePicture) -> tuple[FoundLine, ...]:
        """Return the lines of a page, from top to bottom and left to right. Best drawn at the scan's own 200 dpi."""
        question = {"rgb": picture.rgb, "width": picture.width, "height": picture.height, "dpi": picture.dpi}
        answer = self._child.ask(question, self._limit_seconds)
        if "stopped" in answer:
            self._child.close()
            raise ReaderStopped("text reader", reason=answer["stopped"])
        if "refused" in answer:
            raise UnreadableFile("page", reason=answer["refused"])
        found = answer["found"]
        boxes = stood_straight([read_corners(line["corners"]) for line in found])
        lines = [FoundLine(line["text"], *box, line["score"]) for line, box in zip(found, boxes, strict=True)]
        return in_reading_order(lines)

    def close(self) -> None:
        """No child process is left, nor the memory it took."""
        self._child.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()


def plain(text: str) -> str:
    """Return the text in NFKC, without spaces: how recognised text is compared."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def read_corners(corners: Sequence[float]) -> Corners:
    """Return the corners of a line from eight numbers, clockwise from the upper left: x, y, x, y …"""
    across, down = corners[0::2], corners[1::2]
    return ((across[0], down[0]), (across[1], down[1]), (across[2], down[2]), (across[3], down[3]))


def stood_straight(found: Sequence[Corners]) -> list[tuple[float, float, float, float]]:
    """Return left, top, right and bottom of each line, as if the page stood straight.

    The lean of the page is the middle one of its longer lines; each line is moved as far as its middle had moved.
    """
    leans = [_slope(corners) for corners in found if corners[1][0] - corners[0][0] > LONG_LINE_WIDTH]
    lean = statistics.median(leans) if leans else 0.0
    boxes = []
    for upper_left, upper_right, lower_right, lower_left in found:
        left, right = min(upper_left[0], lower_left[0]), max(upper_right[0], lower_right[0])
        shift = lean * ((left + right) / 2 - 0.5)
        top = (upper_left[1] + upper_right[1]) / 2 - shift
        boxes.append((left, top, right, (lower_left[1] + lower_right[1]) / 2 - shift))
    return boxes


def in_reading_order(lines: Sequence[FoundLine]) -> tuple[FoundLine, ...]:
    """Return the lines row by row, each from left to right."""
    rows: list[list[FoundLine]] = []
    for line in sorted(lines, key=level_of):
        row = rows[-1] if rows else []
        if row and level_of(line) - level_of(row[0]) < SAME_ROW_HEIGHTS * (row[0].bottom - row[0].top):
            row.append(line)
        else:
            rows.append([line])
    return tuple(line for row in rows for line in sorted(row, key=lambda line: line.left))


def level_of(line: FoundLine) -> float:
    """Return the height of the line's middle on the page."""
    return (line.top + line.bottom) / 2


def _slope(corners: Corners) -> float:
    upper_left, upper_right, lower_right, lower_left = corners
    width = upper_right[0] + lower_right[0] - upper_left[0] - lower_left[0]
    return (upper_right[1] + lower_right[1] - upper_left[1] - lower_left[1]) / width if width > 0 else 0.0
