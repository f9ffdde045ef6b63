"""Finding (检索利用): questions to the archive, masked answers, and looks behind the mask that leave a trace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from desktop.archive import attachments, records, search_index
from desktop.archive.archive import Archive, Connection
from desktop.archive.clock import Clock
from desktop.archive.records import RecordLine
from sync.contract import masking
from sync.contract.errors import NotAllowed, Refused
from sync.contract.folding import fold
from sync.contract.kinds import FieldType, Kind

SNIPPET_CHARACTERS = 40


@dataclass(frozen=True, slots=True)
class Hits:
    """The rows that answer a question, in the order to be shown; `tier` names how the first was found."""

    question: str
    ids: tuple[int, ...]
    tier: str

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
    marks: tuple[tuple[int, int], ...]


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
    """A record, opened: its fields in the form's order, its papers, its files."""

    record: RecordLine
    kind: Kind
    fields: tuple[ShownField, ...]
    papers: tuple[Mapping[str, Any], ...]
    attachments: tuple[Mapping[str, Any], ...]


class Finding:
    """Questions of one person to one archive."""

    def __init__(self, archive: Archive, kinds: Mapping[str, Kind], person: str, clock: Clock) -> None:
        self._archive = archive
        self._kinds = kinds
        self._person = person
        self._clock = clock

    def find(self, question: str, kind: str = "") -> Hits:
        """Return every record that holds each word of the question; without a word, all of them, newest first."""
        with self._archive.reading() as connection:
            if not question.strip():
                return Hits("", tuple(records.newest(connection, kind)), "")
            answer = search_index.find(connection, question, kind=kind)
        return Hits(question, answer.ids, answer.tier)

    def count_kinds(self, hits: Hits) -> Mapping[str, int]:
        """Return how many of the hits are of each kind that any is of."""
        with self._archive.reading() as connection:
            return records.count_kinds(connection, hits.ids)

    def rows(self, hits: Hits, first: int, count: int) -> list[HitRow]:
        """Return a page of the answer; numbers are masked."""
        with self._archive.reading() as connection:
            lines = records.by_ids(connection, hits.ids[first : first + count])
            return [self._row(connection, line, hits.question) for line in lines]

    def record(self, uid: str) -> RecordView:
        """Return the record with what is behind masks hidden.

        Raises:
            Refused: there is no such record here.
        """
        view = self._view(uid)
        return replace(view, fields=tuple(_masked(view.kind, one) for one in view.fields))

    def show(self, uid: str, purpose: str) -> RecordView:
        """Return the record without masks; who looked, at what and what for stands in the audit log.

        Raises:
            NotAllowed: no purpose was given.
        """
        if not purpose.strip():
            raise NotAllowed("a look needs a purpose")
        view = self._view(uid)
        with self._archive.act(self._person, self._clock()) as act:
            records.note_look(act, uid, purpose.strip())
            act.note("masked-fields-shown", uid, fields=" ".join(one.key for one in view.fields if one.masked))
        return view

    def _view(self, uid: str) -> RecordView:
        with self._archive.reading() as connection:
            line = records.by_uid(connection, uid)
            said = records.body(connection, line.head) if line else None
        if line is None or said is None:
            raise Refused("no such record", record=uid)
        kind = self._kinds[line.kind]
        return RecordView(line, kind, tuple(_fields(kind, said)), tuple(said["papers"]), tuple(said["attachments"]))

    def _row(self, connection: Connection, line: RecordLine, question: str) -> HitRow:
        kind = self._kinds[line.kind]
        said = records.body(connection, line.head) or {}
        texts = [line.title, *(str(value) for value in said.get("fields", {}).values())]
        for file in said.get("attachments", []):
            texts += attachments.words(connection, file["sha256"])
        snippet, marks = snippet_of(texts, question)
        return HitRow(line, kind.label, _people(kind, said), snippet, marks)


def _fields(kind: Kind, said: Mapping[str, Any]) -> Iterator[ShownField]:
    """Yield what the record says in the form's order, unmasked; `masked` tells which fields have a mask."""
    meant = {key: str(one["value"]) for key, one in said["normal"].items()}
    written: Mapping[str, str] = said["fields"]
    for group in kind.groups:
        for key, field in kind.instances(group, {**written, **meant}):
            if key in written or key in meant:
                reason = str(said["reasons"].get(key, ""))
                hidden = bool(field.mask) and field.type is not FieldType.NAME
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
    written, meant = (masking.shown(field.mask, text) if text else "" for text in (one.written, one.meant))
    return replace(one, written=written, meant=meant)


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


def snippet_of(texts: Sequence[str], question: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Return a piece of the first text in which a word of the question stands, and where the words stand in it."""
    words = [fold(word) for word in question.replace("　", " ").split() if word]
    for text in texts:
        folded = fold(text)
        places = [folded.find(word) for word in words if word in folded]
        if places:
            start = max(0, min(places) - SNIPPET_CHARACTERS // 4)
            piece = text[start : start + SNIPPET_CHARACTERS].replace("\n", " ")
            found = fold(piece)
            marks = [(found.find(word), len(word)) for word in words if word in found]
            return piece, tuple(sorted(marks))
    return "", ()
