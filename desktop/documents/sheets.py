"""Tables of foreign files (表格): asked of a child process that can be ended, in blocks of rows of text."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self

from desktop.documents.child_process import ChildProcess
from sync.contract.errors import ReaderStopped, UnreadableTable

LIMIT_SECONDS: Final = 60.0
FILE_BYTES_MAX: Final = 200 << 20
BLOCK_ROWS: Final = 500


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of a file. `merged` has (first row, first column, last row, last column) near its top, rows from 1."""

    name: str
    rows: int  # with blank ones; of a text file at most as many
    columns: int
    merged: tuple[tuple[int, int, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class SheetFile:
    """A file that was opened; `open_quote` tells that a quotation mark in a text file is never closed."""

    format: str  # xlsx, xls, ods or csv
    encoding: str  # of a text file
    sheets: tuple[Sheet, ...]
    open_quote: bool
    sha256: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row that is not blank, numbered from 1; `marks` tells, by column from 0, which cells are not what they were."""

    number: int
    cells: tuple[str, ...]
    marks: Mapping[int, str]

    def cell(self, column: int) -> str:
        """Return the text in that column; nothing where the row ends before."""
        return self.cells[column] if column < len(self.cells) else ""


class SheetReader:
    """Reads tables; a file that hangs or bursts its reader costs that one file, and the next question finds a new reader.

    Every method raises:
        UnreadableTable: with `reason`: empty, unknown_format, web_page, password, no_table, broken, too_large, too_wide, or
            stopped: it took more time or memory than a table may.
        ReaderStopped: with `reason`: start or closed.
    """

    def __init__(self, *, limit_seconds: float = LIMIT_SECONDS) -> None:
        self._limit_seconds = limit_seconds
        self._child = ChildProcess("desktop.documents.sheet_child")

    def open(self, content: bytes) -> SheetFile:
        """Return what tables the file holds."""
        if len(content) > FILE_BYTES_MAX:
            raise UnreadableTable("sheet", reason="too_large")
        sha256 = hashlib.sha256(content).hexdigest()
        found = self._ask("open", sha256, content)
        sheets = tuple(
            Sheet(one["name"], one["rows"], one["columns"], tuple(tuple(place) for place in one["merged"]))
            for one in found["sheets"]
        )
        return SheetFile(found["format"], found["encoding"], sheets, found["open_quote"], sha256, content)

    def rows(self, file: SheetFile, sheet: int, after: int = 0, count: int = BLOCK_ROWS) -> list[SheetRow]:
        """Return up to `count` rows numbered above `after`; none when there are no more."""
        found = self._ask("rows", file.sha256, file.content, sheet=sheet, after=after, count=count)
        return [SheetRow(number, tuple(cells), dict(marks)) for number, cells, marks in found["rows"]]

    def every(self, file: SheetFile, sheet: int, after: int = 0) -> Iterator[SheetRow]:
        """Yield every row numbered above `after`, fetched in blocks."""
        while block := self.rows(file, sheet, after):
            yield from block
            after = block[-1].number

    def close(self) -> None:
        """No child process is left."""
        self._child.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def _ask(self, act: str, sha256: str, content: bytes, **more: object) -> dict[str, Any]:
        question = {"act": act, "key": sha256, **more}
        try:
            answer = self._child.ask(question, self._limit_seconds)
            if answer.get("missing"):  # the child holds another file: only now are the bytes sent
                answer = self._child.ask({**question, "content": content}, self._limit_seconds)
        except ReaderStopped as stopped:
            if stopped.facts["reason"] in ("start", "closed"):
                raise
            raise UnreadableTable("sheet", reason="stopped") from stopped
        if "stopped" in answer:
            self._child.close()  # what it has taken, it would keep
            raise UnreadableTable("sheet", reason="stopped")
        if "refused" in answer:
            raise UnreadableTable("sheet", reason=answer["refused"])
        found: dict[str, Any] = answer["found"]
        return found
