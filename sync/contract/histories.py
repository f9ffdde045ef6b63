"""What follows from a record's revisions and decisions: tips, disputes, the head, and where each revision stands.

The rule of conflicts (design.md, section 3) lives here, as pure functions that both offices call.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sync.contract.decisions import Decision, DecisionId, DecisionKind
from sync.contract.errors import BadRequest, HeadMoved
from sync.contract.revisions import ChangeKind, RecordState, RevisionId


@dataclass(frozen=True, slots=True)
class History:
    """All that one office holds about one record: its revisions by id, with parents and kind, and its decisions."""

    parents: Mapping[RevisionId, tuple[RevisionId, ...]]
    kinds: Mapping[RevisionId, ChangeKind]
    decisions: tuple[Decision, ...]

    @property
    def tips(self) -> tuple[DecisionId, ...]:
        """The decisions that no other follows, in order of their ids; two or more are a dispute."""
        followed = {previous for decision in self.decisions for previous in decision.previous}
        return tuple(sorted(decision.id for decision in self.decisions if decision.id not in followed))

    @property
    def in_dispute(self) -> bool:
        return len(self.tips) > 1

    @property
    def head(self) -> RevisionId | None:
        """The head after the only tip; None without decisions and while two stand against each other."""
        tips = self.tips
        return next(d.head for d in self.decisions if d.id == tips[0]) if len(tips) == 1 else None

    def ancestry(self, revision: RevisionId | None) -> frozenset[RevisionId]:
        """The revision and all its ancestors, as far as they are known."""
        seen: set[RevisionId] = set()
        open_ends = [] if revision is None else [revision]
        while open_ends:
            here = open_ends.pop()
            if here not in seen:
                seen.add(here)
                open_ends.extend(self.parents.get(here, ()))
        return frozenset(seen)

    def nearest_heads(self, revision: RevisionId) -> frozenset[RevisionId]:
        """The nearest ancestors that were ever head."""
        were_head = {decision.head for decision in self.decisions if decision.head is not None}
        found: set[RevisionId] = set()
        seen: set[RevisionId] = set()
        open_ends = list(self.parents.get(revision, ()))
        while open_ends:
            here = open_ends.pop()
            if here in seen:
                continue
            seen.add(here)
            if here in were_head:
                found.add(here)
            else:
                open_ends.extend(self.parents.get(here, ()))
        return frozenset(found)

    def is_fast_forward(self, revision: RevisionId) -> bool:
        """True if the revision may become head without passing over anybody's work."""
        head = self.head
        return self.nearest_heads(revision) == (frozenset() if head is None else {head})


class RevisionStanding(StrEnum):
    """Where a revision stands at the county."""

    STAGED = "staged"
    HELD = "held"
    SET_ASIDE = "set_aside"
    RECEIVED = "received"
    CONFLICT = "conflict"
    SUPERSEDED = "superseded"
    RETURNED = "returned"
    MERGED = "merged"
    ACCEPTED = "accepted"


OPEN_STANDINGS: Final = frozenset({RevisionStanding.RECEIVED, RevisionStanding.CONFLICT})


def standing_of(history: History, revision: RevisionId) -> RevisionStanding:
    """Return where a sealed revision stands; accepted somewhere beats returned elsewhere."""
    on_it = {d.kind for d in history.decisions if d.revision == revision}
    if any(decision.head == revision for decision in history.decisions):
        return RevisionStanding.ACCEPTED
    if DecisionKind.MERGED in on_it:
        return RevisionStanding.MERGED
    if DecisionKind.RETURNED in on_it:
        return RevisionStanding.RETURNED
    if revision in history.ancestry(history.head):
        return RevisionStanding.SUPERSEDED
    return RevisionStanding.RECEIVED if history.is_fast_forward(revision) else RevisionStanding.CONFLICT


