"""Cataloguing (著录): typing a record beside its pages, judged at every change and saved at every change."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime

import uuid6

from desktop.archive import attachments, drafts, inbox, records, settings
from desktop.archive.archive import Act, Archive, Connection
from desktop.archive.attachments import Attachment
from desktop.archive.clock import Clock
from desktop.archive.drafts import Draft, PaperPages
from desktop.archive.search_entries import FORMER_NUMBER
from desktop.documents.recognition import FoundLine
from desktop.services.changed import Changed
from desktop.services.completing import AREA, Aids
from desktop.services.page_fields import propose_fields
from sync.contract.errors import NumberTaken, Refused
from sync.contract.findings import Finding
from sync.contract.kinds import Kind, Paper
from sync.contract.revisions import RecordState
from sync.contract.validation import Judgement, Origin, judge

PAGES = ""  # among the ranges of the papers filed last: how many pages there were
_RANGE = re.compile(r"(\d+)(?:[-—~至](\d+))?")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A value read off a page, never taken by itself; the box is in shares of the page, pages count through the draft."""

    value: str
    page: int
    left: float
    top: float
    right: float
    bottom: float
    score: float


@dataclass(frozen=True, slots=True)
class PaperNeed:
    """One line of the list of papers: the pages hung on it, and whether the kind asks for it at the date of the case."""

    paper: Paper
    required: bool
    ranges: str
    pages: int


@dataclass(frozen=True, slots=True)
class Form:
    """A draft as the form shows it. Pages are counted from 1 through all files of the draft."""

    draft: Draft
    kind: Kind
    judgement: Judgement
    papers: tuple[PaperNeed, ...]
    page_count: int
    loose_pages: tuple[int, ...]

    @property
    def hindrances(self) -> tuple[Finding, ...]:
        """What still stands in the way of filing."""
        return self.judgement.unexcused(self.draft.reasons)


