"""Reviewing (审核): the county's staff decide a received batch record by record, under their own signature."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from desktop.archive.archive import Archive
from desktop.archive.clock import Clock
from desktop.documents.pages import PagePicture, PageReader
from desktop.services.enrolments import EnrolmentDrawer
from desktop.services.recent_files import RecentFiles
from sync.client.session import LineSession
from sync.client.staff import Staff
from sync.contract.batches import BatchId
from sync.contract.decisions import Ground
from sync.contract.errors import AttachmentsMissing, HeadMoved, Refused, SealBroken
from sync.contract.findings import Finding
from sync.contract.histories import OPEN_STANDINGS, RevisionStanding
from sync.contract.kinds import Kind
from sync.contract.review import BatchDetail, BatchSummary, RecordDetail, ShownRevision
from sync.contract.revisions import RecordId, RevisionId, read_body
from sync.contract.validation import Judgement, Origin, judge


@dataclass(frozen=True, slots=True)
class Compared:
    """One field of a received revision beside what the county holds now, or saw before where it holds nothing yet."""

    key: str
    label: str
    sent: str
    held: str
    reason: str
    findings: tuple[Finding, ...]

    @property
    def differs(self) -> bool:
        return self.sent != self.held


@dataclass(frozen=True, slots=True)
class ReviewedRecord:
    """A received record as it is decided on: its fields compared, what the kind says, which pages are still on the way."""

    record: RecordId
    revision: RevisionId
    standing: RevisionStanding
    kind: Kind
    number: str
    title: str
    fields: tuple[Compared, ...]
    findings: tuple[Finding, ...]
    first: bool
    papers: tuple[Mapping[str, Any], ...]
    attachments: tuple[Mapping[str, Any], ...]
    missing: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """Nothing is said against it that has no reason, and all its pages are there."""
        return not self.findings and not self.missing and self.standing is RevisionStanding.RECEIVED


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of one decision: `code` is empty if it stands."""

    record: RecordId
    code: str


