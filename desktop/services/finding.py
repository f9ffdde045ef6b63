"""Finding (检索利用): questions to the archive, masked answers, and looks behind the mask that leave a trace."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from desktop.archive import attachments, looks, records, saved_searches, search, search_question
from desktop.archive.archive import Archive, Connection
from desktop.archive.clock import Clock
from desktop.archive.facets import Choice as Choice  # re-exported, like Facet: pages choose by them
from desktop.archive.facets import Facet as Facet
from desktop.archive.field_words import FieldNames
from desktop.archive.records import RecordLine
from desktop.archive.search_question import Question
from desktop.archive.snapshot import Snapshot
from desktop.services.snippets import Marks, hide_numbers, snippet_of
from sync.contract import masking
from sync.contract.errors import NotAllowed, Refused
from sync.contract.kinds import FieldType, Kind, Mask, Search

_INITIALS_AND_YEAR = re.compile(r"([A-Za-z]{2,6})((?:19|20)?\d{2})")


class Order(StrEnum):
    """The order of an answer (排序)."""

    NEWEST = "newest"  # by tier, then what was filed last
    BEST = "best"  # what speaks most of the words; for answers of up to a thousand
    NUMBER = "number"
    TITLE = "title"
    YEAR = "year"
    STATE = "state"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, what was chosen of the facets, and the order wanted (检索条件)."""

    question: str = ""
    choice: Choice = field(default_factory=dict)
    order: Order = Order.NEWEST


