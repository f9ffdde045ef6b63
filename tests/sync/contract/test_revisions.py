"""A revision is its bytes, and the bytes are RFC 8785."""

import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from sync.contract.errors import BadRequest
from sync.contract.revisions import (
    LARGEST_INTEGER,
    ChangeKind,
    RecordId,
    RecordState,
    Revision,
    RevisionId,
    canonical_bytes,
    hash_parts,
    may_step,
    read_body,
)

RECORD = RecordId("01934f3a-7c00-7000-8000-000000000001")
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-LARGEST_INTEGER, LARGEST_INTEGER) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
bodies = st.dictionaries(texts, values, max_size=6)


def put(body: dict[str, object], *parents: RevisionId) -> Revision:
    return Revision(RECORD, parents, ChangeKind.PUT, canonical_bytes(body))


@given(bodies)
def test_canonical_bytes_agree_with_an_independent_implementation(body):
    assert canonical_bytes(body) == rfc8785.dumps(body)


@given(bodies)
def test_a_body_reads_back_as_it_was_written(body):
    assert read_body(canonical_bytes(body)) == body


@given(bodies, st.booleans(), st.booleans())
def test_a_body_is_read_only_in_the_one_form_that_is_canonical(body, spaced, escaped):
    separators = (", ", ": ") if spaced else (",", ":")
    written = json.dumps(body, ensure_ascii=escaped, separators=separators).encode()
    if written == canonical_bytes(body):
        assert read_body(written) == body
    else:
        with pytest.raises(BadRequest):
            read_body(written)


def test_keys_are_ordered_by_utf16_units_not_by_code_points():
    assert canonical_bytes({"\ufb33": 1, "\U0001f600": 2}) == '{"😀":2,"\ufb33":1}'.encode()


def test_what_the_paper_says_is_not_normalised():
    assert canonical_bytes({"姓名": "\uf900"}) != canonical_bytes({"姓名": "豈"})


@pytest.mark.parametrize("value", [1.0, float("nan"), b"x", {1: 2}, {"a": {1, 2}}])
def test_values_without_a_canonical_form_are_refused(value):
    with pytest.raises(TypeError):
        canonical_bytes({"v": value})


@pytest.mark.parametrize("value", ["\ud800", 2**53, -(2**53)])
def test_lone_surrogates_and_great_integers_are_refused(value):
    with pytest.raises(ValueError, match=r"surrogates|integer"):
        canonical_bytes({"v": value})


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"[]", b"\xff", b'{"a": 1}', b'{"b":1,"a":1}', b'{"a":1,"a":1}', b'{"a":1.5}', b'{"a":NaN}'),
        *(b'{"a":[1,[2.5]]}', b'{"a":1e5}', b'{"a":-0}', b'{"a":9007199254740992}', b'{"a":1' + b"0" * 40 + b"}"),
        *(b'{"a":"\\u00e9"}', b'{"a":"\\ud800"}', b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}"),
    ],
)
def test_bytes_in_any_other_form_are_refused(body):
    with pytest.raises(BadRequest):
        Revision(RECORD, (), ChangeKind.PUT, body)


def test_the_id_changes_with_every_part_of_a_revision():
    first = put({"姓名": "张三"})
    other_record = RecordId("01934f3a-7c00-7000-8000-000000000002")
    changed = [
        put({"姓名": "张四"}),
        put({"姓名": "张三"}, first.id),
        Revision(RECORD, (), ChangeKind.VOID, first.body),
        Revision(other_record, (), ChangeKind.PUT, first.body),
    ]
    assert len({first.id, *(revision.id for revision in changed)}) == 5


def test_the_id_of_a_known_revision_never_changes_between_versions():
    assert put({"姓名": "张三"}).id == "b338cb3c3225b9ef3e0a8203414a088b266e4e4420db183ec1e801bf0513c7c1"


@given(st.lists(st.binary(max_size=6), max_size=4), st.lists(st.binary(max_size=6), max_size=4))
def test_different_lists_of_parts_never_hash_alike(one, other):
    assert (hash_parts(b"d", one) == hash_parts(b"d", other)) == (one == other)


def test_attachments_are_those_the_body_names_once_each():
    one, two = "a" * 64, "b" * 64
    assert put({"attachments": [one, {"sha256": two, "pages": 3}, one]}).attachments == (one, two)


@pytest.mark.parametrize("listed", ["x", ["x"], [{"pages": 1}], [None]])
def test_an_attachment_without_its_hash_is_refused(listed):
    with pytest.raises(BadRequest):
        put({"attachments": listed})


@pytest.mark.parametrize("parents", [("x",), ("a" * 64,) * 2, ("a" * 64, "b" * 64, "c" * 64)])
def test_parents_are_at_most_two_different_revisions(parents):
    with pytest.raises(BadRequest):
        Revision(RECORD, parents, ChangeKind.PUT, b"{}")


@pytest.mark.parametrize("record", ["", "1", str(RECORD).upper(), RECORD.replace("-", "")])
def test_a_record_id_is_written_one_way_only(record):
    with pytest.raises(BadRequest):
        Revision(RecordId(record), (), ChangeKind.PUT, b"{}")


def test_a_voided_record_comes_back_only_as_accepted_or_as_new_work():
    onward = {new for new in RecordState if may_step(RecordState.VOIDED, new)} - {RecordState.VOIDED}
    assert onward == {RecordState.ACCEPTED, RecordState.DRAFT}


def test_no_record_skips_the_filing():
    assert not may_step(RecordState.DRAFT, RecordState.QUEUED)
