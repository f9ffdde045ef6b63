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
_NEEDED: Final = ("rapidocr", "onnxruntime", "cv2")


@dataclass(frozen=True, slots=True)
class TextLine:
    """One recognised line; coordinates run from 0 to 1 over the page, from its upper left corner."""

    text: str  # as recognised: full and half width mixed; see `plain`
    left: float
    top: float
    right: float
    bottom: float
    slope: float  # rise of the line over the page's width, in page heights; of a straight scan 0
    score: float  # 0 to 1; a weak warning light, format rules catch more

    @property
    def plain(self) -> str:
        """The text in NFKC without spaces, as it is compared and searched."""
        return plain(self.text)


class TextReader:
    """Reads the lines of drawn pages, one at a time, in a child process of low priority.

    `lines` raises:
        ReaderStopped: with `reason`: time, memory or crash.
        UnreadableFile: with `reason` broken.
    """

    def __init__(self, *, limit_seconds: float = LIMIT_SECONDS) -> None:
        self._limit_seconds = limit_seconds
        self._child = ChildProcess("desktop.documents.text_child")

    @staticmethod
    def available() -> bool:
        """Tell whether the extra is installed, without loading it."""
        return all(importlib.util.find_spec(name) is not None for name in _NEEDED)

    def lines(self, picture: PagePicture) -> tuple[TextLine, ...]:
        """Return the lines of a page, from top to bottom and left to right. Best drawn at the scan's own 200 dpi."""
        question = {"rgb": picture.rgb, "width": picture.width, "height": picture.height, "dpi": picture.dpi}
        answer = self._child.ask(question, self._limit_seconds)
        if "stopped" in answer:
            self._child.close()
            raise ReaderStopped("text reader", reason=answer["stopped"])
        if "refused" in answer:
            raise UnreadableFile("page", reason=answer["refused"])
        return in_reading_order([_line(found["text"], found["corners"], found["score"]) for found in answer["found"]])

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


def page_slope(lines: Sequence[TextLine]) -> float:
    """Return how much the whole page leans: the middle slope of its longer lines."""
    slopes = [line.slope for line in lines if line.right - line.left > 0.08]
    return statistics.median(slopes) if slopes else 0.0


def in_reading_order(lines: Sequence[TextLine]) -> tuple[TextLine, ...]:
    """Return the lines row by row, each from left to right; a lean of the page is allowed for."""
    slope = page_slope(lines)
    by_height = sorted(lines, key=lambda line: level_of(line, slope))
    rows: list[list[TextLine]] = []
    for line in by_height:
        row = rows[-1] if rows else []
        if row and level_of(line, slope) - level_of(row[0], slope) < 0.6 * (row[0].bottom - row[0].top):
            row.append(line)
        else:
            rows.append([line])
    return tuple(line for row in rows for line in sorted(row, key=lambda line: line.left))


def level_of(line: TextLine, slope: float) -> float:
    """Return the height of the line's middle on the page as if the page stood straight."""
    return (line.top + line.bottom) / 2 - slope * (line.left + line.right) / 2


def _line(text: str, corners: Sequence[float], score: float) -> TextLine:
    across, down = corners[0::2], corners[1::2]
    width = (across[1] + across[2] - across[0] - across[3]) / 2  # corners run clockwise from the upper left
    rise = (down[1] + down[2] - down[0] - down[3]) / 2
    return TextLine(text, min(across), min(down), max(across), max(down), rise / width if width > 0 else 0.0, score)
