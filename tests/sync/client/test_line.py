"""The whole line on loopback: a real county process, TLS, and a desk."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.client.enrolment import enrol
from sync.client.exchange import Exchange
from sync.client.session import LineSession
from sync.contract.decisions import Ground
from sync.contract.errors import AttachmentsMissing, BadRequest, NotAllowed, NotTheCounty, Offline, WrongCode
from sync.contract.histories import RevisionStanding
from sync.contract.revisions import RecordState
from tests.sync.client.people import DeskPerson, Reviewer, a_document
from tests.sync.contract.office import new_uuid, put
from tests.sync.county_process import CuttingProxy, run_county, running_county

GROUNDS = [Ground("issued", "unclear", "成文日期不清")]


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    with running_county(tmp_path_factory.mktemp("county")) as county:
        yield county


@pytest.fixture(scope="module")
def reviewer(county):
    return Reviewer(county)


def test_a_record_goes_up_is_decided_and_both_ends_agree(county, reviewer):
    desk = DeskPerson(county, township="339921102")
    filed = [desk.file(f"关于低保的通知{number}") for number in range(6)]
    desk.seal()
    outcome = desk.exchange()
    assert (outcome.end, outcome.digest_equal, len(outcome.batches)) == ("complete", True, 1)
    summary = reviewer.staff.batches(desk.ledger.township)[0]
    assert (summary.revisions, summary.undecided, summary.township_name) == (6, 6, "青石镇")
    detail = reviewer.staff.batch(summary.batch_id)
    assert [one.title for one in detail.records] == [f"关于低保的通知{number}" for number in range(6)]
    for one in detail.records[:5]:
        reviewer.staff.accept(reviewer.staff.record(one.record), one.revision)
    last = detail.records[5]
    reviewer.staff.give_back(reviewer.staff.record(last.record), last.revision, GROUNDS)
    outcome = desk.exchange()
    assert (outcome.rounds, outcome.events, outcome.digest_equal) == (1, 6, True)
    assert desk.ledger.state(last.record) is RecordState.RETURNED
    corrected = desk.file("关于低保的通知（更正）", filed[5])
    desk.seal()
    desk.exchange()
    reviewer.staff.accept(reviewer.staff.record(corrected.record_id), corrected.id)
    assert desk.exchange().digest_equal
    assert desk.ledger.digest().heads == 6


def test_one_changed_record_costs_one_round_trip(county):
    desk = DeskPerson(county, township="339921103", name="白沙乡")
    desk.exchange()
    desk.file("关于防汛的通知")
    desk.seal()
    outcome = desk.exchange()
    assert outcome.rounds == 1
    assert outcome.up_bytes < 1500
    assert outcome.down_bytes < 500


def test_nothing_is_accepted_before_its_pages_arrived_and_pages_come_back_whole(county, reviewer):
    desk = DeskPerson(county, township="339921104", name="东湖街道")
    small, large, empty = b"%PDF-1.7 small", bytes(range(256)) * 4096 * 9, b""
    revision = desk.file("带附件的通知", attachments=(small, large, empty))
    desk.seal()
    rows_only = Exchange(desk.ledger, desk.session)
    rows_only.run(cancelled=lambda: desk.ledger.state(revision.record_id) is RecordState.RECEIVED)
    with pytest.raises(AttachmentsMissing):
        reviewer.staff.accept(reviewer.staff.record(revision.record_id), revision.id)
    outcome = desk.exchange()
    assert outcome.attachments == 3
    reviewer.staff.accept(reviewer.staff.record(revision.record_id), revision.id)
    assert [reviewer.staff.attachment(name) for name in revision.attachments] == [small, large, empty]
    assert desk.exchange().up_bytes < 200


def test_a_damaged_page_is_named_and_holds_up_none_of_the_others(county):
    desk = DeskPerson(county, township="339921110", name="太湖源镇")
    sound, damaged = b"%PDF sound", b"%PDF damaged"
    revision = desk.file("带附件的通知", attachments=(damaged, sound))
    desk.ledger.attachments[revision.attachments[0]] = b"%PDF damage!"
    desk.seal()
    outcome = desk.exchange()
    assert outcome.refused == {revision.attachments[0]: "seal_broken"}
    assert outcome.attachments == 1
    assert desk.exchange().refused == outcome.refused


def test_a_line_cut_in_the_middle_goes_on_where_it_was(county):
    desk = DeskPerson(county, township="339921105", name="龙岗镇")
    filed = [desk.file(f"关于第{number}号事项的通知", attachments=(bytes([number]) * 700_000,)) for number in range(4)]
    filed += [desk.file(f"第{number}号通知", bulk=6_000) for number in range(20)]
    desk.seal()
    proxy = CuttingProxy(county.port)
    proxy.cut_after_bytes = [9_000, 14_000, 40_000, 300_000, 900_000]
    session = LineSession(proxy.address, desk.session.authority, desk.enrolment.credentials)
    tries = 0
    while tries < 40:
        tries += 1
        try:
            outcome = Exchange(desk.ledger, session).run()
            break
        except Offline:
            continue
    proxy.close()
    assert proxy.cuts == 5
    assert outcome.digest_equal
    assert {desk.ledger.state(revision.record_id) for revision in filed} == {RecordState.RECEIVED}
    assert desk.exchange().up_bytes < 200


def test_a_record_that_breaks_the_kinds_rules_is_set_aside_with_its_reason(county):
    desk = DeskPerson(county, township="339921106", name="清溪乡")
    desk.file("好的通知")
    bad = desk.file("")
    desk.seal()
    outcome = desk.exchange()
    (problem,) = outcome.batches[0].problems
    assert (problem.record, problem.code) == (bad.record_id, "invalid_record")
    assert "subject:needed" in problem.detail
    assert desk.ledger.state(bad.record_id) is RecordState.RETURNED


def test_a_used_code_is_refused(county):
    code = county.code_for_desk()
    enrol(county.address, code.lower().replace("-", " "), Ed25519PrivateKey.generate())
    with pytest.raises(WrongCode):
        enrol(county.address, code, Ed25519PrivateKey.generate())


def test_a_code_with_another_secret_is_refused_and_one_with_another_pin_is_not_sent(county):
    code = county.code_for_desk()
    other = "3" if code[0] == "2" else "2"
    with pytest.raises(WrongCode):
        enrol(county.address, other + code[1:], Ed25519PrivateKey.generate())
    with pytest.raises(NotTheCounty):
        enrol(county.address, code[:-1] + ("3" if code[-1] == "2" else "2"), Ed25519PrivateKey.generate())


def test_a_desk_cannot_do_what_staff_do(county):
    desk = DeskPerson(county)
    with pytest.raises(NotAllowed):
        desk.session.send("POST", "/v1/staff/challenge", b"")
    with pytest.raises(NotAllowed):
        desk.session.send("GET", "/v1/batches", None, {"Authorization": "Bearer " + "0" * 64})


def test_a_reviewer_without_signing_in_sees_nothing(county, reviewer):
    with pytest.raises(NotAllowed):
        reviewer.session.send("GET", "/v1/batches", None)


def test_a_desk_cannot_read_another_townships_pages(county):
    desk = DeskPerson(county, township="339921107", name="板桥镇")
    revision = desk.file("通知", attachments=(b"page",))
    desk.seal()
    desk.exchange()
    other = DeskPerson(county, township="339921108", name="高虹镇")
    assert desk.session.send("GET", f"/v1/blobs/{revision.attachments[0]}", None).content == b"page"
    with pytest.raises(BadRequest):
        other.session.send("GET", f"/v1/blobs/{revision.attachments[0]}", None)


def test_naming_another_townships_page_in_a_record_of_ones_own_does_not_let_it_be_read(county, reviewer):
    owner = DeskPerson(county, township="339921110", name="河桥镇")
    page = owner.file("低保", attachments=(b"what only the owner may see",)).attachments[0]
    owner.seal()
    owner.exchange()
    curious = DeskPerson(county, township="339921111", name="湍口镇")
    named = [{"sha256": page, "size": 27}]
    claimed = put(new_uuid(curious.draw), a_document("借名") | {"attachments": named})
    curious.ledger.file(claimed, ())
    curious.seal()
    curious.exchange()
    with pytest.raises(BadRequest):
        curious.session.send("GET", f"/v1/blobs/{page}", None)
    assert curious.session.send("HEAD", f"/v1/blobs/{page}", None).headers["upload-offset"] == "0"
    staff = reviewer.staff
    with pytest.raises(AttachmentsMissing):
        staff.accept(staff.record(claimed.record_id), claimed.id)


def test_an_ended_enrolment_is_refused_at_the_next_request(county):
    desk = DeskPerson(county)
    desk.exchange()
    run_county("end-enrolment", "--data", str(county.folder), "--device", desk.enrolment.device)
    with pytest.raises(NotAllowed):
        desk.exchange()


def test_a_conflict_is_merged_by_the_reviewer(county, reviewer):
    desk = DeskPerson(county, township="339921109", name="天目山镇")
    first = desk.file("甲")
    desk.seal()
    desk.exchange()
    staff = reviewer.staff
    staff.accept(staff.record(first.record_id), first.id)
    theirs = put(first.record_id, a_document("县里改"), first.id)
    staff.change(staff.record(first.record_id), theirs)
    ours = desk.file("镇里改", first)
    desk.seal()
    desk.exchange()
    desk.exchange()
    assert desk.ledger.state(first.record_id) is RecordState.CONFLICT
    record = staff.record(first.record_id)
    standings = {shown.id: shown.standing for shown in record.revisions}
    assert standings[ours.id] is RevisionStanding.CONFLICT
    staff.merge(record, ours.id, put(first.record_id, a_document("两改"), theirs.id, ours.id))
    assert desk.exchange().digest_equal
    assert desk.ledger.state(first.record_id) is RecordState.ACCEPTED
