"""From recognised lines to proposals for fields (字段建议): the words to the right of a label, in its row.

Letters have no labels; there a field is known by its form, written as a regular expression after a tilde.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from desktop.documents.recognition import SAME_ROW_HEIGHTS, FoundLine, level_of, plain

LABEL_SLIPS_MAX: Final = 0.2  # wrong characters of a label, by its length
FORM_MARK: Final = "~"
FORM_LINES_MAX: Final = 3  # a title runs over two or three lines
_MARKS: Final = ":：;；,，。.、"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the paper seems to say for one field; a person takes it or leaves it."""

    field: str
    text: str  # NFKC without spaces
    score: float
    left: float  # where it stands, 0 to 1 over the page
    top: float
    right: float
    bottom: float


def suggest_fields(lines: Sequence[FoundLine], labels: Mapping[str, Sequence[str]]) -> dict[str, Proposal]:
    """Return a proposal for each field whose label and value are found; the first label on the page wins.

    Args:
        lines: of one page, as `TextReader.read` returned them.
        labels: field key to the ways its label is written on paper, the usual one first. One that begins with a tilde
            is a regular expression for the value itself, which must fill one to three lines (in NFKC, without spaces);
            its group `value`, if it has one, is what is proposed.
    """
    written = {
        plain(spelling).strip(_MARKS)
        for spellings in labels.values()
        for spelling in spellings
        if not spelling.startswith(FORM_MARK)
    }
    proposals: dict[str, Proposal] = {}
    for field, spellings in labels.items():
        for spelling in spellings:
            if spelling.startswith(FORM_MARK):
                proposal = _find_by_form(field, re.compile(spelling.removeprefix(FORM_MARK)), lines)
            else:
                label = plain(spelling).strip(_MARKS)
                proposal = _find(field, label, lines, others=written - {label})
            if proposal is not None:
                proposals[field] = proposal
                break
    return proposals


def _find(field: str, label: str, lines: Sequence[FoundLine], others: Collection[str]) -> Proposal | None:
    for line, words in _by_likeness(label, lines, others):
        if words.startswith(label) and words[len(label) :].startswith((":", "：")):
            return _proposal(field, words[len(label) :].strip(_MARKS), line)  # label and value read as one line
        value = _right_neighbour(line, lines)
        if value is not None and value.plain.strip(_MARKS) and value.plain.strip(_MARKS) not in others:
            return _proposal(field, value.plain, value)
    return None


def _find_by_form(field: str, form: re.Pattern[str], lines: Sequence[FoundLine]) -> Proposal | None:
    for count in range(1, FORM_LINES_MAX + 1):
        for first in range(len(lines)):
            used = lines[first : first + count]
            found = form.fullmatch("".join(line.plain for line in used))
            if found is not None and len(used) == count:
                text = found["value"] if "value" in form.groupindex else found[0]
                left, top = min(line.left for line in used), min(line.top for line in used)
                right, bottom = max(line.right for line in used), max(line.bottom for line in used)
                return Proposal(field, text, min(line.score for line in used), left, top, right, bottom)
    return None


def _by_likeness(label: str, lines: Sequence[FoundLine], others: Collection[str]) -> Iterator[tuple[FoundLine, str]]:
    """The lines that may be the label, the exact ones first; never one that is exactly another label."""
    slips = int(len(label) * LABEL_SLIPS_MAX)
    words = [(line, line.plain.strip(_MARKS)) for line in lines]
    yield from (
        (line, found) for line, found in words if found == label or found.startswith((label + ":", label + "："))
    )
    for line, found in words:
        if found not in others and abs(len(found) - len(label)) <= slips and 0 < _distance(found, label) <= slips:
            yield line, found


def _right_neighbour(label: FoundLine, lines: Sequence[FoundLine]) -> FoundLine | None:
    height = label.bottom - label.top
    in_row = [
        line
        for line in lines
        if line is not label
        and line.left >= label.left + (label.right - label.left) * 0.5
        and abs(level_of(line) - level_of(label)) < SAME_ROW_HEIGHTS * max(height, line.bottom - line.top)
    ]
    return min(in_row, key=lambda line: line.left, default=None)


def _proposal(field: str, text: str, line: FoundLine) -> Proposal:
    return Proposal(field, text, line.score, line.left, line.top, line.right, line.bottom)


def _distance(one: str, other: str) -> int:
    """How many characters must be put in, taken out or changed (Levenshtein)."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]
