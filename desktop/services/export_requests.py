"""Requests to export (导出复核): asked by one person, approved or refused by another with the own password, good for one export."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

import uuid6

from desktop.archive import export_requests
from desktop.archive.archive import Archive, stamp
from desktop.archive.clock import Clock
from desktop.archive.export_requests import RequestRow
from desktop.archive.export_requests import RequestState as RequestState  # re-exported: the page shows it
from sync.contract.errors import InvalidRecord, NotAllowed, Refused
from sync.vault.slots import Keystore, Role

TERM: Final = timedelta(days=7)
EXPORTERS: Final = frozenset({Role.AUDITOR, Role.ADMIN})
LONGEST_REASON: Final = 200
OPEN: Final = frozenset({RequestState.ASKED, RequestState.APPROVED})


class Way(StrEnum):
    """In which form something leaves the archive."""

    SEALED = "sealed"  # 封存副本
    MASKED = "masked"  # 脱敏副本
    PLAIN = "open"  # 开放导出


@dataclass(frozen=True, slots=True)
class Terms:
    """What an approval is good for: the form, the scope in the words that mean it, the readers' public keys."""

    way: Way
    scope: str = ""
    readers: tuple[str, ...] = ()

    def spelled(self) -> str:
        """Return the terms as they are kept: the same text for the same terms."""
        told = {"what": self.way.value, "scope": self.scope, "readers": sorted(self.readers)}
        return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def read(cls, spelled: str) -> Terms:
        """Return the terms that `spelled` wrote."""
        told = json.loads(spelled)
        return cls(Way(told["what"]), told["scope"], tuple(told["readers"]))


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """A request as people see it; `over`: its term has run out before it was carried out."""

    id: str
    terms: Terms
    state: RequestState
    asked_by: str
    asked_at: str
    until: str
    said_by: str
    said_at: str
    reason: str
    done_at: str
    over: bool

    @property
    def approved_by(self) -> str:
        """Who approved it; `single-handed` where nobody else had the right."""
        return self.said_by or "single-handed"


class ExportRequests:
    """The requests of one archive, as one person may see and make them."""

    def __init__(self, archive: Archive, person: str, clock: Clock) -> None:
        self._archive, self._person, self._clock = archive, person, clock

    @property
    def person(self) -> str:
        return self._person

    def others(self) -> tuple[str, ...]:
        """Return who else has the right to export, and so to approve."""
        if not Keystore.exists(self._archive.folder):
            return ()
        people = Keystore.open(self._archive.folder).people()
        return tuple(one.name for one in people if one.role in EXPORTERS and one.name != self._person)

    def lines(self) -> list[ExportRequest]:
        """Return all requests, the newest first."""
        with self._archive.reading() as connection:
            return [self._told(row) for row in export_requests.all_of_them(connection)]

    def ask(self, terms: Terms) -> ExportRequest:
        """A request of this person with these terms stands: one that is open already, or a new one.

        Where nobody else has the right it is approved at once, single-handed, and the log says so.
        """
        mine = next((one for one in self.lines() if self._is_mine(one, terms)), None)
        request, now, alone = mine.id if mine else str(uuid6.uuid7()), self._clock(), not self.others()
        if mine is not None and (mine.state is RequestState.APPROVED or not alone):
            return mine
        with self._archive.act(self._person, now) as act:
            if mine is None:
                export_requests.put(act, request, terms.spelled(), stamp(now + TERM))
            if alone:
                export_requests.say(act, request, RequestState.APPROVED, "")
                act.note("export-single-handed", request)
        return self._find(request)

    def claim(self, terms: Terms) -> ExportRequest:
        """Return the approved request of this person for these terms.

        Raises:
            NotAllowed: (`reason` two_people) nobody approved it, and somebody else could.
        """
        mine = (one for one in self.lines() if self._is_mine(one, terms))
        if approved := next((one for one in mine if one.state is RequestState.APPROVED), None):
            return approved
        if self.others():
            raise NotAllowed("another person's word is needed", reason="two_people")
        return self.ask(terms)

    def approve(self, request: str, name: str, password: str) -> ExportRequest:
        """The request has that person's word, until its term.

        Raises:
            WrongPassword, LockedOut: it counts like a try to unlock. NotAllowed: the one who asked (`reason` two_people), somebody
            without the right, or by a password that somebody else chose. Refused: it does not wait for that (`reason` not_asked).
        """
        return self._answer(request, name, password, RequestState.APPROVED)

    def refuse(self, request: str, name: str, password: str, reason: str) -> ExportRequest:
        """The request is refused by that person, with a reason; raises as `approve` does, and InvalidRecord without a reason."""
        said = reason.strip()
        if not said or len(said) > LONGEST_REASON:
            raise InvalidRecord("a reason is needed", fields=["reason"])
        return self._answer(request, name, password, RequestState.REFUSED, said)

    def _answer(self, request: str, name: str, password: str, state: RequestState, reason: str = "") -> ExportRequest:
        one = self._find(request)
        if one.state is not RequestState.ASKED or one.over:
            raise Refused("it does not wait for a word", reason="not_asked", request=request)
        if name.strip() == one.asked_by:
            raise NotAllowed("another person's word is needed", reason="two_people", request=request)
        failed, who = self._let_in(name, password)
        with self._archive.act(who, self._clock()) as act:
            export_requests.say(act, request, state, who, reason)
            if state is RequestState.APPROVED:
                act.note("export-approved", request, failed=failed)
            else:
                act.note("export-refused", request, failed=failed)
        return self._find(request)

    def _let_in(self, name: str, password: str) -> tuple[int, str]:
        """Return how many wrong passwords came before this one, and whose it is."""
        entrance = Keystore.open(self._archive.folder).enter(name, password, self._clock())
        if entrance.role not in EXPORTERS:
            raise NotAllowed("the role does not permit it", act="export", role=entrance.role)
        if entrance.temporary:
            raise NotAllowed("a password that somebody else chose", reason="temporary_word")
        return entrance.failed, entrance.owner

    def withdraw(self, request: str) -> None:
        """The request is no more.

        Raises:
            NotAllowed: another person's; Refused: it is closed already (`reason` not_open).
        """
        one = self._find(request)
        if one.asked_by != self._person:
            raise NotAllowed("another person's request", request=request)
        if one.state not in OPEN:
            raise Refused("closed already", reason="not_open", request=request)
        with self._archive.act(self._person, self._clock()) as act:
            export_requests.say(act, request, RequestState.WITHDRAWN, one.said_by)
            act.note("export-withdrawn", request)

    def _is_mine(self, one: ExportRequest, terms: Terms) -> bool:
        """Whether it is this person's, for these terms, and still good for something."""
        mine = one.asked_by == self._person and one.terms.spelled() == terms.spelled()
        return mine and one.state in OPEN and not one.over

    def _find(self, request: str) -> ExportRequest:
        with self._archive.reading() as connection:
            row = export_requests.find(connection, request)
        if row is None:
            raise Refused("no such request", request=request)
        return self._told(row)

    def _told(self, row: RequestRow) -> ExportRequest:
        over = row.state in OPEN and row.until < stamp(self._clock())
        return ExportRequest(
            row.id, Terms.read(row.terms), row.state, row.asked_by, row.asked_at, row.until, row.said_by, row.said_at,
            row.reason, row.done_at, over,
        )  # fmt: skip
