"""Duplicates (重件): what the county found that may be filed twice, two records side by side, and a person's word on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from desktop.services.county_line import CountyLine
from desktop.services.field_labels import labels_of
from sync.contract.duplicates import Answer, PairLine, PairList, PairSide
from sync.contract.errors import Refused
from sync.contract.folding import fold
from sync.contract.histories import OPEN_STANDINGS, RevisionStanding
from sync.contract.kinds import Kind
from sync.contract.mentions import mentions_of
from sync.contract.review import RecordDetail
from sync.contract.revisions import read_body


@dataclass(frozen=True, slots=True)
class Row:
    """One field as both records have it; `agree` is None where one of them says nothing."""

    label: str
    one: str
    other: str
    agree: bool | None


@dataclass(frozen=True, slots=True)
class Paper:
    """One record of a pair: its kind's name, who filed it and when, and the pages it stands on."""

    kind: str
    by: str
    at: str
    attachments: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class PairShown:
    """A pair, field by field; those that differ first, each part in the order of the form."""

    line: PairLine
    rows: tuple[Row, ...]
    one: Paper
    other: Paper


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that stands, and the id by which it is undone."""

    id: str
    answer: Answer


class Duplicates:
    """What one reviewer looks at and answers. Nothing becomes of an answer by itself: both records stay as they are."""

    def __init__(self, line: CountyLine, kinds: Mapping[str, Kind]) -> None:
        self._line = line
        self._kinds = kinds

    def waiting(self, skip: int = 0) -> PairList:
        """Return what nobody answered yet, whole cases first, from the `skip`-th on, at most 100."""
        return self._line.staff().pairs(skip=skip)

    def answered(self, skip: int = 0) -> PairList:
        """Return what was answered, the newest first."""
        return self._line.staff().pairs(answered=True, skip=skip)

    def look(self, pair: PairLine) -> PairShown:
        """Return both records side by side; that they were looked at stands in the county's log.

        Raises:
            Refused: one of them is void by now, or of a kind that is not known here.
        """
        bodies = [newest_body(self._line.staff().record(side.record)) for side in (pair.one, pair.other)]
        kinds = [self._kinds.get(str(body.get("kind", ""))) if "fields" in body else None for body in bodies]
        first, second = kinds
        if first is None or second is None:
            raise Refused("one of the two can no longer be shown", record=pair.one.record)
        said = [
            _said(kind, body, side)
            for kind, body, side in zip((first, second), bodies, (pair.one, pair.other), strict=True)
        ]
        papers = [_paper(kind, body) for kind, body in zip((first, second), bodies, strict=True)]
        rows = sorted(_rows(*said), key=lambda row: row.agree is not False)
        return PairShown(pair, tuple(rows), *papers)

    def answer(self, pair: PairLine, answer: Answer) -> Answered:
        """The pair is answered, and what was answered is returned. Raises Refused: somebody was first."""
        return Answered(self._line.staff().answer_pair(pair, answer), answer)

    def undo(self, answer_id: str) -> str:
        """The pair waits again; the id of what no longer stands is returned. Raises Refused: it did not stand."""
        self._line.staff().undo_pair(answer_id)
        return answer_id


def newest_body(detail: RecordDetail) -> dict[str, Any]:
    """Return what the record says today: what waits to be accepted, else the head, else what is left."""
    followed = {parent for one in detail.revisions for parent in one.sent.parent_ids}
    tips = [one for one in detail.revisions if one.id not in followed]
    fresh = [one for one in tips if one.standing in OPEN_STANDINGS and one.standing is RevisionStanding.RECEIVED]
    head = [one for one in detail.revisions if one.id == detail.head]
    return read_body((fresh or head or tips)[0].sent.body)


def _said(kind: Kind, body: Mapping[str, Any], side: PairSide) -> dict[str, tuple[str, str]]:
    """Return what is compared, by key: label and text; of a whole record all it says, else what it says of the person."""
    written: Mapping[str, str] = body["fields"]
    labels = labels_of(kind, written)
    if not side.key:
        return {key: (label, written.get(key, "")) for key, label in labels.items()}
    place = next((one.place for one in mentions_of(kind, body) if one.key == side.key), "")
    found = {}
    for key in labels:
        field = kind.field(key)
        if key.startswith(f"{place}.") and field is not None:
            found[key.rpartition(".")[2]] = (field.label, written.get(key, ""))
    return found


def _rows(one: Mapping[str, tuple[str, str]], other: Mapping[str, tuple[str, str]]) -> Iterator[Row]:
    for key in dict.fromkeys((*one, *other)):
        label = (one.get(key) or other[key])[0]
        mine, theirs = one.get(key, ("", ""))[1], other.get(key, ("", ""))[1]
        if mine or theirs:
            yield Row(label, mine, theirs, fold(mine) == fold(theirs) if mine and theirs else None)


def _paper(kind: Kind, body: Mapping[str, Any]) -> Paper:
    filed = body.get("filed", {})
    attachments = tuple(body.get("attachments", ()))
    return Paper(kind.label, str(filed.get("by", "")), str(filed.get("at", "")), attachments)
