"""Persons (一人一档): proposals that two mentions are one person, a person's word on them, and all records of a person.

Nothing is linked unless somebody calls `link`; every answer can be undone. docs/persons.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Final

from desktop.archive import looks, mentions, person_links, profiles, records
from desktop.archive.archive import Act, Archive, Connection
from desktop.archive.clock import Clock
from desktop.archive.mentions import MentionLine
from desktop.archive.person_links import DecisionVerb, Entry
from desktop.archive.profiles import Known
from desktop.services.changed import Changed
from desktop.services.person_views import (
    Candidate,
    Decided,
    LinkSeen,
    PersonFile,
    Question,
    Side,
    WaitingCounts,
    WaitingLine,
    side_of,
)
from desktop.services.source_views import rows_about
from sync.contract.errors import NotAllowed, Refused
from sync.contract.kinds import Kind
from sync.contract.proposals import Grade, Proposal, propose
from sync.contract.revisions import RecordId

READ_AT_ONCE: Final = 100  # records a step, so that nobody who saves waits long for it
LOOK_AT_ONCE: Final = 20
MOST_WAITING: Final = 200


class Persons:
    """The persons of one archive, and one person's answers about them."""

    def __init__(
        self, archive: Archive, kinds: Mapping[str, Kind], person: str, clock: Clock, *, decides: bool = True
    ) -> None:
        self._archive, self._kinds, self._person, self._clock = archive, kinds, person, clock
        self.decides = decides  # whether this person's role may answer; others look

    def counts(self) -> WaitingCounts:
        """Return how many mentions wait for a decision."""
        with self._archive.reading() as connection:
            found = mentions.count_waiting(connection)
            unread = mentions.left_to_read(connection) + mentions.left_to_look(connection)
        return WaitingCounts(found.get(Grade.SURE, 0), found.get(Grade.LIKELY, 0), found.get(Grade.UNCLEAR, 0), unread)

    def waiting(self, grade: Grade | None = None, most: int = MOST_WAITING) -> list[WaitingLine]:
        """Return mentions that wait, the newest first, at most `most`."""
        with self._archive.reading() as connection:
            lines = mentions.waiting(connection, grade, most)
            sides = {one.mention: one for one in self._sides(connection, lines)}
        return [WaitingLine(one.id, Grade(one.grade), sides[one.id]) for one in lines if one.id in sides]

    def of_record(self, uid: str) -> list[Question]:
        """Return a question for everybody a record names, in the order of its form; one without candidates has none."""
        with self._archive.reading() as connection:
            return [self._question(connection, line) for line in mentions.of_record(connection, uid)]

    def question(self, mention: int) -> Question:
        """Return who the person of this mention may be, as the archive stands now.

        Raises:
            Refused: the record no longer says so.
        """
        with self._archive.reading() as connection:
            return self._question(connection, self._line(connection, mention))

    def file(self, mention: int) -> PersonFile:
        """Return all records of the person of this mention, with those of the same number that nobody linked yet.

        Raises:
            Refused: the record no longer says so.
        """
        return self._file(mention, shown=False)

    def _file(self, mention: int, *, shown: bool) -> PersonFile:
        with self._archive.reading() as connection:
            line = self._line(connection, mention)
            mine = profiles.own(connection, self._kinds, line)
            same = mentions.bearing(connection, {one.number for one in mine.lines if one.number})
            inside = {one.id for one in mine.lines}
            apart = person_links.apart(connection, mine.nodes)
            loose = [one for one in same if one.id not in inside and (one.record, one.key) not in apart]
            sides = self._sides(connection, [*mine.lines, *loose])
            links = person_links.links_of(connection, (line.record, line.key)) if line.person else []
            about = rows_about(connection, {one.number for one in mine.lines}, self._clock())
        acts = dict.fromkeys(one.act for one in links)
        seen = tuple(_seen([one for one in links if one.act == act]) for act in acts)
        opened = frozenset(one.id for one in loose)
        return PersonFile(mention, tuple(sorted(sides, key=_when)), opened, seen, len(about), about if shown else ())

    def link(self, mention: int, candidate: int) -> Decided:
        """The mention and the candidate's papers are one person, because this person says so.

        Raises:
            Refused: they are not proposed any more: kept apart, linked meanwhile, or the record says something else now.
            NotAllowed: the role only looks.
        """
        with self._deciding() as act:
            mine, theirs, proposal = self._pair(act.connection, mention, candidate)
            told = tuple(proposal.likeness.reasons)
            asked = next((line.record, line.key) for line in mine.lines if line.id == mention)
            apiece = {line.person or line.id: line for line in theirs.lines}  # one link for those linked already
            entries = [Entry(asked, (one.record, one.key), proposal.likeness.points, told) for one in apiece.values()]
            made = person_links.decide(act, DecisionVerb.LINKED, entries)
            return self._decided(act, made, "person-linked", mine, theirs, told)

    def keep_apart(self, mention: int, candidate: int) -> Decided:
        """The mention and the candidate's papers are not one person, and that is not asked again.

        Raises:
            Refused: the record no longer says so.
        """
        with self._deciding() as act:
            mine, theirs, proposal = self._pair(act.connection, mention, candidate)
            told = tuple(proposal.likeness.reasons)
            pairs = [(one, other) for one in mine.nodes for other in theirs.nodes]
            made = person_links.decide(
                act, DecisionVerb.APART, [Entry(*pair, proposal.likeness.points, told) for pair in pairs]
            )
            return self._decided(act, made, "person-kept-apart", mine, theirs, told)

    def put_off(self, mention: int) -> Decided:
        """The mention no longer waits, until something about it changes."""
        with self._deciding() as act:
            line = self._line(act.connection, mention)
            made = person_links.decide(act, DecisionVerb.LATER, [Entry((line.record, line.key))])
            mentions.set_grades(act.connection, {mention: ""})
            act.note("person-put-off", line.record, decision=made)
        return Decided(made, Changed(frozenset({RecordId(line.record)})))

    def undo(self, undone: str = "") -> Decided | None:
        """The act, or this person's newest one, is undone; None when there is none that stands."""
        with self._deciding() as act:
            wanted = undone or person_links.newest(act.connection, self._person)
            entries = person_links.undo(act, wanted) if wanted else []
            if not entries:
                return None
            touched = {record for one in entries for record, _ in (one.one, one.other) if record}
            self._look(act.connection, _of(act.connection, touched))
            act.note("person-decision-undone", entries[0].one[0], decision=wanted, records=len(touched))
        return Decided(wanted, Changed(frozenset(map(RecordId, touched))))

    def work_on(self, seconds: float, stopped: Callable[[], bool] = lambda: False) -> bool:
        """Mentions are read and candidates looked for, in short steps between which others save; whether any are left."""
        begun = time.monotonic()
        left = True
        while left and not stopped() and time.monotonic() - begun < seconds:
            left = self._read_some() or self._look_at_some()
        return left

    def _deciding(self) -> AbstractContextManager[Act]:
        if not self.decides:
            raise NotAllowed("the role does not permit it", act="persons")
        return self._archive.act(self._person, self._clock())

    def _read_some(self) -> bool:
        with self._archive.reading() as connection:
            if not mentions.is_any_unread(connection):
                return False
        with self._archive.act(self._person, self._clock()) as act:
            return mentions.read_on(act.connection, self._kinds, READ_AT_ONCE) > 0

    def _look_at_some(self) -> bool:
        with self._archive.reading() as connection:
            lines = mentions.unlooked(connection, LOOK_AT_ONCE)
            grades = {line.id: self._grade(connection, line) for line in lines}
        if lines:
            with self._archive.act(self._person, self._clock()) as act:
                mentions.set_grades(act.connection, grades)
        return bool(lines)

    def _look(self, connection: Connection, lines: Sequence[MentionLine]) -> None:
        mentions.set_grades(connection, {line.id: self._grade(connection, line) for line in lines})

    def _grade(self, connection: Connection, line: MentionLine) -> str:
        """Return the grade of the best proposal a mention has; empty where nobody need be asked.

        Of mentions that bear one number each asks only about those before it, so that a pair is asked about once.
        """
        told = person_links.beside(connection, (line.record, line.key))
        if any(one.verb is DecisionVerb.LATER for one in told):
            return ""
        mine = profiles.own(connection, self._kinds, line)
        known = profiles.candidates(connection, self._kinds, line, mine)
        if any(one.number for one in mine.lines):
            known = [one for one in known if any(other.id < line.id for other in one.lines)]
        elif line.person:
            return ""
        found = _proposed(mine, known)
        return found[0].grade.value if found else ""

    def _question(self, connection: Connection, line: MentionLine) -> Question:
        mine = profiles.own(connection, self._kinds, line)
        if line.id not in {one.id for one in mine.lines}:
            raise Refused("the record no longer says so", mention=line.id)
        known = profiles.candidates(connection, self._kinds, line, mine)
        made = tuple(
            Candidate(
                tuple(self._sides(connection, known[one.candidate].lines)),
                one.likeness,
                one.grade,
                one.rivals,
                known[one.candidate].linked,
            )
            for one in _proposed(mine, known)
        )
        return Question(tuple(self._sides(connection, mine.lines)), line.id, made)

    def _pair(self, connection: Connection, mention: int, candidate: int) -> tuple[Known, Known, Proposal[int]]:
        line = self._line(connection, mention)
        mine = profiles.own(connection, self._kinds, line)
        known = profiles.candidates(connection, self._kinds, line, mine)
        for one in _proposed(mine, known):
            if candidate in {other.id for other in known[one.candidate].lines}:
                return mine, known[one.candidate], one
        raise Refused("no such candidate any more", mention=mention, candidate=candidate)

    def _decided(
        self, act: Act, made: str, noted: str, mine: Known, theirs: Known, reasons: Sequence[str]
    ) -> Decided:  # fmt: skip
        touched = {line.record for line in (*mine.lines, *theirs.lines)}
        self._look(act.connection, _of(act.connection, touched))
        act.note(noted, mine.lines[0].record, decision=made, with_=theirs.lines[0].record, reasons=" ".join(reasons))
        return Decided(made, Changed(frozenset(map(RecordId, touched))))

    def _line(self, connection: Connection, mention: int) -> MentionLine:
        found = mentions.by_ids(connection, [mention])
        if not found:
            raise Refused("the record no longer says so", mention=mention)
        return found[0]

    def _sides(self, connection: Connection, lines: Sequence[MentionLine]) -> list[Side]:
        said = mentions.said(connection, self._kinds, lines)
        heads = {one.id: one for one in records.by_ids(connection, {line.record_id for line in lines})}
        return [
            side_of(self._kinds[heads[line.record_id].kind], heads[line.record_id], line.id, said[line.id])
            for line in lines
            if line.id in said
        ]

    def show(self, mention: int, purpose: str) -> PersonFile:
        """Return the person's file without masks, with what other offices hold about them.

        Who looked and what for stands in the log and the register, for each record.


        Raises:
            NotAllowed: no purpose was given.
        """
        if not purpose.strip():
            raise NotAllowed("a look needs a purpose")
        found = self._file(mention, shown=True)
        fields = "person sources" if found.rows else "person"
        with self._archive.act(self._person, self._clock()) as act:
            for uid in sorted({one.record for one in found.sides}):
                looks.note_look(act, uid, purpose.strip(), fields)
        return found


def _proposed(mine: Known, known: Sequence[Known]) -> list[Proposal[int]]:
    return propose(mine.profile, {place: one.profile for place, one in enumerate(known)})


def _of(connection: Connection, record_uids: set[str]) -> list[MentionLine]:
    return [line for uid in sorted(record_uids) for line in mentions.of_record(connection, uid)]


def _seen(entries: Sequence[person_links.Decision]) -> LinkSeen:
    first = entries[0]
    return LinkSeen(first.act, first.by, first.at, first.entry.reasons, len(entries) + 1)


def _when(side: Side) -> tuple[str, int]:
    return side.case or str(side.year), side.mention
