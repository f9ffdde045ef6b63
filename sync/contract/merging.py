"""Three-way merging (三方合并): what two people changed of one record since what both had before them, value by value.

docs/county.md, section 1. What only one side changed is merged by itself; what both changed differently a person decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sync.contract.histories import History
from sync.contract.revisions import RevisionId, canonical_bytes

NUMBER: Final = "number"
PAPERS: Final = "papers"
WHOLE: Final = "*"
"""The key of a clash over the whole record: one side voids what the other changes."""


class Side(StrEnum):
    """Whose value (哪一边)."""

    COUNTY = "county"
    TOWNSHIP = "township"


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that the two sides do not share, or no longer share with what both had.

    Args:
        key: a field's key as written (`members.3.name`), `number`, `papers`, or `*` for the whole record.
        base, county, township: what stands there, "" where nothing does; of papers the canonical bytes as text.
        changed_by: the one side that changed it; None if both did, differently.
    """

    key: str
    base: str
    county: str
    township: str
    changed_by: Side | None

    @property
    def clashes(self) -> bool:
        """Whether a person has to decide."""
        return self.changed_by is None

    def value_of(self, side: Side) -> str:
        return self.county if side is Side.COUNTY else self.township


def common_ancestors(history: History, one: RevisionId, other: RevisionId) -> tuple[RevisionId, ...]:
    """Return the nearest revisions that both come from, in order of their ids; usually one, none if they share nothing."""
    common = history.ancestry(one) & history.ancestry(other)
    older = {past for each in common for past in history.ancestry(each) - {each}}
    return tuple(sorted(one for one in common - older if one in history.parents))


def differences(
    bases: Sequence[Mapping[str, Any]], county: Mapping[str, Any], township: Mapping[str, Any]
) -> tuple[Difference, ...]:
    """Return every value on which the sides differ from the base or from each other, in the order of the fields given.

    Args:
        bases: bodies of the common ancestors; county, township: bodies of the two sides.
    """
    if ("fields" in county) is not ("fields" in township):  # one of them voids
        return (Difference(WHOLE, "", _why(county), _why(township), None),)
    ours, theirs, before = _values(county), _values(township), [_values(one) for one in bases]
    found = []
    for key in dict.fromkeys((*ours, *theirs, *(key for one in before for key in one))):
        past = {one.get(key, "") for one in before}
        base = past.pop() if len(past) == 1 else ""
        agreed = len(before) > 0 and not past
        here, there = ours.get(key, ""), theirs.get(key, "")
        if here == there == base and agreed:
            continue
        if here == there:
            found.append(Difference(key, base, here, there, Side.COUNTY))
        elif agreed and base in (here, there):
            found.append(Difference(key, base, here, there, Side.TOWNSHIP if here == base else Side.COUNTY))
        else:
            found.append(Difference(key, base, here, there, None))
    return tuple(found)


def _values(body: Mapping[str, Any]) -> dict[str, str]:
    if "fields" not in body:
        return {}
    papers = {"papers": body.get("papers", []), "attachments": body.get("attachments", [])}
    held = {key: str(text) for key, text in body["fields"].items()}
    return {**held, NUMBER: str(body.get("number", "")), PAPERS: canonical_bytes(papers).decode()}


def _why(body: Mapping[str, Any]) -> str:
    return "" if "fields" in body else str(body.get("reason", "")) or "void"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What becomes of one difference: a side's value, or another text (另填)."""

    side: Side | None
    text: str = ""


def merged(
    county: Mapping[str, Any],
    township: Mapping[str, Any],
    found: Sequence[Difference],
    chosen: Mapping[str, Chosen],
) -> dict[str, Any]:
    """Return fields, reasons, number, papers and attachments of the record that both sides become.

    Args:
        chosen: by key; a difference that does not clash needs none and follows the side that changed it.
    Raises:
        KeyError: a clash was not decided; the whole record (`*`) is no matter of fields.
    """
    sides = {Side.COUNTY: county, Side.TOWNSHIP: township}
    fields, reasons = dict(county["fields"]), dict(county["reasons"])
    whole = {NUMBER: county["number"], PAPERS: county}
    for one in found:
        answer = chosen.get(one.key) or (Chosen(one.changed_by) if one.changed_by else None)
        if answer is None or one.key == WHOLE:
            raise KeyError(one.key)
        if one.key == PAPERS:
            whole[PAPERS] = sides[answer.side or Side.COUNTY]
            continue
        text = answer.text if answer.side is None else one.value_of(answer.side)
        if one.key == NUMBER:
            whole[NUMBER] = text
            continue
        _put(fields, one.key, text)
        _put(reasons, one.key, sides[answer.side]["reasons"].get(one.key, "") if answer.side else "")
    for key in township["reasons"].keys() - {one.key for one in found}:  # why a value that nobody changed stands so
        reasons.setdefault(key, township["reasons"][key])
    taken = whole[PAPERS]
    for key in {*county["reasons"], *township["reasons"]}:  # why a paper is missing goes with the papers
        if key.startswith("papers."):
            _put(reasons, key, taken["reasons"].get(key, ""))
    return {
        "fields": fields,
        "reasons": reasons,
        "number": whole[NUMBER],
        "papers": list(taken["papers"]),
        "attachments": list(taken["attachments"]),
    }


def _put(table: dict[str, str], key: str, text: str) -> None:
    if text.strip():
        table[key] = text
    else:
        table.pop(key, None)
