"""Joining two sides of a record (合成): one revision over both, value by value as a person chose, fit to be filed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sync.contract import merging
from sync.contract.errors import InvalidRecord
from sync.contract.findings import Finding
from sync.contract.kinds import Kind
from sync.contract.merging import Chosen, Difference, Side
from sync.contract.revisions import ChangeKind, RecordId, Revision, RevisionId
from sync.contract.validation import Judgement, Origin, judge

Body = Mapping[str, Any]


class Joining:
    """Makes what two sides become, in the name of one person.

    Args:
        clock: when it was joined, as this PC claims.
    """

    def __init__(self, person: str, clock: Callable[[], datetime]) -> None:
        self._person, self._clock = person, clock

    def findings(
        self, kind: Kind, sides: tuple[Body, Body], found: Sequence[Difference], chosen: Mapping[str, Chosen]
    ) -> tuple[Finding, ...]:
        """Return what stands in the way of the record that these answers make."""
        if found and found[0].key == merging.WHOLE:
            return ()
        values = merging.merged(*sides, found, chosen)
        return self._judged(kind, sides[0], values).unexcused(values["reasons"])

    def joined(
        self,
        record: RecordId,
        parents: tuple[RevisionId, RevisionId],
        kind: Kind,
        sides: tuple[Body, Body],
        found: Sequence[Difference],
        chosen: Mapping[str, Chosen],
    ) -> Revision:
        """Return the revision that names both as its parents.

        Args:
            sides: bodies of the county's side (in a dispute: of the first) and of the other.
        Raises:
            InvalidRecord: with `fields`: what they become cannot be filed. KeyError: a clash has no answer.
        """
        one, other = sides
        whole = next((each for each in found if each.key == merging.WHOLE), None)
        if whole is not None:
            body = dict(one if chosen[merging.WHOLE].side is Side.COUNTY else other)
            change = ChangeKind.PUT if "fields" in body else ChangeKind.VOID
            return Revision.saying(record, parents, change, body)
        values = merging.merged(one, other, found, chosen)
        judgement = self._judged(kind, one, values)
        hindrances = judgement.unexcused(values["reasons"])
        if hindrances:
            raise InvalidRecord("something stands in the way", fields=[each.field for each in hindrances])
        normal = {
            key: {"value": each.value, "precision": each.precision} if each.precision else {"value": each.value}
            for key, each in judgement.normal.items()
        }
        filed = {"by": self._person, "at": self._clock().isoformat(timespec="seconds")}
        kept = {key: one[key] for key in ("layout", "kind", "origin")}
        said = {
            **kept, **values, "kind_version": kind.version, "title": judgement.title, "normal": normal, "filed": filed
        }  # fmt: skip
        return Revision.saying(record, parents, ChangeKind.PUT, said)

    def _judged(self, kind: Kind, one: Body, values: Body) -> Judgement:
        pages: dict[str, int] = {}
        for each in values["papers"]:
            pages[each["paper"]] = pages.get(each["paper"], 0) + each["last"] - each["first"] + 1
        origin = Origin(one["origin"])
        return judge(kind, values["fields"], origin=origin, today=self._clock().date(), papers=pages)
