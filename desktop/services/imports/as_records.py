"""Entries that become records of a kind, or drafts of them (成为档案)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import uuid6

from desktop.archive import drafts, imports
from desktop.archive.archive import Act, Connection
from desktop.archive.clock import Clock
from desktop.archive.drafts import Draft
from desktop.archive.imports import EntryState, KeptEntry
from desktop.documents.sheets import SheetRow
from desktop.services.filing import file_new
from desktop.services.imports.entries import Assembly, Candidate
from desktop.services.imports.headers import Header
from desktop.services.imports.judging import INCOMPLETE, EntryJudgement, JudgedEntry, Judging
from desktop.services.imports.templates import Template
from sync.contract.errors import Refused
from sync.contract.kinds import Kind
from sync.contract.validation import Judgement

Ready = tuple[JudgedEntry, Draft, Judgement]


class AsRecords:
    """A table taken in by a template."""

    def __init__(
        self, kinds: Mapping[str, Kind], header: Header, template: Template, clock: Clock, *, workbook: bool
    ) -> None:
        self._kinds, self._header, self._template, self._clock = kinds, header, template, clock
        self._workbook = workbook

    @property
    def said(self) -> str:
        return self._template.to_json()

    def entries(self, rows: Iterable[SheetRow]) -> Iterator[Candidate]:
        return Assembly(self._kinds, self._header, self._template, workbook=self._workbook).entries(rows)

    def judging(self, connection: Connection) -> Judging:
        """Raises Refused: the template has no part."""
        if not self._template.parts:
            raise Refused("the template has no part")
        return Judging(connection, self._kinds, self._template, self._clock())

    def held(self, connection: Connection, run_id: str) -> tuple[int, int]:
        held = imports.count(connection, run_id)
        return held[EntryState.FILED], held[EntryState.OPEN]

    def keep(
        self, act: Act, run_id: str, judged: Sequence[JudgedEntry], excuses: Mapping[str, str], counts: Counter[str]
    ) -> None:
        kept: list[KeptEntry] = []
        ready: list[Ready] = []
        for entry in judged:
            became = self._sort(act, entry, excuses, run_id, kept, ready)
            counts["read"] += 1
            counts[became] += 1
        imports.keep(act, [*kept, *self._file(act, ready, run_id)])

    def _sort(
        self,
        act: Act,
        entry: JudgedEntry,
        excuses: Mapping[str, str],
        run_id: str,
        kept: list[KeptEntry],
        ready: list[Ready],
    ) -> str:
        """The entry waits among the ready ones, or is open as a draft, or neither; what becomes of it is returned."""
        incomplete = entry.only_incomplete and INCOMPLETE in excuses
        if entry.state is EntryJudgement.REJECTED and not incomplete:
            return "rejected"
        if entry.draft is None or entry.judgement is None:
            mine = entry.known is not None and entry.known.run_id == run_id
            return entry.known.state.value if mine and entry.known is not None else "there"
        draft = replace(entry.draft, uid=str(uuid6.uuid7()), reasons=entry.reasons(excuses))
        if incomplete or not entry.warnings <= set(excuses):
            drafts.put(act, draft)
            candidate = entry.candidate
            kept.append(KeptEntry(candidate.key, candidate.content, run_id, draft.uid, "", EntryState.OPEN))
            return EntryState.OPEN.value
        ready.append((entry, draft, entry.judgement))
        return EntryState.FILED.value

    def _file(self, act: Act, ready: Sequence[Ready], run_id: str) -> Iterator[KeptEntry]:
        """The entries become records, all of a kind at once."""
        for key in dict.fromkeys(draft.kind for _, draft, _ in ready):
            mine = [one for one in ready if one[1].kind == key]
            made = file_new(act, self._kinds[key], [(draft, judgement) for _, draft, judgement in mine], run_id)
            for (entry, draft, _), (_, number) in zip(mine, made, strict=True):
                candidate = entry.candidate
                yield KeptEntry(candidate.key, candidate.content, run_id, draft.uid, number, EntryState.FILED)