@dataclass(frozen=True, slots=True)
class Hits:
    """The rows that answer a question, in the order to be shown; `tier` names how the first was found.

    `order` is not always what was asked for: too many hits for the best come with the newest first.
    """

    question: str
    ids: Snapshot
    tier: str
    unknown: tuple[str, ...] = ()  # names of fields that were asked for and that no kind has
    order: Order = Order.NEWEST

    @property
    def total(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class HitRow:
    """One answer as a list shows it; `marks` are (start, length) in the snippet."""

    record: RecordLine
    kind_label: str
    people: str
    snippet: str
    marks: Marks


@dataclass(frozen=True, slots=True)
class ShownField:
    """One field of a record as this person may see it."""

    key: str
    label: str
    written: str
    meant: str
    masked: bool
    reason: str


@dataclass(frozen=True, slots=True)
class RecordView:
    """A record, opened: its fields in the form's order, its papers, its files.

    `closed`: it is of a restricted kind, and nobody said yet what the look is for; title, people and files are kept back.
    """

    record: RecordLine
    kind: Kind
    fields: tuple[ShownField, ...]
    papers: tuple[Mapping[str, Any], ...]
    attachments: tuple[Mapping[str, Any], ...]
    closed: bool = False


class Finding:
    """Questions of one person to one archive."""

    def __init__(self, archive: Archive, kinds: Mapping[str, Kind], person: str, clock: Clock) -> None:
        self._archive = archive
        self._kinds = kinds
        self._fields = FieldNames(kinds)
        self._person = person
        self._clock = clock

    def first(self, asked: Asked, count: int) -> Hits:
        """Return the first rows of the answer, newest first, as soon as they are found, however many there are."""
        typed, asked = asked.question, year_apart(asked)
        return replace(self._first(asked, count), question=typed)

    def _first(self, asked: Asked, count: int) -> Hits:
        with self._archive.reading() as connection:
            question = search_question.read(asked.question)
            if unknown := self._fields.unknown(question.fields):
                return Hits(asked.question, Snapshot(), "", unknown)
            if asked.choice or not question.tiers:
                self._archive.facets.refresh(connection)
            if not question.tiers:
                every = self._archive.facets.keep(self._archive.facets.everything(), asked.choice)
                return Hits(asked.question, Snapshot(every[:count]), "")
            answer = search.first(connection, question, count, self._kept(connection, question, asked.choice))
        return Hits(asked.question, answer.rows, answer.tier)

    def _kept(self, connection: Connection, question: Question, choice: Choice) -> search.Kept | None:
        """Return what of the rows found is to be kept, the cheaper condition first; None if all of them are."""
        chosen = self._archive.facets.keeps(choice) if choice else None
        said = self._fields.keeps(connection, question.fields) if question.fields else None
        if chosen and said:
            return lambda row: chosen(row) and said(row)
        return chosen or said

    def find(self, asked: Asked) -> Hits:
        """Return every record that holds each word and has each chosen value; without a word, all of them."""
        typed, asked = asked.question, year_apart(asked)
        with self._archive.reading() as connection:
            found = self._every(connection, asked)
            return replace(found, question=typed, ids=self._archive.facets.keep(found.ids, asked.choice))

    def find_and_count(
        self, asked: Asked, wanted: Callable[[], bool] = lambda: True
    ) -> tuple[Hits, Mapping[Facet, Mapping[str, int]]]:
        """Return the answer, and for each facet how many it would have with each value of that facet chosen instead.

        Args:
            wanted: whether anybody still waits; when not, the answer is cut short. Asked while records are read for their fields.
        """
        facets, typed, asked = self._archive.facets, asked.question, year_apart(asked)
        with self._archive.reading() as connection:
            found = self._every(connection, asked, wanted)
        counts = {}
        for facet in Facet:
            others = {one: value for one, value in asked.choice.items() if one is not facet}
            counts[facet] = facets.count(facets.keep(found.ids, others), facet)
        return replace(found, question=typed, ids=facets.keep(found.ids, asked.choice)), counts

    def _every(self, connection: Connection, asked: Asked, wanted: Callable[[], bool] = lambda: True) -> Hits:
        """Return the whole answer before anything is chosen, in its order; the facets are as this connection sees them."""
        facets = self._archive.facets
        facets.refresh(connection)
        question = search_question.read(asked.question)
        if unknown := self._fields.unknown(question.fields):
            return Hits(asked.question, Snapshot(), "", unknown)
        answer = search.every(connection, question) if question.tiers else search.Answer(facets.everything())
        if question.fields:
            kept = self._fields.keeps(connection, question.fields)
            rows = Snapshot(row for row in answer.rows[:] if wanted() and kept(row))
            answer = replace(answer, rows=rows, tier=answer.tier if len(rows) else "")
        order = asked.order
        if order is Order.BEST and question.tiers:
            if len(answer.rows) <= search.RANKED_HITS_MAX:
                answer = search.ranked(connection, question, answer)
            else:
                order = Order.NEWEST
        rows = answer.rows
        if asked.order in (Order.YEAR, Order.STATE):
            rows = facets.by(rows, Facet(asked.order.value))
        elif asked.order in (Order.NUMBER, Order.TITLE):
            rows = records.in_order(connection, rows, asked.order.value)
        return Hits(asked.question, rows, answer.tier, order=order)

    def saved(self) -> Mapping[str, Asked]:
        """Return the questions this person keeps, by name."""
        with self._archive.reading() as connection:
            kept = saved_searches.of(connection, self._person)
        return {
            name: Asked(
                one["question"],
                {Facet(facet): value for facet, value in one["choice"].items()},
                Order(one["order"]),
            )
            for name, one in kept.items()
        }

    def save(self, name: str, asked: Asked) -> None:
        """The question is kept by this name, for this person."""
        content = {"question": asked.question, "choice": dict(asked.choice), "order": asked.order}
        with self._archive.act(self._person, self._clock()) as act:
            saved_searches.put(act, name, content)

    def forget(self, name: str) -> None:
        """No question is kept by this name."""
        with self._archive.act(self._person, self._clock()) as act:
            saved_searches.drop(act, name)

    def rows(self, hits: Hits, first: int, count: int) -> list[HitRow]:
        """Return a page of the answer; numbers are masked."""
        return self.look_up(hits.question, hits.ids[first : first + count])

    def look_up(self, question: str, ids: Sequence[int]) -> list[HitRow]:
        """Return these rows of an answer, in their order; numbers are masked."""
        words = search_question.read(question).words
        with self._archive.reading() as connection:
            lines = records.by_ids(connection, ids)
            said = records.bodies_of(connection, [line.head for line in lines])
            return [self._row(connection, line, said.get(line.head, {}), words) for line in lines]

    def record(self, uid: str) -> RecordView:
        """Return the record with what is behind masks hidden; of a restricted kind (收养) also who it is about, and its files.

        Raises:
            Refused: there is no such record here.
        """
        view = self._view(uid)
        hidden = replace(view, fields=tuple(_masked(view.kind, one) for one in view.fields))
        if not view.kind.restricted:
            return hidden
        line = replace(view.record, title=view.kind.label)
        return replace(hidden, record=line, papers=(), attachments=(), closed=True)

    def show(self, uid: str, purpose: str) -> RecordView:
        """Return the record without masks; who looked, at what and what for stands in the audit log.

        Raises:
            NotAllowed: no purpose was given.
        """
        if not purpose.strip():
            raise NotAllowed("a look needs a purpose")
        view = self._view(uid)
        with self._archive.act(self._person, self._clock()) as act:
            shown = " ".join(one.key for one in view.fields if one.masked)
            looks.note_look(act, uid, purpose.strip(), shown)
        return view

    def _view(self, uid: str) -> RecordView:
        with self._archive.reading() as connection:
            line = records.by_uid(connection, uid)
            said = records.body(connection, line.head) if line else None
        if line is None or said is None:
            raise Refused("no such record", record=uid)
        kind = self._kinds[line.kind]
        return RecordView(line, kind, tuple(fields_of(kind, said)), tuple(said["papers"]), tuple(said["attachments"]))

    def _row(self, connection: Connection, line: RecordLine, said: Mapping[str, Any], words: Iterable[str]) -> HitRow:
        kind = self._kinds[line.kind]
        if kind.restricted:  # a list shows that it is there, not whom it is about
            return HitRow(replace(line, title=kind.label), kind.label, "", "", ())
        texts = (hide_numbers(text) for text in _texts(connection, line, kind, said))
        snippet, marks = snippet_of(texts, words)
        return HitRow(line, kind.label, _people(kind, said), snippet, marks)


def year_apart(asked: Asked) -> Asked:
    """Return what `qzy16` asks: the initials qzy among the records of 2016; any other question as it is.

    Two digits are a year from 1950 to 2049, as long as there have been such records.
    """
    found = _INITIALS_AND_YEAR.fullmatch(asked.question.strip())
    if not found or Facet.YEAR in asked.choice:
        return asked
    letters, year = found[1], int(found[2])
    if year < 100:
        year += 1900 if year >= 50 else 2000
    return replace(asked, question=letters, choice={**asked.choice, Facet.YEAR: str(year)})


def _texts(connection: Connection, line: RecordLine, kind: Kind, said: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a record says as an eye without a purpose may see it, what is quick to read first."""
    yield line.title
    for key, written in said.get("fields", {}).items():
        one = kind.field(key)
        yield masking.shown(one.mask, str(written)) if one and one.type is not FieldType.NAME else str(written)
    for file in said.get("attachments", []):
        yield from attachments.words(connection, file["sha256"])


def fields_of(kind: Kind, said: Mapping[str, Any]) -> Iterator[ShownField]:
    """Yield what the record says in the form's order, unmasked; `masked` tells which fields have a mask."""
    meant = {key: str(one["value"]) for key, one in said["normal"].items()}
    written: Mapping[str, str] = said["fields"]
    for group in kind.groups:
        for key, one in kind.instances(group, {**written, **meant}):
            if key in written or key in meant:
                reason = str(said["reasons"].get(key, ""))
                hidden = bool(one.mask) and one.type is not FieldType.NAME
                if kind.restricted:  # what says neither who nor what may be seen: choices, dates, numbers of the file
                    open_ones = one.type in (FieldType.CHOICE, FieldType.DATE) or one.search is Search.EXACT
                    hidden = hidden or bool(group.key) or not open_ones
                yield ShownField(key, _label(kind, key), written.get(key, ""), meant.get(key, ""), hidden, reason)


def _label(kind: Kind, key: str) -> str:
    """Return 「男方姓名」 for husband.name and 「成员 2 姓名」 for members.1.name."""
    field = kind.field(key)
    group = next((group for group, one in kind.all_fields() if one is field), None)
    if field is None or group is None or not group.key:
        return field.label if field else key
    place = next((part for part in key.split(".") if part.isdigit()), "")
    return f"{group.label} {int(place) + 1} {field.label}" if place else group.label + field.label


def _masked(kind: Kind, one: ShownField) -> ShownField:
    """Names are shown inside the office that keeps the record; all else with a mask is hidden until asked for."""
    field = kind.field(one.key)
    if field is None or not one.masked:
        return one
    mask, reason = (Mask.HIDDEN, "") if kind.restricted else (field.mask, one.reason)
    written, meant = (masking.shown(mask, text) if text else "" for text in (one.written, one.meant))
    return replace(one, written=written, meant=meant, reason=reason)


def _people(kind: Kind, said: Mapping[str, Any]) -> str:
    """Return names with masked numbers, as a list shows them."""
    shown = []
    for group in kind.groups:
        if group.key not in kind.people or group.repeated:
            continue
        name = said.get("fields", {}).get(f"{group.key}.name", "")
        number = said.get("normal", {}).get(f"{group.key}.id_no", {}).get("value", "")
        field = kind.field(f"{group.key}.id_no")
        hidden = masking.shown(field.mask, number) if field and number else "纸上无号"
        if name:
            shown.append(f"{name} {hidden}")
    return "　".join(shown)
