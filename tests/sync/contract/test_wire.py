"""What comes off the line has its shape, or is refused before it costs anything."""

from dataclasses import replace

import msgpack
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from sync.contract.decisions import Decision, DecisionKind
from sync.contract.errors import BadRequest, CountyOlder, ProgramOlder
from sync.contract.messages import (
    Event,
    EventKind,
    HeadDigest,
    SentPart,
    SentRevision,
    SyncReply,
    SyncRequest,
    bucket_of,
    next_feed_hash,
    send_revision,
)
from sync.contract.wire import MOST_UNPACKED_BYTES, agree_version, check_version, pack, pack_request, unpack
from tests.sync.contract.office import TOWNSHIP, Office, put

OFFICE = Office()
REVISION = put(OFFICE.new_record(), {"题名": "低保"}, "ab" * 32)


def test_a_message_reads_back_as_it_was_sent():
    decision = Decision(TOWNSHIP, REVISION.record_id, DecisionKind.ACCEPTED, REVISION.id, REVISION.id, ())
    event = Event(1, EventKind.DECISION, b"h", REVISION.record_id, REVISION.id, OFFICE.sign(decision))
    reply = SyncReply("e" * 32, "2026-03-02T09:30:00+00:00", events=(event,), digest=b"\0" * 32, more=True)
    assert unpack(SyncReply, pack(reply)) == reply


def test_a_revision_is_the_same_after_the_line():
    assert unpack(SentRevision, pack(send_revision(REVISION))).read() == REVISION


def test_fields_of_a_newer_program_are_passed_over():
    newer = {"epoch": "", "after": 0, "feed_hash": b"", "weather": "雨"}
    assert unpack(SyncRequest, zstandard.compress(msgpack.packb(newer))) == SyncRequest("", 0, b"")


HEADER = {"epoch": "", "after": 0, "feed_hash": b""}


@pytest.mark.parametrize(
    "plain",
    [
        *(None, [], {}, {1: 2}),
        *({**HEADER, "epoch": 1}, {**HEADER, "after": True}),
        {**HEADER, "batch": {"seal": {}, "parts": []}},
    ],
)
def test_another_shape_is_refused(plain):
    with pytest.raises(BadRequest):
        unpack(SyncRequest, zstandard.compress(msgpack.packb(plain)))


@given(st.binary(max_size=200))
def test_noise_is_refused(noise):
    for data in (noise, zstandard.compress(noise)):
        with pytest.raises(BadRequest):
            unpack(SyncRequest, data)


@pytest.mark.parametrize("values", [{"after": 2**63}, {"epoch": "a\0b"}])
def test_what_no_store_can_keep_is_refused(values):
    plain = {"epoch": "e", "after": 0, "feed_hash": b"", **values}
    with pytest.raises(BadRequest):
        unpack(SyncRequest, zstandard.compress(msgpack.packb(plain)))


def test_a_message_cut_short_is_refused():
    with pytest.raises(BadRequest):
        unpack(SyncRequest, pack(SyncRequest("", 0, b""))[:-3])


def test_a_zip_bomb_is_refused_without_unpacking_it():
    bomb = zstandard.compress(bytes(MOST_UNPACKED_BYTES * 8))
    assert len(bomb) < 100_000
    with pytest.raises(BadRequest):
        unpack(SyncRequest, bomb)


def test_deep_nesting_is_refused():
    with pytest.raises(BadRequest):
        unpack(SyncRequest, zstandard.compress(b"\x91" * 5000 + b"\xc0"))


@pytest.mark.parametrize(
    "sent",
    [
        SentRevision(b"", (), "put", b"{}"),
        SentRevision(bytes(16), (b"x",), "put", b"{}"),
        SentRevision(bytes(16), (), "burn", b"{}"),
        SentRevision(bytes(16), (), "put", b"x" * 2_000_000),
    ],
)
def test_a_malformed_revision_is_refused_by_itself(sent):
    with pytest.raises(BadRequest):
        sent.read()


@pytest.mark.parametrize(
    ("theirs", "ours", "agreed"),
    [
        ((1, 9), (1, 1), 1),
        ((1, 1), (1, 3), 1),
        ((2, 4), (3, 9), 4),
        ((1, 2), (3, 4), CountyOlder),
        ((5, 6), (3, 4), ProgramOlder),
    ],
)
def test_both_speak_the_newest_they_have_in_common_and_whoever_is_older_is_told(theirs, ours, agreed):
    if isinstance(agreed, int):
        assert agree_version(*theirs, ours) == agreed
    else:
        with pytest.raises(agreed):
            agree_version(*theirs, ours)


def test_an_older_request_is_served_and_a_newer_one_held():
    for version in (2, 3):
        check_version(version, (2, 3))
    with pytest.raises(CountyOlder):
        check_version(4, (2, 3))
    with pytest.raises(ProgramOlder):
        check_version(1, (2, 3))


@given(st.permutations([(OFFICE.new_record(), f"{n:064x}") for n in range(6)]))
def test_the_digest_does_not_know_the_order_of_heads(heads):
    digest = HeadDigest()
    for record, head in heads:
        digest = digest.with_head(record, head)
    same = HeadDigest()
    for record, head in sorted(heads):
        same = same.with_head(record, head)
    assert digest == same


def test_a_head_taken_away_leaves_the_digest_as_it_was():
    before = HeadDigest().with_head(REVISION.record_id, "ab" * 32)
    other = OFFICE.new_record()
    assert before.with_head(other, "cd" * 32).without_head(other, "cd" * 32) == before


def test_a_record_falls_into_one_of_256_buckets():
    assert bucket_of("01934f3a-7c00-7000-8000-0000000000ff") == 255


def test_the_feed_hash_tells_two_histories_apart():
    one = next_feed_hash(b"", EventKind.CONFLICT, REVISION.record_id, REVISION.id, None)
    other = next_feed_hash(b"", EventKind.CONFLICT, REVISION.record_id, "cd" * 32, None)
    assert one != other
    assert len(one) == 32


def test_a_request_with_records_is_smaller_with_the_dictionary_and_reads_alike():
    people = {
        f"{side}.{key}": "何晨" for side in ("husband", "wife") for key in ("name", "id_no", "village", "status_before")
    }
    said = {"fields": {**people, "office": "云泽县民政局婚姻登记处", "reg_date": "2016年2月27日"}, "kind": "marriage"}
    said |= {
        "kind_version": 1,
        "layout": 1,
        "normal": {},
        "origin": "paper",
        "papers": [],
        "title": "何晨、陈思结婚登记",
    }
    part = SentPart(0, tuple(send_revision(put(OFFICE.new_record(), said)) for _ in range(3)))
    assert len(pack_request(part)) < len(pack(part))
    assert unpack(SentPart, pack_request(part)) == unpack(SentPart, pack(part)) == part


def test_none_wanted_and_nothing_said_are_two_answers():
    reply = SyncReply("e", "", witness_want=0)
    assert unpack(SyncReply, pack(reply)) == reply
    assert unpack(SyncReply, pack(replace(reply, witness_want=None))).witness_want is None