class Cataloguing:
    """Drafts of one desk."""

    def __init__(self, archive: Archive, kinds: Mapping[str, Kind], person: str, clock: Clock) -> None:
        self._archive = archive
        self._kinds = kinds
        self._person = person
        self._clock = clock

    def drafts(self) -> list[Draft]:
        """Return what was begun and not filed, the one changed last first."""
        with self._archive.reading() as connection:
            return drafts.everyone(connection)

    def begun(self) -> Mapping[str, str]:
        """Return the draft of each inbox item that one was begun with; an import may leave thousands of others."""
        with self._archive.reading() as connection:
            return drafts.of_items(connection)

    def newest(self) -> str:
        """Return the draft changed last, "" where there is none."""
        with self._archive.reading() as connection:
            return drafts.newest(connection)

    def start(self, kind_key: str, item_id: str = "") -> Form:
        """A draft stands on the disk, with the kind's defaults and what is carried over from the record before.

        An item that was begun already is taken up again; as another kind only while nothing was typed into it.

        Raises:
            Refused: the inbox item is not waiting to be catalogued.
        """
        kind = self._kinds[kind_key]
        with self._act() as act:
            files: tuple[str, ...] = ()
            if item_id:
                item = inbox.find(act.connection, item_id)
                if item is None or item.state is not inbox.ItemState.TAKEN:
                    raise Refused("not waiting to be catalogued", item=item_id)
                files = (item.sha256,)
                begun = drafts.of_item(act.connection, item_id)
                if begun and (begun.kind == kind_key or not untouched(begun)):
                    return self._shown(act.connection, begun)
                if begun:
                    drafts.drop(act, begun.uid)
            brought = _carry(kind, settings.get_table(act.connection, f"carry.{kind_key}"))
            draft = Draft(
                uid=str(uuid6.uuid7()),
                kind=kind_key,
                origin=Origin.PAPER,
                retention=kind.retentions[0].code,
                fields=brought,
                reasons={},
                papers=(),
                attachments=files,
                carried=frozenset(brought),
                item_id=item_id,
                parent="",
                number="",
                started_at="",
                changed_at="",
            )
            plan = settings.get_table(act.connection, f"carry.papers.{kind_key}")
            hung = as_before(kind, plan, page_places(act.connection, draft))
            carried = draft.carried | {paper_key(one.paper) for one in hung}
            return self._keep(act, replace(draft, papers=hung, carried=carried))

    def aids(self, kind_key: str) -> Aids:
        """Return what a draft of this kind may be completed from."""
        with self._archive.reading() as connection:
            return Aids(
                settings.get_table(connection, f"carry.{kind_key}"),
                settings.get(connection, "township_code")[:AREA],
                tuple(settings.get_table(connection, "carry.addresses")),
            )

    def correct(self, record_uid: str) -> Form:
        """A draft stands that begins with what was last filed of the record; the archive number stays.

        Only where the county found the number on another record does it become a former one, and filing gives a new one.

        Raises:
            Refused: the record is not here, or is voided.
        """
        with self._act() as act:
            known = drafts.find(act.connection, record_uid)
            if known:
                return self._shown(act.connection, known)
            line = records.by_uid(act.connection, record_uid)
            said = records.body(act.connection, line.head) if line else None
            if line is None or said is None or line.state is RecordState.VOIDED:
                raise Refused("not here to be corrected", record=record_uid)
            doubled = any(ground.code == NumberTaken.code for ground in line.grounds)
            draft = Draft(
                uid=record_uid,
                kind=said["kind"],
                origin=Origin(said["origin"]),
                retention=line.number.split("-")[2],
                fields=_with_former(said["fields"], line.number) if doubled else said["fields"],
                reasons=said["reasons"],
                papers=tuple(
                    PaperPages(one["paper"], one["attachment"], one["first"], one["last"]) for one in said["papers"]
                ),
                attachments=tuple(one["sha256"] for one in said["attachments"]),
                carried=frozenset(),
                item_id="",
                parent=line.head,
                number="" if doubled else line.number,
                started_at="",
                changed_at="",
            )
            return self._keep(act, draft)

    def form(self, uid: str) -> Form:
        """Return the draft as the form shows it."""
        with self._archive.reading() as connection:
            return self._shown(connection, self._found(connection, uid))

    def put(self, uid: str, key: str, written: str) -> Form:
        """The field holds the text as typed, on the disk; an empty text leaves the field not known."""
        with self._act() as act:
            draft = self._found(act.connection, uid)
            if self._kinds[draft.kind].field(key) is None:
                raise Refused("the kind has no such field", field=key)
            fields = {one: text for one, text in draft.fields.items() if one != key}
            if written:
                fields[key] = written
            return self._keep(act, replace(draft, fields=fields, carried=draft.carried - {key}))

    def remove_place(self, uid: str, group: str, number: int) -> Form:
        """One place of a repeated group is gone, and those after it have moved up."""
        with self._act() as act:
            draft = self._found(act.connection, uid)
            prefix = group + "."
            moved = {key: _moved_up(key, prefix, number) for key in {*draft.fields, *draft.reasons, *draft.carried}}
            fields = {after: text for key, text in draft.fields.items() if (after := moved[key])}
            # a reason excuses the warning of one person; it must not come to stand at the next
            reasons = {after: text for key, text in draft.reasons.items() if (after := moved[key])}
            carried = frozenset(after for key in draft.carried if (after := moved[key]))
            return self._keep(act, replace(draft, fields=fields, reasons=reasons, carried=carried))

    def give_reason(self, uid: str, key: str, reason: str) -> Form:
        """The warning at this field (or `papers.<key>`) may be filed, for this reason."""
        with self._act() as act:
            draft = self._found(act.connection, uid)
            reasons = {one: text for one, text in draft.reasons.items() if one != key}
            if reason.strip():
                reasons[key] = reason.strip()
            return self._keep(act, replace(draft, reasons=reasons))

    def choose(self, uid: str, *, origin: Origin | None = None, retention: str = "") -> Form:
        """The draft is judged as a case of today or an old paper, and kept for another time."""
        with self._act() as act:
            draft = self._found(act.connection, uid)
            known = [one.code for one in self._kinds[draft.kind].retentions]
            if retention and (retention not in known or draft.number):
                raise Refused("no such retention for this record", retention=retention)
            return self._keep(
                act, replace(draft, origin=origin or draft.origin, retention=retention or draft.retention)
            )

    def attach(self, uid: str, paper: str, ranges: str) -> Form:
        """The pages are hung on the paper: `3-6`, `1、4`, or nothing. Pages are counted through all files of the draft.

        Raises:
            Refused: a page that is not there, or text that is no range.
        """
        with self._act() as act:
            draft = self._found(act.connection, uid)
            if all(one.key != paper for one in self._kinds[draft.kind].papers):
                raise Refused("the kind has no such paper", paper=paper)
            places = page_places(act.connection, draft)
            hung = [one for one in draft.papers if one.paper != paper]
            for first, last in read_ranges(ranges, len(places)):
                hung += _split(paper, places[first - 1 : last])
            carried = draft.carried - {paper_key(paper)}
            return self._keep(act, replace(draft, papers=tuple(hung), carried=carried))

    def put_away(self, uid: str) -> Changed:
        """The draft is gone; its inbox item waits as before and what was filed stays."""
        with self._act() as act:
            drafts.drop(act, uid)
            act.note("draft-put-away", uid)
        return Changed(drafts=True)

    def proposals(self, uid: str) -> Mapping[str, Proposal]:
        """Return what was recognised on the draft's pages, by field key; never taken by itself."""
        with self._archive.reading() as connection:
            draft = self._found(connection, uid)
            kind = self._kinds[draft.kind]
            found: dict[str, Proposal] = {}
            before = 0
            for sha256 in draft.attachments:
                for one in attachments.page_texts(connection, sha256):
                    lines = [FoundLine(*line) for line in one.lines]
                    for key, read in propose_fields(kind, lines).items():
                        box = (read.left, read.top, read.right, read.bottom)
                        found.setdefault(key, Proposal(read.text, before + one.page, *box, read.score))
                known = attachments.find(connection, sha256)
                before += known.pages if known else 0
            return found

    def _act(self) -> AbstractContextManager[Act]:
        return self._archive.act(self._person, self._clock())

    def _keep(self, act: Act, draft: Draft) -> Form:
        return self._shown(act.connection, drafts.put(act, draft))

    def _found(self, connection: Connection, uid: str) -> Draft:
        draft = drafts.find(connection, uid)
        if draft is None:
            raise Refused("no such draft", draft=uid)
        return draft

    def _shown(self, connection: Connection, draft: Draft) -> Form:
        kind = self._kinds[draft.kind]
        judgement = judged(kind, draft, self._clock())
        places = page_places(connection, draft)
        hung = {paper.key: hung_pages(paper.key, draft, places) for paper in kind.papers}
        needs = tuple(
            PaperNeed(
                paper,
                paper.required_for(draft.fields, judgement.case),
                spell_ranges(hung[paper.key]),
                len(hung[paper.key]),
            )
            for paper in kind.papers
        )
        taken = {page for pages in hung.values() for page in pages}
        loose = tuple(page for page in range(1, len(places) + 1) if page not in taken)
        return Form(draft, kind, judgement, needs, len(places), loose)


