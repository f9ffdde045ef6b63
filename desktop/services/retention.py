"""Retention (鉴定销毁): what is over its time, what people say of it, and, with two people's word, its destruction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Final

import uuid6

from desktop.archive import destruction, records, search_index, settings, witness
from desktop.archive.archive import Archive, Connection
from desktop.archive.clock import Clock
from desktop.archive.destruction import Appraisal, Candidate, Destroyed, DestructionList, ListState, Verdict
from desktop.services.changed import Progress
from sync.contract.errors import DiskFails, InvalidRecord, NotAllowed, Refused
from sync.contract.kinds import Kind
from sync.contract.retention import FOR_GOOD as FOR_GOOD  # re-exported: the page keeps something for good
from sync.contract.retention import last_day

LONGEST_REASON: Final = 200


@dataclass(frozen=True, slots=True)
class Expired:
    """A record whose time is over (期满): since which day."""

    record: str
    kind: str
    number: str
    title: str
    year: int
    retention: str
    over_since: date


@dataclass(frozen=True, slots=True)
class Marked:
    """A record that is to be destroyed, and who said so why."""

    record: str
    number: str
    reason: str
    by: str
    at: str


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """What carrying a list out did: records destroyed, and those passed over because they were not settled any more."""

    destroyed: int
    passed_over: tuple[str, ...]


class Retention:
    """Appraisal and destruction at one desk."""

    def __init__(self, archive: Archive, kinds: Mapping[str, Kind], person: str, clock: Clock) -> None:
        self._archive, self._kinds, self._person, self._clock = archive, kinds, person, clock

    def expired(self) -> list[Expired]:
        """Return the settled records whose time is over and of which nothing is said, or which were kept until a year that is past."""
        today = self._clock().astimezone().date()
        years = {
            (kind.key, one.code): today.year - one.years - (0 if one.from_field else 1)
            for kind in self._kinds.values()
            for one in kind.retentions
            if one.years is not None
        }
        with self._archive.reading() as connection:
            found = destruction.candidates(connection, years, today.year, _enrolled(connection))
            return [line for one in found if (line := self._over(one, today)) is not None]

    def _over(self, one: Candidate, today: date) -> Expired | None:
        day = last_day(self._kinds[one.kind], one.retention, one.year, one.said)
        if day is None or day >= today:
            return None
        kind = self._kinds[one.kind]
        title = kind.label if kind.restricted else one.title
        return Expired(one.record, one.kind, one.number, title, one.year, one.retention, day)

    def keep(self, records: Sequence[str], until: int, reason: str) -> None:
        """These records are kept until the end of that year (9999: for good), with this reason.

        Raises:
            InvalidRecord: no reason, or a year that is past.
        """
        if until <= self._clock().astimezone().year and until != FOR_GOOD:
            raise InvalidRecord("a year to come", fields=["until"])
        self._appraise(records, Verdict.KEEP, until, reason)

    def mark(self, records: Sequence[str], reason: str) -> None:
        """These records are to be destroyed, with this reason; nothing is, before a list of them has two people's word.

        Raises:
            InvalidRecord: no reason; Refused: one of them is not over its time.
        """
        over = {one.record for one in self.expired()}
        if not over.issuperset(records):
            raise Refused("not over its time", reason="not_over")
        self._appraise(records, Verdict.DESTROY, 0, reason)

    def _appraise(self, records: Sequence[str], verdict: Verdict, until: int, reason: str) -> None:
        said = reason.strip()
        if not said or len(said) > LONGEST_REASON:
            raise InvalidRecord("a reason is needed", fields=["reason"])
        with self._archive.act(self._person, self._clock()) as act:
            for one in records:
                destruction.appraise(act, one, verdict, until, said)

    def unsay(self, record: str) -> bool:
        """Nothing is said of the record any more; False when it stands on a list."""
        with self._archive.act(self._person, self._clock()) as act:
            return destruction.withdraw_appraisal(act, record)

    def marked(self, list_id: str = "") -> list[Appraisal]:
        """Return what is to be destroyed and stands on that list, or on none yet."""
        with self._archive.reading() as connection:
            return destruction.appraisals(connection, Verdict.DESTROY, list_id)

    def waiting(self) -> list[Marked]:
        """Return what is marked and stands on no list yet, each with its archive number."""
        with self._archive.reading() as connection:
            found = destruction.appraisals(connection, Verdict.DESTROY)
            lines = [records.by_uid(connection, one.record) for one in found]
        return [
            Marked(one.record, line.number if line else "", one.reason, one.by, one.at)
            for one, line in zip(found, lines, strict=True)
        ]

    def lists(self) -> list[DestructionList]:
        """Return all lists, the newest first."""
        with self._archive.reading() as connection:
            return destruction.lists(connection)

    def propose(self) -> DestructionList:
        """Everything that is marked and stands on no list, stands on one.

        Raises:
            Refused: nothing is marked.
        """
        list_id = str(uuid6.uuid7())
        with self._archive.act(self._person, self._clock()) as act:
            if not destruction.propose(act, list_id):
                raise Refused("nothing is marked", reason="nothing_marked")
        return self._list(list_id)

    def approve(self, list_id: str) -> DestructionList:
        """The list has a second person's word.

        Raises:
            NotAllowed: this person proposed it or appraised one of its records; Refused: it does not wait for that.
        """
        one = self._list(list_id)
        if one.state is not ListState.PROPOSED:
            raise Refused("not proposed", reason="not_proposed", list=list_id)
        if self._person in {one.proposed_by, *(it.by for it in self.marked(list_id))}:
            raise NotAllowed("another person's word is needed", reason="second_person", list=list_id)
        with self._archive.act(self._person, self._clock()) as act:
            destruction.set_approved(act, list_id)
        return self._list(list_id)

    def withdraw(self, list_id: str) -> None:
        """The list is no more; its records are marked as before.

        Raises:
            Refused: it was carried out, wholly or in part.
        """
        with self._archive.reading() as connection:
            begun = destruction.register(connection, list_id)
        if self._list(list_id).state is ListState.DONE or begun:
            raise Refused("carried out", reason="carried_out", list=list_id)
        with self._archive.act(self._person, self._clock()) as act:
            destruction.withdraw(act, list_id)

    def carry_out(
        self, list_id: str, progress: Callable[[Progress], None], cancelled: Callable[[], bool]
    ) -> CarriedOut:
        """The list's records are destroyed and in no byte of this archive any more; cut short, it is carried on by the next call.

        Raises:
            Refused: it has not two people's word, the desk has not witnessed yet, or cancelled.
            ArchiveBusy, DiskFull: the records are gone, their free pages are not yet: call it again.
        """
        if self._list(list_id).state is not ListState.APPROVED:
            raise Refused("not approved", reason="not_approved", list=list_id)
        with self._archive.reading() as connection:
            if _witnessing(connection):
                raise Refused("the county has not heard yet what this desk holds", reason="witness_first")
            gone = len(destruction.register(connection, list_id))
        waiting, passed = self._waiting(list_id), []
        for done, one in enumerate(waiting):
            if cancelled():
                raise Refused("cancelled")
            if not self._destroy(one):
                passed.append(one.record)
            progress(Progress("destroy", done + 1, len(waiting)))
        gone += len(waiting) - len(passed)
        with self._archive.act(self._person, self._clock()) as act:
            search_index.optimise(act.connection)
        self._archive.forget_for_good()
        with self._archive.act(self._person, self._clock()) as act:
            destruction.set_done(act, list_id, gone)
        return CarriedOut(gone, tuple(passed))

    def _waiting(self, list_id: str) -> list[Appraisal]:
        with self._archive.reading() as connection:
            gone = {one.record for one in destruction.register(connection, list_id)}
        return [one for one in self.marked(list_id) if one.record not in gone]

    def _destroy(self, one: Appraisal) -> bool:
        """The record is destroyed, its row first and then its files; False if it is not settled any more."""
        with self._archive.act(self._person, self._clock()) as act:
            if not destruction.may_go(act.connection, one.record, _enrolled(act.connection)):
                return False
            with destruction.overwriting(act):
                sealed = destruction.destroy(act, one)
        for file_id in sealed:
            with suppress(DiskFails):  # without its key it is noise, and the sweep of leftovers removes it
                self._archive.files.remove(file_id)
        return True

    def register(self, list_id: str = "") -> list[Destroyed]:
        """Return the register of what was destroyed, or the part that one list made."""
        with self._archive.reading() as connection:
            return destruction.register(connection, list_id)

    def _list(self, list_id: str) -> DestructionList:
        found = next((one for one in self.lists() if one.id == list_id), None)
        if found is None:
            raise Refused("no such list", list=list_id)
        return found


def _enrolled(connection: Connection) -> bool:
    return bool(settings.get(connection, "line.epoch"))


def _witnessing(connection: Connection) -> bool:
    return _enrolled(connection) and witness.run(connection, 1) is not None
