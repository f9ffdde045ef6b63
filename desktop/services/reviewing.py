"""Reviewing (审核): the county's staff decide a received batch record by record, under their own signature."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from desktop.archive.clock import Clock
from desktop.services.county_line import CountyLine
from sync.client.taking_back import take_back
from sync.contract.batches import BatchId
from sync.contract.decisions import DecisionId, DecisionKind, Ground
from sync.contract.editions import StandingEdition, newer_of, read_files
from sync.contract.errors import AttachmentsMissing, HeadMoved, Refused, error_of
from sync.contract.findings import Finding
from sync.contract.four_properties import Report
from sync.contract.histories import OPEN_STANDINGS, RevisionStanding
from sync.contract.kinds import Kind
from sync.contract.review import BatchDetail, BatchLine, Outcome, RecordDetail, ShownRevision
from sync.contract.revisions import RecordId, RevisionId, TownshipId, read_body
from sync.contract.taking_back import FETCHED
from sync.contract.validation import Judgement, Origin, judge

RULES_HOLD: Final = timedelta(minutes=10)


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
    """What became of one decision: `code` is empty if it stands; then `decision` is its id, and `township` whose record it is about."""

    record: RecordId
    code: str
    township: TownshipId | None = None
    decision: DecisionId | None = None


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What became of an act that was taken back: decisions that stand no more, those a desk was told of, others that stay."""

    records: tuple[RecordId, ...]
    fetched: int
    stayed: int


class Reviewing:
    """One reviewer, at a desk that the county knows."""

    def __init__(self, line: CountyLine, kinds: Mapping[str, Kind], clock: Clock) -> None:
        self._line = line
        self._kinds = kinds
        self._clock = clock
        self._acts: list[tuple[Decided, ...]] = []
        self._edition, self._edition_at = 0, datetime.min.replace(tzinfo=UTC)

    def batches(self) -> list[BatchLine]:
        """Return the batches received, newest first."""
        return list(self._line.staff().batches())

    def batch(self, batch_id: str) -> BatchDetail:
        """Return a whole batch record by record; the county tells it in runs."""
        told = self._line.staff().batch(BatchId(batch_id))
        while told.more:
            after = self._line.staff().batch(BatchId(batch_id), len(told.records))
            told = replace(after, records=told.records + after.records, results=told.results)
        return told

    def reports(self, detail: BatchDetail) -> tuple[Report, ...]:
        """Return what the checks of the four properties found of a batch: the county's own report, and the township's word."""
        if detail.results is None:
            return ()
        one = detail.summary
        return detail.results.reports(str(one.batch_id), one.received_at, "", one.township_name)

    def record(self, record_id: str) -> ReviewedRecord:
        """Return a record as it is decided on."""
        return self._reviewed(self._line.staff().record(RecordId(record_id)))

    def accept(self, record_ids: Sequence[str]) -> list[Decided]:
        """Each record stands accepted, or says why not; one that fails holds up none of the others."""
        return self._one_act(self._decide(one, ()) for one in record_ids)

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
        return self._one_act([self._decide(record_id, (Ground(field, code, text.strip()),))])[0]

    def _one_act(self, decided: Iterable[Decided]) -> list[Decided]:
        """What was decided by one press of a key is taken back by one."""
        done: list[Decided] = []
        try:
            done.extend(decided)
        finally:  # a line that is cut on the way leaves what was decided before it, and that can be taken back
            if stands := tuple(one for one in done if not one.code):
                self._acts.append(stands)
        return done

    def may_take_back(self) -> bool:
        """Whether this person decided anything since the desk was opened that was not taken back."""
        return bool(self._acts)

    def take_back(self) -> TakenBack:
        """The last act stands no more, as far as no desk was told of it; what a desk fetched stays, and is counted.

        Raises:
            Refused: nothing was decided since the desk was opened. Offline, NotTheCounty: ask again.
        """
        if not self._acts:
            raise Refused("nothing to take back")
        act = self._acts[-1]
        outcomes: dict[DecisionId | None, str] = {one.decision: one.code for one in self._ask_back(act)}
        self._acts.pop()
        back = tuple(one.record for one in act if not outcomes[one.decision])
        fetched = sum(code == FETCHED for code in outcomes.values())
        return TakenBack(back, fetched, len(act) - len(back) - fetched)

    def _ask_back(self, act: tuple[Decided, ...]) -> Iterator[Outcome]:
        for township in sorted({one.township for one in act if one.township}):
            named = {one.decision for one in act if one.township == township and one.decision}
            yield from take_back(self._line.staff(), township, named)

    def _decide(self, record_id: str, grounds: tuple[Ground, ...]) -> Decided:
        """Accept, or return where there are grounds; what the county says against it comes back as a code."""
        detail = self._line.staff().record(RecordId(record_id))
        shown = _undecided(detail)
        if shown is None:
            return Decided(detail.record, HeadMoved.code)
        staff = self._line.staff()
        try:
            if grounds:
                asked = staff.propose(detail, DecisionKind.RETURNED, shown.id, detail.head, grounds=grounds)
            else:
                asked = staff.propose(detail, DecisionKind.ACCEPTED, shown.id, shown.id)
        except Refused as refusal:
            return Decided(detail.record, refusal.code)
        outcome = staff.decide([asked])[0]
        if outcome.code and not issubclass(error_of(outcome.code), Refused | AttachmentsMissing):
            raise error_of(outcome.code)(outcome.detail, record=detail.record)
        return Decided(detail.record, outcome.code, detail.township, outcome.decision)

    def _rules(self) -> Mapping[str, Kind]:
        """Return the kinds that stand at the county; asked for anew after ten minutes (docs/editions.md, section 5)."""
        now = self._clock()
        if not timedelta() <= now - self._edition_at < RULES_HOLD:
            stands = self._line.staff().ask("GET", "/v1/editions", StandingEdition).edition
            if stands.number != self._edition:
                self._kinds = newer_of(self._kinds, read_files(stands.files))
            self._edition, self._edition_at = stands.number, now
        return self._kinds

    def _reviewed(self, detail: RecordDetail) -> ReviewedRecord:
        shown = _undecided(detail) or _standing(detail)
        said = read_body(shown.sent.body)
        base = detail.head or next(iter(shown.sent.parent_ids), None)
        held = next((read_body(one.sent.body) for one in detail.revisions if one.id == base), {})
        if "fields" not in said:  # a void says only why; what it voids stands in the revision before
            said = {**held, **said}
        kind = self._rules().get(str(said.get("kind")))
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