def _with_former(fields: Mapping[str, str], number: str) -> dict[str, str]:
    """Return the fields with one former number (旧档号) more."""
    before = fields.get(FORMER_NUMBER, "")
    return {**fields, FORMER_NUMBER: f"{before}、{number}" if before else number}


def _moved_up(key: str, prefix: str, number: int) -> str:
    """Return where a key of a repeated group stands once that place is gone; "" for the place itself."""
    place, _, rest = key.removeprefix(prefix).partition(".") if key.startswith(prefix) else ("", "", "")
    if not place.isdigit() or int(place) < number:
        return key
    return "" if int(place) == number else f"{prefix}{int(place) - 1}.{rest}"


def judged(kind: Kind, draft: Draft, now: datetime) -> Judgement:
    """Return what the kind says of a draft today."""
    counts: dict[str, int] = {}
    for one in draft.papers:
        counts[one.paper] = counts.get(one.paper, 0) + one.pages
    return judge(kind, draft.fields, origin=draft.origin, today=now.date(), papers=counts)


def page_places(connection: Connection, draft: Draft) -> list[tuple[str, int]]:
    """Return (attachment, page) for every page of the draft, in order."""
    files = files_of(connection, draft)
    return [(sha256, page) for sha256, one in files.items() for page in range(1, one.pages + 1)]


