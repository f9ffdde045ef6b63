"""What an act changed: returned by every writing service, carried by one signal; each view decides whether to refresh."""

from __future__ import annotations

from dataclasses import dataclass

from sync.contract.revisions import RecordId


@dataclass(frozen=True, slots=True)
class Changed:
    """Which records an act touched, and whether the inbox, the drafts or the line moved."""

    records: frozenset[RecordId] = frozenset()
    inbox: bool = False
    drafts: bool = False
    line: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long act is: `done` of `whole` (0 when not known), and which step by its message key."""

    step: str
    done: int
    whole: int
