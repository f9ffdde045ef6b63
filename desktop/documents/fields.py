"""Reading fields off recognised lines (字段识别): the value stands to the right of its label, on the same line.

What is found is only ever proposed; a person takes it or types something else.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sync.contract.folding import fold


@dataclass(frozen=True, slots=True)
class FoundLine:
    """A recognised run of text; the box is in shares of the page, from the upper left corner."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    score: float

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2

    @property
    def height(self) -> float:
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Proposal:
    """A value read off a page; `page` is counted from 1 through all pages of the draft."""

    value: str
    page: int
    left: float
    top: float
    right: float
    bottom: float
    score: float


def plain(text: str) -> str:
    """Return recognised text as it is compared: half width, without blanks and colons."""
    return re.sub(r"[\s:：*＊]", "", fold(unicodedata.normalize("NFKC", text)))


def suggest_fields(lines: Sequence[FoundLine], labels: Mapping[str, Sequence[str]]) -> dict[str, Proposal]:
    """Return a proposal for every field whose label stands on the page with a value to its right.

    Args:
        lines: what was recognised on one page.
        labels: for each field key, the labels the paper may use, the surest first.
    """
    known = {plain(label) for several in labels.values() for label in several}
    found: dict[str, Proposal] = {}
    for key, several in labels.items():
        for label in several:
            if proposal := _read(lines, plain(label), known):
                found[key] = proposal
                break
    return found


def _read(lines: Sequence[FoundLine], label: str, known: set[str]) -> Proposal | None:
    for line in lines:
        text = plain(line.text)
        if text == label:
            if value := _to_the_right(line, lines, known):
                return _proposal(value, _clean(value.text))
        elif text.startswith(label) and re.match(r".{0,12}?[:：]", unicodedata.normalize("NFKC", line.text)):
            # label and value in one run, 「受理编号：DB-2020-001」
            value_text = _clean(unicodedata.normalize("NFKC", line.text).split(":", 1)[1])
            if value_text and text.removeprefix(label) == plain(value_text):
                return _proposal(line, value_text)
    return None


def _to_the_right(label: FoundLine, lines: Sequence[FoundLine], known: set[str]) -> FoundLine | None:
    """The nearest run on the label's own line that is no label itself; a tilted page moves it a little up or down."""
    beside = [
        line
        for line in lines
        if line.left >= label.right - label.height / 2
        and abs(line.middle - label.middle) < max(label.height, line.height) * 0.6
    ]
    nearest = min(beside, key=lambda line: line.left, default=None)
    return None if nearest is None or plain(nearest.text) in known else nearest


def _clean(text: str) -> str:
    """NFKC, no blanks between Chinese characters or digits: the recogniser mixes widths and gaps."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).strip(":：")


def _proposal(line: FoundLine, value: str) -> Proposal:
    return Proposal(value, 1, line.left, line.top, line.right, line.bottom, line.score)
