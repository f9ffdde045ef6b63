"""The county judges a body as the desk does, and says the field and the rule, never what was written."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.contract.kind_files import load_kinds
from sync.contract.revisions import ChangeKind
from sync.county.judging import BodyJudge
from tests.sync.client.people import a_document
from tests.sync.contract.office import NOW, Office, put

OFFICE = Office()
KINDS = load_kinds()
JUDGE = BodyJudge(KINDS, lambda: NOW)


def object_to(body, kind=ChangeKind.PUT):
    return JUDGE(put(OFFICE.new_record(), body, kind=kind))


def test_a_sound_body_is_taken_in():
    assert object_to(a_document("通知")) is None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"layout": 2}, "archive_too_new"),
        ({"layout": "1"}, "bad_request"),
        ({"kind_version": "1"}, "bad_request"),
        ({"kind": "unheard"}, "invalid_record"),
        ({"kind": 7}, "bad_request"),
        ({"fields": []}, "bad_request"),
        ({"fields": {"subject": 5}}, "bad_request"),
        ({"papers": ["body"]}, "bad_request"),
        ({"reasons": {}}, "invalid_record"),
        ({"fields": {}}, "invalid_record"),
    ],
)
def test_a_body_that_breaks_a_rule_is_objected_to(change, code):
    objection = object_to(a_document("通知") | change)
    assert objection is not None
    assert objection.code == code


def test_an_objection_names_fields_and_rules_but_not_what_was_written():
    body = a_document("张三低保的通知")
    body["fields"] = {**body["fields"], "issued": "张三的日期", "medium": "张三"}
    objection = object_to(body)
    assert "medium:not_a_choice" in objection.detail
    assert "张三" not in objection.detail


anything = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 99) | st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["paper", "title", "issued"]), inner),
    max_leaves=6,
)
KIND_NAMES = sorted(KINDS)


@given(st.data())
@settings(deadline=None, max_examples=100)
def test_whatever_a_body_says_it_is_judged_and_nothing_breaks(data):
    kind = KINDS[data.draw(st.sampled_from(KIND_NAMES))]
    keys = [field.key for _, field in kind.all_fields()] + ["members.0.name", "x.y"]
    texts = st.dictionaries(st.sampled_from(keys), st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
    body = a_document("通知") | {"kind": kind.key, "kind_version": kind.version, "fields": data.draw(texts)}
    body |= data.draw(st.dictionaries(st.sampled_from(sorted(body)), anything, max_size=2))
    object_to(body)


def test_a_body_made_by_newer_rules_is_left_to_a_person():
    assert object_to(a_document("") | {"kind_version": 99}) is None


def test_a_void_needs_no_fields():
    assert object_to({"layout": 1, "kind": "document", "number": "x", "reason": "重复"}, ChangeKind.VOID) is None