def files_of(connection: Connection, draft: Draft) -> dict[str, Attachment]:
    """Return what is known of each file of the draft, in order: what lies here, else what was filed of it before.

    A record that another desk filed, or that came back from the county, is here before its pages are, and may never have them.

    Raises:
        Refused: a file was never filed and is not here.
    """
    here = attachments.find_all(connection, draft.attachments)
    before = records.body(connection, draft.parent) if draft.parent else None
    for one in (before or {}).get("attachments", ()):
        here.setdefault(one["sha256"], Attachment(one["sha256"], one["size"], one["pages"], one["media"]))
    if not all(sha256 in here for sha256 in draft.attachments):
        raise Refused("a file of this draft is not here", draft=draft.uid)
    return {sha256: here[sha256] for sha256 in draft.attachments}


def hung_pages(paper: str, draft: Draft, places: list[tuple[str, int]]) -> list[int]:
    numbers = {place: number for number, place in enumerate(places, start=1)}
    return sorted(
        numbers[one.attachment, page]
        for one in draft.papers
        if one.paper == paper
        for page in range(one.first, one.last + 1)
        if (one.attachment, page) in numbers
    )


def read_ranges(spoken: str, page_count: int) -> list[tuple[int, int]]:
    """Return the ranges of pages a clerk typed: `3-6`, `1,4`, `1、3-5`.

    Raises:
        Refused: not a range, or a page that is not there.
    """
    ranges: list[tuple[int, int]] = []
    for part in filter(None, re.split(r"[\s,，、;；]+", spoken.strip())):
        found = _RANGE.fullmatch(part)
        if not found:
            raise Refused("not a range of pages")  # what was typed may be a name that missed its field
        first, last = int(found[1]), int(found[2] or found[1])
        if not 1 <= first <= last <= page_count:
            raise Refused("no such page", page=last, pages=page_count)
        ranges.append((first, last))
    return ranges


def spell_ranges(pages: Sequence[int]) -> str:
    """Return pages as a clerk would type them: 1、3-5."""
    runs: list[list[int]] = []
    for page in pages:
        if runs and page == runs[-1][-1] + 1:
            runs[-1].append(page)
        else:
            runs.append([page])
    return "、".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def _split(paper_key: str, places: Sequence[tuple[str, int]]) -> list[PaperPages]:
    """A range may run from one file into the next: one piece for each file."""
    pieces: list[PaperPages] = []
    for sha256, page in places:
        if pieces and pieces[-1].attachment == sha256 and pieces[-1].last == page - 1:
            pieces[-1] = replace(pieces[-1], last=page)
        else:
            pieces.append(PaperPages(paper_key, sha256, page, page))
    return pieces


def untouched(draft: Draft) -> bool:
    """Whether nothing was typed: all it says came by itself."""
    said = {*draft.fields, *(paper_key(one.paper) for one in draft.papers)}
    return not draft.reasons and not draft.parent and draft.carried >= said


def paper_key(paper: str) -> str:
    """Return the key a paper has among what was carried over, and among reasons."""
    return f"papers.{paper}"


def as_before(kind: Kind, plan: Mapping[str, str], places: list[tuple[str, int]]) -> tuple[PaperPages, ...]:
    """Return which pages are which paper, laid out as in the record filed before; nothing where that one had more or fewer pages."""
    if not places or plan.get(PAGES) != str(len(places)):
        return ()
    papers = [paper.key for paper in kind.papers if paper.key in plan]
    ranges = [(key, one) for key in papers for one in read_ranges(plan[key], len(places))]
    return tuple(hung for key, (first, last) in ranges for hung in _split(key, places[first - 1 : last]))


def _carry(kind: Kind, before: Mapping[str, str]) -> dict[str, str]:
    """The kind's defaults, and over them what the clerk last filed in fields that carry over."""
    defaults = {field.key: field.default for group, field in kind.all_fields() if field.default and not group.repeated}
    carried = {field.key: before[field.key] for _, field in kind.all_fields() if field.carry and field.key in before}
    return {**defaults, **carried}