class Reviewing:
    """One reviewer, at a desk that the county knows."""

    def __init__(
        self, archive: Archive, kinds: Mapping[str, Kind], reader: PageReader, person: str, clock: Clock
    ) -> None:
        self._kinds = kinds
        self._reader = reader
        self._clock = clock
        self._drawer = EnrolmentDrawer(archive, f"person.{person}", person, clock)
        self._opening = threading.Lock()  # a page is fetched on one thread while a record is asked for on another
        self._session: LineSession | None = None
        self._staff: Staff | None = None
        self._recent = RecentFiles(self._fetch)

    def enrolled(self) -> bool:
        """Whether the county knows this reviewer."""
        return self._drawer.enrolled()

    def enrol(self, address: str, code: str) -> None:
        """The county knows this reviewer from now on; the code names the person and the role."""
        self._drawer.enrol(address, code)

    def move_to(self, address: str) -> None:
        """The county answers at another address from now on."""
        self.close()
        self._drawer.move_to(address)

    def batches(self) -> list[BatchSummary]:
        """Return the batches received, newest first."""
        return list(self._line().batches())

    def batch(self, batch_id: str) -> BatchDetail:
        """Return a whole batch record by record; the county tells it in runs."""
        told = self._line().batch(BatchId(batch_id))
        while told.more:
            after = self._line().batch(BatchId(batch_id), len(told.records))
            told = replace(after, records=told.records + after.records)
        return told

    def record(self, record_id: str) -> ReviewedRecord:
        """Return a record as it is decided on."""
        return self._reviewed(self._line().record(RecordId(record_id)))

    def picture(self, sha256: str, page: int, dpi: int) -> PagePicture:
        """Return the picture of a page, counted from 1, out of the county's store."""
        return self._reader.picture(self._recent.content(sha256), page - 1, dpi)

    def _fetch(self, sha256: str) -> bytes:
        """Return a whole file out of the county's store; what is decided on is what was filed, or it is said."""
        content = self._line().attachment(sha256)
        if hashlib.sha256(content).hexdigest() != sha256:
            raise SealBroken("the county's copy of a file", sha256=sha256)
        return content

    def accept(self, record_ids: Sequence[str]) -> list[Decided]:
        """Each record stands accepted, or says why not; one that fails holds up none of the others."""
        return [self._decide(one, ()) for one in record_ids]

    def accept_clean(self, batch_id: str) -> list[Decided]:
        """Every undecided record of the batch that nothing is said against stands accepted."""
        undecided = [one.record for one in self.batch(batch_id).records if one.standing in OPEN_STANDINGS]
        return self.accept([one for one in undecided if self.record(one).clean])

    def send_back(self, record_id: str, field: str, code: str, text: str) -> Decided:
        """The record stands returned to its township, with the field and the reason.

        Raises:
            Refused: neither a reason from the list nor a sentence was given.
        """
        if not code and not text.strip():
            raise Refused("a return gives a reason", record=record_id)
        return self._decide(record_id, (Ground(field, code, text.strip()),))

    def close(self) -> None:
        """The line is closed."""
        with self._opening:
            self._staff = None
            if self._session is not None:
                self._session.close()
                self._session = None

    def _line(self) -> Staff:
        with self._opening:
            if self._staff is None:
                made = self._drawer.read()
                self._session = made.open_session()
                self._staff = Staff(self._session, made.device, made.signing_certificate, self._drawer.signing_key())
            return self._staff

    def _decide(self, record_id: str, grounds: tuple[Ground, ...]) -> Decided:
        """Accept, or return where there are grounds; what the county says against it comes back as a code."""
        detail = self._line().record(RecordId(record_id))
        shown = _undecided(detail)
        if shown is None:
            return Decided(detail.record, HeadMoved.code)
        try:
            if grounds:
                self._line().give_back(detail, shown.id, grounds)
            else:
                self._line().accept(detail, shown.id)
        except (Refused, AttachmentsMissing) as refusal:
            return Decided(detail.record, refusal.code)
        return Decided(detail.record, "")

    def _reviewed(self, detail: RecordDetail) -> ReviewedRecord:
        shown = _undecided(detail) or _standing(detail)
        said = read_body(shown.sent.body)
        base = detail.head or next(iter(shown.sent.parent_ids), None)
        held = next((read_body(one.sent.body) for one in detail.revisions if one.id == base), {})
        if "fields" not in said:  # a void says only why; what it voids stands in the revision before
            said = {**held, **said}
        kind = self._kinds.get(str(said.get("kind")))
        if kind is None:
            raise Refused("a kind that this program does not know", record=detail.record)
        judgement = self._judged(kind, said)
        open_findings = judgement.unexcused(said["reasons"])
        return ReviewedRecord(
            record=detail.record,
            revision=shown.id,
            standing=shown.standing,
            kind=kind,
            number=said["number"],
            title=said["title"],
            fields=tuple(_compared(kind, said, held, judgement)),
            findings=open_findings,
            first=not held,
            papers=tuple(said["papers"]),
            attachments=tuple(said["attachments"]),
            missing=shown.missing,
        )

    def _judged(self, kind: Kind, said: Mapping[str, Any]) -> Judgement:
        pages: dict[str, int] = {}
        for one in said["papers"]:
            pages[one["paper"]] = pages.get(one["paper"], 0) + one["last"] - one["first"] + 1
        return judge(kind, said["fields"], origin=Origin(said["origin"]), today=self._clock().date(), papers=pages)


def _undecided(detail: RecordDetail) -> ShownRevision | None:
    """The revision that waits to be decided on; of several that follow one another, the last."""
    waiting = [one for one in detail.revisions if one.standing in OPEN_STANDINGS]
    parents = {parent for one in waiting for parent in one.sent.parent_ids}
    return next((one for one in waiting if one.id not in parents), None)


def _standing(detail: RecordDetail) -> ShownRevision:
    """What the county holds; where it holds nothing, the last that came."""
    parents = {parent for one in detail.revisions for parent in one.sent.parent_ids}
    last = next(one for one in detail.revisions if one.id not in parents)
    return next((one for one in detail.revisions if one.id == detail.head), last)


def _compared(kind: Kind, said: Mapping[str, Any], held: Mapping[str, Any], judgement: Judgement) -> list[Compared]:
    sent, before = said["fields"], held.get("fields", {})
    rows = []
    for group in kind.groups:
        for key, field in kind.instances(group, {**before, **sent}):
            if key in sent or key in before:
                found = tuple(one for one in judgement.findings if one.field == key)
                label = group.label + field.label if group.key else field.label
                reason = str(said["reasons"].get(key, ""))
                rows.append(Compared(key, label, sent.get(key, ""), before.get(key, ""), reason, found))
    return rows
