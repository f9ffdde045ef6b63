"""What the service of persons answers with: mentions side by side (并列对照), numbers masked; the queue; a person's file."""

from __future__ import annotations

from dataclasses import dataclass

from desktop.archive.records import RecordLine
from desktop.services.changed import Changed
from sync.contract import masking
from sync.contract.kinds import Kind, Mask
from sync.contract.likeness import Likeness
from sync.contract.mentions import Kin, Mention, Verb
from sync.contract.proposals import Grade


@dataclass(frozen=True, slots=True)
class Side:
    """What one record says of the person; `masked_number` is for the eye, `written_number` only for who gave a purpose."""

    mention: int
    record: str
    kind: str
    kind_label: str
    role: str
    number: str  # the archive number (档号)
    title: str
    year: int
    case: str
    name: str
    former: str
    masked_number: str
    written_number: str
    sex: str
    born: str  # a date to its precision, or years from—to where only an age is told
    aged: bool
    home: str
    spouses: tuple[str, ...]
    parents: tuple[str, ...]
    children: tuple[str, ...]
    died: str
    marries: bool  # the record begins a marriage
    ends: bool  # the record ends one, by divorce or death


@dataclass(frozen=True, slots=True)
class Candidate:
    """Who may be the person: the papers taken for one, why, and how sure."""

    sides: tuple[Side, ...]
    likeness: Likeness
    grade: Grade
    rivals: int
    linked: bool

    @property
    def mention(self) -> int:
        return self.sides[0].mention


@dataclass(frozen=True, slots=True)
class Question:
    """One mention, what was linked with it already, and who else it may be, the likeliest first."""

    sides: tuple[Side, ...]
    mention: int
    candidates: tuple[Candidate, ...]

    @property
    def asked(self) -> Side:
        return next(one for one in self.sides if one.mention == self.mention)


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """A mention that waits for a decision, as the queue shows it."""

    mention: int
    grade: Grade
    side: Side


@dataclass(frozen=True, slots=True)
class WaitingCounts:
    """How many mentions wait, by grade, and how much has not been read or looked at yet."""

    sure: int
    likely: int
    unclear: int
    unread: int

    @property
    def all(self) -> int:
        return self.sure + self.likely + self.unclear


@dataclass(frozen=True, slots=True)
class LinkSeen:
    """A link of a person as it can be taken back: the act, who, when, and the reasons that were seen."""

    act: str
    by: str
    at: str
    reasons: tuple[str, ...]
    papers: int


@dataclass(frozen=True, slots=True)
class SourceSeen:
    """A row of another office (来源表) about the person: whose, when it came, whether that is long ago, its cells."""

    label: str
    office: str
    came_on: str
    fresh_days: int
    old: bool
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PersonFile:
    """All records of a person in the order of their dates (一人一档); `open` are papers of the same number, not linked yet."""

    mention: int
    sides: tuple[Side, ...]
    open: frozenset[int]
    links: tuple[LinkSeen, ...]
    held: int = 0  # rows that other offices hold on the numbers of these papers
    rows: tuple[SourceSeen, ...] = ()  # what they say, only for who gave a purpose


@dataclass(frozen=True, slots=True)
class Decided:
    """What a decision did: its act, by which it is undone, and whom it touched."""

    act: str
    changed: Changed


def side_of(kind: Kind, line: RecordLine, mention: int, said: Mention) -> Side:
    """Return what a record says of one of its people."""

    def named(kin: Kin) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.name for one in said.kin if one.kin is kin))

    return Side(
        mention=mention,
        record=line.uid,
        kind=line.kind,
        kind_label=kind.short,
        role=role_of(kind, said.place),
        number=line.number,
        title=line.title,
        year=line.year,
        case=line.case_date,
        name=said.name,
        former=said.former,
        masked_number=masking.shown(Mask.IDENTITY, said.written_number) if said.written_number else "",
        written_number=said.written_number,
        sex=said.sex,
        born=_born(said),
        aged=said.born is not None and said.born.told == "age",
        home=said.home,
        spouses=named(Kin.SPOUSE),
        parents=named(Kin.PARENT),
        children=named(Kin.CHILD),
        died=next((one.on.value for one in said.events if one.verb is Verb.DIES), ""),
        marries=any(one.verb is Verb.MARRIES for one in said.events),
        ends=any(one.verb in (Verb.DIVORCES, Verb.DIES) for one in said.events),
    )


def role_of(kind: Kind, place: str) -> str:
    """Return 男方 for husband, 成员 2 for members.1."""
    group, _, number = place.partition(".")
    label = next((one.label for one in kind.groups if one.key == group), group)
    return f"{label} {int(number) + 1}" if number else label


def _born(said: Mention) -> str:
    if said.born is None:
        return ""
    length = {"day": 10, "month": 7, "year": 4}.get(said.born.told)
    if length:
        return said.born.first.isoformat()[:length]
    return f"{said.born.first.year}—{said.born.last.year}"
