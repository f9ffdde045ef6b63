"""Today (今日): what must be done, whose wait costs most first, read at one moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Final

from desktop.archive import county_slice, drafts, dues, inbox, numbering, records
from desktop.archive.archive import Archive, Connection, stamp
from desktop.archive.clock import Clock
from desktop.archive.drafts import Draft
from desktop.archive.dues import DueLine
from desktop.archive.records import Ground, RecordLine
from sync.contract.kinds import Kind
from sync.contract.revisions import RecordState

LOOKED_BACK: Final = timedelta(days=7)
MOST_LOOKS: Final = 5
AHEAD: Final = timedelta(days=30)
FEW_LEFT: Final = 50


@dataclass(frozen=True, slots=True)
class Begun:
    """The draft changed last, as far as it names somebody, and how many more there are."""

    draft: str
    kind: str
    names: str
    others: int


@dataclass(frozen=True, slots=True)
class SentBack:
    """A record that the county returned, and why."""

    uid: str
    kind: str
    title: str
    number: str
    grounds: tuple[Ground, ...]


@dataclass(frozen=True, slots=True)
class DueRecord:
    """A record that something is due of; `days` to go, below zero overdue."""

    uid: str
    title: str
    number: str
    due_on: date
    days: int


@dataclass(frozen=True, slots=True)
class DueGroup:
    """All that one rule of a kind has due, the longest overdue first."""

    kind: str
    rule: str
    label: str
    records: tuple[DueRecord, ...]

    @property
    def days(self) -> int:
        return self.records[0].days


@dataclass(frozen=True, slots=True)
class LookedAt:
    """A record of ours that was opened in another township (外镇调阅): where, by whom, what for, when."""

    uid: str
    title: str
    number: str
    township: str
    person: str
    purpose: str
    at: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much lies in the scanner's folder."""

    files: int
    pages: int
    aside: int


@dataclass(frozen=True, slots=True)
class Day:
    """What a desk has before it."""

    on: date
    begun: Begun | None
    returned: tuple[SentBack, ...]
    due: tuple[DueGroup, ...]
    inbox: Waiting
    ending: tuple[tuple[str, int], ...]  # series whose block has few numbers left, with how many
    filed_today: int
    looks_today: int
    looked_at: tuple[LookedAt, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether nobody waits for anything."""
        return not (self.begun or self.returned or self.due or self.inbox.files)


class Today:
    """The day of one desk."""

    def __init__(self, archive: Archive, kinds: Mapping[str, Kind], clock: Clock) -> None:
        self._archive, self._kinds, self._clock = archive, kinds, clock

    def look(self) -> Day:
        """Return what is to be done, as the archive stands now."""
        today = self._clock().astimezone().date()
        with self._archive.reading() as connection:
            returned = records.in_state(connection, RecordState.RETURNED)
            since = stamp(datetime.combine(today, time()).astimezone(UTC))
            return Day(
                on=today,
                begun=self._begun(connection),
                returned=tuple(self._sent_back(line) for line in returned),
                due=tuple(self._due(dues.until(connection, today + AHEAD), today)),
                inbox=_waiting(connection),
                ending=tuple(
                    (str(one.series), one.last - one.next + 1) for one in numbering.ending(connection, FEW_LEFT)
                ),
                filed_today=records.count_filed_since(connection, since),
                looks_today=records.count_looks_since(connection, since),
                looked_at=tuple(self._looked_at(connection)),
            )

    def _begun(self, connection: Connection) -> Begun | None:
        newest = drafts.newest(connection)
        draft = drafts.find(connection, newest) if newest else None
        if draft is None or draft.kind not in self._kinds:
            return None
        kind = self._kinds[draft.kind]
        return Begun(draft.uid, kind.key, "" if kind.restricted else _names(kind, draft), drafts.count(connection) - 1)

    def _sent_back(self, line: RecordLine) -> SentBack:
        return SentBack(line.uid, line.kind, self._title(line.kind, line.title), line.number, line.grounds)

    def _looked_at(self, connection: Connection) -> Iterator[LookedAt]:
        """Yield who opened records of ours elsewhere in the last days, the newest first."""
        since = (self._clock() - LOOKED_BACK).astimezone(UTC).isoformat(timespec="seconds")
        for look in county_slice.looks_since(connection, since, MOST_LOOKS):
            line = records.by_uid(connection, look.record)
            title, number = (self._title(line.kind, line.title), line.number) if line else ("", "")
            yield LookedAt(look.record, title, number, look.township_name, look.person, look.purpose, look.at)

    def _due(self, lines: list[DueLine], today: date) -> Iterator[DueGroup]:
        """Yield what is due by rule, the rule with what is longest overdue first."""
        ordered = sorted(lines, key=lambda one: (one.kind, one.rule))
        groups = []
        for (kind, rule), several in groupby(ordered, key=lambda one: (one.kind, one.rule)):
            labels = [due.label for due in self._kinds[kind].dues if due.key == rule] if kind in self._kinds else []
            shown = [
                DueRecord(one.uid, self._title(kind, one.title), one.number, one.due_on, (one.due_on - today).days)
                for one in several
            ]
            groups += [DueGroup(kind, rule, label, tuple(shown)) for label in labels]
        yield from sorted(groups, key=lambda one: one.days)

    def _title(self, kind: str, title: str) -> str:
        known = self._kinds.get(kind)
        return known.label if known and known.restricted else title


def _names(kind: Kind, draft: Draft) -> str:
    """Return whom a draft is about, as far as was typed."""
    typed = (draft.fields.get(f"{group.key}.name", "") for group in kind.groups if group.key in kind.people)
    return "、".join(name.strip() for name in typed if name.strip())


def _waiting(connection: Connection) -> Waiting:
    taken = inbox.items(connection, inbox.ItemState.TAKEN)
    begun = drafts.of_items(connection)
    waiting = [one for one in taken if one.id not in begun]
    aside = inbox.count(connection, inbox.ItemState.ASIDE)
    return Waiting(len(waiting), sum(one.pages for one in waiting), aside)
