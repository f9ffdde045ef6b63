"""Judging entries (预检): the judgement of the form, and whether an entry is known already or a possible double."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from desktop.archive import imports
from desktop.archive.archive import Connection
from desktop.archive.drafts import Draft
from desktop.archive.imports import EntryState, KeptEntry
from desktop.services.cataloguing import judged
from desktop.services.imports.entries import Candidate
from desktop.services.imports.templates import Part, Template
from sync.contract.findings import Finding, Level
from sync.contract.kinds import Kind
from sync.contract.validation import Judgement

INCOMPLETE: Final = "needed"
"""The one error that only time and paper mend: an entry with no other may wait as a draft."""


class EntryJudgement(StrEnum):
    """ready: can be filed. warned: with reasons. rejected: not as it stands. there: an earlier import brought it."""

    READY = "ready"
    WARNED = "warned"
    REJECTED = "rejected"
    THERE = "there"


@dataclass(frozen=True, slots=True)
class JudgedEntry:
    """An entry with everything said of it; `draft` is what would be filed, without an id yet."""

    candidate: Candidate
    state: EntryJudgement
    findings: tuple[Finding, ...]
    draft: Draft | None = None
    judgement: Judgement | None = None
    known: KeptEntry | None = None

    @property
    def warnings(self) -> frozenset[str]:
        """The sorts of warning for which a reason is wanted."""
        return frozenset(one.code for one in self.findings if one.level is Level.WARNING)

    @property
    def only_incomplete(self) -> bool:
        """Nothing is wrong with a rejected entry but that needed fields are empty."""
        return self.draft is not None and self.state is EntryJudgement.REJECTED

    def reasons(self, excuses: Mapping[str, str]) -> dict[str, str]:
        """Return the reason for each warned field, as stated for its sort of warning."""
        return {
            one.field: excuses[one.code]
            for one in self.findings
            if one.level is Level.WARNING and excuses.get(one.code)
        }


class Judging:
    """Judges the entries of one table in their order; it remembers what came before in it."""

    def __init__(self, connection: Connection, kinds: Mapping[str, Kind], template: Template, now: datetime) -> None:
        self._kinds = kinds
        self._now = now
        self._seen: dict[str, str] = {}  # key to content
        self._incomplete: set[str] = set()
        self._days: set[int] = set()
        for key in {part.kind for part in template.parts}:
            self._days |= imports.filed_days(connection, key)

    def judge(self, connection: Connection, candidates: Sequence[Candidate]) -> list[JudgedEntry]:
        """Return each entry of a block with its state."""
        there = imports.known(connection, [one.key for one in candidates])
        return [self._judge_one(one, there.get(one.key)) for one in candidates]

    def _judge_one(self, candidate: Candidate, known: KeptEntry | None) -> JudgedEntry:
        before = self._seen.get(candidate.key, known.content if known else None)
        if before is not None and before != candidate.content:
            changed = Finding(Level.ERROR, "", "changed_since")
            return JudgedEntry(candidate, EntryJudgement.REJECTED, (changed,), known=known)
        if before is not None:
            # an entry counts for its run once, and one that outlived the run's taking back no longer counts for it
            again = candidate.key in self._seen or (known is not None and known.state is EntryState.KEPT)
            self._seen[candidate.key] = candidate.content
            return JudgedEntry(candidate, EntryJudgement.THERE, (), known=None if again else known)
        if candidate.part is None:
            return JudgedEntry(candidate, EntryJudgement.REJECTED, candidate.faults)
        draft = draft_of(self._kinds[candidate.part.kind], candidate.part, candidate.fields)
        judgement = judged(self._kinds[draft.kind], draft, self._now)
        findings = (*candidate.faults, *judgement.findings)
        errors = {one.code for one in findings if one.level is Level.ERROR}
        if errors == {INCOMPLETE} and candidate.key not in self._incomplete:
            self._incomplete.add(candidate.key)
            return JudgedEntry(candidate, EntryJudgement.REJECTED, findings, draft, judgement)
        if candidate.key in self._incomplete:
            findings += (Finding(Level.ERROR, "", "key_twice"),)
        if errors or candidate.key in self._incomplete:
            return JudgedEntry(candidate, EntryJudgement.REJECTED, findings)
        self._seen[candidate.key] = candidate.content
        findings += self._double(self._kinds[draft.kind], judgement)
        warned = any(one.level is Level.WARNING for one in findings)
        state = EntryJudgement.WARNED if warned else EntryJudgement.READY
        return JudgedEntry(candidate, state, findings, draft, judgement)

    def _double(self, kind: Kind, judgement: Judgement) -> tuple[Finding, ...]:
        day = judgement.normal.get(kind.case_date)
        mark = imports.double_mark(kind.key, day.value if day else "", judgement.title)
        if mark in self._days:
            return (Finding(Level.WARNING, kind.case_date, "possible_double"),)
        self._days.add(mark)
        return ()


def draft_of(kind: Kind, part: Part, fields: Mapping[str, str]) -> Draft:
    """Return the draft an entry would be filed from; it has no id yet."""
    known = {one.code for one in kind.retentions}
    return Draft(
        uid="",
        kind=kind.key,
        origin=part.origin,
        retention=part.retention if part.retention in known else kind.retentions[0].code,
        fields=fields,
        reasons={},
        papers=(),
        attachments=(),
        carried=frozenset(),
        item_id="",
        parent="",
        number="",
        started_at="",
        changed_at="",
    )