def check_fits(history: History, decision: Decision) -> None:
    """The decision may be made on this history.

    Raises:
        HeadMoved: it was made against another state of the record than the one held.
        BadRequest: its kind does not lead to the head it names.
    """
    settling = decision.kind is DecisionKind.SETTLED
    expected = history.tips[:2] if settling else history.tips
    if decision.previous != expected or settling != history.in_dispute:
        raise HeadMoved("decided against another state", record=decision.record_id)
    if decision.revision not in history.parents or (decision.head and decision.head not in history.parents):
        raise BadRequest("decision names an unknown revision", record=decision.record_id)
    if not _leads_to_head(history, decision):
        raise BadRequest("decision does not lead to its head", record=decision.record_id, kind=decision.kind.value)


def _leads_to_head(history: History, decision: Decision) -> bool:
    """True if the kind of decision, from the head that stood, gives the head it names."""
    head, new, revision = history.head, decision.head, decision.revision
    open_still = standing_of(history, revision) if decision.kind is not DecisionKind.SETTLED else None
    match decision.kind:
        case DecisionKind.ACCEPTED:
            return new == revision and open_still is RevisionStanding.RECEIVED and _may_follow(history, head, revision)
        case DecisionKind.RETURNED:
            return new == head and open_still in OPEN_STANDINGS
        case DecisionKind.MERGED:
            fits = new is not None and head is not None and set(history.parents[new]) == {head, revision}
            return fits and open_still is RevisionStanding.CONFLICT
        case DecisionKind.COUNTY | DecisionKind.VOIDED | DecisionKind.RESTORED:
            return new == revision and head is not None and _follows_as(history, decision.kind, head, revision)
        case DecisionKind.SETTLED:
            return _joins(history, decision)


def _may_follow(history: History, head: RevisionId | None, revision: RevisionId) -> bool:
    """A voided record comes back only by a revision that says so."""
    voided = head is not None and history.kinds[head] is ChangeKind.VOID
    return not voided or history.kinds[revision] is ChangeKind.RESTORE


def _follows_as(history: History, kind: DecisionKind, head: RevisionId, revision: RevisionId) -> bool:
    makes = {DecisionKind.VOIDED: ChangeKind.VOID, DecisionKind.RESTORED: ChangeKind.RESTORE}.get(kind, ChangeKind.PUT)
    was_void = history.kinds[head] is ChangeKind.VOID
    in_turn = was_void is (kind is DecisionKind.RESTORED)
    return history.kinds[revision] is makes and history.parents[revision] == (head,) and in_turn


def _joins(history: History, decision: Decision) -> bool:
    """A settlement keeps what was head on either side in the ancestry of its own head; without any, there is none after it."""
    sides = [d for d in history.decisions if d.id in decision.previous]
    heads = {d.head for d in sides if d.head is not None}
    if not heads:
        return decision.head is None and decision.revision in {d.revision for d in sides}
    if decision.head != decision.revision or not heads <= history.ancestry(decision.head):
        return False
    return decision.head in heads or set(history.parents[decision.revision]) == heads


def record_state(history: History, newest: RevisionId, sent: RecordState) -> RecordState:
    """Return the state a desk shows for a record whose newest filed revision is `newest`.

    Args:
        sent: the state it would have without any decision: filed, queued or received.
    """
    if history.in_dispute:
        return sent
    head = history.head
    if head is not None and newest in history.ancestry(head):
        return RecordState.VOIDED if history.kinds[head] is ChangeKind.VOID else RecordState.ACCEPTED
    returned = any(d.kind is DecisionKind.RETURNED and d.revision == newest for d in history.decisions)
    return RecordState.RETURNED if returned else sent


def newest_after(history: History, newest: RevisionId | None) -> RevisionId | None:
    """Return the revision a desk shows: the head once it contains the desk's newest work, else that work."""
    head = history.head
    return head if newest is None or newest in history.ancestry(head) else newest


def order_of_reading(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """Return decisions so that each comes after those it follows."""
    waiting = {decision.id: decision for decision in decisions}
    ordered: dict[DecisionId, Decision] = {}
    while waiting:
        ready = [d for d in waiting.values() if not any(previous in waiting for previous in d.previous)]
        for decision in ready:
            ordered[decision.id] = waiting.pop(decision.id)
    return tuple(ordered.values())
