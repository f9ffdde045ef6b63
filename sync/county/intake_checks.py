"""The checks of the four properties at intake (接收检测): over every revision of a batch, as its parts arrive."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sync.contract.findings import Finding, Level
from sync.contract.four_properties import Fault, Tally
from sync.contract.kinds import Kind
from sync.contract.messages import SentRevision
from sync.contract.record_checks import RecordChecker, RecordFacts
from sync.contract.revisions import Revision
from sync.ledger.county_rules import Objection


class IntakeChecks:
    """Says what the checks find at a revision that was judged already: what stands against it there is not asked again."""

    def __init__(self, kinds: Mapping[str, Kind], clock: Callable[[], datetime]) -> None:
        self._kinds, self._clock = kinds, clock

    def __call__(self, sent: SentRevision, revision: Revision | None, objection: Objection | None) -> tuple[Fault, ...]:
        checker, findings = RecordChecker(self._kinds, self._clock().date()), _findings(objection)
        if revision is None:
            facts = RecordFacts(sent.record_id, sent.id, sent.parent_ids, sent.kind, sent.body)
        else:
            said = revision.values()
            facts = RecordFacts(revision.record_id, revision.id, revision.parents, sent.kind, sent.body, said=said)
            if next(checker.faults(facts, said, findings), None) is None:  # nearly always: nothing needs counting
                return ()
        tally = Tally()
        checker.check(facts, tally, findings=findings)
        return tuple(fault for kept in tally.faults.values() for fault in kept)


def _findings(objection: Objection | None) -> list[Finding]:
    """Return the findings that an objection names, as `field:code` parted by blanks."""
    if objection is None or objection.code != "invalid_record":
        return []
    named = (word.rpartition(":") for word in objection.detail.split())
    return [Finding(Level.ERROR, field, code) for field, colon, code in named if colon]
