"""What the entries of a table become (收进来成什么): records of a kind, or rows of a source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from desktop.archive.archive import Act, Connection
from desktop.documents.sheets import SheetRow
from desktop.services.imports.entries import Candidate
from desktop.services.imports.judging import JudgedEntry


class Judges(Protocol):
    """Judges the entries of one table in their order; it remembers what came before in it."""

    def judge(self, connection: Connection, candidates: Sequence[Candidate]) -> list[JudgedEntry]:
        """Return each entry of a block with its state."""
        ...


class Taking(Protocol):
    """One table taken in; `said` is how its run says by what."""

    @property
    def said(self) -> str: ...

    def entries(self, rows: Iterable[SheetRow]) -> Iterator[Candidate]:
        """Yield the entries that these rows are."""
        ...

    def judging(self, connection: Connection) -> Judges: ...

    def keep(
        self, act: Act, run_id: str, judged: Sequence[JudgedEntry], excuses: Mapping[str, str], counts: Counter[str]
    ) -> None:
        """Each entry of the block is filed, open, rejected or there, and counted as that."""
        ...

    def held(self, connection: Connection, run_id: str) -> tuple[int, int]:
        """Return how many entries of the run the archive holds as filed and as open."""
        ...
