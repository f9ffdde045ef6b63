"""Disputes (决定不一致): two decisions of which neither follows the other, side by side, until a person settles them.

They come from a restore of the county: what was decided before it comes back from a desk, and something else was decided meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from desktop.archive.clock import Clock
from desktop.services.county_line import CountyLine
from desktop.services.field_labels import labels_of
from desktop.services.joining import Joining
from sync.contract import merging
from sync.contract.certificates import read_certificate, read_holder
from sync.contract.decisions import DecisionKind, Ground, SignedDecision
from sync.contract.errors import HeadMoved, Refused
from sync.contract.histories import History
from sync.contract.kinds import Kind
from sync.contract.merging import Chosen, Difference
from sync.contract.review import RecordDetail
from sync.contract.revisions import RecordId, RevisionId, TownshipId, read_body


class Way(StrEnum):
    """What a settlement makes of the two heads (docs/protocol.md, section 11)."""

    JOIN = "join"  # both moved on: one revision over both, value by value
    LATER = "later"  # they stand on one line: the later one
    ONLY = "only"  # one side has a head: it stands
    NONE = "none"  # neither has one


@dataclass(frozen=True, slots=True)
class SideOfDispute:
    """One of the two decisions: what was decided, by whom, when that person says, why, and the head after it."""

    kind: DecisionKind
    by: str
    at: str
    grounds: tuple[Ground, ...]
    head: RevisionId | None


@dataclass(frozen=True, slots=True)
class Dispute:
    """A record on which two decisions stand against each other.

    Args:
        head: what will stand, where nothing is to be chosen; None where there will be no head, or one is made.
        differences: what the two heads say differently; only where they are joined.
    """

    record: RecordId
    township: TownshipId
    kind: Kind
    number: str
    title: str
    one: SideOfDispute
    other: SideOfDispute
    way: Way
    head: RevisionId | None
    differences: tuple[Difference, ...]
    labels: Mapping[str, str]
    detail: RecordDetail


class Disputes:
    """What one person at the county settles."""

    def __init__(self, line: CountyLine, kinds: Mapping[str, Kind], clock: Clock) -> None:
        self._line, self._kinds = line, kinds
        self._joining = Joining(line.person, clock)

    def record(self, record_id: str) -> Dispute:
        """Return a dispute as it stands now; of three tips the first two, which are settled first.

        Raises:
            HeadMoved: it is settled. Refused: its kind is not known here.
        """
        detail = self._line.staff().record(RecordId(record_id))
        history = detail.history()
        if not history.in_dispute:
            raise HeadMoved("no longer in dispute", record=detail.record)
        one, other = (_tip(detail, tip) for tip in history.tips[:2])
        way, head = _way(history, one.head, other.head)
        bodies = {each.id: read_body(each.sent.body) for each in detail.revisions}
        told = self._shown(detail, bodies, one, other)
        kind = self._kinds.get(str(told.get("kind")))
        if kind is None:
            raise Refused("a kind that this program does not know", record=detail.record)
        found = _differences(history, bodies, one.head, other.head) if way is Way.JOIN else ()
        labels = labels_of(kind, {**told.get("fields", {}), **{each.key: "" for each in found}})
        order = {key: place for place, key in enumerate(labels)}
        return Dispute(
            detail.record, detail.township, kind, str(told["number"]), str(told["title"]), one, other, way, head,
            tuple(sorted(found, key=lambda each: (not each.clashes, order.get(each.key, len(order))))), labels, detail,
        )  # fmt: skip

    def settle(self, dispute: Dispute, chosen: Mapping[str, Chosen]) -> None:
        """Both decisions are followed by one that this person signs.

        Args:
            chosen: an answer for each clash; none where nothing is to be chosen.
        Raises:
            InvalidRecord: with `fields`: what the sides become cannot be filed. HeadMoved: somebody was first.
        """
        if dispute.way is not Way.JOIN or dispute.one.head is None or dispute.other.head is None:
            self._line.staff().settle(dispute.detail, dispute.head)
            return
        parents = (dispute.one.head, dispute.other.head)
        bodies = {each.id: read_body(each.sent.body) for each in dispute.detail.revisions}
        sides = (bodies[parents[0]], bodies[parents[1]])
        made = self._joining.joined(dispute.record, parents, dispute.kind, sides, dispute.differences, chosen)
        self._line.staff().settle(dispute.detail, made.id, made)

    def _shown(
        self,
        detail: RecordDetail,
        bodies: Mapping[RevisionId, dict[str, Any]],
        one: SideOfDispute,
        other: SideOfDispute,
    ) -> dict[str, Any]:
        """Return the body that says what the record is about; a void says nothing of it."""
        wanted = (one.head, other.head, *(each.id for each in reversed(detail.revisions)))
        return next(bodies[each] for each in wanted if each is not None and "fields" in bodies[each])


def _tip(detail: RecordDetail, tip: str) -> SideOfDispute:
    signed: SignedDecision = next(each for each in detail.decisions if each.decision.id == tip)
    decision = signed.decision
    by = read_holder(read_certificate(signed.signer)).name
    return SideOfDispute(decision.kind, by, signed.at, decision.grounds, decision.head)


def _way(history: History, one: RevisionId | None, other: RevisionId | None) -> tuple[Way, RevisionId | None]:
    if one is None or other is None:
        return (Way.NONE, None) if one is other else (Way.ONLY, one or other)
    for later, earlier in ((one, other), (other, one)):
        if earlier in history.ancestry(later):
            return Way.LATER, later
    return Way.JOIN, None


def _differences(
    history: History, bodies: Mapping[RevisionId, dict[str, Any]], one: RevisionId | None, other: RevisionId | None
) -> tuple[Difference, ...]:
    if one is None or other is None:
        return ()
    bases = merging.common_ancestors(history, one, other)
    return merging.differences([bodies[each] for each in bases], bodies[one], bodies[other])
