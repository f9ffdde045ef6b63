"""What the sheet reader's process speaks in: rows of text, marks on cells that are not what they were, refusals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Protocol

from desktop.documents.surrogates import clean_text

RawRow = tuple[int, list[str], list[tuple[int, str]]]
"""Number from 1, the cells' texts, and (column from 0, mark) for each cell that is not what it was."""
COLUMNS_MAX: Final = 1024
CHARACTERS_MAX: Final = 32_767  # what a cell of Excel holds
CHARACTERS_SHOWN: Final = 200  # of a cell over that
_SCIENTIFIC: Final = re.compile(r"\d([.]\d+)?[Ee]\+1[4-9]")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class CannotReadTable(Exception):
    """The file or sheet cannot be read; the argument is the reason's stable code."""


class RawSheet(Protocol):
    """One table of a file."""

    @property
    def name(self) -> str: ...

    @property
    def row_count(self) -> int: ...

    @property
    def columns(self) -> int: ...

    @property
    def merged(self) -> list[tuple[int, int, int, int]]: ...

    def rows(self, after: int) -> Iterator[RawRow]: ...


def told_of_text(value: str) -> tuple[str, str]:
    """Return a written text as it can be kept and shown, and what is wrong with it."""
    text = value.strip()
    if not text:
        return "", ""
    if len(text) > CHARACTERS_MAX:
        return clean_text(_CONTROL.sub("", text[:CHARACTERS_SHOWN])), "cell_too_long"
    if "\ufffd" in text:
        return clean_text(_CONTROL.sub("", text)), "broken_bytes"
    if _CONTROL.search(text):
        return clean_text(_CONTROL.sub("", text)), "control_characters"
    if "+1" in text and _SCIENTIFIC.fullmatch(text):
        return text, "digits_lost"
    return clean_text(text), ""
