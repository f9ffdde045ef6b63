"""Judging a revision as the desk did, by the shipped kinds (docs/records.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sync.contract.errors import BadRequest
from sync.contract.kinds import Kind
from sync.contract.revisions import ChangeKind, Revision
from sync.contract.validation import Origin, judge
from sync.ledger.county_rules import Objection

NEWEST_LAYOUT = 1
_TEXT = {str}


class BodyJudge:
    """Says what stands against a revision.

    Args:
        kinds: the kinds of record this county knows.
        clock: the county's time; a date may not lie ahead of it.
        versions: every version of a kind that ever stood here: a record is judged by the one it was filed under.
    """

    def __init__(
        self,
        kinds: Mapping[str, Kind],
        clock: Callable[[], datetime],
        versions: Mapping[tuple[str, int], Kind] = MappingProxyType({}),
    ) -> None:
        self._kinds, self._clock, self._versions = kinds, clock, versions

    def __call__(self, revision: Revision) -> Objection | None:
        try:
            return self._object(revision.kind_of_change, revision.values())
        except BadRequest as error:
            return Objection(error.code, str(error.args[0]))

    def _object(self, change: ChangeKind, body: Mapping[str, Any]) -> Objection | None:
        if _number(body, "layout") > NEWEST_LAYOUT:
            return Objection("archive_too_new", "layout")
        if change is not ChangeKind.PUT:
            return None
        kind = self._kinds.get(_text(body, "kind"))
        if kind is None:
            return Objection("invalid_record", "kind")
        version = _number(body, "kind_version")
        if version > kind.version:
            return None  # judged by rules newer than ours: a person looks at it
        kind = self._versions.get((kind.key, version), kind)  # docs/editions.md, section 5
        origin = Origin(_text(body, "origin")) if _text(body, "origin") in list(Origin) else Origin.NEW
        papers = Counter(str(paper.get("paper")) for paper in _dicts(body, "papers"))
        written = _texts(body, "fields")
        judgement = judge(kind, written, origin=origin, today=self._clock().date(), papers=papers)
        standing = judgement.unexcused(_texts(body, "reasons"))
        codes = sorted({f"{finding.field}:{finding.code}" for finding in standing})
        return Objection("invalid_record", " ".join(codes)[:500]) if codes else None


def _text(body: Mapping[str, Any], key: str) -> str:
    value = body.get(key, "")
    if not isinstance(value, str):
        raise BadRequest(f"{key} is not text")
    return value


def _number(body: Mapping[str, Any], key: str) -> int:
    value = body.get(key)
    if type(value) is not int:
        raise BadRequest(f"{key} is not a number")
    return value


def _texts(body: Mapping[str, Any], key: str) -> dict[str, str]:
    value = body.get(key, {})
    if not isinstance(value, dict) or not set(map(type, value.values())) <= _TEXT:
        raise BadRequest(f"{key} is not a set of texts")
    return value


def _dicts(body: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    value = body.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise BadRequest(f"{key} is not a list")
    return value
