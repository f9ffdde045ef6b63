"""Nobody's work is passed over: what may become head, and what stands against what."""

import pytest

from sync.contract.decisions import Decision, DecisionKind, Ground
from sync.contract.errors import BadRequest, HeadMoved
from sync.contract.histories import History, RevisionStanding, check_fits, order_of_reading, record_state, standing_of
from sync.contract.revisions import ChangeKind, RecordState
from tests.sync.contract.office import TOWNSHIP, Office, put

OFFICE = Office()
GROUNDS = (Ground("title", "wrong", "题名有误"),)


class Record:
    """One record's history, grown step by step."""

    def __init__(self):
        self.id = OFFICE.new_record()
        self.revisions, self.decisions = [], []

    @property
    def history(self):
        parents = {revision.id: revision.parents for revision in self.revisions}
        kinds = {revision.id: revision.kind_of_change for revision in self.revisions}
        return History(parents, kinds, tuple(self.decisions))

    def file(self, text, *parents, kind=ChangeKind.PUT):
        revision = put(self.id, {"题名": text}, *parents, kind=kind)
        self.revisions.append(revision)
        return revision.id

    def decide(self, kind, revision, head, previous=None, late=False):
        grounds = GROUNDS if kind is DecisionKind.RETURNED else ()
        tips = self.history.tips if previous is None else previous
        decision = Decision(TOWNSHIP, self.id, kind, revision, head, tips, grounds)
        if not late:
            check_fits(self.history, decision)
        self.decisions.append(decision)
        return decision

    def accept(self, revision):
        return self.decide(DecisionKind.ACCEPTED, revision, revision)

    def standing(self, revision):
        return standing_of(self.history, revision)


def test_a_first_revision_is_fast_forward_and_becomes_head():
    record = Record()
    first = record.file("甲")
    assert record.standing(first) is RevisionStanding.RECEIVED
    record.accept(first)
    assert record.history.head == first
    assert record.standing(first) is RevisionStanding.ACCEPTED


def test_a_chain_may_be_accepted_at_its_end():
    record = Record()
    first = record.file("甲")
    second = record.file("乙", first)
    record.accept(second)
    assert record.standing(first) is RevisionStanding.SUPERSEDED


def test_a_change_made_beside_the_head_is_a_conflict_and_cannot_be_accepted():
    record = Record()
    first = record.file("甲")
    record.accept(first)
    ours, theirs = record.file("乙", first), record.file("丙", first)
    record.accept(theirs)
    assert record.standing(ours) is RevisionStanding.CONFLICT
    with pytest.raises(BadRequest):
        record.accept(ours)
    merged = record.file("乙丙", theirs, ours)
    record.decide(DecisionKind.MERGED, ours, merged)
    assert record.history.head == merged
    assert record.standing(ours) is RevisionStanding.MERGED


def test_a_second_record_opened_under_the_same_id_is_a_conflict():
    record = Record()
    one, other = record.file("甲"), record.file("乙")
    record.accept(one)
    assert record.standing(other) is RevisionStanding.CONFLICT


def test_a_return_leaves_the_head_and_the_correction_can_be_accepted():
    record = Record()
    first = record.file("甲")
    record.accept(first)
    wrong = record.file("乙", first)
    record.decide(DecisionKind.RETURNED, wrong, first)
    right = record.file("丙", wrong)
    assert record.history.head == first
    record.accept(right)
    assert record_state(record.history, right, RecordState.RECEIVED) is RecordState.ACCEPTED


def test_a_decision_made_against_an_older_state_is_refused():
    record = Record()
    first = record.file("甲")
    second = record.file("乙", first)
    record.accept(first)
    with pytest.raises(HeadMoved):
        record.decide(DecisionKind.ACCEPTED, second, second, previous=())


def test_two_histories_are_a_dispute_until_a_person_joins_them():
    record = Record()
    first = record.file("甲")
    accepted = record.accept(first)
    returned = record.decide(DecisionKind.RETURNED, first, None, previous=(), late=True)
    assert record.history.in_dispute
    assert record.history.head is None
    assert record_state(record.history, first, RecordState.RECEIVED) is RecordState.RECEIVED
    with pytest.raises(HeadMoved):
        record.decide(DecisionKind.RETURNED, first, None)
    record.decide(DecisionKind.SETTLED, first, first, previous=tuple(sorted((accepted.id, returned.id))))
    assert record.history.head == first


def test_a_settlement_cannot_drop_what_was_head_on_either_side():
    record = Record()
    one, other = record.file("甲"), record.file("乙")
    record.accept(one)
    record.decide(DecisionKind.ACCEPTED, other, other, previous=(), late=True)
    tips = record.history.tips
    with pytest.raises(BadRequest):
        record.decide(DecisionKind.SETTLED, one, one, previous=tips)
    both = record.file("甲乙", *sorted((one, other)))
    record.decide(DecisionKind.SETTLED, both, both, previous=tips)
    assert record.history.head == both


def test_a_voided_record_comes_back_only_by_a_restore():
    record = Record()
    first = record.file("甲")
    record.accept(first)
    void = record.file("作废", first, kind=ChangeKind.VOID)
    record.accept(void)
    assert record_state(record.history, void, RecordState.RECEIVED) is RecordState.VOIDED
    with pytest.raises(BadRequest):
        record.accept(record.file("乙", void))
    back = record.file("恢复", void, kind=ChangeKind.RESTORE)
    record.decide(DecisionKind.RESTORED, back, back)
    assert record_state(record.history, void, RecordState.RECEIVED) is RecordState.ACCEPTED


def test_the_county_changes_only_what_is_head_now():
    record = Record()
    first = record.file("甲")
    record.accept(first)
    second = record.file("乙", first)
    record.decide(DecisionKind.COUNTY, second, second)
    with pytest.raises(BadRequest):
        record.decide(DecisionKind.COUNTY, record.file("丙", first), record.revisions[-1].id)


def test_decisions_are_read_after_those_they_follow():
    record = Record()
    first = record.file("甲")
    one = record.accept(first)
    two = record.accept(record.file("乙", first))
    assert order_of_reading([two, one]) == (one, two)
