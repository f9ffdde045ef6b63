"""Filing (归档): a draft becomes a numbered, sealed revision; from then on it is never changed, only followed."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from desktop.archive import attachments, drafts, holdings, inbox, indexing, mentions, numbering, records, settings
from desktop.archive.archive import Act, Archive
from desktop.archive.attachments import Attachment
from desktop.archive.clock import Clock
from desktop.archive.drafts import Draft
from desktop.services.cataloguing import PAGES, files_of, hung_pages, judged, page_places, spell_ranges
from desktop.services.changed import Changed
from sync.contract.errors import ChecksFailed, InvalidRecord, Refused
from sync.contract.four_properties import Tally, check_items
from sync.contract.kinds import Kind, Mask
from sync.contract.numbers import Series
from sync.contract.record_checks import RecordChecker, RecordFacts
from sync.contract.revisions import ChangeKind, RecordId, RecordState, Revision, RevisionId
from sync.contract.validation import Judgement

BODY_LAYOUT = 1
ADDRESSES_KEPT = 300  # a township has some dozen villages, each with its groups


@dataclass(frozen=True, slots=True)
class Filed:
    """What filing gave: the record and its archive number (档号)."""

    record: RecordId
    number: str
    title: str
    changed: Changed


class Filing:
    """Filing at one desk."""

    def __init__(self, archive: Archive, kinds: Mapping[str, Kind], person: str, clock: Clock) -> None:
        self._archive = archive
        self._kinds = kinds
        self._person = person
        self._clock = clock

    def file(self, uid: str) -> Filed:
        """The draft is filed: number, revision, search index, inbox and audit line in one transaction.

        Raises:
            InvalidRecord: with `fields`, the keys at which something still stands in the way; the draft stays.
            ChecksFailed: with `items`, the checks (四性检测) that it does not pass; the draft stays.
        """
        now = self._clock()
        with self._archive.act(self._person, now) as act:
            draft = drafts.find(act.connection, uid)
            if draft is None:
                raise Refused("no such draft", draft=uid)
            kind = self._kinds[draft.kind]
            judgement = judged(kind, draft, now)
            hindrances = judgement.unexcused(draft.reasons)
            if hindrances:
                raise InvalidRecord("something stands in the way", fields=[one.field for one in hindrances])
            number = draft.number or numbering.allot(act, _series(_fonds(act), kind, draft, judgement))
            known = files_of(act.connection, draft)
            one = _revise(act, kind, draft, judgement, number, known)
            self._check(act, one)
            row = _keep_after(act, one) if draft.parent else _keep_new(act, [one])[0]
            mentions.put(act.connection, kind, row, uid, one.said)
            self._settle(act, kind, draft, one.said)
            before = {"before": one.revision.parents[0]} if one.revision.parents else {}
            act.note("record-filed", uid, revision=one.revision.id, number=number, **before)
        touched = Changed(frozenset({one.revision.record_id}), inbox=bool(draft.item_id), drafts=True, line=True)
        return Filed(one.revision.record_id, number, judgement.title, touched)

    def _check(self, act: Act, made: _Made) -> None:
        """No blocking check (四性检测) stands against what is about to be filed; validation has had its say already.

        Raises:
            ChecksFailed: one does; the draft stays.
        """
        revision = made.revision
        files = holdings.files_held(self._archive, act.connection, revision.attachments)
        facts = RecordFacts(
            revision.record_id, revision.id, revision.parents, revision.kind_of_change.value, revision.body, files,
            elsewhere=bool(revision.parents),
        )  # fmt: skip
        tally = Tally()
        RecordChecker(self._kinds, self._clock().date(), _fonds(act)).check(facts, tally, findings=())
        failed = [item for item in check_items() if tally.grave[item] and check_items()[item].blocking]
        if failed:
            raise ChecksFailed("a check of the four properties", items="、".join(failed), reason=failed[0])

    def _settle(self, act: Act, kind: Kind, draft: Draft, said: Mapping[str, Any]) -> None:
        """What the draft was made from is used, and the next one of its kind begins with what may be carried over."""
        if draft.item_id:
            inbox.use(act, draft.item_id, draft.uid)
        fields = said["fields"]
        carried = {field.key: fields[field.key] for _, field in kind.all_fields() if field.key in fields}
        settings.put_table(act.connection, f"carry.{kind.key}", carried)
        _keep_for_the_next(act, kind, draft, fields)
        drafts.drop(act, draft.uid)


def _keep_for_the_next(act: Act, kind: Kind, draft: Draft, fields: Mapping[str, str]) -> None:
    """The next record of this kind may have its pages in the same order, and its people may live where these do."""
    if draft.item_id:
        places = page_places(act.connection, draft)
        hung = {one.paper: spell_ranges(hung_pages(one.paper, draft, places)) for one in draft.papers}
        settings.put_table(act.connection, f"carry.papers.{kind.key}", {PAGES: str(len(places)), **hung})
    known = settings.get_table(act.connection, "carry.addresses")
    typed = {text: "" for key, text in fields.items() if (one := kind.field(key)) and one.mask is Mask.ADDRESS}
    latest = {**typed, **{text: "" for text in known if text not in typed}}
    settings.put_table(act.connection, "carry.addresses", dict(list(latest.items())[:ADDRESSES_KEPT]))


def file_new(
    act: Act, kind: Kind, several: Sequence[tuple[Draft, Judgement]], subject: str
) -> list[tuple[Revision, str]]:
    """Drafts of new records that were judged stand as filed records, found; their revisions and archive numbers are returned.

    The log has one line for all of them, at `subject`: how many, and the SHA-256 over their revision ids in their order.

    Raises:
        InvalidRecord: one of them has no date, so no series of numbers; nothing of the act is kept.
    """
    fonds = _fonds(act)
    series = [_series(fonds, kind, draft, judgement) for draft, judgement in several]
    counts = Counter(series)
    numbers = {one: iter(numbering.allot_run(act, one, count)) for one, count in counts.items()}
    known = attachments.find_all(act.connection, {sha256 for draft, _ in several for sha256 in draft.attachments})
    made = [
        _revise(act, kind, draft, judgement, next(numbers[one]), known)
        for one, (draft, judgement) in zip(series, several, strict=True)
    ]
    _keep_new(act, made)
    ids = hashlib.sha256("".join(one.revision.id for one in made).encode()).hexdigest()
    act.note("records-filed", subject, kind=kind.key, count=len(made), revisions=ids)
    return [(one.revision, one.said["number"]) for one in made]


@dataclass(frozen=True, slots=True)
class _Made:
    kind: Kind
    revision: Revision
    said: Mapping[str, Any]

    @property
    def case(self) -> str:
        return str(self.said["normal"].get(self.kind.case_date, {}).get("value", ""))


def _revise(
    act: Act, kind: Kind, draft: Draft, judgement: Judgement, number: str, known: Mapping[str, Attachment]
) -> _Made:
    kept = [known[sha256] for sha256 in draft.attachments if sha256 in known]
    said = _body(act, kind, draft, judgement, number, kept)
    parents = (RevisionId(draft.parent),) if draft.parent else ()
    return _Made(kind, Revision.saying(RecordId(draft.uid), parents, ChangeKind.PUT, said), said)


def _keep_new(act: Act, several: Sequence[_Made]) -> range:
    records.keep_revisions(act.connection, [one.revision for one in several])
    rows = records.add_lines(act.connection, [(one.revision, one.said, one.case) for one in several])
    indexing.index_new_records(
        act.connection, [(row, one.kind, one.said) for row, one in zip(rows, several, strict=True)]
    )
    return rows


def _keep_after(act: Act, one: _Made) -> int:
    """The record that was filed before says now what its new revision says."""
    records.keep_revision(act.connection, one.revision)
    row = records.set_line(act, one.revision, one.said, RecordState.FILED, one.case)
    indexing.index_record(act.connection, one.kind, row, one.said)
    return row


def _fonds(act: Act) -> str:
    return settings.get(act.connection, "fonds")


def _series(fonds: str, kind: Kind, draft: Draft, judgement: Judgement) -> Series:
    if judgement.year is None:
        raise InvalidRecord("the case has no date", fields=[kind.case_date])
    return Series(fonds, kind.category, judgement.year, draft.retention)


def _body(
    act: Act, kind: Kind, draft: Draft, judgement: Judgement, number: str, kept: Sequence[Attachment]
) -> dict[str, Any]:
    """The body as docs/records.md lays it out."""
    normal = {
        key: {"value": one.value, "precision": one.precision} if one.precision else {"value": one.value}
        for key, one in judgement.normal.items()
    }
    written = {key: text.strip() for key, text in draft.fields.items() if text.strip()}
    return {
        "layout": BODY_LAYOUT,
        "kind": kind.key,
        "kind_version": kind.version,
        "origin": draft.origin.value,
        "number": number,
        "title": judgement.title,
        "fields": written,
        "normal": normal,
        "reasons": dict(draft.reasons),
        "papers": [
            {"paper": one.paper, "attachment": one.attachment, "first": one.first, "last": one.last}
            for one in draft.papers
        ],
        "attachments": [
            {"sha256": one.sha256, "size": one.size_bytes, "pages": one.pages, "media": one.media} for one in kept
        ],
        "filed": {"by": act.by, "at": act.moment},
    }
