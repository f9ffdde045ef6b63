"""The sheet reader's own process: the only place where a foreign table is parsed. Run by `SheetReader`, not by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from desktop.documents.limits import READER_BYTES, own_pipes, serve, take_limits
from desktop.documents.sheet_book import open_book
from desktop.documents.sheet_rows import CannotReadTable, RawRow, RawSheet
from desktop.documents.sheet_text import TextSheet, open_text

NICENESS: Final = 5
BLOCK_CHARACTERS_MAX: Final = 16 << 20
_BOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x09\x08", b"\x09\x04")


class Shelf:
    """The file last asked for, kept open, and the place in the sheet that is being read."""

    def __init__(self) -> None:
        self.key = ""
        self.format = self.encoding = ""
        self.sheets: list[RawSheet] = []
        self._sheet = -1
        self._next = 0
        self._rows: Iterator[RawRow] = iter(())
        self._held: RawRow | None = None

    def put(self, key: str, content: bytes) -> None:
        """The file is open, in place of the former one."""
        self.key, self.sheets, self._sheet = "", [], -1
        if not content.strip():
            raise CannotReadTable("empty")
        if content.startswith(_BOOKS):
            self.format, self.sheets = open_book(content)
            self.encoding = ""
        else:
            self.encoding, sheet = open_text(content)
            self.format, self.sheets = "csv", [sheet]
        self.key = key

    def block(self, sheet: int, after: int, count: int) -> list[RawRow]:
        """Return the next rows that are not blank, numbered above `after`; fewer than `count` only at the end or for size."""
        if not 0 <= sheet < len(self.sheets):
            raise CannotReadTable("no_table")
        if sheet != self._sheet or after < self._next:
            self._sheet, self._rows, self._held = sheet, self.sheets[sheet].rows(after), None
        found: list[RawRow] = []
        size = 0
        while len(found) < count and size < BLOCK_CHARACTERS_MAX:
            row = self._held if self._held is not None else next(self._rows, None)
            self._held = None
            if row is None:
                break
            if row[0] > after:
                found.append(row)
                size += sum(map(len, row[1]))
        self._next = found[-1][0] if found else after
        return found


def main() -> None:
    """Questions were answered until the desk closed its end."""
    requests, answers = own_pipes()
    take_limits(memory_bytes=READER_BYTES, niceness=NICENESS)
    shelf = Shelf()
    serve(requests, answers, lambda request: _answer(shelf, request))


def _answer(shelf: Shelf, request: dict[str, Any]) -> dict[str, Any]:
    try:
        if shelf.key != request["key"]:
            if request.get("content") is None:
                return {"missing": True}
            shelf.put(request["key"], request["content"])
        if request["act"] == "open":
            return {"found": _file(shelf)}
        return {"found": {"rows": shelf.block(request["sheet"], request["after"], request["count"])}}
    except CannotReadTable as refusal:
        return {"refused": str(refusal)}


def _file(shelf: Shelf) -> dict[str, Any]:
    sheets = [
        {"name": one.name, "rows": one.row_count, "columns": one.columns, "merged": one.merged} for one in shelf.sheets
    ]
    open_quote = any(isinstance(one, TextSheet) and one.quote_is_open for one in shelf.sheets)
    return {"format": shelf.format, "encoding": shelf.encoding, "sheets": sheets, "open_quote": open_quote}


if __name__ == "__main__":
    main()
