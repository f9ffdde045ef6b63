"""How a question about a person is put into rows and words (对照): each detail with what both sides say and what it means."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from desktop.services.person_views import Candidate, Question, Side, WaitingCounts, WaitingLine
from desktop.ui.models.paged import Cell
from desktop.ui.widgets.entries import Entry
from desktop.ui.words import Words
from sync.contract.likeness import POINTS, Reason
from sync.contract.proposals import Grade

if TYPE_CHECKING:
    from desktop.services.persons import Persons

GRADE_TONES: Final = {Grade.SURE: "ok", Grade.LIKELY: "accent", Grade.UNCLEAR: "warn"}
_SIGNS: Final = {"ok": "ok", "warn": "warn", "danger": "bad"}
_WEAK: Final = (Reason.NAME_SOUND, Reason.NAME_NEARLY, Reason.NUMBER_NEARLY, Reason.BIRTH_NEARLY, Reason.SPOUSE_OTHER)


@dataclass(frozen=True, slots=True)
class Detail:
    """One line of the comparison; `reasons` are those that speak of it."""

    label: str
    mine: str
    theirs: str
    reasons: tuple[Reason, ...]


def _several(values: Iterator[str]) -> str:
    return "、".join(dict.fromkeys(value for value in values if value))


_DETAILS: Final[Sequence[tuple[str, Callable[[Side], str], tuple[str, ...]]]] = (
    ("name", lambda side: side.name, ("name",)),
    ("former", lambda side: side.former, ()),
    ("number", lambda side: side.masked_number, ("number",)),
    ("sex", lambda side: side.sex, ("sex",)),
    ("born", lambda side: side.born, ("birth", "age")),
    ("home", lambda side: side.home, ("village", "township")),
    ("spouse", lambda side: "、".join(side.spouses), ("spouse", "said", "married")),
    ("parents", lambda side: "、".join(side.parents), ("parent",)),
    ("children", lambda side: "、".join(side.children), ("child",)),
    ("died", lambda side: side.died, ("dead",)),
)


def details(words: Words, question: Question, candidate: Candidate) -> list[Detail]:
    """Return what both sides say, a line for each detail that either tells or a reason speaks of."""
    made = []
    for key, read, of in _DETAILS:
        mine, theirs = (_told(words, key, read, sides) for sides in (question.sides, candidate.sides))
        reasons = tuple(one for one in candidate.likeness.reasons if one.partition("_")[0] in of)
        if mine or theirs or reasons:
            made.append(Detail(words(f"persons.{key}"), mine, theirs, reasons))
    return made


def _told(words: Words, key: str, read: Callable[[Side], str], sides: Sequence[Side]) -> str:
    """Return what these papers say of a detail; a birth counted back from an age only where no paper has a date."""
    if key != "born":
        return _several(map(read, sides))
    dated = _several(side.born for side in sides if not side.aged)
    aged = _several(side.born for side in sides if side.aged)
    return dated or (words("persons.by_age", years=aged) if aged else "")


def detail_cells(words: Words, one: Detail) -> Sequence[Cell]:
    """Return a line's cells: label, both sides, and what that means, with its sign."""
    reason = max(one.reasons, key=lambda code: abs(POINTS[code]), default=None)
    means = Cell("")
    if reason is not None:
        tone = _tone(reason)
        told = "，".join(words(f"persons.reason_{code}") for code in one.reasons)
        means = Cell(told, "sign", tone, icon=_SIGNS[tone])
    none = Cell("—", "mute")
    return (
        Cell(one.label, "mute"),
        Cell(one.mine) if one.mine else none,
        Cell(one.theirs) if one.theirs else none,
        means,
    )


def _tone(reason: Reason) -> str:
    if reason in _WEAK:
        return "warn"
    return "ok" if POINTS[reason] > 0 else "danger"


def paper_of(side: Side) -> str:
    """Return 「1962 结婚　男方」."""
    return f"{side.case[:4] or side.year} {side.kind_label}　{side.role}"


def papers_of(words: Words, sides: Sequence[Side]) -> str:
    """Return 「陈建国　1962 结婚　男方」, or 「陈建国　3 件：结婚、人口普查、殡葬」."""
    names = _several(side.name for side in sides)
    if len(sides) == 1:
        return f"{names}　{paper_of(sides[0])}"
    return f"{names}　{words('persons.papers', count=len(sides), kinds=_several(side.kind_label for side in sides))}"


def waiting_entry(words: Words, one: WaitingLine) -> Entry:
    """Return the queue's entry for a mention."""
    note = f"{words(f'persons.grade_{one.grade}')}　{paper_of(one.side)}"
    return Entry(one.side.name, note, GRADE_TONES[one.grade], id=str(one.mention))


@dataclass(frozen=True, slots=True)
class Queue:
    """What the list at the left shows, read at one moment."""

    lines: list[WaitingLine]
    counts: WaitingCounts


def read_queue(persons: Persons, grade: Grade | None) -> Queue:
    return Queue(persons.waiting(grade), persons.counts())


def counts_of(words: Words, counts: WaitingCounts) -> str:
    """Return 「号码相同 12　多项相符 30　还有 400 条正在比对」; what is none is left out."""
    parts = [
        words(f"persons.count_{grade}", count=f"{count:,}")
        for grade, count in zip(Grade, (counts.sure, counts.likely, counts.unclear), strict=True)
        if count
    ]
    if counts.unread:
        parts.append(words("persons.unread", count=f"{counts.unread:,}"))
    return "　".join(parts)
