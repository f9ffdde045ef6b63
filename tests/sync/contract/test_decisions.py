"""A decision is known by what it says, and stands under the signature of a person who may decide."""

from dataclasses import replace

import pytest

from sync.contract.certificates import Holder, Role
from sync.contract.decisions import (
    Decision,
    DecisionKind,
    Ground,
    SignedDecision,
    certificate_bytes,
    check_decision,
    sign_decision,
)
from sync.contract.errors import BadRequest, NotAllowed, SealBroken
from sync.contract.revisions import DeviceId
from tests.sync.contract.office import NOW, TOWNSHIP, Office, new_uuid, put

OFFICE = Office()
REVISION = put(OFFICE.new_record(), {"题名": "结婚登记"})
GROUND = Ground("reg_date", "unclear", "原件日期不清")


def returned(*grounds: Ground) -> Decision:
    return Decision(TOWNSHIP, REVISION.record_id, DecisionKind.RETURNED, REVISION.id, None, (), grounds)


def test_the_same_decision_made_again_is_the_same_decision():
    signed = OFFICE.sign(returned(GROUND))
    again = OFFICE.sign(returned(GROUND))
    assert signed.decision.id == again.decision.id


def test_another_ground_is_another_decision():
    assert returned(GROUND).id != returned(replace(GROUND, text="缺页")).id


def test_a_return_without_a_ground_cannot_be_made():
    with pytest.raises(BadRequest):
        returned()


def test_a_signed_decision_names_the_person():
    assert check_decision(OFFICE.sign(returned(GROUND)), OFFICE.authority).name == "周敏"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda signed: replace(signed, at="2020-01-01T00:00:00+00:00"),
        lambda signed: replace(signed, signature=bytes(64)),
        lambda signed: replace(signed, decision=returned(replace(GROUND, text="缺页"))),
        lambda signed: replace(signed, signer=certificate_bytes(Office().reviewer_certificate)),
    ],
)
def test_a_changed_decision_is_refused(spoil):
    with pytest.raises(SealBroken):
        check_decision(spoil(OFFICE.sign(returned(GROUND))), OFFICE.authority)


def test_a_desk_cannot_decide():
    by_desk = sign_decision(returned(GROUND), certificate_bytes(OFFICE.desk_certificate), NOW, OFFICE.desk_key)
    with pytest.raises(NotAllowed):
        check_decision(by_desk, OFFICE.authority)


def test_an_auditor_cannot_decide():
    key, certificate = OFFICE.give(Holder(DeviceId(new_uuid(OFFICE.draw)), Role.AUDITOR, "林审", None))
    with pytest.raises(NotAllowed):
        check_decision(sign_decision(returned(GROUND), certificate_bytes(certificate), NOW, key), OFFICE.authority)


@pytest.mark.parametrize("at", ["", "gestern", "2026-03-02", "2026-03-02T09:30:00"])
def test_a_time_without_its_zone_is_refused(at):
    with pytest.raises(BadRequest):
        SignedDecision(returned(GROUND), b"", at, b"")
