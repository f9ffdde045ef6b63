"""What the archive is measured against, fed the same tokens of the same records: tantivy, Whoosh, and a scan by LIKE."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import tantivy
from sqlalchemy.engine import Engine
from whoosh import fields, index
from whoosh.analysis import SpaceSeparatedTokenizer
from whoosh.query import And, Phrase, Term
from whoosh.query import Query as WhooshQuery

from desktop.archive import segments
from desktop.archive.search_entries import Entry
from sync.vault.engine import driver, open_engine, read, write

A_SCREEN = 50
TANTIVY_HEAP_BYTES = 200_000_000


def pairs(word: str) -> list[str]:
    """Return the tokens a word of Chinese characters is asked by: its pairs, or the character alone."""
    return [word] if len(word) == 1 else [one + other for one, other in pairwise(word)]


class Tantivy:
    """A tantivy index in plain files, one thread, newest first by a fast field."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        builder = tantivy.SchemaBuilder()
        builder.add_integer_field("number", stored=True, indexed=True, fast=True)
        builder.add_text_field("said", stored=False, tokenizer_name="whitespace")
        self._schema = builder.build()
        self._index = tantivy.Index(self._schema, path=str(folder))

    def fill(self, entries: Iterable[tuple[int, Entry]]) -> None:
        writer = self._index.writer(TANTIVY_HEAP_BYTES, 1)
        for number, made in entries:
            writer.add_document(tantivy.Document(number=number, said=made.tokens))
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()
        self._searcher = self._index.searcher()

    def query(self, words: Iterable[str]) -> Any:
        parts = [self._word(pairs(word)) for word in words]
        if len(parts) == 1:
            return parts[0]
        return tantivy.Query.boolean_query([(tantivy.Occur.Must, part) for part in parts])

    def _word(self, several: list[str]) -> Any:
        if len(several) == 1:
            return tantivy.Query.term_query(self._schema, "said", several[0])
        return tantivy.Query.phrase_query(self._schema, "said", several)

    def newest(self, words: Iterable[str]) -> int:
        found = self._searcher.search(self.query(words), limit=A_SCREEN, count=False, order_by_field="number")
        return len(found.hits)

    def count(self, words: Iterable[str]) -> int:
        return int(self._searcher.search(self.query(words), limit=1, count=True).count)

    def best(self, words: Iterable[str]) -> int:
        return len(self._searcher.search(self.query(words), limit=A_SCREEN, count=False).hits)


class Whoosh:
    """A Whoosh index of a few thousand records: it takes twenty times as long to make."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        said = fields.TEXT(analyzer=SpaceSeparatedTokenizer(), phrase=True)
        self._index = index.create_in(str(folder), fields.Schema(number=fields.NUMERIC(sortable=True), said=said))

    def fill(self, entries: Iterable[tuple[int, Entry]]) -> None:
        writer = self._index.writer(limitmb=256)
        for number, made in entries:
            writer.add_document(number=number, said=made.tokens)
        writer.commit()
        self._searcher = self._index.searcher()

    def newest(self, words: Iterable[str]) -> int:
        parts: list[WhooshQuery] = [
            Phrase("said", pairs(word)) if len(word) > 2 else Term("said", pairs(word)[0]) for word in words
        ]
        asked = parts[0] if len(parts) == 1 else And(parts)
        return len(list(self._searcher.search(asked, limit=A_SCREEN, sortedby="number", reverse=True)))


class Scan:
    """The texts themselves, folded, in an encrypted file: the truth, and what a search without an index costs."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._engine: Engine = open_engine(path, key, durable=False)
        with write(self._engine) as connection:
            connection.exec_driver_sql("CREATE TABLE said (id INTEGER PRIMARY KEY, text TEXT)")

    def fill(self, several: list[tuple[int, str]]) -> None:
        with write(self._engine) as connection:
            connection.exec_driver_sql(
                "INSERT INTO said VALUES (?, ?)",
                [(number, "\n".join(segments.runs(text))) for number, text in several],
            )

    def holding(self, words: Iterable[str]) -> list[int]:
        """Return the rows that hold every word, newest first."""
        patterns = [f"%{run}%" for word in words for run in segments.runs(word)]
        condition = " AND ".join("text LIKE ?" for _ in patterns)
        with read(self._engine) as connection, driver(connection) as raw:
            asked = f"SELECT id FROM said WHERE {condition} ORDER BY id DESC"
            return [row for (row,) in raw.execute(asked, patterns)]

    def close(self) -> None:
        self._engine.dispose()
