"""How a conflict's differences are shown, and the answers given to them so far, which can be taken back one by one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from desktop.ui.models.paged import Cell
from desktop.ui.words import Words
from sync.contract.merging import NUMBER, PAPERS, WHOLE, Chosen, Difference, Side

WRITABLE_NOT = (PAPERS, WHOLE, NUMBER)  # of these a third value cannot be typed


class TwoSides(Protocol):
    """What is shown so: a conflict, or a dispute."""

    @property
    def differences(self) -> tuple[Difference, ...]: ...

    @property
    def labels(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person said of one difference: a side, another text, or a question to the township."""

    side: Side | None = None
    text: str = ""
    asks: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A difference with what is answered to it; what was merged by itself has an answer from the beginning."""

    difference: Difference
    label: str
    answer: Answer | None


class Answers:
    """The answers to one conflict, in the order they were given."""

    def __init__(self, conflict: TwoSides) -> None:
        self._differences = conflict.differences
        self._given: list[tuple[str, Answer]] = []

    def give(self, key: str, answer: Answer) -> None:
        self._given.append((key, answer))

    def take_back(self) -> str:
        """The last answer is gone; its key is returned, "" if there was none."""
        return self._given.pop()[0] if self._given else ""

    def of(self, one: Difference) -> Answer | None:
        """Return the answer that holds now."""
        given = [answer for key, answer in self._given if key == one.key]
        return given[-1] if given else Answer(one.changed_by) if one.changed_by else None

    def open(self) -> list[Difference]:
        """Return the clashes without an answer."""
        return [one for one in self._differences if self.of(one) is None]

    def question(self) -> tuple[str, str]:
        """Return the field and the text of the first question to the township; ("", "") if nothing is asked."""
        asked = ((one.key, answer.text) for one in self._differences if (answer := self.of(one)) and answer.asks)
        return next(asked, ("", ""))

    def chosen(self) -> dict[str, Chosen]:
        """Return the answers as the merge wants them."""
        given = ((one.key, self.of(one)) for one in self._differences)
        return {key: Chosen(answer.side, answer.text) for key, answer in given if answer and not answer.asks}


def label_of(words: Words, conflict: TwoSides, key: str) -> str:
    if key in (NUMBER, PAPERS, WHOLE):
        return words(f"conflict.{'whole' if key == WHOLE else key}")
    return conflict.labels.get(key, key)


def value_of(words: Words, conflict: TwoSides, one: Difference, text: str) -> str:
    """Return a value as it is read; of papers how many there are, of a whole record whether it is voided."""
    if one.key == PAPERS:
        held = json.loads(text) if text else {"papers": [], "attachments": []}
        pages = sum(int(file["pages"]) for file in held["attachments"])
        return words("conflict.paper_count", papers=len({paper["paper"] for paper in held["papers"]}), pages=pages)
    if one.key == WHOLE:
        return words("conflict.voided", reason=text) if text else words("conflict.kept")
    return text or "—"


def cells(words: Words, conflict: TwoSides, line: Line) -> Sequence[Cell]:
    """Return what a row shows: its name and how it stands, the county's value, what both had, the township's value."""
    one, answer = line.difference, line.answer
    county, base, sent = (value_of(words, conflict, one, text) for text in (one.county, one.base, one.township))
    if answer is None:
        state = Cell(words("conflict.undecided"), "sign", "warn", "warn")
    elif answer.asks:
        state = Cell(words("conflict.asked"), "sign", "accent", "flag")
    elif answer.side is None:
        state = Cell(words("conflict.other", text=answer.text), "sign", "accent", "form")
    else:
        key = "conflict.merged" if not one.clashes and answer.side is one.changed_by else "conflict.decided"
        state = Cell(words(key), "sign", "ok", "ok")
    return [
        Cell(line.label, "strong" if one.clashes else "text"),
        Cell(county, "choice", icon="1", share=float(answer is not None and answer.side is Side.COUNTY)),
        Cell(base if one.key != WHOLE else "", "mute"),
        Cell(sent, "choice", icon="2", share=float(answer is not None and answer.side is Side.TOWNSHIP)),
        state,
    ]
