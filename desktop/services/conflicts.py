"""The conflict desk (冲突台): what two people changed at once, side by side, until a person has decided every value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from desktop.archive.clock import Clock
from desktop.services.county_line import CountyLine
from desktop.services.field_labels import labels_of
from desktop.services.joining import Joining
from sync.contract import merging
from sync.contract.decisions import Ground
from sync.contract.errors import AttachmentsMissing, HeadMoved, Refused
from sync.contract.findings import Finding
from sync.contract.histories import RevisionStanding
from sync.contract.kinds import Kind
from sync.contract.merging import Chosen, Difference
from sync.contract.review import ConflictList, RecordDetail, ShownRevision
from sync.contract.revisions import RecordId, Revision, RevisionId, TownshipId, read_body

ASK = "ask"
"""The code of a return that asks the township, because nobody at the county can know."""


@dataclass(frozen=True, slots=True)
class Hand:
    """Whose work one side is: who filed it and when, and the pages it stands on."""

    by: str
    at: str
    papers: tuple[Mapping[str, Any], ...]
    attachments: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """One record in conflict: its differences, those to be decided first, with their labels, and whose work each side is."""

    record: RecordId
    revision: RevisionId
    kind: Kind
    number: str
    title: str
    township: TownshipId
    differences: tuple[Difference, ...]
    labels: Mapping[str, str]
    county: Hand
    sent: Hand
    base: Hand | None
    detail: RecordDetail

    @property
    def clashes(self) -> tuple[Difference, ...]:
        return tuple(one for one in self.differences if one.clashes)


class Conflicts:
    """What one reviewer decides where two people's work stands against each other."""

    def __init__(self, line: CountyLine, kinds: Mapping[str, Kind], clock: Clock) -> None:
        self._line = line
        self._kinds = kinds
        self._joining = Joining(line.person, clock)

    def waiting(self, skip: int = 0) -> ConflictList:
        """Return records in conflict from the `skip`-th on, at most 200, and how many there are."""
        return self._line.staff().conflicts(None, skip)

    def record(self, record_id: str) -> Conflict:
        """Return a record's differences as they stand now.

        Raises:
            HeadMoved: it is no longer in conflict. Refused: its kind is not known here.
        """
        return self._read(self._line.staff().record(RecordId(record_id)))

    def settle(self, conflict: Conflict, chosen: Mapping[str, Chosen]) -> str:
        """Both sides are joined in one revision, signed; the error's code is returned if the county would not have it, else "".

        Args:
            chosen: an answer for each clash, and for what was merged by itself where it shall be otherwise.
        Raises:
            InvalidRecord: with `fields`: what they become cannot be filed. KeyError: a clash has no answer.
        """
        made = self._joined(conflict, chosen)
        try:
            self._line.staff().merge(conflict.detail, conflict.revision, made)
        except (Refused, AttachmentsMissing) as refusal:
            return refusal.code
        return ""

    def ask_back(self, conflict: Conflict, field: str, text: str) -> str:
        """The record goes back to its township with a question on the field; the error's code is returned, "" if it stands."""
        try:
            self._line.staff().give_back(conflict.detail, conflict.revision, (Ground(field, ASK, text.strip()),))
        except (Refused, AttachmentsMissing) as refusal:
            return refusal.code
        return ""

    def findings(self, conflict: Conflict, chosen: Mapping[str, Chosen]) -> tuple[Finding, ...]:
        """Return what stands in the way of the record that these answers make."""
        return self._joining.findings(conflict.kind, self._bodies(conflict), conflict.differences, chosen)

    def _joined(self, conflict: Conflict, chosen: Mapping[str, Chosen]) -> Revision:
        head = conflict.detail.head
        if head is None:
            raise HeadMoved("no head", record=conflict.record)
        parents, sides = (head, conflict.revision), self._bodies(conflict)
        return self._joining.joined(conflict.record, parents, conflict.kind, sides, conflict.differences, chosen)

    def _bodies(self, conflict: Conflict) -> tuple[dict[str, Any], dict[str, Any]]:
        bodies = {one.id: one.sent.body for one in conflict.detail.revisions}
        assert conflict.detail.head is not None
        return read_body(bodies[conflict.detail.head]), read_body(bodies[conflict.revision])

    def _read(self, detail: RecordDetail) -> Conflict:
        shown = _in_conflict(detail)
        if shown is None or detail.head is None:
            raise HeadMoved("no longer in conflict", record=detail.record)
        bodies = {one.id: read_body(one.sent.body) for one in detail.revisions}
        county, sent = bodies[detail.head], bodies[shown.id]
        bases = merging.common_ancestors(detail.history(), detail.head, shown.id)
        found = merging.differences([bodies[one] for one in bases], county, sent)
        told = sent if "fields" in sent else county if "fields" in county else bodies[bases[0]]
        kind = self._kinds.get(str(told.get("kind")))
        if kind is None:
            raise Refused("a kind that this program does not know", record=detail.record)
        labels = labels_of(kind, {**told.get("fields", {}), **{one.key: "" for one in found}})
        order = {key: place for place, key in enumerate(labels)}
        return Conflict(
            record=detail.record,
            revision=shown.id,
            kind=kind,
            number=str(told["number"]),
            title=str(told["title"]),
            township=detail.township,
            differences=tuple(sorted(found, key=lambda one: (not one.clashes, order.get(one.key, len(order))))),
            labels=labels,
            county=_hand(county),
            sent=_hand(sent),
            base=_hand(bodies[bases[0]]) if len(bases) == 1 else None,
            detail=detail,
        )


def _in_conflict(detail: RecordDetail) -> ShownRevision | None:
    waiting = [one for one in detail.revisions if one.standing is RevisionStanding.CONFLICT]
    parents = {parent for one in waiting for parent in one.sent.parent_ids}
    return next((one for one in sorted(waiting, key=lambda one: one.id) if one.id not in parents), None)


def _hand(body: Mapping[str, Any]) -> Hand:
    filed = body.get("filed", {})
    return Hand(
        str(filed.get("by", "")), str(filed.get("at", "")), tuple(body.get("papers", ())), tuple(body.get("attachments", ()))
    )  # fmt: skip
